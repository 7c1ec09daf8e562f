package socket

import "time"

// flood lets floodBurst frames through at once and floodPerSecond over time, as a token bucket does. It is
// the time, after the door was made, at which the bucket is full again.
type flood time.Duration

func (f *flood) allow(now time.Duration) bool {
	const each = time.Second / floodPerSecond
	full := max(time.Duration(*f), now) + each
	if full-now > floodBurst*each {
		return false
	}
	*f = flood(full)
	return true
}
