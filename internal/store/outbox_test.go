package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// timing is what the tests plan with.
var timing = store.Timing{Push: true, Mail: true, PushAfter: 3 * time.Second, MailAfter: 10 * time.Minute, MailGap: time.Hour}

// office is an outbox and the conversation of its town; seq is how far it has come.
type office struct {
	testkit.Town
	t    *testing.T
	d    *testkit.Database
	db   *store.DB
	talk chat.ConversationID
	seq  chat.Seq
	now  time.Time
}

func newOffice(t *testing.T, d *testkit.Database) *office {
	t.Helper()
	p := &office{t: t, d: d, db: d.Open(t, nil), now: time.Now()}
	p.Town = testkit.Populate(t, p.db)
	p.talk = p.Converse(t, p.db).ID
	return p
}

func (p *office) update(fn func(ctx context.Context, tx *store.Tx) error) {
	p.t.Helper()
	update(p.t, p.db, fn)
}

// writes has the buyer write, and plans what tells the seller of it.
func (p *office) writes() {
	p.t.Helper()
	p.seq++
	p.update(func(ctx context.Context, tx *store.Tx) error {
		told, err := tx.TellOfMessages(ctx, chat.NoticeMessage, []store.MessageNews{{Conversation: p.talk, Actor: p.Buyer.ID, Seq: p.seq, At: p.now}})
		if err != nil || len(told) != 1 {
			return fmt.Errorf("told %d people: %w", len(told), err)
		}
		return tx.PlanDeliveries(ctx, []chat.NoticeID{told[0].ID}, p.now, timing)
	})
}

// claim takes what is due of a channel after a while.
func (p *office) claim(c chat.Channel, after time.Duration) []store.Delivery {
	p.t.Helper()
	all, err := p.db.ClaimDeliveries(p.t.Context(), c, p.now.Add(after), time.Minute, 10)
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

func (p *office) claimOne(c chat.Channel, after time.Duration) store.Delivery {
	p.t.Helper()
	all := p.claim(c, after)
	if len(all) != 1 {
		p.t.Fatalf("claimed %d, want one", len(all))
	}
	return all[0]
}

func (p *office) settle(d store.Delivery, as store.Settled, after time.Duration) {
	p.t.Helper()
	s := store.Settlement{As: as, At: p.now.Add(after), Due: p.now.Add(after + time.Minute), Fault: "no route", After: 3 * time.Second, Gap: time.Hour}
	if ok, err := p.db.SettleDelivery(p.t.Context(), d, s); err != nil || !ok {
		p.t.Fatalf("not settled: %v, %v", ok, err)
	}
}

// short says what is in the outbox, the oldest first: channel, kind, state, when it is due, and
// how often it was tried and why not, where it was.
func (p *office) short() []string {
	p.t.Helper()
	all, err := p.db.Deliveries(p.t.Context(), store.DeliveryQuery{})
	if err != nil {
		p.t.Fatal(err)
	}
	lines := []string{}
	for i := range all {
		d := all[len(all)-1-i]
		s := fmt.Sprintf("%s %s %s", d.Channel, d.Kind, d.State)
		if d.State == store.DeliveryWaiting {
			s += fmt.Sprintf(" in %s", d.Due.Sub(p.now).Round(time.Second))
		}
		if d.Attempts > 0 {
			s += fmt.Sprintf(", tried %d", d.Attempts)
		}
		if d.Fault != "" {
			s += ": " + d.Fault
		}
		lines = append(lines, s)
	}
	return lines
}

func (p *office) want(what string, want ...string) {
	p.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), p.short()); diff != "" {
		p.t.Errorf("%s: the outbox holds (-want +got):\n%s", what, diff)
	}
}

