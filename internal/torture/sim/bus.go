package sim

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"swapnest/internal/live/bus"
)

// network is the bus between the nodes. What becomes of a frame is decided for each node and
// topic, by what the frame is and the how-manieth of its kind.
type network struct {
	plan Plan
	calm atomic.Bool // everything arrives at once

	mu       sync.Mutex // guards what follows; stations is replaced, never changed
	stations []*station
	times    map[string]int
}

// station is a node's end.
type station struct {
	net     *network
	name    int
	receive bus.Receive

	mu     sync.Mutex // guards topics
	topics map[bus.Topic]bool
}

func newNetwork(p Plan) *network { return &network{plan: p, times: make(map[string]int)} }

// join returns a function that joins a node under a name.
func (n *network) join(name int) func(bus.Receive) bus.Bus {
	return func(receive bus.Receive) bus.Bus {
		s := &station{net: n, name: name, receive: receive, topics: make(map[bus.Topic]bool)}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.stations = append(slices.Clip(n.stations), s)
		return s
	}
}

var errLost = errors.New("the bus is not there")

// Publish implements bus.Bus. Of what it could not hand on it says so, sometimes.
func (s *station) Publish(_ context.Context, m bus.Message) error {
	s.net.mu.Lock()
	stations := s.net.stations
	s.net.mu.Unlock()
	var err error
	for _, to := range m.To {
		for _, other := range stations {
			if other.wants(to) && !s.net.carry(other, to, m) {
				err = errLost
			}
		}
	}
	return err
}

// carry decides what becomes of a frame, and tells false for one that was refused.
func (n *network) carry(s *station, to bus.Topic, m bus.Message) bool {
	what := "hint"
	if m.Seq > 0 {
		f, err := frameOf(m.Frame)
		if err != nil {
			panic("sim: " + err.Error()) // the relay has made it
		}
		what = f.ClientID // seq and time depend on who came first
	}
	n.mu.Lock()
	key := string(to) + what
	n.times[key]++
	chance := n.plan.chance("frame", s.name, to, what, n.times[key])
	n.mu.Unlock()
	copies := 1
	switch p := n.plan.Bus; {
	case n.calm.Load():
	case chance.Float64() < p.Drop:
		return chance.Float64() >= p.Refuse
	case chance.Float64() < p.Double:
		copies = 2
	}
	for range copies {
		if n.calm.Load() || chance.Float64() >= n.plan.Bus.Delay {
			s.receive(to, m)
			continue
		}
		time.AfterFunc(time.Duration(chance.Int64N(int64(n.plan.Bus.Longest))), func() { s.receive(to, m) })
	}
	return true
}

func (s *station) wants(t bus.Topic) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.topics[t]
}

// Subscribe implements bus.Bus. It fails as often as frames are refused.
func (s *station) Subscribe(_ context.Context, t bus.Topic) error {
	if !s.net.calm.Load() && s.net.plan.chance("subscribe", s.name, t).Float64() < s.net.plan.Bus.Refuse {
		return errLost
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.topics[t] = true
	return nil
}

// Unsubscribe implements bus.Bus.
func (s *station) Unsubscribe(_ context.Context, t bus.Topic) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, t)
	return nil
}
