package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// together has commands of one writer share a commit, in their order, and returns what became
// of each: the first one keeps the writer busy until the others stand in its queue.
func together(t *testing.T, db *store.DB, all ...store.Append) ([]store.Appended, []error) {
	t.Helper()
	deciding, release := make(chan struct{}), make(chan struct{})
	first := sync.Once{}
	busy := post(all[0].Conversation, all[0].Actor, "busy", "busy")
	decide := busy.Decide
	busy.Decide = func(thread chat.Thread) (chat.Change, error) {
		first.Do(func() { close(deciding) })
		<-release
		return decide(thread)
	}
	var wg sync.WaitGroup
	wg.Go(func() { try(t, db, busy) })
	<-deciding
	done, errs := make([]store.Appended, len(all)), make([]error, len(all))
	for i, a := range all {
		wg.Go(func() { done[i], errs[i] = db.Append(t.Context(), a) })
		queued(t, db, i+1)
	}
	close(release)
	wg.Wait()
	return done, errs
}

func TestACommandSeesWhatThoseBeforeItInItsBatchLeft(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer := town.Buyer.ID
		m := mustAppend(t, db, post(c.ID, buyer, "one", "a")).Event.Message
		done, errs := together(t, db,
			edit(m, buyer, "e1", "b"), post(c.ID, town.Seller.ID, "two", "hi"), edit(m, buyer, "e2", "c"), edit(m, buyer, "e2", "c"),
			edit(m, buyer, "e3", "c"), remove(m, buyer, "d1"), edit(m, buyer, "e4", "d"), post(c.ID, town.Seller.ID, "three", "there"), remove(m, buyer, "d2"),
		)
		want := []struct {
			seq       chat.Seq
			duplicate bool
			code      chat.Code
			text      string
		}{
			{3, false, "", "b"},
			{4, false, "", "hi"},
			{5, false, "", "c"},
			{5, true, "", "c"},
			{1, true, "", "c"},
			{6, false, "", ""},
			{0, false, chat.Conflict, ""},
			{7, false, "", "there"},
			{1, true, "", ""},
		}
		for i, w := range want {
			e := done[i].Event
			if chat.CodeOf(errs[i]) != w.code || e.Seq != w.seq || done[i].Duplicate != w.duplicate || e.Message.Text != w.text || w.code == "" && e.Message.ID == 0 {
				t.Errorf("command %d: %+v, %v; want %+v", i+1, done[i], errs[i], w)
			}
		}
		if got := versions(t, db, m.ID); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("earlier texts %q", got)
		}
		now := conversation(t, db, c)
		events, err := db.EventsAfter(t.Context(), now, 0, 100)
		if err != nil || len(events) != 7 || now.Head != 7 || now.LastSeq != 7 || !events[0].Message.DeletedAt.Equal(done[5].Event.At) {
			t.Errorf("the log is %+v, %v; the conversation %+v", events, err, now)
		}
	})
}

func TestAMessageIsOfItsConversationAlsoWhereTheBatchKnowsBoth(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		var talks []chat.Message
		for i := range 3 {
			town.Listing.Slug = fmt.Sprint("thing-", i)
			if err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
				town.Listing.ID, err = tx.InsertListing(t.Context(), town.Listing)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			talks = append(talks, mustAppend(t, db, post(town.Converse(t, db).ID, town.Buyer.ID, "one", "a")).Event.Message)
		}
		// On PostgreSQL two writers share the conversations by their ids: the first and the third are one's.
		mine, elsewhere := talks[0], talks[2]
		stray := elsewhere
		stray.Conversation = mine.Conversation
		_, errs := together(t, db, edit(mine, town.Buyer.ID, "e1", "b"), edit(elsewhere, town.Buyer.ID, "e1", "b"), edit(stray, town.Buyer.ID, "e2", "x"), answer(stray, town.Buyer.ID, "r", "x"))
		if errs[0] != nil || errs[1] != nil || chat.CodeOf(errs[2]) != chat.NotFound || chat.CodeOf(errs[3]) != chat.Invalid {
			t.Errorf("got %v, want the third one not found and the last one invalid", errs)
		}
	})
}