func TestNoticesArePlannedForDevicesAndVerifiedAddresses(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		p.writes()
		p.want("neither a device nor an address")
		d.Device(t, p.Seller.ID)
		d.Device(t, p.Stranger.ID)
		d.Verify(t, p.Seller.ID)
		p.writes()
		p.want("both", "push notice waiting in 3s", "mail notice waiting in 10m0s")
		p.now = p.now.Add(2 * time.Second)
		p.writes()
		p.want("more meanwhile", "push notice waiting in 1s", "mail notice waiting in 9m58s")

		sent := p.claimOne(chat.PushChannel, time.Second)
		p.settle(sent, store.SettledSent, 2*time.Second)
		p.want("pushed", "push notice sent, tried 1", "mail notice waiting in 9m58s")
		p.now = p.now.Add(time.Minute)
		p.writes()
		p.want("more afterwards", "push notice waiting in 3s", "mail notice waiting in 8m58s")
		again := p.claimOne(chat.PushChannel, 3*time.Second)
		if again.ID != sent.ID || again.Attempts != 1 {
			t.Errorf("got delivery %d, tried %d, want %d once more", again.ID, again.Attempts, sent.ID)
		}
		p.settle(again, store.SettledSent, 4*time.Second)

		// The mail goes out; the next one is another one, an hour later at the soonest.
		mail := p.claimOne(chat.MailChannel, 9*time.Minute)
		p.settle(mail, store.SettledSent, 9*time.Minute)
		p.now = p.now.Add(10 * time.Minute)
		p.writes()
		p.want("a burst", "push notice waiting in 3s", "mail notice sent, tried 1", "mail notice waiting in 59m0s")
	})
}

func TestWhoDoesNotWantItIsSentNothing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		push, mail := "push notice waiting in 3s", "mail notice waiting in 10m0s"
		for _, c := range []struct {
			name   string
			change func(*chat.Preferences)
			want   []string
		}{
			{"no mail", func(p *chat.Preferences) { p.Email = false }, []string{push}},
			{"no push", func(p *chat.Preferences) { p.Push = false }, []string{mail}},
			{"no mails of messages", func(p *chat.Preferences) { p.EmailNewMessage = false }, []string{push}},
			{"no push of messages", func(p *chat.Preferences) { p.PushNewMessage = false }, []string{mail}},
			{"of other kinds", func(p *chat.Preferences) { p.PushProductInquiry, p.EmailWishlist = false, false }, []string{push, mail}},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := newOffice(t, again(t, d))
				p.d.Device(t, p.Seller.ID)
				p.d.Verify(t, p.Seller.ID)
				wants := chat.DefaultPreferences()
				c.change(&wants)
				p.update(func(ctx context.Context, tx *store.Tx) error { return tx.SetPreferences(ctx, p.Seller.ID, wants) })
				p.writes()
				p.want(c.name, c.want...)
			})
		}
		t.Run("a session that is over and an address that bounces", func(t *testing.T) {
			p := newOffice(t, again(t, d))
			p.d.Device(t, p.Seller.ID)
			p.d.Verify(t, p.Seller.ID)
			for _, statement := range []string{`UPDATE session SET expires_at = 1`, `UPDATE users SET email_bounced_at = 1`} {
				if err := p.d.Exec(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			p.writes()
			p.want("of both")
		})
	})
}

// again is another database of the same kind.
func again(t *testing.T, d *testkit.Database) *testkit.Database {
	t.Helper()
	if d.URL() == "" {
		return testkit.SQLite(t)
	}
	return testkit.PostgreSQL(t)
}

