package pusher_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/reach"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/outside"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/pushtest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestANoticeIsShownAndClosedAgain(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		o := newOffice(t, d)
		first := o.asks("Is it still there?")
		o.is("a message", o.send(first), outbox.Sent)
		got := o.browser.Wait(t, 1)[0]
		tag := fmt.Sprintf("conversation-%d", o.talk)
		want := read{
			Type: "notice", Notice: int64(first.Notice), Tag: tag, Title: o.Buyer.Name + " wrote about " + o.Listing.Title, Body: "Is it still there?",
			URL: fmt.Sprintf("/chat/conversation/%d/", o.talk), At: o.now.Add(-time.Second).UTC().Format("2006-01-02T15:04:05.000Z"), Unread: 1, User: int64(o.Seller.ID),
		}
		if r := parsed(t, got); r != want {
			t.Errorf("the browser is told %+v, not %+v", r, want)
		}
		if got.Urgency != "high" || got.TTL != 24*time.Hour || len(got.Topic) != 32 || got.Contact != "mailto:hello@swap.example" {
			t.Errorf("it came as %+v", got)
		}
		// Somebody ended between the service's answer and writing it down: it comes again, as the same.
		o.is("sent again", o.send(first), outbox.Sent)
		if again := o.browser.Wait(t, 2)[1]; again.Topic != got.Topic || string(again.Text) != string(got.Text) {
			t.Errorf("sent again it is %+v", again)
		}
		o.reads(first)
		second := o.due()
		if second.Kind != store.DeliverClear || second.Notice != first.Notice {
			t.Fatalf("what is due is %+v", second)
		}
		o.is("taking it back", o.send(second), outbox.Sent)
		closing := o.browser.Wait(t, 3)[2]
		if r := parsed(t, closing); r != (read{Type: "clear", Notice: int64(first.Notice), Tag: tag, User: int64(o.Seller.ID)}) {
			t.Errorf("the browser is told %+v", r)
		}
		if closing.Topic != got.Topic || strings.Contains(string(closing.Text), "title") {
			t.Errorf("what closes it came as %+v, not under its topic", closing)
		}
	})
}

func TestWithoutPreviewsNothingIsTold(t *testing.T) {
	d := testkit.SQLite(t)
	o := newOffice(t, d)
	o.prefers(func(p *chat.Preferences) { p.Previews = false })
	o.is("a message", o.send(o.asks("Meet me at the lake")), outbox.Sent)
	got := o.browser.Wait(t, 1)[0]
	r := parsed(t, got)
	if r.Title != "New message on SwapNest" || r.Body != "" || strings.Contains(string(got.Text), "body") {
		t.Errorf("the browser is told %s", got.Text)
	}
	for _, secret := range []string{"lake", o.Buyer.Name, o.Listing.Title} {
		if strings.Contains(string(got.Text), secret) {
			t.Errorf("the browser is told %q: %s", secret, got.Text)
		}
	}
}

// What has changed since it was planned is looked at once more.
func TestWhatNobodyWantsAnyMoreIsNotSent(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		for name, change := range map[string]func(o *office){
			"read": func(o *office) {
				o.update(func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.ReadAllNotices(ctx, o.Seller.ID, 10)
					return err
				})
			},
			"deleted": func(o *office) {
				o.update(func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.DeleteNotices(ctx, o.Seller.ID, 10)
					return err
				})
			},
			"muted": func(o *office) {
				o.update(func(ctx context.Context, tx *store.Tx) error {
					return tx.SetKeeping(ctx, o.talk, o.Seller.ID, chat.Keeping{Muted: true})
				})
			},
			"push off":             func(o *office) { o.prefers(func(p *chat.Preferences) { p.Push = false }) },
			"push of messages off": func(o *office) { o.prefers(func(p *chat.Preferences) { p.PushNewMessage = false }) },
			"messages off":         func(o *office) { o.prefers(func(p *chat.Preferences) { p.NewMessage = false }) },
			"account closed": func(o *office) {
				o.update(func(ctx context.Context, tx *store.Tx) error { return tx.CloseUser(ctx, o.Seller.ID, o.now) })
			},
			"session expired":         func(o *office) { o.now = o.now.Add(chat.SessionLife) },
			"signed out":              func(o *office) { o.signOut() },
			"browser removed":         func(o *office) { o.forget() },
			"browser somebody else's": func(o *office) { o.takeOver() },
		} {
			t.Run(name, func(t *testing.T) {
				o := newOffice(t, fresh(t, d))
				delivery := o.asks("Hello?")
				change(o)
				o.is(name, o.send(delivery), outbox.Dropped)
				if n := o.service.Asked(); n != 0 {
					t.Errorf("the service was asked %d times", n)
				}
			})
		}
	})
}

