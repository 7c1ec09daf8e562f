package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestEachEndOfAnAttempt(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		pushed := func(p *office) store.Delivery { return p.claimOne(chat.PushChannel, 3*time.Second) }
		mailed := func(p *office) store.Delivery { return p.claimOne(chat.MailChannel, 10*time.Minute) }
		read := func(p *office) {
			p.update(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.ReadAllNotices(ctx, p.Seller.ID, 10)
				return err
			})
		}
		none := func(*office) {}
		for _, c := range []struct {
			name      string
			claim     func(*office) store.Delivery
			as        store.Settled
			meanwhile func(*office)
			want      []string
		}{
			{"pushed", pushed, store.SettledSent, none, []string{"push notice sent, tried 1", "mail notice waiting in 10m0s"}},
			{"pushed while more came", pushed, store.SettledSent, (*office).writes, []string{"push notice waiting in 13s", "mail notice waiting in 10m0s"}},
			{"not pushed", pushed, store.SettledRetry, none, []string{"push notice waiting in 1m10s, tried 1: no route", "mail notice waiting in 10m0s"}},
			{"not pushed while more came", pushed, store.SettledRetry, (*office).writes, []string{"push notice waiting in 1m10s, tried 1: no route", "mail notice waiting in 10m0s"}},
			{"push postponed", pushed, store.SettledPostponed, none, []string{"push notice waiting in 1m10s", "mail notice waiting in 10m0s"}},
			{"nothing to push", pushed, store.SettledDropped, none, []string{"mail notice waiting in 10m0s"}},
			{"nothing to push until more came", pushed, store.SettledDropped, (*office).writes, []string{"push notice waiting in 13s", "mail notice waiting in 10m0s"}},
			{"nothing to push for it was read", pushed, store.SettledDropped, read, nil},
			{"push given up", pushed, store.SettledDead, none, []string{"push notice dead, tried 1: no route", "mail notice waiting in 10m0s"}},
			{"push given up and read", pushed, store.SettledDead, read, nil},
			{"pushed while it was read", pushed, store.SettledSent, read, []string{"push clear waiting in 10s"}},
			{"mailed", mailed, store.SettledSent, none, []string{"push notice waiting in 3s", "mail notice sent, tried 1"}},
			{"mailed while more came", mailed, store.SettledSent, (*office).writes, []string{"push notice waiting in 3s", "mail notice sent, tried 1", "mail notice waiting in 1h0m10s"}},
			{"mailed while it was read", mailed, store.SettledSent, read, []string{"mail notice sent, tried 1"}},
			{"mail dropped for it was read", mailed, store.SettledDropped, read, nil},
			{"mail given up", mailed, store.SettledDead, none, []string{"push notice waiting in 3s", "mail notice dead, tried 1: no route"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := newOffice(t, again(t, d))
				p.d.Device(t, p.Seller.ID)
				p.d.Verify(t, p.Seller.ID)
				p.writes()
				claimed := c.claim(p)
				c.meanwhile(p)
				p.settle(claimed, c.as, 10*time.Second)
				p.want("afterwards", c.want...)
			})
		}
	})
}

// A push message that was given up is tried again when there is news, as a new one.
func TestNewsOfWhatWasGivenUp(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Device(t, p.Seller.ID)
		d.Verify(t, p.Seller.ID)
		p.writes()
		p.settle(p.claimOne(chat.PushChannel, 3*time.Second), store.SettledDead, time.Minute)
		p.settle(p.claimOne(chat.MailChannel, 10*time.Minute), store.SettledDead, 10*time.Minute)
		p.want("given up", "push notice dead, tried 1: no route", "mail notice dead, tried 1: no route")
		p.now = p.now.Add(time.Hour)
		p.writes()
		p.want("more", "push notice waiting in 3s", "mail notice dead, tried 1: no route", "mail notice waiting in 10m0s")
	})
}

// A worker whose time is over writes nothing once somebody else has taken its delivery up, and
// neither does one whose delivery was dropped.
func TestWhoIsLateWritesNothing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Device(t, p.Seller.ID)
		p.writes()
		slow := p.claimOne(chat.PushChannel, 3*time.Second)
		if others := p.claim(chat.PushChannel, time.Minute+2*time.Second); len(others) != 0 {
			t.Fatalf("claimed %v while somebody tries it", others)
		}
		quick := p.claimOne(chat.PushChannel, time.Minute+3*time.Second)
		if quick.ID != slow.ID || quick.Attempts != 2 {
			t.Errorf("got delivery %d, tried %d, want %d, tried 2", quick.ID, quick.Attempts, slow.ID)
		}
		for _, as := range []store.Settled{store.SettledRetry, store.SettledSent, store.SettledDropped, store.SettledPostponed, store.SettledDead} {
			ok, err := p.db.SettleDelivery(t.Context(), slow, store.Settlement{As: as, At: p.now, Due: p.now})
			if err != nil || ok {
				t.Errorf("settled as %d: %v, %v", as, ok, err)
			}
		}
		p.want("of who was late", "push notice waiting in 2m3s, tried 2")
		p.settle(quick, store.SettledSent, 2*time.Minute)
		p.want("of who was not", "push notice sent, tried 2")
		if ok, err := p.db.SettleDelivery(t.Context(), quick, store.Settlement{As: store.SettledDead, At: p.now}); err != nil || ok {
			t.Errorf("settled twice: %v, %v", ok, err)
		}
	})
}

