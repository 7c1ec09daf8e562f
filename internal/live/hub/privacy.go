package hub

import (
	"time"

	"swapnest/internal/chat"
)

// Keep notes whether somebody who is connected here keeps to themselves that they are, as it was
// known at a time, such as that before a question to the database; what has been heard since then
// stays. From then on nobody is told of them by this node, and they are told of nobody; when they
// do so no longer, those who watch are told that they are here.
func (h *Hub) Keep(who chat.UserID, hides bool, asOf time.Time) {
	h.mu.Lock()
	p := h.people[who]
	if p == nil || asOf.Before(p.heard) {
		h.mu.Unlock()
		return
	}
	p.heard = asOf
	if p.hides == hides {
		h.mu.Unlock()
		return
	}
	p.hides = hides
	if hides {
		for _, s := range p.sessions {
			m := h.members[s]
			h.unwatch(s, m.watching)
			m.watching = nil
			h.members[s] = m
		}
	}
	here := len(p.sessions) > 0
	h.mu.Unlock()
	if here && !hides {
		h.presence(who, true, time.Now())
	}
}

// Keeps tells whether somebody who is connected here keeps that to themselves.
func (h *Hub) Keeps(who chat.UserID) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	p := h.people[who]
	return p != nil && p.hides
}