// TestWhatIsReadIsTakenBack goes through all ways on which a notice is not unread any more.
func TestWhatIsReadIsTakenBack(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		for _, c := range []struct {
			name string
			do   func(ctx context.Context, p *office, tx *store.Tx, id chat.NoticeID) error
		}{
			{"read", func(ctx context.Context, p *office, tx *store.Tx, id chat.NoticeID) error {
				_, err := tx.ReadNotices(ctx, p.Seller.ID, []chat.NoticeID{id})
				return err
			}},
			{"all read", func(ctx context.Context, p *office, tx *store.Tx, _ chat.NoticeID) error {
				_, err := tx.ReadAllNotices(ctx, p.Seller.ID, 10)
				return err
			}},
			{"the conversation read", func(ctx context.Context, p *office, tx *store.Tx, _ chat.NoticeID) error {
				_, err := tx.ReadNoticesOf(ctx, p.talk, p.Seller.ID, p.seq)
				return err
			}},
			{"deleted", func(ctx context.Context, p *office, tx *store.Tx, id chat.NoticeID) error {
				_, err := tx.DeleteNotice(ctx, p.Seller.ID, id)
				return err
			}},
			{"all deleted", func(ctx context.Context, p *office, tx *store.Tx, _ chat.NoticeID) error {
				_, err := tx.DeleteNotices(ctx, p.Seller.ID, 10)
				return err
			}},
			{"pruned", func(ctx context.Context, p *office, tx *store.Tx, _ chat.NoticeID) error {
				_, err := tx.PruneNotices(ctx, p.now.Add(time.Hour), 10)
				return err
			}},
			{"of a former member", func(ctx context.Context, p *office, tx *store.Tx, _ chat.NoticeID) error {
				return tx.CloseUser(ctx, p.Seller.ID, p.now)
			}},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := newOffice(t, again(t, d))
				shown := p.d.Device(t, p.Seller.ID)
				p.d.Verify(t, p.Seller.ID)
				p.writes()
				p.settle(p.claimOne(chat.PushChannel, 3*time.Second), store.SettledSent, 4*time.Second)
				p.d.Device(t, p.Seller.ID) // which shows nothing yet
				p.writes()
				p.want("before", "push notice waiting in 3s", "mail notice waiting in 10m0s", "push notice waiting in 3s")
				before := time.Now()
				p.update(func(ctx context.Context, tx *store.Tx) error {
					all, err := tx.Notices(ctx, store.NoticeQuery{Who: p.Seller.ID, Limit: 10})
					if err != nil {
						return err
					}
					return c.do(ctx, p, tx, all[0].ID)
				})
				all, err := p.db.Deliveries(t.Context(), store.DeliveryQuery{})
				if err != nil || len(all) != 1 || all[0].Kind != store.DeliverClear || all[0].Device != shown || all[0].State != store.DeliveryWaiting {
					t.Fatalf("the outbox holds %+v, %v, want what closes it at the device that shows it", all, err)
				}
				if all[0].Due.Before(before.Truncate(time.Microsecond)) || all[0].Due.After(time.Now()) {
					t.Errorf("due at %s, want at once", all[0].Due)
				}
				news, err := p.db.News(t.Context(), all[0])
				if err != nil || news.Notice.Conversation != p.talk || news.Notice.ID != all[0].Notice || news.Notice.Kind != chat.NoticeMessage {
					t.Errorf("what it closes is %+v, %v", news.Notice, err)
				}
				p.now = time.Now()
				p.settle(p.claimOne(chat.PushChannel, time.Second), store.SettledSent, 2*time.Second)
				p.want("closed")
			})
		}
	})
}

func TestNewsOfListingsThatAreNoneAreTakenBack(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Device(t, p.Stranger.ID)
		price := p.Listing.Price
		price.Amount -= 1000
		steps := map[chat.NoticeKind]chat.ListingStep{
			chat.NoticeSold:      {Price: p.Listing.Price, PriceWas: p.Listing.Price, Status: chat.ListingSold},
			chat.NoticePriceDrop: {Price: price, PriceWas: p.Listing.Price, Status: chat.ListingActive},
		}
		for _, kind := range []chat.NoticeKind{chat.NoticeSold, chat.NoticePriceDrop} {
			p.update(func(ctx context.Context, tx *store.Tx) error {
				change := store.ListingChange{Listing: p.Listing.ID, Step: steps[kind]}
				change.Step.At = p.now
				told, err := tx.TellOfListing(ctx, kind, change, []chat.UserID{p.Stranger.ID})
				if err != nil || len(told) != 1 {
					return fmt.Errorf("told %d people: %w", len(told), err)
				}
				return tx.PlanDeliveries(ctx, []chat.NoticeID{told[0].ID}, p.now, timing)
			})
		}
		p.want("told", "push notice waiting in 3s", "push notice waiting in 3s")
		p.update(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.RetractSold(ctx, p.Listing.ID)
			return err
		})
		p.want("not sold", "push notice waiting in 3s")
		p.update(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SettlePrices(ctx, p.Listing.ID, p.Listing.Price)
			return err
		})
		p.want("as dear as before")
	})
}
