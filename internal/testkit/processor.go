//go:build unix

package testkit

import (
	"syscall"
	"testing"
	"time"
)

// ProcessorTime is what this process has had of the processors until now. What others do meanwhile does not
// count, as it does in time by the clock.
func ProcessorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
