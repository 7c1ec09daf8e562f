package hub

import (
	"context"
	"slices"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
)

// Watch replaces whose presence a session is told of: nobody's, where its person keeps their
// own to themselves.
func (h *Hub) Watch(ctx context.Context, s Session, users []chat.UserID) {
	users = slices.Compact(slices.Sorted(slices.Values(users)))
	h.mu.Lock()
	m, ok := h.members[s]
	if !ok {
		h.mu.Unlock()
		return
	}
	if p := h.people[m.who]; p != nil && p.hides {
		users = nil
	}
	h.unwatch(s, m.watching)
	m.watching = users
	h.members[s] = m
	var fresh []chat.UserID
	for _, id := range users {
		if len(h.watchers[id]) == 0 {
			fresh = append(fresh, id)
		}
		h.watchers[id] = with(h.watchers[id], s)
	}
	h.mu.Unlock()
	for _, id := range fresh {
		h.subscribe(ctx, bus.Presence(id))
	}
}

// unwatch ends a session's watching. The caller holds mu. A topic that nobody
// watches any more stays subscribed until the node ends: there are at most as many
// as people, for only those are watched, and a stray frame finds no receiver.
func (h *Hub) unwatch(s Session, users []chat.UserID) {
	for _, id := range users {
		if h.watchers[id] = without(h.watchers[id], s); len(h.watchers[id]) == 0 {
			delete(h.watchers, id)
			delete(h.heard, id)
		}
	}
}

// Online tells whether somebody is connected here, or left less than chat.OfflineAfter ago;
// of who is watched here, also whether they were heard to be at another node. Of who keeps it
// to themselves it tells no.
func (h *Hub) Online(who chat.UserID) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.isHere(who) {
		return !h.people[who].hides
	}
	return h.heard[who].online
}

// isHere tells whether somebody is connected here, or has just left. The caller holds mu.
func (h *Hub) isHere(who chat.UserID) bool {
	p := h.people[who]
	return p != nil && p.gone == nil
}
