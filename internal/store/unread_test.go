package store_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// spoken is a town with conversations in which something was said two days ago, which both have read. The seller is
// asked about every other one.
func spoken(t *testing.T, d *testkit.Database, db *store.DB, count int) (testkit.Town, []chat.Conversation) {
	t.Helper()
	town := testkit.Populate(t, db)
	all := talks(t, db, town, count, time.Now().Add(-48*time.Hour))
	mustExec(t, d, `UPDATE conversation SET head = 1, last_seq = 1, buyer_sent = 1, seller_sent = 1`)
	mustExec(t, d, `UPDATE member SET read_seq = 1, read_sent = 1`)
	return town, all
}

// Who has read everything has an empty page of what is unread, and must not wait for it the longer the more they have read.
func TestAPageOfUnreadConversationsIsNotLookedForInAllThatWereRead(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked []string
		db := d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
		town, all := spoken(t, d, db, 500)
		me := town.Seller.ID
		sold, bought, put := all[100].ID, all[101].ID, all[200].ID
		mustExec(t, d, fmt.Sprintf(`UPDATE member SET read_seq = 0, read_sent = 0 WHERE user_id = %d AND conversation_id IN (%d, %d, %d)`, me, sold, bought, put))
		mustExec(t, d, fmt.Sprintf(`UPDATE member SET archived_seq = 1 WHERE user_id = %d AND conversation_id = %d`, me, put))
		for _, when := range []string{"before they settle", "settled", "what was read is not looked at"} {
			switch when {
			case "settled":
				if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.Settle(t.Context(), me, time.Now()) }); err != nil {
					t.Fatal(err)
				}
			case "what was read is not looked at":
				// This is no way to become unread: only who looks at all that was read lists it.
				mustExec(t, d, fmt.Sprintf(`UPDATE member SET read_seq = 0, read_sent = 0 WHERE user_id = %d`, me))
			}
			for _, test := range []struct {
				q    store.EntryQuery
				want []chat.ConversationID
			}{
				{store.EntryQuery{}, []chat.ConversationID{bought, sold}},
				{store.EntryQuery{Role: chat.Buyer}, []chat.ConversationID{bought}},
				{store.EntryQuery{Role: chat.Seller}, []chat.ConversationID{sold}},
				{store.EntryQuery{Archived: true}, []chat.ConversationID{put}},
				{store.EntryQuery{BeforeAt: all[101].LastAt, BeforeID: bought}, []chat.ConversationID{sold}},
				{store.EntryQuery{BeforeAt: all[100].LastAt, BeforeID: sold}, nil},
			} {
				test.q.Who, test.q.Unread, test.q.Limit, test.q.Pinned = me, true, 20, test.q.BeforeID == 0
				if got := entryIDs(t, db, test.q); !slices.Equal(got, test.want) {
					t.Errorf("%s: %+v lists %v, want %v", when, test.q, got, test.want)
				}
			}
		}
		asked = nil
		entryIDs(t, db, store.EntryQuery{Who: me, Unread: true, Pinned: true, Limit: 20})
		plan, err := store.Plan(t.Context(), db, asked[0], "seqscan", "hashjoin", "mergejoin", "sort")
		if err != nil {
			t.Fatal(err)
		}
		// Each side's index is walked down to where conversations have settled.
		for _, side := range []string{"buyer", "seller"} {
			bounded := regexp.MustCompile(`conversation_` + side + ` \(` + side + `_id=\? AND .*last_at>\?|conversation_` + side + ` on .*\n.*Index Cond: .*last_at >= `)
			if !bounded.MatchString(plan) {
				t.Errorf("the plan for what one has as a %s is\n%s", side, plan)
			}
		}
	})
}

// Where much is unread a page of it is as in the whole list, settled or not.
func TestAPageOfManyUnreadConversationsIsTheNewest(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town, all := spoken(t, d, db, 450)
		me := town.Seller.ID
		mustExec(t, d, fmt.Sprintf(`UPDATE member SET read_seq = 0, read_sent = 0 WHERE user_id = %d AND conversation_id %% 2 = 0`, me))
		var want []chat.ConversationID
		for _, c := range slices.Backward(all) {
			if c.ID%2 == 0 {
				want = append(want, c.ID)
			}
		}
		if len(want) < 220 {
			t.Fatalf("only %d are unread", len(want))
		}
		for _, settled := range []bool{false, true} {
			if settled {
				if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.Settle(t.Context(), me, time.Now()) }); err != nil {
					t.Fatal(err)
				}
			}
			if got := entryIDs(t, db, store.EntryQuery{Who: me, Unread: true, Pinned: true, Limit: 20}); !slices.Equal(got, want[:20]) {
				t.Errorf("settled %t: the page is %v, want %v", settled, got, want[:20])
			}
		}
	})
}
