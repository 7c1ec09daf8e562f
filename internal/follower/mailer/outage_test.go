package mailer_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/mailer"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/mailtest"
)

// timing is the usual one, of mails.
var timing = store.Timing{Mail: true, MailAfter: 10 * time.Minute, MailGap: time.Hour}

// works starts a worker of the outbox that sends by the house's mailer, and ends with the test.
func (h *house) works(t *testing.T) {
	t.Helper()
	m, err := mailer.New(h.options)
	if err != nil {
		t.Fatal(err)
	}
	w, err := outbox.New(h.db, outbox.Options{
		Senders: map[chat.Channel]outbox.Sender{chat.MailChannel: m}, Timing: timing, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Start()
	t.Cleanup(w.Stop)
}

// enqueue has n mails about the seller's account wait.
func (h *house) enqueue(t *testing.T, n int) {
	t.Helper()
	h.update(t, func(ctx tctx, tx *store.Tx) error {
		for range n {
			if err := tx.Enqueue(ctx, store.Delivery{Channel: chat.MailChannel, Kind: store.DeliverPassword, To: h.Seller.ID, Note: `{}`}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *house) waiting(t *testing.T, state store.DeliveryState) []store.Delivery {
	t.Helper()
	all, err := h.db.Deliveries(t.Context(), store.DeliveryQuery{State: state, Channel: chat.MailChannel, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The mail server is away for an hour, in which much is to be mailed; then each goes once.
func TestAnHourOfADeadMailServerLosesNoMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouseWith(t, testkit.SQLite(t), mailtest.Options{Memory: true})
		h.options.Now = time.Now
		h.people.to, h.people.link = h.Seller, site+"/accounts/password-reset/"
		h.server.Stop()
		h.works(t)
		h.say(t, "Is it still there?")
		h.follow(t, timing)
		const n = 40
		for range n {
			time.Sleep(time.Hour / n)
			h.enqueue(t, 1)
		}
		if waits, dead := len(h.waiting(t, store.DeliveryWaiting)), len(h.waiting(t, store.DeliveryDead)); waits != n+1 || dead != 0 || len(h.server.Mails()) != 0 {
			t.Fatalf("after an hour %d wait, %d were given up, %d went", waits, dead, len(h.server.Mails()))
		}
		for _, d := range h.waiting(t, store.DeliveryWaiting) {
			if d.Attempts > 0 && d.Fault == "" && !d.Claimed() {
				t.Errorf("delivery %d was tried %d times and does not say why it failed", d.ID, d.Attempts)
			}
		}
		h.server.Start()
		time.Sleep(5 * time.Minute)
		names, subjects := map[string]int{}, map[string]int{}
		for _, m := range h.server.Mails() {
			names[m.Get("Message-ID")]++
			subjects[m.Get("Subject")]++
		}
		if len(names) != n+1 || len(h.server.Mails()) != n+1 || subjects["Your password was changed"] != n || subjects["Buyer wrote about Hero Sprint cycle"] != 1 {
			t.Errorf("got %d mails of %d names: %v", len(h.server.Mails()), len(names), subjects)
		}
		if waits, dead := h.waiting(t, store.DeliveryWaiting), h.waiting(t, store.DeliveryDead); len(waits)+len(dead) != 0 {
			t.Errorf("%d wait, %d were given up", len(waits), len(dead))
		}
	})
}

// A node ends between the server's 250 and what is written of it. Another one sends the mail once
// more when the first one's time is over, and names it the same.
func TestAMailOfANodeThatDiedIsSentAgainUnderItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouseWith(t, testkit.SQLite(t), mailtest.Options{Memory: true})
		h.options.Now = time.Now
		h.say(t, "Is it still there?")
		h.follow(t, timing)
		time.Sleep(12 * time.Minute)
		claimed, err := h.db.ClaimDeliveries(t.Context(), chat.MailChannel, time.Now(), 4*time.Minute, 10)
		if err != nil || len(claimed) != 1 {
			t.Fatalf("%d deliveries are due (%v)", len(claimed), err)
		}
		first := h.mailed(t, claimed[0]) // and nobody writes down that it went
		h.works(t)
		time.Sleep(3 * time.Minute)
		if n := len(h.server.Mails()); n != 1 {
			t.Fatalf("%d mails while the first node may still be at it", n)
		}
		time.Sleep(3 * time.Minute)
		all := h.server.Mails()
		if len(all) != 2 || first.Get("Message-ID") == "" || all[1].Get("Message-ID") != first.Get("Message-ID") || all[1].Get("References") != first.Get("References") {
			t.Errorf("got %d mails", len(all))
		}
		if waits := h.waiting(t, store.DeliveryWaiting); len(waits) != 0 {
			t.Errorf("%d wait", len(waits))
		}
	})
}

// What is read within the delay is not mailed, and neither is what is written within the hour behind a mail.
func TestWhatIsReadWithinTheDelayIsNotMailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouseWith(t, testkit.SQLite(t), mailtest.Options{Memory: true})
		h.options.Now = time.Now
		h.works(t)
		h.say(t, "Is it still there?")
		h.follow(t, timing)
		time.Sleep(8 * time.Minute)
		h.reads(t)
		time.Sleep(2 * time.Hour)
		if n := len(h.server.Mails()); n != 0 {
			t.Fatalf("%d mails of what was read", n)
		}
		h.say(t, "Hello?")
		h.follow(t, timing)
		time.Sleep(5 * time.Minute)
		h.say(t, "Hello again?")
		h.follow(t, timing)
		time.Sleep(8 * time.Minute)
		if n := len(h.server.Mails()); n != 1 {
			t.Fatalf("%d mails of two messages, want one", n)
		}
		h.say(t, "Still there?")
		h.follow(t, timing)
		time.Sleep(30 * time.Minute)
		if n := len(h.server.Mails()); n != 1 {
			t.Errorf("%d mails within the hour, want one", n)
		}
		time.Sleep(time.Hour)
		if n := len(h.server.Mails()); n != 2 {
			t.Errorf("%d mails after the hour, want two", n)
		}
	})
}

