package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestNewsIsEverythingAsItIsNow(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked atomic.Int64
		p := &office{t: t, d: d, now: time.Now()}
		p.db = d.OpenTraced(t, nil, func(string) { asked.Add(1) })
		p.Town = testkit.Populate(t, p.db)
		p.talk = p.Converse(t, p.db).ID
		_, err := p.db.Append(t.Context(), store.Append{
			Conversation: p.talk, Actor: p.Buyer.ID, ClientID: "one",
			Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted("Is it there?", p.now), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		d.Verify(t, p.Seller.ID)
		p.writes()
		wants := chat.DefaultPreferences()
		wants.EmailWishlist, wants.ReadReceipts, wants.TimeZone, wants.Quiet = false, false, "Asia/Kolkata", chat.Hours{From: 60, To: 90}
		photo := chat.Photo{Key: "k", ThumbKey: "t", Width: 4, Height: 3}
		p.update(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.SetPreferences(ctx, p.Seller.ID, wants); err != nil {
				return err
			}
			return tx.Enqueue(ctx, store.Delivery{Channel: chat.MailChannel, Kind: store.DeliverPassword, To: p.Buyer.ID})
		})
		err = d.Exec(t.Context(), fmt.Sprintf(`
			INSERT INTO photo (listing_id, position, blob_key, thumb_key, width, height) VALUES (%d, 0, 'k', 't', 4, 3)`, p.Listing.ID))
		if err != nil {
			t.Fatal(err)
		}
		account := p.claimOne(chat.MailChannel, time.Minute)
		p.settle(account, store.SettledSent, time.Minute)
		mail := p.claimOne(chat.MailChannel, 10*time.Minute)
		asked.Store(0)
		got, err := p.db.News(t.Context(), mail)
		if err != nil || asked.Load() > 2 {
			t.Fatalf("asked %d times, %v, want twice", asked.Load(), err)
		}
		if !got.Person.Reachable() || got.Muted || got.Mailed24h != 0 {
			t.Errorf("got %+v", got)
		}
		if got.Person.ID != p.Seller.ID || !strings.HasSuffix(got.Person.Email, "@swap.example") {
			t.Errorf("the person is %+v", got.Person)
		}
		if diff := cmp.Diff(wants, got.Wants); diff != "" {
			t.Errorf("wants (-want +got):\n%s", diff)
		}
		if n := got.Notice; n.Text != "Is it there?" || n.Conversation != p.talk || !n.Unread || n.From.ID != p.Buyer.ID || n.Count != 1 {
			t.Errorf("the notice is %+v", n)
		}
		if diff := cmp.Diff(chat.Unread{Conversations: 1, Notices: 1}, got.Unread); diff != "" {
			t.Errorf("unread (-want +got):\n%s", diff)
		}
		card := chat.Listing{
			ID: p.Listing.ID, Slug: p.Listing.Slug, Title: p.Listing.Title, Price: p.Listing.Price, Category: p.Listing.Category,
			Condition: p.Listing.Condition, Status: p.Listing.Status, City: p.Listing.City, Photos: []chat.Photo{photo},
		}
		if diff := cmp.Diff(card, got.Listing); diff != "" {
			t.Errorf("the listing (-want +got):\n%s", diff)
		}

		// It is sent; the listing goes, and the conversation is muted.
		p.settle(mail, store.SettledSent, time.Second)
		p.update(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.SetKeeping(ctx, p.talk, p.Seller.ID, chat.Keeping{Muted: true}); err != nil {
				return err
			}
			return tx.DeleteListing(ctx, p.Listing)
		})
		if got, err = p.db.News(t.Context(), mail); err != nil || got.Mailed24h != 1 || !got.Muted || got.Listing.ID != 0 {
			t.Errorf("afterwards: %+v, %v", got, err)
		}
		if got, err = p.db.News(t.Context(), account); err != nil || got.Notice.ID != 0 || got.Person.ID != p.Buyer.ID {
			t.Errorf("of an account: %+v, %v", got, err)
		}
		p.update(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.DeleteNotices(ctx, p.Seller.ID, 10)
			return err
		})
		if _, err := p.db.News(t.Context(), mail); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("of a notice that is gone: %v", err)
		}
	})
}
