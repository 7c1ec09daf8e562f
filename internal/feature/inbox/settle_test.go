package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Who asks how much is unread has what is old settle, once there is much of it.
func TestTheCountOfUnreadHasOldConversationsSettle(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, past := t.Context(), time.Now().Add(-48*time.Hour)
		err := h.db.Update(ctx, func(tx *store.Tx) error {
			for i := range 201 {
				l := h.Listing
				l.Slug = fmt.Sprint("old-", i)
				var err error
				if l.ID, err = tx.InsertListing(ctx, l); err != nil {
					return err
				}
				if _, err = tx.InsertConversation(ctx, chat.Conversation{Listing: l.ID, BuyerID: h.Buyer.ID, SellerID: l.Seller.ID, CreatedAt: past, LastAt: past}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []bool{true, false} {
			if _, ripe, err := h.db.Unread(ctx, h.Buyer.ID, time.Now()); err != nil || ripe != want {
				t.Errorf("worth settling: %v, want %v, %v", ripe, want, err)
			}
			h.unread(t)
		}
	})
}
