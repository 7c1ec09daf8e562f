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

// Of each person one thing is taken at a time, the oldest first, and nothing of the busy.
func TestEverybodyHasATurn(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		p.update(func(ctx context.Context, tx *store.Tx) error {
			for _, to := range []chat.UserID{1, 1, 1, 1, 2, 2, 3} {
				if err := tx.Enqueue(ctx, store.Delivery{Channel: chat.MailChannel, Kind: store.DeliverVerify, To: to}); err != nil {
					return err
				}
			}
			return nil
		})
		claim := func(limit int, busy ...chat.UserID) (got []string) {
			t.Helper()
			all, err := p.db.ClaimDeliveries(t.Context(), chat.MailChannel, time.Now().Add(time.Second), time.Minute, limit, busy...)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range all {
				got = append(got, fmt.Sprintf("%d of %d", x.ID, x.To))
			}
			return got
		}
		for i, want := range [][]string{{"1 of 1", "5 of 2"}, {"6 of 2", "7 of 3"}, {"2 of 1"}, nil, {"3 of 1"}} {
			limit, busy := 2, []chat.UserID(nil)
			if i == 1 || i == 3 {
				busy = []chat.UserID{1}
			}
			if diff := cmp.Diff(want, claim(limit, busy...)); diff != "" {
				t.Errorf("turn %d (-want +got):\n%s", i, diff)
			}
		}
	})
}

// What is hastened is due now, behind what was due before and was not tried.
func TestWhatIsHastenedGoesBehindTheRest(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		for range 2 {
			p.update(func(ctx context.Context, tx *store.Tx) error {
				return tx.Enqueue(ctx, store.Delivery{Channel: chat.MailChannel, Kind: store.DeliverVerify, To: p.Seller.ID})
			})
		}
		failed := p.claimOne(chat.MailChannel, time.Second)
		p.settle(failed, store.SettledRetry, time.Hour)
		if err := p.db.HastenDeliveries(t.Context(), []chat.DeliveryID{failed.ID}, p.now.Add(2*time.Second)); err != nil {
			t.Fatal(err)
		}
		first, second := p.claimOne(chat.MailChannel, 3*time.Second), p.claimOne(chat.MailChannel, 3*time.Second)
		if first.ID == failed.ID || second.ID != failed.ID {
			t.Errorf("%d goes before %d", first.ID, second.ID)
		}
	})
}

// Of one person no more than so much waits to be pushed; the oldest go, and nothing of others.
func TestNobodyFillsTheOutbox(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Device(t, p.Seller.ID)
		err := d.Exec(t.Context(), fmt.Sprintf(`
			WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 230)
			INSERT INTO outbox (channel, kind, state, user_id, notice_id, device_id, created_at, due_at)
			SELECT 'push', 'clear', 'waiting', CASE WHEN i <= 210 THEN %d ELSE %d END, 1000 + i, 1, i, %d FROM n`,
			p.Seller.ID, p.Buyer.ID, p.now.Add(time.Hour).UnixMicro()))
		if err != nil {
			t.Fatal(err)
		}
		p.writes()
		all, err := p.db.Deliveries(t.Context(), store.DeliveryQuery{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		of, oldest := map[chat.UserID]int{}, map[chat.UserID]int64{}
		for _, x := range all {
			of[x.To]++
			oldest[x.To] = x.Created.UnixMicro()
		}
		if of[p.Seller.ID] != 200 || of[p.Buyer.ID] != 20 || oldest[p.Seller.ID] != 12 || all[0].Kind != store.DeliverNotice {
			t.Errorf("%v wait, the oldest of %v", of, oldest)
		}
	})
}

// A price that falls again while its notice is unread is pushed once an hour.
func TestAPriceThatFallsAgainIsPushedOnceAnHour(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Device(t, p.Stranger.ID)
		d.Verify(t, p.Stranger.ID)
		falls := func() {
			t.Helper()
			p.seq++
			p.Listing.Price.Amount -= 100
			p.update(func(ctx context.Context, tx *store.Tx) error { return tx.UpdateListing(ctx, p.Listing) })
			changes, err := p.db.ListingChanges(t.Context(), store.Cursor{}, 100)
			if err != nil {
				t.Fatal(err)
			}
			p.update(func(ctx context.Context, tx *store.Tx) error {
				told, err := tx.TellOfListing(ctx, chat.NoticePriceDrop, changes[len(changes)-1], []chat.UserID{p.Stranger.ID})
				if err != nil || len(told) != 1 {
					return fmt.Errorf("told %d people: %w", len(told), err)
				}
				return tx.PlanDeliveries(ctx, []chat.NoticeID{told[0].ID}, p.now, timing)
			})
		}
		falls()
		p.settle(p.claimOne(chat.PushChannel, 3*time.Second), store.SettledSent, 3*time.Second)
		p.now = p.now.Add(8 * time.Second)
		falls()
		p.want("falls again", "push notice waiting in 59m55s", "mail notice waiting in 9m52s")
		mail := p.claimOne(chat.MailChannel, 10*time.Minute)
		p.settle(mail, store.SettledSent, 10*time.Minute)
		news, err := p.db.News(t.Context(), mail)
		if err != nil || news.Mailed24h != 1 || news.Wishes24h != 1 {
			t.Errorf("%d mails, %d of saved things, %v", news.Mailed24h, news.Wishes24h, err)
		}
		p.now = p.now.Add(11 * time.Minute)
		falls()
		p.want("and again", "push notice waiting in 48m55s", "mail notice sent, tried 1", "mail notice waiting in 59m0s")
		p.settle(p.claimOne(chat.PushChannel, 50*time.Minute), store.SettledSent, 50*time.Minute)
		p.now = p.now.Add(2 * time.Hour)
		falls()
		p.want("later", "push notice waiting in 3s", "mail notice sent, tried 1", "mail notice waiting in -1h1m0s")
	})
}
