package loadgen

import (
	"syscall"
	"time"
)

// nap sleeps in the kernel.
func nap(d time.Duration) {
	pause := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&pause, nil) // by a signal it ends sooner
}