// Mails about what somebody has saved use up a quarter of what a day may bring.
func TestSavedThingsDoNotUseUpTheMailsOfADay(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	h.say(t, "Is it still there?")
	d := h.told(t)
	for _, c := range []struct {
		mails, wishes int64
		wish          bool
		want          outbox.Result
	}{
		{5, 5, false, outbox.Sent}, {5, 5, true, outbox.Postponed}, {19, 4, true, outbox.Sent}, {20, 4, true, outbox.Postponed}, {20, 5, false, outbox.Postponed},
	} {
		h.options.Store = looking{DB: h.db, spoil: func(n *store.News) {
			n.Mailed24h, n.Wishes24h = c.mails, c.wishes
			if c.wish {
				n.Notice.Conversation, n.Notice.Kind = 0, chat.NoticePriceDrop
			}
		}}
		if got := h.send(t, d); got.Result != c.want {
			t.Errorf("after %d mails, %d of saved things, wish %t: %+v", c.mails, c.wishes, c.wish, got)
		}
	}
}

// What a server says of a recipient is that one's own; what it says of us is everybody's.
func TestAServerThatRefusesUsIsAway(t *testing.T) {
	for step, away := range map[mailtest.Step]bool{mailtest.Greet: true, mailtest.From: true, mailtest.To: false, mailtest.Take: false} {
		h := newHouse(t, testkit.SQLite(t))
		h.say(t, "Is it still there?")
		d := h.told(t)
		h.server.Fail(step, 451, [3]int{4, 3, 0}, "later")
		if got := h.send(t, d); got.Result != outbox.Retry || got.Away != away {
			t.Errorf("at %s: %+v, want away %t", step, got, away)
		}
	}
	h := newHouse(t, testkit.SQLite(t))
	h.say(t, "Is it still there?")
	d := h.told(t)
	h.server.Stop()
	if got := h.send(t, d); got.Result != outbox.Retry || !got.Away {
		t.Errorf("of a server that is away: %+v", got)
	}
}
