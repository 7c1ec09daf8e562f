// Package hub knows who is connected to this node, and pushes frames to them
// without ever waiting for one. It holds no lock while it calls a session, and it
// decides nothing about what a person may see: whoever publishes has done that.
package hub

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
)

// Reason says why the hub ends a session's connection.
type Reason int

// The reasons.
const (
	SessionEnded Reason = iota + 1 // logged out, password changed, banned
	Restarting                     // the server goes down
	Moved                          // the history is another one than before
)

// Session is one connection as the hub sees it. Neither method may block or call
// the hub back.
type Session interface {
	// Deliver queues a message that is for this session's person.
	Deliver(m bus.Message)
	// End closes the connection.
	End(r Reason)
}

// PresenceFunc is told when somebody comes (their first connection here) and when
// they have gone (no connection for chat.OfflineAfter).
type PresenceFunc func(who chat.UserID, online bool, at time.Time)

// Hub routes by person.
type Hub struct {
	log      *slog.Logger
	presence PresenceFunc
	bus      bus.Bus
	asking   *rate.Limiter

	mu       sync.RWMutex // guards everything below; the slices are replaced, never changed
	members  map[Session]member
	people   map[chat.UserID]*person
	sessions map[chat.SessionID][]Session
	watchers map[chat.UserID][]Session
	heard    map[chat.UserID]heard // of those who are watched
	draining bool
	empty    chan struct{} // closed when draining and nobody is left
}

// member is what the hub keeps of a session.
type member struct {
	who      chat.UserID
	session  chat.SessionID
	watching []chat.UserID
}

// person is somebody who is, or just was, connected.
type person struct {
	sessions []Session
	since    time.Time     // from when on they get what is published for them
	left     time.Time     // when the last session went
	leaving  *time.Timer   // runs while there is no session
	ready    chan struct{} // closed once the bus has been asked for what is for them, and nil from then on
	gone     chan struct{} // nil until they are being forgotten, closed when they are
	hides    bool          // whether they are here, and so is told of nobody either
	heard    time.Time     // when hides was so; zero is when they came
}

// New returns a hub on a bus that join connects. presence may be nil.
func New(join func(bus.Receive) bus.Bus, presence PresenceFunc, log *slog.Logger) *Hub {
	if presence == nil {
		presence = func(chat.UserID, bool, time.Time) {}
	}
	h := &Hub{
		log: log, presence: presence, asking: newAsking(),
		members:  make(map[Session]member),
		people:   make(map[chat.UserID]*person),
		sessions: make(map[chat.SessionID][]Session),
		watchers: make(map[chat.UserID][]Session),
		heard:    make(map[chat.UserID]heard),
		empty:    make(chan struct{}),
	}
	h.bus = join(h.receive)
	return h
}

// Bus returns the hub's connection to the bus, for publishing.
func (h *Hub) Bus() bus.Bus { return h.bus }

// receive hands a message to the sessions it is for, and does what another node asks for.
func (h *Hub) receive(to bus.Topic, m bus.Message) {
	if m.Asks || m.Ends != (chat.SessionID{}) {
		h.asked(to, m)
		return
	}
	id, presence, ok := bus.Parse(to)
	if ok && presence && !h.hear(id, m.Frame) {
		return
	}
	if ok && !presence && m.Privacy != 0 {
		h.Keep(id, m.Privacy == bus.Hides, time.Now())
	}
	if !ok {
		return
	}
	for _, s := range h.receivers(id, presence) {
		s.Deliver(m)
	}
}

// receivers returns who is told of a person's presence, or the person's own sessions.
func (h *Hub) receivers(id chat.UserID, presence bool) []Session {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if presence {
		return h.watchers[id]
	}
	if p := h.people[id]; p != nil {
		return p.sessions
	}
	return nil
}

// Join adds a session. From its return on, the session gets everything that is
// published for the person, unless ctx ended before. It tells false when the node is
// going down, or when ctx ended while the person was being forgotten. Of the person only the
// id counts, and whether they keep to themselves that they are here.
func (h *Hub) Join(ctx context.Context, s Session, user chat.User, id chat.SessionID) bool {
	who := user.ID
	p, ready, fresh := h.admit(ctx, s, user, id)
	switch {
	case p == nil:
		return false
	case fresh:
		h.subscribe(ctx, bus.Person(who))
		h.mu.Lock()
		p.ready = nil
		h.mu.Unlock()
		close(ready)
		h.presence(who, true, time.Now())
	case ready != nil:
		select {
		case <-ready:
		case <-ctx.Done():
		}
	}
	return true
}

// admit notes a session and returns its person, what is closed once the bus has been asked for what is for them, and
// whether they are new here; no person when the session cannot be added.
func (h *Hub) admit(ctx context.Context, s Session, user chat.User, id chat.SessionID) (p *person, ready chan struct{}, fresh bool) {
	who := user.ID
	h.mu.Lock()
	for p = h.people[who]; p != nil && p.gone != nil; p = h.people[who] {
		// Until they are forgotten, the subscription that is being ended is still the
		// old one: a new one made now would end with it.
		gone := p.gone
		h.mu.Unlock()
		select {
		case <-gone:
		case <-ctx.Done():
			return nil, nil, false
		}
		h.mu.Lock()
	}
	defer h.mu.Unlock()
	if h.draining {
		return nil, nil, false
	}
	h.members[s] = member{who: who, session: id}
	h.sessions[id] = with(h.sessions[id], s)
	if p == nil {
		p, fresh = &person{since: time.Now(), ready: make(chan struct{}), hides: user.HidesSeen}, true
		h.people[who] = p
	}
	if p.leaving != nil {
		p.leaving.Stop()
		p.leaving = nil
	}
	p.sessions = with(p.sessions, s)
	return p, p.ready, fresh
}

