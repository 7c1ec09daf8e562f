package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// What is planned is what chat.Preferences.Takes says: the query says the same in SQL.
func TestWhatIsPlannedIsWhatThePreferencesTake(t *testing.T) {
	// Each switch off alone, and all on.
	switches := map[string]func(p *chat.Preferences) *bool{
		"none":                  func(*chat.Preferences) *bool { return new(bool) },
		"new_message":           func(p *chat.Preferences) *bool { return &p.NewMessage },
		"product_inquiry":       func(p *chat.Preferences) *bool { return &p.ProductInquiry },
		"price_update":          func(p *chat.Preferences) *bool { return &p.PriceUpdate },
		"wishlist":              func(p *chat.Preferences) *bool { return &p.Wishlist },
		"email":                 func(p *chat.Preferences) *bool { return &p.Email },
		"push":                  func(p *chat.Preferences) *bool { return &p.Push },
		"email_new_message":     func(p *chat.Preferences) *bool { return &p.EmailNewMessage },
		"email_product_inquiry": func(p *chat.Preferences) *bool { return &p.EmailProductInquiry },
		"email_price_update":    func(p *chat.Preferences) *bool { return &p.EmailPriceUpdate },
		"email_wishlist":        func(p *chat.Preferences) *bool { return &p.EmailWishlist },
		"push_new_message":      func(p *chat.Preferences) *bool { return &p.PushNewMessage },
		"push_product_inquiry":  func(p *chat.Preferences) *bool { return &p.PushProductInquiry },
		"push_price_update":     func(p *chat.Preferences) *bool { return &p.PushPriceUpdate },
		"push_wishlist":         func(p *chat.Preferences) *bool { return &p.PushWishlist },
	}
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		p := newOffice(t, d)
		d.Device(t, p.Seller.ID)
		d.Verify(t, p.Seller.ID)
		p.writes()
		notice := p.claimOne(chat.PushChannel, timing.PushAfter).Notice
		for _, kind := range chat.NoticeKinds {
			if err := d.Exec(t.Context(), fmt.Sprintf(`UPDATE notice SET kind = '%s'`, kind)); err != nil {
				t.Fatal(err)
			}
			for name, off := range switches {
				wants := chat.DefaultPreferences()
				*off(&wants) = false
				if err := d.Exec(t.Context(), `DELETE FROM outbox`); err != nil {
					t.Fatal(err)
				}
				p.update(func(ctx context.Context, tx *store.Tx) error {
					if err := tx.SetPreferences(ctx, p.Seller.ID, wants); err != nil {
						return err
					}
					return tx.PlanDeliveries(ctx, []chat.NoticeID{notice}, p.now, timing)
				})
				all, err := p.db.Deliveries(t.Context(), store.DeliveryQuery{})
				if err != nil {
					t.Fatal(err)
				}
				for _, channel := range []chat.Channel{chat.PushChannel, chat.MailChannel} {
					planned := slices.ContainsFunc(all, func(d store.Delivery) bool { return d.Channel == channel })
					if planned != wants.Takes(kind, channel) {
						t.Errorf("%s by %s with the switch %q off: planned %v, the preferences say %v", kind, channel, name, planned, !planned)
					}
				}
			}
		}
	})
}
