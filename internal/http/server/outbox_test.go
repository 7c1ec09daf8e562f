package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// senderFunc is a function that sends.
type senderFunc func(d store.Delivery) outbox.Outcome

// Send implements outbox.Sender.
func (f senderFunc) Send(_ context.Context, d store.Delivery) outbox.Outcome { return f(d) }

// TestWhatIsWrittenLeavesTheSiteUntilItIsRead goes the whole way within a node: a message is
// pushed, reading it takes that back, and is sooner than its mail.
func TestWhatIsWrittenLeavesTheSiteUntilItIsRead(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		pushed, mailed := make(chan store.Delivery, 10), make(chan store.Delivery, 10)
		s := openWith(t, d, func(o *server.Options) {
			o.Timing = store.Timing{PushAfter: time.Millisecond, MailAfter: time.Hour}
			o.Senders = map[chat.Channel]outbox.Sender{
				chat.PushChannel: senderFunc(func(d store.Delivery) outbox.Outcome {
					pushed <- d
					return outbox.Outcome{Result: outbox.Sent}
				}),
				chat.MailChannel: senderFunc(func(d store.Delivery) outbox.Outcome {
					mailed <- d
					return outbox.Outcome{Result: outbox.Dead, Err: errors.New("no such person")}
				}),
			}
		})
		device := d.Device(t, s.town.Seller.ID)
		d.Verify(t, s.town.Seller.ID)
		answer := s.buyer.Do("POST", "/api/v1/conversations", fmt.Sprintf(`{"listing_id":%d,"client_id":"one","message":"Is it there?"}`, s.town.Listing.ID))
		if answer.Status != http.StatusCreated {
			t.Fatalf("asking: %d %s", answer.Status, answer.Body)
		}
		next := func(from chan store.Delivery, what string) store.Delivery {
			t.Helper()
			select {
			case d := <-from:
				return d
			case <-time.After(20 * time.Second):
				t.Fatalf("waited in vain for %s", what)
				return store.Delivery{}
			}
		}
		told := next(pushed, "a push message")
		if told.Kind != store.DeliverNotice || told.Device != device || told.To != s.town.Seller.ID {
			t.Errorf("pushed %+v", told)
		}
		waits := func(state store.DeliveryState) int {
			t.Helper()
			all, err := s.DB.Deliveries(t.Context(), store.DeliveryQuery{State: state})
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		if n := waits(store.DeliveryWaiting); n == 0 {
			t.Error("no mail waits")
		}
		if answer := s.seller.Do("POST", "/api/v1/notifications/read", `{"all":true}`); answer.Status >= 300 {
			t.Fatalf("reading: %d %s", answer.Status, answer.Body)
		}
		if taken := next(pushed, "what takes it back"); taken.Kind != store.DeliverClear || taken.ID != told.ID || taken.Device != device {
			t.Errorf("pushed %+v", taken)
		}
		err := s.DB.Update(t.Context(), func(tx *store.Tx) error {
			return tx.Enqueue(t.Context(), store.Delivery{Channel: chat.MailChannel, Kind: store.DeliverPassword, To: s.town.Seller.ID})
		})
		if err != nil {
			t.Fatal(err)
		}
		if mail := next(mailed, "the mail about the account"); mail.Kind != store.DeliverPassword {
			t.Errorf("mailed %+v of what was read", mail)
		}
		for deadline := time.Now().Add(20 * time.Second); waits(store.DeliveryDead) != 1 || waits(store.DeliveryWaiting) > 0; {
			if time.Now().After(deadline) {
				t.Fatalf("%d are dead and %d wait, want the mail that was refused alone", waits(store.DeliveryDead), waits(store.DeliveryWaiting))
			}
		}
		// What is counted and what is stored do not change at once.
		for _, line := range []string{
			`swapnest_outbox_deliveries{channel="mail",state="dead"} 1`, `swapnest_outbox_deliveries{channel="push",state="waiting"} 0`,
			`swapnest_outbox_attempts_total{channel="mail",result="dead"} 1`, `swapnest_outbox_attempts_total{channel="push",result="sent"} 2`,
			`swapnest_outbox_late_seconds{channel="mail"} 0`,
		} {
			for deadline := time.Now().Add(20 * time.Second); !strings.Contains(s.visitor.Do("GET", "/metrics", "").Body, line+"\n"); time.Sleep(50 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("the metrics lack %s", line)
				}
			}
		}
	})
}
