package messaging_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/limit"
	"swapnest/internal/testkit"
)

// Bug: what was read before took its turn among those who write, as often as somebody said so.
func TestWhatWasReadBeforeIsNotWritten(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked []string
		db := d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
		town := testkit.Populate(t, db)
		id := town.Converse(t, db).ID
		now := time.Now()
		limits := &messaging.Limits{Read: limit.New(time.Second, 4, func() time.Time { return now })}
		s := messaging.New(db, quiet{}, quiet{}, limits, chat.DefaultMedia(), nil, time.Now)
		for i := range 3 {
			c := messaging.SendCommand{Conversation: id, ClientID: fmt.Sprint(i), Text: "Hello"}
			if _, err := s.Send(t.Context(), town.Buyer.ID, c); err != nil {
				t.Fatal(err)
			}
		}
		who := town.Seller.ID
		delivered := func(seq chat.Seq) error { return s.MarkDelivered(t.Context(), who, id, seq) }
		read := func(seq chat.Seq) error { return s.MarkRead(t.Context(), who, id, seq) }
		writes := func() bool {
			defer func() { asked = nil }()
			for _, query := range asked {
				if strings.HasPrefix(strings.TrimSpace(query), "UPDATE") {
					return true
				}
			}
			return false
		}
		writes()
		for i, step := range []struct {
			move  func(chat.Seq) error
			seq   chat.Seq
			moves bool
		}{
			{delivered, 1, true},
			{delivered, 1, false},
			{read, 1, true},
			{read, 1, false},
			{delivered, 1, false},
			{read, 99, true},
			{read, 99, false},
			{read, 2, false},
			{read, 0, false},
			{delivered, 99, false},
		} {
			if err := step.move(step.seq); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			if got := writes(); got != step.moves {
				t.Errorf("step %d wrote: %v, want %v", i, got, step.moves)
			}
		}
		// What moves nothing took no token: of four one is left, and none of the next one.
		say := func(clientID string) {
			t.Helper()
			if _, err := s.Send(t.Context(), town.Buyer.ID, messaging.SendCommand{Conversation: id, ClientID: clientID, Text: "Hello"}); err != nil {
				t.Fatal(err)
			}
		}
		say("more")
		if err := delivered(4); err != nil {
			t.Error(err)
		}
		say("most")
		writes()
		for name, move := range map[string]func(chat.Seq) error{"read": read, "delivered": delivered} {
			if err := move(5); chat.CodeOf(err) != chat.RateLimited || writes() {
				t.Errorf("%s: got %v, want that it is too often, and nothing is written", name, err)
			}
			if err := move(1); err != nil {
				t.Errorf("%s, which changes nothing: %v", name, err)
			}
		}
		if err := s.MarkRead(t.Context(), town.Buyer.ID, id, 1); err != nil {
			t.Errorf("the other person: %v", err)
		}
		now = now.Add(time.Second)
		if err := read(5); err != nil {
			t.Errorf("a second later: %v", err)
		}
	})
}
