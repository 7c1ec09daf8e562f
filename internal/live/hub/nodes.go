package hub

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
)

// How many people a node asks the others about: a hint that is dropped beyond it.
const (
	askRate  = 500 // a second
	askBurst = 5000
)

func newAsking() *rate.Limiter { return rate.NewLimiter(askRate, askBurst) }

// asked does what a message says that is for nodes and not for sockets.
func (h *Hub) asked(to bus.Topic, m bus.Message) {
	if m.Ends != (chat.SessionID{}) {
		h.EndSession(m.Ends)
	}
	if id, presence, ok := bus.Parse(to); ok && !presence && m.Asks {
		if _, here := h.Since(id); here {
			h.presence(id, true, time.Now())
		}
	}
}

// Revoke closes the sockets of sessions of somebody that are over, here at once and on the
// other nodes by the bus. What the bus loses they find out by themselves.
func (h *Hub) Revoke(who chat.UserID, ids ...chat.SessionID) {
	ctx, cancel := context.WithTimeout(context.Background(), busTimeout)
	defer cancel()
	for _, id := range ids {
		h.EndSession(id)
		h.tell(ctx, bus.Message{To: []bus.Topic{bus.Person(who)}, Ends: id})
	}
}

// Ask has the other nodes say which of some people are with them, to whoever watches those
// here.
func (h *Hub) Ask(ctx context.Context, people ...chat.UserID) {
	if len(people) == 0 || !h.asking.AllowN(time.Now(), len(people)) {
		return
	}
	m := bus.Message{Asks: true}
	for _, id := range people {
		m.To = append(m.To, bus.Person(id))
	}
	h.tell(ctx, m)
}

func (h *Hub) tell(ctx context.Context, m bus.Message) {
	if err := h.bus.Publish(ctx, m); err != nil && !errors.Is(err, bus.ErrDown) {
		h.log.Warn("publish failed", "error", err)
	}
}

// Sessions returns the sessions that have sockets here.
func (h *Hub) Sessions() []chat.SessionID {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Keys(h.sessions))
}
