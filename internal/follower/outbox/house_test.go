package outbox

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// away is the other side of a channel, which answers as a test says.
type away struct {
	answer func(ctx context.Context, d store.Delivery) Outcome

	mu     sync.Mutex // guards what follows
	tried  []store.Delivery
	at     []time.Time
	flying int
	most   int // at once
}

// Send implements Sender.
func (a *away) Send(ctx context.Context, d store.Delivery) Outcome {
	a.mu.Lock()
	a.tried, a.at = append(a.tried, d), append(a.at, time.Now())
	a.flying++
	a.most = max(a.most, a.flying)
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.flying--
		a.mu.Unlock()
	}()
	return a.answer(ctx, d)
}

// attempts returns what was tried by now.
func (a *away) attempts() []store.Delivery {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]store.Delivery{}, a.tried...)
}

// results count how attempts have ended.
type results struct {
	mu  sync.Mutex
	all map[string]int
}

func (r *results) ended(_ chat.Channel, result string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]int{}
	}
	r.all[result]++
}

func (r *results) want(t *testing.T, want map[string]int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if diff := cmp.Diff(want, r.all); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func worker(db *store.DB, channel chat.Channel, a *away, r *results) *Worker {
	w, err := New(db, Options{
		Senders: map[chat.Channel]Sender{channel: a}, Timing: store.Timing{PushAfter: 3 * time.Second, MailGap: time.Hour},
		Now: time.Now, Ended: r.ended, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	return w
}

// devices numbers devices of push, since no two messages of no notice go to one.
var devices atomic.Int64

// enqueue puts n deliveries into the outbox that are due at once.
func enqueue(t *testing.T, db *store.DB, channel chat.Channel, n int) {
	t.Helper()
	enqueueTo(t, db, channel, 1, n)
}

// enqueueTo is enqueue for somebody.
func enqueueTo(t *testing.T, db *store.DB, channel chat.Channel, to chat.UserID, n int) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for range n {
			d := store.Delivery{Channel: channel, Kind: store.DeliverPassword, To: to, Device: chat.PushDeviceID(devices.Add(1))}
			if err := tx.Enqueue(t.Context(), d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// left returns what waits and what was given up.
func left(t *testing.T, db *store.DB) (waiting, dead []store.Delivery) {
	t.Helper()
	for state, into := range map[store.DeliveryState]*[]store.Delivery{store.DeliveryWaiting: &waiting, store.DeliveryDead: &dead} {
		all, err := db.Deliveries(t.Context(), store.DeliveryQuery{State: state, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		*into = all
	}
	return waiting, dead
}
