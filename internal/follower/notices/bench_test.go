package notices

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// BenchmarkFollow makes notices of 10,000 messages in 1,000 conversations that nobody
// reads: the most work there is. An operation is a message. Where nobody can be reached outside of
// the site it must cost next to nothing that others could be.
func BenchmarkFollow(b *testing.B) {
	both := store.Timing{Push: true, Mail: true, PushAfter: time.Second, MailAfter: time.Minute, MailGap: time.Hour}
	for _, c := range []struct {
		name    string
		plan    store.Timing
		reached bool
	}{{"site", store.Timing{}, false}, {"unreached", both, false}, {"reached", both, true}} {
		b.Run(c.name, func(b *testing.B) { follow(b, c.plan, c.reached) })
	}
}

func follow(b *testing.B, plan store.Timing, reached bool) {
	const conversations, messages = 1000, 10_000
	d := testkit.SQLite(b)
	db := d.Open(b, nil)
	town := testkit.Populate(b, db)
	talks := make([]chat.Conversation, conversations)
	err := db.Update(b.Context(), func(tx *store.Tx) error {
		for i := range talks {
			u, err := tx.InsertUser(b.Context(), chat.User{Username: fmt.Sprintf("buyer%d", i), Name: "B", CreatedAt: time.Now()}, "!")
			if err != nil {
				return err
			}
			talks[i], err = tx.InsertConversation(b.Context(), chat.Conversation{
				Listing: town.Listing.ID, Title: "Cycle", BuyerID: u.ID, SellerID: town.Seller.ID, CreatedAt: time.Now(), LastAt: time.Now(),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	post := func(i int) error {
		c := talks[i%conversations]
		_, err := db.Append(context.Background(), store.Append{
			Conversation: c.ID, Actor: c.BuyerID, ClientID: fmt.Sprint(i),
			Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted("Hi", time.Now()), nil },
		})
		return err
	}
	errs := make(chan error, 100)
	for w := range 100 {
		go func() {
			var err error
			for i := w; i < messages && err == nil; i += 100 {
				err = post(i)
			}
			errs <- err
		}()
	}
	for range 100 {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
	if reached {
		d.Device(b, town.Seller.ID)
		d.Verify(b, town.Seller.ID)
	}
	later := func() time.Time { return time.Now().Add(time.Minute) }
	f := New(db, func(chat.UserID, ...chat.NoticeID) {}, plan, slog.New(slog.DiscardHandler), later)
	var took time.Duration
	for b.Loop() {
		if err := d.Exec(b.Context(), `DELETE FROM notice`); err != nil {
			b.Fatal(err)
		}
		if err := d.Exec(b.Context(), `DELETE FROM follower`); err != nil {
			b.Fatal(err)
		}
		if err := d.Exec(b.Context(), `DELETE FROM outbox`); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if _, err := f.Follow(b.Context()); err != nil {
			b.Fatal(err)
		}
		took += time.Since(began)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N)/messages, "ns/message")
}
