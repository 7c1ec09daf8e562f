package hub

import (
	"context"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/wire"
)

const (
	// askAgain is after how long another node is asked again whether somebody is with it, and
	// forgotten after how long without an answer they are not.
	askAgain  = 10 * time.Second
	forgotten = 25 * time.Second
)

// heard is what was last told of somebody who is watched here.
type heard struct {
	online bool
	at     time.Time
}

// hear notes what is told of somebody's presence, and tells whether that is news to those who
// watch them here.
func (h *Hub) hear(id chat.UserID, frame []byte) (news bool) {
	online, ok := wire.Online(frame)
	if !ok {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.watchers[id]) == 0 {
		return true // to nobody
	}
	before := h.heard[id]
	h.heard[id] = heard{online: online, at: time.Now()}
	return !online || !before.online
}

// Review looks at those who are watched here and were said to be at another node. It asks
// again whether they are, and when nobody says so it tells who watches that they are not: a
// node that was killed, or that has ended, says nothing of its people.
func (h *Hub) Review(ctx context.Context) {
	now := time.Now()
	var ask []chat.UserID
	gone := make(map[chat.UserID][]Session)
	h.mu.Lock()
	for id, k := range h.heard {
		switch {
		case !k.online || h.isHere(id):
		case now.Sub(k.at) > forgotten:
			h.heard[id] = heard{at: k.at}
			gone[id] = h.watchers[id]
		case now.Sub(k.at) > askAgain:
			ask = append(ask, id)
		}
	}
	h.mu.Unlock()
	for id, watchers := range gone {
		m := bus.Message{Frame: wire.Signal(chat.PresenceChanged{User: id, LastSeen: now})}
		for _, s := range watchers {
			s.Deliver(m)
		}
	}
	h.Ask(ctx, ask...)
}

// Trust takes all that was heard for true as of now: while the way to the other nodes is not
// there, nobody can say more.
func (h *Hub) Trust() {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, k := range h.heard {
		k.at = now
		h.heard[id] = k
	}
}
