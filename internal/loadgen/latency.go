package loadgen

import (
	"slices"
	"sync"
	"time"
)

// latencies are times of many messages, each kept: a minute of 20,000 a second is 5 MB.
type latencies struct {
	mu     sync.Mutex // guards micros
	micros []int32
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	l.micros = append(l.micros, int32(min(max(d.Microseconds(), 0), 1<<31-1)))
	l.mu.Unlock()
}

// Latency tells of some times, in milliseconds.
type Latency struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	Max   float64 `json:"max_ms"`
}

func (l *latencies) told() Latency {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.micros)
	n := len(l.micros)
	if n == 0 {
		return Latency{}
	}
	at := func(part float64) float64 { return float64(l.micros[min(int(part*float64(n)), n-1)]) / 1000 }
	return Latency{Count: n, P50: at(0.5), P90: at(0.9), P99: at(0.99), P999: at(0.999), Max: at(1)}
}
