package hub

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/wire"
)

// introductions bounds how many new conversations wait to be told of. Beyond it
// they are dropped: a client that meets an unknown conversation asks for it.
const introductions = 256

// Relay encodes, once each, what has happened and hands it to the bus.
type Relay struct {
	bus     bus.Bus
	log     *slog.Logger
	entries EntryFunc
	fresh   chan chat.Event
	done    chan struct{}
}

// EntryFunc returns a conversation as it stands in a member's list.
type EntryFunc func(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Entry, error)

// NewRelay returns a relay; Stop ends it.
func NewRelay(b bus.Bus, entries EntryFunc, log *slog.Logger) *Relay {
	r := &Relay{bus: b, log: log, entries: entries, fresh: make(chan chat.Event, introductions), done: make(chan struct{})}
	go r.introduce()
	return r
}

// Stop ends the relay once nothing calls Event any more.
func (r *Relay) Stop() {
	close(r.fresh)
	<-r.done
}

// Event tells both people of a committed event. It is what the store is given.
func (r *Relay) Event(e chat.Event) {
	r.publish(bus.Message{
		To:           []bus.Topic{bus.Person(e.BuyerID), bus.Person(e.SellerID)},
		Conversation: e.Conversation,
		Seq:          e.Seq,
		Frame:        wire.Event(e),
	})
	if e.Seq == 1 {
		select {
		case r.fresh <- e:
		default:
			r.log.Warn("introduction dropped", "conversation", e.Conversation)
		}
	}
}

// introduce tells the people of a new conversation how it stands in their lists.
func (r *Relay) introduce() {
	defer close(r.done)
	for e := range r.fresh {
		for _, who := range []chat.UserID{e.BuyerID, e.SellerID} {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			r.Introduce(ctx, who, e.Conversation)
			cancel()
		}
	}
}

// Introduce tells a person how a conversation stands in their list now.
func (r *Relay) Introduce(ctx context.Context, who chat.UserID, id chat.ConversationID) {
	entry, err := r.entries(ctx, id, who)
	if err != nil {
		r.log.Warn("introduction failed", "conversation", id, "error", err)
		return
	}
	r.Signal(chat.Introduced{To: who, Entry: entry})
}

// Signal passes a hint on to those it is for.
func (r *Relay) Signal(s chat.Signal) {
	m := bus.Message{Frame: wire.Signal(s)}
	switch s := s.(type) {
	case chat.Typing:
		m.To, m.Conversation = []bus.Topic{bus.Person(s.To)}, s.Conversation
	case chat.ReadMoved:
		m.To, m.Conversation = people(s.To), s.Conversation
	case chat.DeliveredMoved:
		m.To, m.Conversation = people(s.To), s.Conversation
	case chat.PresenceChanged:
		m.To = []bus.Topic{bus.Presence(s.User)}
	case chat.PrivacyChanged:
		// First to the person's own nodes, so that they tell the others what holds now.
		m.To, m.Privacy = []bus.Topic{bus.Person(s.User), bus.Presence(s.User)}, bus.Shows
		if s.HidesSeen {
			m.Privacy = bus.Hides
		}
		if s.Alone {
			m.To = m.To[:1]
		}
	case chat.Introduced:
		m.To, m.List = []bus.Topic{bus.Person(s.To)}, true
	case chat.MessageHidden:
		m.To, m.Conversation = []bus.Topic{bus.Person(s.To)}, s.Message.Conversation
	case chat.ListingChanged:
		m.To, m.List = people(s.To), true
	case chat.NoticesChanged:
		m.To, m.List, m.Latest = []bus.Topic{bus.Person(s.To)}, true, true
	}
	r.publish(m)
}

func people(ids []chat.UserID) []bus.Topic {
	topics := make([]bus.Topic, len(ids))
	for i, id := range ids {
		topics[i] = bus.Person(id)
	}
	return topics
}

func (r *Relay) publish(m bus.Message) {
	// No bus waits for anything here: what has no room is lost.
	if err := r.bus.Publish(context.Background(), m); err != nil && !errors.Is(err, bus.ErrDown) {
		r.log.Warn("publish failed", "error", err)
	}
}
