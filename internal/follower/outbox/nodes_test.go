package outbox

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, deadline := time.NewTicker(10*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestSeveralNodesShareTheWork(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		const n = 120
		db := d.Open(t, nil)
		var r results
		var servers [3]*away
		var workers [3]*Worker
		// Nothing is answered before two nodes send: one alone, which is quick, would leave nothing to the others.
		var asked [3]sync.Once
		var nodes atomic.Int32
		several := make(chan struct{})
		for i := range servers {
			servers[i] = &away{answer: func(ctx context.Context, _ store.Delivery) Outcome {
				asked[i].Do(func() {
					if nodes.Add(1) == 2 {
						close(several)
					}
				})
				select {
				case <-several:
				case <-ctx.Done():
				}
				return Outcome{Result: Sent}
			}}
			own := db // SQLite belongs to one process
			if d.URL() != "" {
				own = d.Open(t, nil)
			}
			workers[i] = worker(own, chat.MailChannel, servers[i], &r)
			workers[i].Start()
			defer workers[i].Stop()
		}
		enqueue(t, db, chat.MailChannel, n)
		for _, w := range workers {
			w.Wake()
		}
		eventually(t, "all are sent", func() bool {
			waiting, _ := left(t, db)
			return len(waiting) == 0
		})
		times := map[chat.DeliveryID]int{}
		busy := 0
		for _, s := range servers {
			all := s.attempts()
			if len(all) > 0 {
				busy++
			}
			for _, d := range all {
				times[d.ID]++
			}
		}
		for id, n := range times {
			if n != 1 {
				t.Errorf("delivery %d was sent %d times", id, n)
			}
		}
		if len(times) != n || busy < 2 {
			t.Errorf("%d were sent by %d nodes, want %d by several", len(times), busy, n)
		}
	})
}

// TestANodeThatDiesBehindTheAnswer has a node end between the answer of the other side and the
// commit that notes it. Another one sends the same once more, under the same id, and nobody sends
// it a third time.
func TestANodeThatDiesBehindTheAnswer(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		dying := d.Open(t, nil)
		town := testkit.Populate(t, dying)
		talk := town.Converse(t, dying)
		device := d.Device(t, town.Seller.ID)
		timing := store.Timing{Push: true, PushAfter: time.Millisecond}
		err := dying.Update(t.Context(), func(tx *store.Tx) error {
			told, err := tx.TellOfMessages(t.Context(), chat.NoticeInquiry, []store.MessageNews{{Conversation: talk.ID, Actor: town.Buyer.ID, Seq: 1, At: time.Now()}})
			if err != nil || len(told) != 1 {
				t.Fatalf("told %v, %v", told, err)
			}
			return tx.PlanDeliveries(t.Context(), []chat.NoticeID{told[0].ID}, time.Now(), timing)
		})
		if err != nil {
			t.Fatal(err)
		}
		var r results
		first := &away{answer: func(context.Context, store.Delivery) Outcome {
			if err := dying.Close(); err != nil { // nothing is written down any more
				t.Error(err)
			}
			return Outcome{Result: Sent}
		}}
		w := worker(dying, chat.PushChannel, first, &r)
		w.Start()
		eventually(t, "the node has sent it", func() bool { return len(first.attempts()) == 1 })
		w.Stop()
		r.want(t, map[string]int{"lost": 1})

		db := d.Open(t, nil)
		second := &away{answer: func(context.Context, store.Delivery) Outcome { return Outcome{Result: Sent} }}
		ahead := time.Duration(0)
		successor, err := New(db, Options{
			Senders: map[chat.Channel]Sender{chat.PushChannel: second}, Timing: timing,
			Now: func() time.Time { return time.Now().Add(ahead) }, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		// While the claim of the dead node counts it is nobody's.
		if all, err := db.ClaimDeliveries(t.Context(), chat.PushChannel, time.Now().Add(paces[chat.PushChannel].attempt), time.Minute, 10); err != nil || len(all) > 0 {
			t.Fatalf("claimed %v, %v, while another node may be sending it", all, err)
		}
		ahead = paces[chat.PushChannel].lease
		successor.Start()
		eventually(t, "it is noted as sent", func() bool {
			all, err := db.Deliveries(t.Context(), store.DeliveryQuery{State: store.DeliverySent})
			return err == nil && len(all) == 1
		})
		successor.Stop()
		one, two := first.attempts(), second.attempts()
		if len(one) != 1 || len(two) != 1 || one[0].ID != two[0].ID || two[0].Device != device || two[0].Attempts != 2 {
			t.Errorf("sent %+v and %+v, want the same delivery once by each node", one, two)
		}
	})
}

// TestWhoIsAloneTakesOverAtOnce has a process end in the middle of what it sends. One that is alone
// sends that as soon as it starts, but for what it may have ended of; beside others nobody may.
func TestWhoIsAloneTakesOverAtOnce(t *testing.T) {
	for _, alone := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			db := testkit.SQLite(t).Open(t, nil)
			lease := paces[chat.MailChannel].lease
			claim := func(n int) []store.Delivery {
				t.Helper()
				all, err := db.ClaimDeliveries(t.Context(), chat.MailChannel, time.Now(), lease, n)
				if err != nil || len(all) != n {
					t.Fatalf("claimed %v, %v, want %d", all, err, n)
				}
				return all
			}
			enqueue(t, db, chat.MailChannel, 1)
			var bad store.Delivery
			for range suspect {
				bad = claim(1)[0]
				time.Sleep(lease + time.Second)
			}
			for _, to := range []chat.UserID{2, 3} { // of one person one is claimed at a time
				enqueueTo(t, db, chat.MailChannel, to, 1)
			}
			begun := claim(3)
			time.Sleep(time.Second)

			server := &away{answer: func(context.Context, store.Delivery) Outcome { return Outcome{Result: Sent} }}
			w, err := New(db, Options{
				Senders: map[chat.Channel]Sender{chat.MailChannel: server}, Timing: store.Timing{MailGap: time.Hour}, Alone: alone,
				Now: time.Now, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			w.Start()
			defer w.Stop()
			time.Sleep(look / 2)
			want := 0
			if alone {
				want = len(begun) - 1
			}
			first := server.attempts()
			if len(first) != want {
				t.Fatalf("alone %t: %d were sent at once, want %d", alone, len(first), want)
			}
			for _, d := range first {
				if d.ID == bad.ID || d.Attempts != 2 {
					t.Errorf("%d was sent at once, begun %d times", d.ID, d.Attempts)
				}
			}
			time.Sleep(lease)
			if n := len(server.attempts()); n != len(begun) {
				t.Errorf("alone %t: %d were sent when the claims were over, want %d", alone, n, len(begun))
			}
			if waiting, dead := left(t, db); len(waiting)+len(dead) > 0 {
				t.Errorf("%d wait, %d were given up", len(waiting), len(dead))
			}
		})
	}
}