// What somebody was sending when they ended is tried at once by who knows that, and closed on the
// device, which may show it, when it is read before.
func TestWhatWasBegunByWhoHasEndedIsReclaimed(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Device(t, p.Seller.ID)
		d.Verify(t, p.Seller.ID)
		reclaim := func(after time.Duration, attempts, want int64) {
			t.Helper()
			if n, err := p.db.ReclaimDeliveries(t.Context(), p.now.Add(after), attempts); err != nil || n != want {
				t.Errorf("reclaimed %d, %v, want %d", n, err, want)
			}
		}
		p.writes()
		reclaim(0, 3, 0) // nobody has claimed them
		begun := p.claimOne(chat.PushChannel, 3*time.Second)
		reclaim(4*time.Second, 1, 0) // it may be what they have ended of
		p.want("begun", "push notice waiting in 1m3s, tried 1", "mail notice waiting in 10m0s")
		reclaim(4*time.Second, 2, 1)
		p.want("reclaimed", "push notice waiting in 4s, tried 1", "mail notice waiting in 10m0s")
		reclaim(5*time.Second, 2, 0) // it is due
		if ok, err := p.db.SettleDelivery(t.Context(), p.claimOne(chat.PushChannel, 4*time.Second), store.Settlement{As: store.SettledRetry, At: p.now, Due: p.now}); err != nil || !ok {
			t.Errorf("not settled: %v, %v", ok, err)
		}
		second := p.claimOne(chat.PushChannel, 4*time.Second)
		if second.ID != begun.ID || second.Attempts != 3 {
			t.Errorf("got delivery %d, tried %d, want %d, tried 3", second.ID, second.Attempts, begun.ID)
		}
		reclaim(5*time.Second, 4, 1)
		p.update(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ReadNotices(ctx, p.Seller.ID, []chat.NoticeID{begun.Notice})
			return err
		})
		p.want("read", "push clear waiting in 5s")
	})
}

// More is written in the moment in which a mail is noted as sent: the next one about the conversation
// waits for its hour all the same.
func TestNewsWhileAMailIsNotedWaitsForItsHour(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Verify(t, p.Seller.ID)
		for i := range 60 {
			p.writes()
			mail := p.claimOne(chat.MailChannel, 10*time.Minute)
			var noting sync.WaitGroup
			noting.Go(func() {
				time.Sleep(time.Duration(i%10) * 200 * time.Microsecond) // at any point of what plans
				p.settle(mail, store.SettledSent, 10*time.Minute)
			})
			p.writes()
			noting.Wait()
			all, err := p.db.Deliveries(t.Context(), store.DeliveryQuery{State: store.DeliveryWaiting})
			if err != nil || len(all) != 1 || all[0].Due.Sub(p.now) < time.Hour {
				t.Fatalf("in round %d there wait %+v, %v, want one mail in an hour", i, all, err)
			}
			if err := d.Exec(t.Context(), `DELETE FROM outbox`); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestNobodyClaimsWhatAnotherHas has many take at once from many.
func TestNobodyClaimsWhatAnotherHas(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		const n = 60
		p.update(func(ctx context.Context, tx *store.Tx) error {
			for range n {
				if err := tx.Enqueue(ctx, store.Delivery{Channel: chat.MailChannel, Kind: store.DeliverVerify, To: p.Seller.ID}); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		var got []chat.DeliveryID
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				for {
					all, err := p.db.ClaimDeliveries(t.Context(), chat.MailChannel, time.Now().Add(time.Second), time.Minute, 7)
					if err != nil {
						t.Error(err)
						return
					}
					if len(all) == 0 {
						return
					}
					if len(all) > 7 {
						t.Errorf("claimed %d, want 7 at the most", len(all))
					}
					mu.Lock()
					for _, d := range all {
						got = append(got, d.ID)
					}
					mu.Unlock()
				}
			})
		}
		workers.Wait()
		slices.Sort(got)
		if len(got) != n || len(slices.Compact(got)) != n {
			t.Errorf("%d were claimed, %d of them once, want %d", len(got), len(slices.Compact(got)), n)
		}
	})
}

