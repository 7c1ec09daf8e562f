package pusher_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/reach"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/follower/pusher"
	"swapnest/internal/outside"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/pushtest"
)

// office is a town whose seller has a browser that takes push messages.
type office struct {
	testkit.Town
	t       *testing.T
	db      *store.DB
	reach   *reach.Service
	service *pushtest.Service
	browser *pushtest.Browser
	pusher  *pusher.Pusher
	session chat.Session // of the seller, at the browser
	talk    chat.ConversationID
	seq     chat.Seq
	now     time.Time
}

func newOffice(t *testing.T, d *testkit.Database) *office {
	t.Helper()
	o := &office{t: t, db: d.Open(t, nil), now: time.Now().Truncate(time.Millisecond)}
	o.Town = testkit.Populate(t, o.db)
	o.talk = o.Converse(t, o.db).ID
	clock := func() time.Time { return o.now }
	o.service = pushtest.Start(t, clock)
	o.reach = reach.New(o.db, reach.Options{Loopback: true, Now: clock})
	if err := o.reach.EnsureKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.pusher = o.newPusher(outside.New(outside.Options{Loopback: true}))
	o.session = chat.Session{ID: chat.SessionID{1}, User: o.Seller.ID, Agent: "Firefox on Linux", CreatedAt: o.now, ExpiresAt: o.now.Add(chat.SessionLife)}
	o.update(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSession(ctx, o.session) })
	o.browser = o.subscribe(o.session)
	return o
}

func (o *office) newPusher(h *http.Client) *pusher.Pusher {
	return pusher.New(o.db, pusher.Options{
		HTTP: h, Contact: "mailto:hello@swap.example", Loopback: true, Now: func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler),
	})
}

func (o *office) update(fn func(ctx context.Context, tx *store.Tx) error) {
	o.t.Helper()
	if err := o.db.Update(o.t.Context(), func(tx *store.Tx) error { return fn(o.t.Context(), tx) }); err != nil {
		o.t.Fatal(err)
	}
}

// subscribe has a browser subscribe with the key of today.
func (o *office) subscribe(s chat.Session) *pushtest.Browser {
	o.t.Helper()
	key, err := o.reach.PublicKey(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	b := o.service.Subscribe(o.t, key)
	if _, _, err := o.reach.Add(o.t.Context(), reach.AddCommand{Session: s, Endpoint: b.Endpoint, P256dh: b.P256dh, Auth: b.Auth}); err != nil {
		o.t.Fatal(err)
	}
	return b
}

// asks has the buyer write, and returns what is to be sent of it when it is due.
func (o *office) asks(text string) store.Delivery {
	o.t.Helper()
	_, err := o.db.Append(o.t.Context(), store.Append{
		Conversation: o.talk, Actor: o.Buyer.ID, ClientID: fmt.Sprint(o.seq),
		Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted(text, o.now), nil },
	})
	if err != nil {
		o.t.Fatal(err)
	}
	o.seq++
	o.update(func(ctx context.Context, tx *store.Tx) error {
		told, err := tx.TellOfMessages(ctx, chat.NoticeMessage, []store.MessageNews{{Conversation: o.talk, Actor: o.Buyer.ID, Seq: o.seq, At: o.now}})
		if err != nil || len(told) != 1 {
			return fmt.Errorf("told %d people: %w", len(told), err)
		}
		return tx.PlanDeliveries(ctx, []chat.NoticeID{told[0].ID}, o.now, store.Timing{Push: true, PushAfter: time.Second})
	})
	return o.due()
}

// due claims the one delivery there is, a second later.
func (o *office) due() store.Delivery {
	o.t.Helper()
	o.now = o.now.Add(time.Second)
	all, err := o.db.ClaimDeliveries(o.t.Context(), chat.PushChannel, o.now, time.Minute, 10)
	if err != nil || len(all) != 1 {
		o.t.Fatalf("claimed %d, %v, want one", len(all), err)
	}
	return all[0]
}

func (o *office) send(d store.Delivery) outbox.Outcome {
	o.t.Helper()
	return o.pusher.Send(o.t.Context(), d)
}

// is fails unless an attempt ends in a result.
func (o *office) is(when string, got outbox.Outcome, want outbox.Result) {
	o.t.Helper()
	if got.Result != want {
		o.t.Errorf("%s: %+v, not result %d; the service says %q", when, got, want, o.service.Faults())
	}
	if (want == outbox.Retry || want == outbox.Dead) && got.Err == nil {
		o.t.Errorf("%s: nobody is told why", when)
	}
	if got.Err != nil && (strings.Contains(got.Err.Error(), o.browser.Endpoint) || strings.Contains(got.Err.Error(), "/push/")) {
		o.t.Errorf("%s: the fault tells the endpoint: %v", when, got.Err)
	}
}

// reads has the seller read all there is, and settles what was sent before.
func (o *office) reads(sent store.Delivery) {
	o.t.Helper()
	if ok, err := o.db.SettleDelivery(o.t.Context(), sent, store.Settlement{As: store.SettledSent, At: o.now}); err != nil || !ok {
		o.t.Fatalf("not settled: %v, %v", ok, err)
	}
	o.update(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.MoveRead(ctx, o.talk, o.Seller.ID, o.seq); err != nil {
			return err
		}
		_, err := tx.ReadNoticesOf(ctx, o.talk, o.Seller.ID, o.seq)
		return err
	})
}

func (o *office) prefers(change func(*chat.Preferences)) {
	o.t.Helper()
	p := chat.DefaultPreferences()
	change(&p)
	o.update(func(ctx context.Context, tx *store.Tx) error { return tx.SetPreferences(ctx, o.Seller.ID, p) })
}

// read is a message as the worker of the page reads it.
type read struct {
	Type   string `json:"type"`
	Notice int64  `json:"notice"`
	Tag    string `json:"tag"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	URL    string `json:"url"`
	At     string `json:"at"`
	Unread int64  `json:"unread"`
	User   int64  `json:"user"`
}

func parsed(t *testing.T, m pushtest.Message) (r read) {
	t.Helper()
	if err := json.Unmarshal(m.Text, &r); err != nil {
		t.Fatalf("%v in %s", err, m.Text)
	}
	return r
}
