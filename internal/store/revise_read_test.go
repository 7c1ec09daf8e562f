package store_test

import (
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestAnEditIsNeitherUnreadNorNew(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer, seller := town.Buyer.ID, town.Seller.ID
		m := mustAppend(t, db, post(c.ID, buyer, "one", "secret pickle")).Event.Message
		archive := true
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.MoveRead(t.Context(), c.ID, seller, 1); err != nil {
				return err
			}
			return tx.SetKeeping(t.Context(), c.ID, seller, chat.Keeping{}.With(chat.KeepingChange{Archived: &archive}, 1))
		})
		if err != nil {
			t.Fatal(err)
		}
		look := func(what, text string) {
			t.Helper()
			e, err := db.Entry(t.Context(), c.ID, seller)
			if err != nil || !e.Archived || e.Unread != 0 || e.Last.Text != text || !e.Last.Read {
				t.Errorf("%s: %+v, its last message %+v, %v", what, e, e.Last, err)
			}
			if n, _, err := db.Unread(t.Context(), seller, time.Now()); err != nil || n.Conversations != 0 {
				t.Errorf("%s: %+v unread, %v", what, n, err)
			}
		}
		done := mustAppend(t, db, edit(m, buyer, "e", "another pickle"))
		if !done.Event.Message.Read {
			t.Error("what was read is not read any more once it is edited")
		}
		look("edited", "another pickle")
		mustAppend(t, db, remove(m, buyer, "d"))
		look("deleted", "")
		mustAppend(t, db, post(c.ID, buyer, "two", "news"))
		if e, err := db.Entry(t.Context(), c.ID, seller); err != nil || e.Archived || e.Unread != 1 {
			t.Errorf("a message behind it: %+v, %v", e, err)
		}
	})
}

func TestANoticeDoesNotTellWhatWasDeleted(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		m := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "secret")).Event.Message
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.TellOfMessages(t.Context(), chat.NoticeMessage, []store.MessageNews{{Conversation: c.ID, Actor: town.Buyer.ID, Seq: 1, At: m.SentAt}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		line := func() string {
			all, err := db.Notices(t.Context(), store.NoticeQuery{Who: town.Seller.ID, Limit: 10})
			if err != nil || len(all) != 1 {
				t.Fatalf("notices: %+v, %v", all, err)
			}
			return all[0].Line()
		}
		if got := line(); got != "secret" {
			t.Errorf("before: %q", got)
		}
		mustAppend(t, db, remove(m, town.Buyer.ID, "d"))
		if got := line(); got != chat.DeletedText {
			t.Errorf("deleted: %q", got)
		}
	})
}

func TestEarlierTextsEnd(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		m := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "a")).Event.Message
		first := mustAppend(t, db, edit(m, town.Buyer.ID, "e1", "b")).Event
		for time.Now().Truncate(time.Millisecond).Equal(first.At) { // the next edit is to have a later time
		}
		second := mustAppend(t, db, edit(m, town.Buyer.ID, "e2", "c")).Event
		prune := func(before time.Time) (n int64) {
			err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
				n, err = tx.PruneVersions(t.Context(), before, 10)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := prune(first.At); n != 0 {
			t.Errorf("%d ended at once", n)
		}
		if n := prune(second.At); n != 1 || !slices.Equal(versions(t, db, m.ID), []string{"b"}) {
			t.Errorf("%d ended, left %q; want the younger one", n, versions(t, db, m.ID))
		}
	})
}

func TestAConversationOfBeforeThereWereEditsKnowsItsLastMessage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "a"))
		m := mustAppend(t, db, post(c.ID, town.Buyer.ID, "two", "b")).Event.Message
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Before(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		db = d.Open(t, nil)
		if now := conversation(t, db, c); now.LastSeq != 2 {
			t.Errorf("the last message is at %d, want 2", now.LastSeq)
		}
		if again := mustAppend(t, db, post(c.ID, town.Buyer.ID, "two", "b")); !again.Duplicate {
			t.Error("what was sent before is sent again")
		}
		if done := mustAppend(t, db, edit(m, town.Buyer.ID, "e", "c")); done.Event.Message.Text != "c" {
			t.Errorf("edited: %+v", done)
		}
	})
}