func TestMailsAboutAccountsKeepNoAddressOnceTheyAreSent(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		note, err := json.Marshal(store.MailNote{Address: "old@swap.example"})
		if err != nil {
			t.Fatal(err)
		}
		enqueue := func(to chat.UserID, due time.Time) {
			p.update(func(ctx context.Context, tx *store.Tx) error {
				return tx.Enqueue(ctx, store.Delivery{Channel: chat.MailChannel, Kind: store.DeliverAddress, To: to, Note: string(note), Due: due})
			})
		}
		enqueue(p.Seller.ID, time.Time{})
		enqueue(p.Seller.ID, p.now.Add(time.Hour))
		enqueue(p.Buyer.ID, p.now.Add(time.Hour))
		got := p.claimOne(chat.MailChannel, time.Minute)
		if got.Note != string(note) || got.Kind != store.DeliverAddress || got.To != p.Seller.ID || got.Notice != 0 {
			t.Errorf("got %+v", got)
		}
		p.settle(got, store.SettledSent, time.Minute)
		left := func() (of []string) {
			all, err := p.db.Deliveries(t.Context(), store.DeliveryQuery{})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range all {
				of = append(of, fmt.Sprintf("%d %s %t", d.To, d.State, d.Note != ""))
			}
			return of
		}
		want := []string{fmt.Sprintf("%d waiting true", p.Buyer.ID), fmt.Sprintf("%d waiting true", p.Seller.ID), fmt.Sprintf("%d sent false", p.Seller.ID)}
		if diff := cmp.Diff(want, left()); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		p.update(func(ctx context.Context, tx *store.Tx) error { return tx.CloseUser(ctx, p.Seller.ID, p.now) })
		if diff := cmp.Diff([]string{want[0], want[2]}, left()); diff != "" {
			t.Errorf("of a former member (-want +got):\n%s", diff)
		}
	})
}

func TestTheOutboxIsPruned(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		for _, as := range []store.Settled{store.SettledSent, store.SettledDead, store.SettledRetry} {
			p.update(func(ctx context.Context, tx *store.Tx) error {
				return tx.Enqueue(ctx, store.Delivery{Channel: chat.MailChannel, Kind: store.DeliverPassword, To: p.Seller.ID})
			})
			p.settle(p.claimOne(chat.MailChannel, time.Minute), as, time.Hour)
		}
		const waits = "mail password waiting in 1h1m0s, tried 1: no route"
		p.want("all", "mail password sent, tried 1", "mail password dead, tried 1: no route", waits)
		for _, c := range []struct {
			sent, dead time.Duration
			want       []string
		}{
			{59 * time.Minute, -time.Hour, []string{"mail password sent, tried 1", "mail password dead, tried 1: no route", waits}},
			{61 * time.Minute, -time.Hour, []string{"mail password dead, tried 1: no route", waits}},
			{61 * time.Minute, time.Hour, []string{waits}},
		} {
			p.update(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.PruneDeliveries(ctx, p.now.Add(c.sent), p.now.Add(c.dead), 10)
				return err
			})
			p.want(fmt.Sprintf("up to %s and %s", c.sent, c.dead), c.want...)
		}
	})
}

func TestOperatorsRetryAndDrop(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Device(t, p.Seller.ID)
		d.Verify(t, p.Seller.ID)
		retry := func(c chat.Channel, ids ...chat.DeliveryID) (n int64) {
			t.Helper()
			p.update(func(ctx context.Context, tx *store.Tx) (err error) {
				n, err = tx.RetryDeliveries(ctx, ids, c, p.now)
				return err
			})
			return n
		}
		// Two mails about one notice that were given up, and a push message.
		p.writes()
		p.settle(p.claimOne(chat.MailChannel, 10*time.Minute), store.SettledDead, 10*time.Minute)
		p.writes()
		second := p.claimOne(chat.MailChannel, 10*time.Minute)
		p.settle(second, store.SettledDead, 10*time.Minute)
		push := p.claimOne(chat.PushChannel, 10*time.Minute)
		p.settle(push, store.SettledDead, 10*time.Minute)
		if n := retry(chat.MailChannel); n != 1 {
			t.Errorf("%d mails are tried again, want one for one notice", n)
		}
		p.want("mails again", "push notice dead, tried 1: no route", "mail notice waiting in 0s: no route")
		if n := retry("", push.ID); n != 1 {
			t.Errorf("%d are tried again, want the push message", n)
		}
		p.want("push again", "push notice waiting in 0s: no route", "mail notice waiting in 0s: no route")
		loads, err := p.db.OutboxLoads(t.Context(), p.now.Add(time.Second))
		if want := (store.OutboxLoad{Waiting: 1, Due: p.now.UTC().Truncate(time.Microsecond)}); err != nil || loads[chat.MailChannel] != want || loads[chat.PushChannel] != want {
			t.Errorf("loads are %+v, %v", loads, err)
		}
		claimed := p.claimOne(chat.MailChannel, time.Second)
		if n := retry("", claimed.ID); n != 0 || claimed.ID != second.ID {
			t.Errorf("%d are tried again while they are tried, of the mail %d, want none of %d", n, claimed.ID, second.ID)
		}
		p.settle(claimed, store.SettledSent, time.Second)
		p.update(func(ctx context.Context, tx *store.Tx) error {
			if n, err := tx.DropDeliveries(ctx, []chat.DeliveryID{push.ID, claimed.ID, 99}); err != nil || n != 1 {
				return fmt.Errorf("dropped %d, want the one that waits: %w", n, err)
			}
			return nil
		})
		p.want("dropped", "mail notice sent, tried 1")
	})
}
