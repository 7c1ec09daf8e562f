package store_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// What a seller usually takes to answer comes from the log: from a buyer's first message to
// the seller's first one behind it.
func TestTheRecordIsReadFromTheLog(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		at := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
		say := func(c chat.Conversation, who chat.UserID, after time.Duration) {
			t.Helper()
			_, err := db.Append(t.Context(), store.Append{
				Conversation: c.ID, Actor: who, ClientID: fmt.Sprint(c.ID, who, after),
				Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted("Hello", at.Add(after)), nil },
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		begin := func(n int) (c chat.Conversation) {
			t.Helper()
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				l := town.Listing
				l.Slug = fmt.Sprintf("thing-%d", n)
				if n == 0 {
					l.Status = chat.ListingSold
				}
				var err error
				if l.ID, err = tx.InsertListing(t.Context(), l); err != nil {
					return err
				}
				c, err = tx.InsertConversation(t.Context(), chat.Conversation{
					Listing: l.ID, Title: l.Title, BuyerID: town.Buyer.ID, SellerID: town.Seller.ID, CreatedAt: at, LastAt: at,
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		record := func(who chat.UserID) chat.Record {
			t.Helper()
			r, err := db.Record(context.Background(), who)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(r.Answers)
			return r
		}
		want := []time.Duration{5 * time.Minute, 10 * time.Minute, 2 * time.Hour}
		for n, wait := range want {
			c := begin(n)
			say(c, town.Buyer.ID, 0)
			say(c, town.Buyer.ID, time.Minute) // the wait begins with the first
			say(c, town.Seller.ID, wait)
			say(c, town.Seller.ID, wait+time.Hour) // and ends with the first
			if _, known := record(town.Seller.ID).UsualAnswer(); known != (n == 2) {
				t.Errorf("after %d answers a habit is known: %v", n+1, known)
			}
		}
		say(begin(9), town.Buyer.ID, 0) // still waits
		got := record(town.Seller.ID)
		if !slices.Equal(got.Answers, want) || got.Sold != 1 {
			t.Errorf("got %v and %d sold, want %v and 1", got.Answers, got.Sold, want)
		}
		if usual, _ := got.UsualAnswer(); usual != 10*time.Minute {
			t.Errorf("got %s, want the median, 10 min", usual)
		}
		if got := record(town.Buyer.ID); len(got.Answers) != 0 || got.Sold != 0 {
			t.Errorf("the buyer has %+v", got)
		}
	})
}

// A buyer may write any number of messages to which there is no answer, in as many conversations as are looked at.
func TestAnAnswerIsLookedForAmongTheFirstEventsAlone(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked []string
		db := d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		at := time.Now().Add(-time.Hour)
		say := func(who chat.UserID, n int) {
			t.Helper()
			_, err := db.Append(t.Context(), store.Append{
				Conversation: c.ID, Actor: who, ClientID: fmt.Sprint("m", n),
				Decide: func(chat.Thread) (chat.Change, error) {
					return chat.Posted("Hello", at.Add(time.Duration(n)*time.Second)), nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		answers := func() int {
			t.Helper()
			r, err := db.Record(t.Context(), town.Seller.ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(r.Answers)
		}
		for n := range 100 {
			say(town.Buyer.ID, n)
		}
		say(town.Seller.ID, 100) // the 101st
		asked = nil
		if n := answers(); n != 0 {
			t.Error("an answer is looked for behind the first hundred events")
		}
		plan, err := store.Plan(t.Context(), db, asked[0], "seqscan", "hashjoin", "mergejoin")
		if bounded := regexp.MustCompile(`conversation_id ?= ?.* AND .*seq ?<`); err != nil || !bounded.MatchString(plan) {
			t.Errorf("%v: the index does not bound what is read of a conversation:\n%s", err, plan)
		}
	})
}