// fresh is another database of the same kind.
func fresh(t *testing.T, d *testkit.Database) *testkit.Database {
	t.Helper()
	if d.URL() == "" {
		return testkit.SQLite(t)
	}
	return testkit.PostgreSQL(t)
}

func (o *office) signOut() {
	o.update(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.DeleteSession(ctx, o.session.ID)
		return err
	})
}

func (o *office) forget() {
	if err := o.reach.Forget(o.t.Context(), o.Seller.ID, o.browser.Endpoint, ""); err != nil {
		o.t.Fatal(err)
	}
}

// takeOver has the stranger sign in at the seller's browser.
func (o *office) takeOver() {
	s := chat.Session{ID: chat.SessionID{2}, User: o.Stranger.ID, CreatedAt: o.now, ExpiresAt: o.now.Add(time.Hour)}
	o.update(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSession(ctx, s) })
	_, _, err := o.reach.Add(o.t.Context(), reach.AddCommand{Session: s, Endpoint: o.browser.Endpoint, P256dh: o.browser.P256dh, Auth: o.browser.Auth})
	if err != nil {
		o.t.Fatal(err)
	}
}

func TestAPauseAndQuietHoursPostpone(t *testing.T) {
	o := newOffice(t, testkit.SQLite(t))
	delivery := o.asks("Hello?")
	until := o.now.Add(5 * time.Hour)
	o.prefers(func(p *chat.Preferences) { p.PausedUntil = until })
	out := o.send(delivery)
	o.is("a pause", out, outbox.Postponed)
	if !out.Until.Equal(until) {
		t.Errorf("it is sent at %v, not %v", out.Until, until)
	}
	local := o.now.UTC()
	minute := local.Hour()*60 + local.Minute()
	o.prefers(func(p *chat.Preferences) { p.Quiet = chat.Hours{From: minute, To: (minute + 90) % (24 * 60)} })
	out = o.send(delivery)
	o.is("quiet hours", out, outbox.Postponed)
	if wait := out.Until.Sub(o.now); wait < 88*time.Minute || wait > 90*time.Minute {
		t.Errorf("it is sent in %v, not when they are over", wait)
	}
	if n := o.service.Asked(); n != 0 {
		t.Errorf("the service was asked %d times", n)
	}
}

func TestWhatAServiceSaysIsDone(t *testing.T) {
	for _, c := range []struct {
		answer pushtest.Answer
		want   outbox.Result
		wait   time.Duration // 0 for when the outbox likes
		says   string        // of the fault
	}{
		{pushtest.Answer{Status: 200}, outbox.Sent, 0, ""},
		{pushtest.Answer{Status: 201}, outbox.Sent, 0, ""},
		{pushtest.Answer{Status: 202}, outbox.Sent, 0, ""},
		{pushtest.Answer{Status: 204}, outbox.Sent, 0, ""},
		{pushtest.Answer{Status: 429, RetryAfter: "120"}, outbox.Retry, 2 * time.Minute, "429"},
		{pushtest.Answer{Status: 429, RetryAfter: "a date"}, outbox.Retry, 10 * time.Minute, "429"},
		{pushtest.Answer{Status: 429}, outbox.Retry, 0, "429"},
		{pushtest.Answer{Status: 503, RetryAfter: "60"}, outbox.Retry, time.Minute, "503"},
		{pushtest.Answer{Status: 500}, outbox.Retry, 0, "500"},
		{pushtest.Answer{Status: 502}, outbox.Retry, 0, "502"},
		{pushtest.Answer{Status: 408}, outbox.Retry, 0, "408"},
		{pushtest.Answer{Status: 400}, outbox.Dead, 0, "400"},
		{pushtest.Answer{Status: 401}, outbox.Dead, 0, "signature"},
		{pushtest.Answer{Status: 403}, outbox.Dead, 0, "signature"},
		{pushtest.Answer{Status: 301}, outbox.Dead, 0, "301"},
		{pushtest.Answer{Status: 413}, outbox.Dead, 0, "too large"},
	} {
		t.Run(fmt.Sprintf("%d %s", c.answer.Status, c.answer.RetryAfter), func(t *testing.T) {
			o := newOffice(t, testkit.SQLite(t))
			delivery := o.asks("Hello?")
			if c.answer.RetryAfter == "a date" {
				o.now = o.now.Truncate(time.Second)
				c.answer.RetryAfter = o.now.Add(c.wait).UTC().Format(http.TimeFormat)
			}
			o.service.Always(c.answer)
			out := o.send(delivery)
			o.is("the attempt", out, c.want)
			if c.wait == 0 && !out.Until.IsZero() || c.wait > 0 && !out.Until.Equal(o.now.Add(c.wait)) {
				t.Errorf("it is tried at %v, not in %v", out.Until, c.wait)
			}
			if out.Err != nil && !strings.Contains(out.Err.Error(), c.says) {
				t.Errorf("operators are told %q, without %q", out.Err, c.says)
			}
			if o.devices() != 1 {
				t.Error("the browser is gone")
			}
		})
	}
}

