package store_test

import (
	"context"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// Bug, found by killing two nodes while people talked: both looked at the log, one of them had
// read less of it, waited for the other one's notice, and moved it back. The cursor stayed where
// it was, and nobody was told of the last message.
func TestANoticeNeverMovesBackToWhatASlowerNodeHasRead(t *testing.T) {
	d := testkit.PostgreSQL(t)
	db := d.Open(t, nil)
	town := testkit.Populate(t, db)
	id := town.Converse(t, db).ID
	outside := beside(t, d)
	slower := make(chan error, 1)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		if err := tell(ctx, tx, id, town.Buyer.ID, 3); err != nil {
			return err
		}
		go func() {
			slower <- db.Update(t.Context(), func(tx *store.Tx) error { return tell(t.Context(), tx, id, town.Buyer.ID, 2) })
		}()
		waiting(t, outside, 1)
		return nil
	})
	if err := <-slower; err != nil {
		t.Fatal(err)
	}
	var got chat.Seq
	if err := outside.QueryRowContext(t.Context(), `SELECT seq FROM notice WHERE user_id = $1`, town.Seller.ID).Scan(&got); err != nil || got != 3 {
		t.Errorf("the notice is of %d, want 3 (%v)", got, err)
	}
}
