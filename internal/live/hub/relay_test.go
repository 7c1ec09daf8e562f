package hub

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/wire"
)

func event(seq chat.Seq) chat.Event {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	return chat.Event{
		Conversation: 41, Seq: seq, Kind: chat.MessagePosted, Actor: 1, At: at, BuyerID: 1, SellerID: 2,
		Message: chat.Message{ID: 5, Conversation: 41, Seq: seq, ClientID: "c1", Sender: chat.Author{ID: 1, Username: "aarav"}, Text: "hi", SentAt: at},
	}
}

// entryOf is an EntryFunc that tells who asked.
func entryOf(_ context.Context, id chat.ConversationID, who chat.UserID) (chat.Entry, error) {
	e := chat.Entry{Conversation: chat.Conversation{ID: id, BuyerID: 1, SellerID: 2, Head: 1}, Role: chat.Buyer}
	if who == 2 {
		e.Role, e.Unread = chat.Seller, 1
	}
	return e, nil
}

func newRelay(b bus.Bus, entries EntryFunc) *Relay {
	return NewRelay(b, entries, slog.New(slog.DiscardHandler))
}

// kinds returns the types of the frames that came.
func kinds(t *testing.T, frames []bus.Message) []string {
	t.Helper()
	var all []string
	for _, m := range frames {
		var f struct{ Type string }
		if err := json.Unmarshal(m.Frame, &f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f.Type)
	}
	return all
}

func TestAnEventIsEncodedOnceForAllWhoGetIt(t *testing.T) {
	w := newWorld(t, new(bus.Memory).Join)
	r := newRelay(w.Bus(), entryOf)
	phone, desk, seller, stranger := w.join(1, 1), w.join(1, 2), w.join(2, 3), w.join(3, 4)
	r.Event(event(2))
	r.Stop()
	for name, s := range map[string]*session{"the buyer's phone": phone, "the buyer's desk": desk, "the seller": seller} {
		if len(s.frames) != 1 {
			t.Fatalf("%s got %d frames, want 1", name, len(s.frames))
		}
		m := s.frames[0]
		if string(m.Frame) != string(wire.Event(event(2))) || m.Conversation != 41 || m.Seq != 2 || m.List {
			t.Errorf("%s got %s, %d, %d", name, m.Frame, m.Conversation, m.Seq)
		}
		if &m.Frame[0] != &phone.frames[0].Frame[0] {
			t.Errorf("%s got a frame of their own", name)
		}
	}
	check(t, "a stranger", stranger.got(), []string(nil))
}

func TestAFirstMessageIntroducesTheConversationToBoth(t *testing.T) {
	w := newWorld(t, new(bus.Memory).Join)
	r := newRelay(w.Bus(), entryOf)
	buyer, seller := w.join(1, 1), w.join(2, 2)
	r.Event(event(1))
	r.Event(event(2))
	r.Stop()
	for who, s := range map[chat.Role]*session{chat.Buyer: buyer, chat.Seller: seller} {
		got := kinds(t, s.frames)
		slices.Sort(got)
		check(t, string(who), got, []string{"conversation", "message", "message"})
		for _, m := range s.frames {
			var f struct {
				Type         string
				Conversation struct{ Role chat.Role }
			}
			if err := json.Unmarshal(m.Frame, &f); err != nil {
				t.Fatal(err)
			}
			if f.Type != "conversation" {
				continue
			}
			if f.Conversation.Role != who {
				t.Errorf("the %s was shown the list entry of the %s", who, f.Conversation.Role)
			}
			if !m.List || m.Seq != 0 {
				t.Errorf("the introduction is not marked as a hint about the list: %+v", m)
			}
		}
	}
}

func TestAnIntroductionThatFailsForOneReachesTheOther(t *testing.T) {
	w := newWorld(t, new(bus.Memory).Join)
	r := newRelay(w.Bus(), func(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Entry, error) {
		if who == 1 {
			return chat.Entry{}, errors.New("the database is down")
		}
		return entryOf(ctx, id, who)
	})
	buyer, seller := w.join(1, 1), w.join(2, 2)
	r.Event(event(1))
	r.Stop()
	check(t, "the buyer", kinds(t, buyer.frames), []string{"message"})
	check(t, "the seller", kinds(t, seller.frames), []string{"message", "conversation"})
}

func TestIntroductionsThatPileUpAreDroppedAndBlockNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, new(bus.Memory).Join)
		release := make(chan struct{})
		r := newRelay(w.Bus(), func(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Entry, error) {
			<-release
			return entryOf(ctx, id, who)
		})
		seller := w.join(2, 2)
		const many = introductions + 50
		for range many {
			r.Event(event(1))
		}
		synctest.Wait()
		if got := len(seller.got()); got != many {
			t.Errorf("got %d messages while introductions wait, want %d", got, many)
		}
		close(release)
		r.Stop()
		if got := len(seller.got()); got < introductions || got >= many {
			t.Errorf("got %d introductions, want at least %d and fewer than %d", got, introductions, many)
		}
	})
}

func TestSignalsGoToThoseTheyAreFor(t *testing.T) {
	entry, _ := entryOf(t.Context(), 41, 1)
	for name, c := range map[string]struct {
		signal       chat.Signal
		buyer        []string
		seller       []string
		conversation chat.ConversationID
	}{
		"typing":       {chat.Typing{To: 2, Conversation: 41, User: 1, Name: "Aarav", On: true}, nil, []string{"typing"}, 41},
		"read":         {chat.ReadMoved{To: []chat.UserID{1, 2}, Conversation: 41, User: 1, Seq: 3}, []string{"read"}, []string{"read"}, 41},
		"delivered":    {chat.DeliveredMoved{To: []chat.UserID{1, 2}, Conversation: 41, User: 1, Seq: 3}, []string{"delivered"}, []string{"delivered"}, 41},
		"presence":     {chat.PresenceChanged{User: 2, Online: true}, []string{"presence"}, nil, 0},
		"privacy":      {chat.PrivacyChanged{User: 2}, []string{"privacy"}, []string{"privacy"}, 0},
		"one's own":    {chat.PrivacyChanged{User: 2, HidesSeen: true, Alone: true}, nil, []string{"privacy"}, 0},
		"introduction": {chat.Introduced{To: 1, Entry: entry}, []string{"conversation"}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, new(bus.Memory).Join)
			r := newRelay(w.Bus(), entryOf)
			defer r.Stop()
			buyer, seller := w.join(1, 1), w.join(2, 2)
			w.Watch(t.Context(), buyer, []chat.UserID{2})
			r.Signal(c.signal)
			check(t, "the buyer", kinds(t, buyer.frames), c.buyer)
			check(t, "the seller", kinds(t, seller.frames), c.seller)
			for _, m := range slices.Concat(buyer.frames, seller.frames) {
				if m.Conversation != c.conversation || m.Seq != 0 {
					t.Errorf("got conversation %d, seq %d, want %d and none", m.Conversation, m.Seq, c.conversation)
				}
			}
		})
	}
}

// deafBus fails.
type deafBus struct{ bus.Bus }

func (deafBus) Publish(context.Context, bus.Message) error { return errors.New("nobody hears") }

// TestABusThatFailsStopsNoEvent shows contract 9: the bus is a hint after the commit, and its
// failing changes nothing.
func TestABusThatFailsStopsNoEvent(t *testing.T) {
	r := newRelay(deafBus{}, entryOf)
	r.Event(event(1))
	r.Signal(chat.Typing{To: 2})
	r.Stop()
}