// Leave removes a session. One that has left already is no error.
func (h *Hub) Leave(s Session) { h.LeaveSince(s, time.Now()) }

// LeaveSince is Leave for a session whose peer was heard last at a time before: their person has
// gone chat.OfflineAfter from then on.
func (h *Hub) LeaveSince(s Session, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m, ok := h.members[s]
	if !ok {
		return
	}
	delete(h.members, s)
	if h.draining && len(h.members) == 0 {
		close(h.empty)
	}
	if h.sessions[m.session] = without(h.sessions[m.session], s); len(h.sessions[m.session]) == 0 {
		delete(h.sessions, m.session)
	}
	h.unwatch(s, m.watching)
	p := h.people[m.who]
	if p.sessions = without(p.sessions, s); len(p.sessions) == 0 && !h.draining {
		p.left = at
		p.leaving = time.AfterFunc(chat.OfflineAfter-time.Since(at), func() { h.gone(m.who, p, at) })
	}
}

// gone forgets a person who has not come back since at. Whoever comes back
// meanwhile waits for it, so that the bus and those who watch are told in order.
func (h *Hub) gone(who chat.UserID, p *person, at time.Time) {
	h.mu.Lock()
	if h.people[who] != p || len(p.sessions) > 0 || !p.left.Equal(at) || p.gone != nil {
		h.mu.Unlock()
		return
	}
	p.gone = make(chan struct{})
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), busTimeout)
	defer cancel()
	if err := h.bus.Unsubscribe(ctx, bus.Person(who)); err != nil {
		h.log.Warn("unsubscribe failed", "error", err)
	}
	h.presence(who, false, at)
	h.Ask(ctx, who) // whoever has them still says so
	h.mu.Lock()
	delete(h.people, who)
	h.mu.Unlock()
	close(p.gone)
}

const busTimeout = 2 * time.Second

func (h *Hub) subscribe(ctx context.Context, t bus.Topic) {
	// The topic serves every session of a person: the end of the one that came first
	// must not end it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), busTimeout)
	defer cancel()
	if err := h.bus.Subscribe(ctx, t); err != nil && !errors.Is(err, bus.ErrDown) {
		// The connection stays: what it misses is in the log.
		h.log.Warn("subscribe failed", "error", err)
	}
}

// Since returns from when on somebody who is connected here gets what is published for
// them, and whether they are.
func (h *Hub) Since(who chat.UserID) (since time.Time, connected bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	p := h.people[who]
	if p == nil || len(p.sessions) == 0 {
		return time.Time{}, false
	}
	return p.since, true
}

// Everybody returns who is connected here.
func (h *Hub) Everybody() []chat.UserID {
	h.mu.RLock()
	defer h.mu.RUnlock()
	all := make([]chat.UserID, 0, len(h.people))
	for id, p := range h.people {
		if p.gone == nil {
			all = append(all, id)
		}
	}
	return all
}

// Connections returns how many connections somebody has here.
func (h *Hub) Connections(who chat.UserID) int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if p := h.people[who]; p != nil {
		return len(p.sessions)
	}
	return 0
}

// Count returns how many connections there are.
func (h *Hub) Count() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.members)
}

// EndSession closes the sockets that a session has here. Revoke does so everywhere.
func (h *Hub) EndSession(id chat.SessionID) {
	h.mu.RLock()
	sessions := h.sessions[id]
	h.mu.RUnlock()
	for _, s := range sessions {
		s.End(SessionEnded)
	}
}

// EndAll ends all connections there are. Whoever joins meanwhile or later stays.
func (h *Hub) EndAll(r Reason) {
	for _, s := range h.all() {
		s.End(r)
	}
}

func (h *Hub) all() []Session {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Keys(h.members))
}

// Drain admits nobody any more and ends all connections, and waits until they have
// left or ctx ends. Only the first call does that.
func (h *Hub) Drain(ctx context.Context) {
	h.mu.Lock()
	if h.draining {
		h.mu.Unlock()
		return
	}
	h.draining = true
	if len(h.members) == 0 {
		close(h.empty)
	}
	for _, p := range h.people {
		if p.leaving != nil {
			p.leaving.Stop()
		}
	}
	h.mu.Unlock()
	h.EndAll(Restarting)
	select {
	case <-h.empty:
	case <-ctx.Done():
	}
}

// with and without return a changed copy, so that readers need no lock.
func with(all []Session, s Session) []Session { return append(slices.Clip(all), s) }

func without(all []Session, s Session) []Session {
	left := make([]Session, 0, len(all))
	for _, one := range all {
		if one != s {
			left = append(left, one)
		}
	}
	return left
}
