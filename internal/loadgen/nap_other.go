//go:build !linux

package loadgen

import "time"

// nap sleeps, where nothing better is known.
func nap(d time.Duration) { time.Sleep(d) }
