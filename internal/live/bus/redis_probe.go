package bus

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// probeEvery is how often the node sends itself a message through Redis, and probeLate how
	// many of the newest need not be back yet. Longer than their product nobody takes a bus for
	// healthy that is not.
	probeEvery = 400 * time.Millisecond
	probeLate  = 2
	// probeBegins is how many rounds are the beginning, and quick.
	probeBegins = 10
	// probeShards is on how many channels that is done where each part of a cluster carries
	// channels of its own: enough for each part to have one, nearly for certain.
	probeShards = 16
)

// health is what the probes have shown.
type health struct {
	proven atomic.Bool   // what was sent has just come back
	down   atomic.Bool   // it has not, and that is no beginning
	lost   atomic.Uint64 // rounds that came back late or never

	mu   sync.Mutex // guards back
	back []int64    // the newest round that has come back on each channel
}

// came notes that a probe has come back.
func (h *health) came(i int, data string) {
	round, err := strconv.ParseInt(data, 10, 64)
	if err != nil {
		return // of somebody who plays with Redis
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.back[i] = max(h.back[i], round)
}

// round returns the newest round that has come back on all channels.
func (h *health) round() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	oldest := h.back[0]
	for _, b := range h.back[1:] {
		oldest = min(oldest, b)
	}
	return oldest
}

// probe sends the node messages by the way that all others take, and looks whether they arrive.
func (r *Redis) probe() {
	n := 1
	if r.sharded {
		n = probeShards
	}
	h, channels := &r.health, make([]string, n)
	h.back = make([]int64, n)
	for i := range channels {
		channels[i] = fmt.Sprintf("%sprobe:%x:%d", r.option.Address.prefix, r.origin, i)
		s := r.listen(channels[i], func(data string) { h.came(i, data) })
		defer func() { <-s.done }()
	}
	pause := probeEvery / 10 // at first, for whoever waits for the beginning
	for round := int64(1); ; round++ {
		for _, c := range channels {
			r.out.put(outgoing{channel: c, data: strconv.FormatInt(round, 10), at: time.Now()})
		}
		if !r.wait(pause) {
			return
		}
		proven := h.round() > 0 && h.round() >= round-probeLate
		if proven || round > probeBegins {
			pause = probeEvery
		}
		if !proven && round > probeBegins {
			h.lost.Add(1)
		}
		if was := h.proven.Swap(proven); was != proven {
			r.turned(proven)
		}
		h.down.Store(!proven && round > probeBegins)
	}
}

// turned tells of a change of health.
func (r *Redis) turned(proven bool) {
	if proven {
		r.option.Log.Info("Redis carries messages between the nodes", "redis", r.option.Address.String(), "sharded", r.sharded)
		return
	}
	r.option.Log.Warn("Redis does not carry messages: other nodes are reached by the log, within two seconds", "redis", r.option.Address.String())
	r.option.Trouble()
}