func (o *office) devices() int {
	o.t.Helper()
	all, err := o.db.PushDevicesOf(o.t.Context(), o.Seller.ID, o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	return len(all)
}

func TestABrowserThatIsGoneIsRemoved(t *testing.T) {
	for _, status := range []int{404, 410} {
		o := newOffice(t, testkit.SQLite(t))
		delivery := o.asks("Hello?")
		o.service.Next(pushtest.Answer{Status: status})
		o.is("the attempt", o.send(delivery), outbox.Dropped)
		if n := o.devices(); n != 0 {
			t.Errorf("%d: %d browsers are left", status, n)
		}
	}
}

func TestAMessageThatIsTooLargeIsSentWithoutItsPreview(t *testing.T) {
	o := newOffice(t, testkit.SQLite(t))
	delivery := o.asks("Hello?")
	o.service.Next(pushtest.Answer{Status: 413})
	o.is("the attempt", o.send(delivery), outbox.Sent)
	if r := parsed(t, o.browser.Wait(t, 1)[0]); r.Title != "New message on SwapNest" || r.Body != "" {
		t.Errorf("the browser is told %+v", r)
	}
}

func TestALineThatBreaksIsTriedAgain(t *testing.T) {
	o := newOffice(t, testkit.SQLite(t))
	delivery := o.asks("Hello?")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.is("an attempt whose time is over", o.pusher.Send(ctx, delivery), outbox.Retry)
	broken := o.newPusher(&http.Client{Transport: failing{}})
	o.is("a line that breaks", broken.Send(t.Context(), delivery), outbox.Retry)
	near := o.newPusher(outside.New(outside.Options{}))
	o.is("an address that nobody is led to", near.Send(t.Context(), delivery), outbox.Dead)
	if n := o.service.Asked(); n != 0 || o.devices() != 1 {
		t.Errorf("the service was asked %d times, and there are %d browsers", n, o.devices())
	}
}

// failing is a line that is broken.
type failing struct{}

func (failing) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("connection reset by %s", r.URL.Host)
}

// A browser that has subscribed before the key was changed takes messages of the old one alone.
func TestABrowserGetsMessagesByTheKeyItSubscribedWith(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		o := newOffice(t, d)
		old, err := o.reach.PublicKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		o.update(func(ctx context.Context, tx *store.Tx) error {
			_, err := reach.Rotate(ctx, tx, o.now)
			return err
		})
		if next, err := o.reach.PublicKey(t.Context()); err != nil || next == old {
			t.Fatalf("the new key is %q, %v", next, err)
		}
		delivery := o.asks("Hello?")
		o.is("by the old key", o.send(delivery), outbox.Sent)
		// It comes by and subscribes anew: the old key has no browser any more.
		o.forget()
		o.browser = o.subscribe(o.session)
		if ok, err := o.db.SettleDelivery(t.Context(), delivery, store.Settlement{As: store.SettledSent, At: o.now}); err != nil || !ok {
			t.Fatal(ok, err)
		}
		o.is("by the new key", o.send(o.asks("Still there?")), outbox.Sent)
		o.browser.Wait(t, 1)
	})
}

func TestUseOfABrowserIsNotedToTheHour(t *testing.T) {
	o := newOffice(t, testkit.SQLite(t))
	subscribed := o.now
	used := func() time.Time {
		t.Helper()
		all, err := o.reach.Devices(t.Context(), o.session)
		if err != nil || len(all) != 1 || all[0].Name != "Firefox on Linux" || !all[0].Current {
			t.Fatalf("the browsers are %+v, %v", all, err)
		}
		return all[0].UsedAt
	}
	delivery := o.asks("Hello?")
	o.is("at once", o.send(delivery), outbox.Sent)
	if at := used(); !at.Equal(subscribed) {
		t.Errorf("used at %v, and it subscribed at %v", at, subscribed)
	}
	o.now = o.now.Add(2 * time.Hour)
	o.is("later", o.send(delivery), outbox.Sent)
	if at := used(); !at.Equal(o.now) {
		t.Errorf("used at %v, and it took a message at %v", at, o.now)
	}
}
