package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// TestACommitWhoseAnswerIsLostIsAnnouncedAllTheSame shows contract 5 and 9: the sender hears
// that the outcome is unknown, and those who are connected get the message once it is known,
// without waiting for the next one or for the sender.
func TestACommitWhoseAnswerIsLostIsAnnouncedAllTheSame(t *testing.T) {
	d, line := testkit.PostgreSQL(t).Through(t)
	published := make(chan chat.Event, 10)
	db := d.Open(t, func(e chat.Event) { published <- e })
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "Is it there?"))
	<-published
	lost := line.Lose("COMMIT\x00")
	_, err := db.Append(t.Context(), post(c.ID, town.Buyer.ID, "two", "Hello?"))
	if chat.CodeOf(err) != chat.Unavailable {
		t.Fatalf("answered with %v, want unavailable", err)
	}
	<-lost
	select {
	case e := <-published:
		if e.Seq != 2 || e.Message.Text != "Hello?" || e.Message.ClientID != "two" || e.Message.ID == 0 {
			t.Errorf("announced: %+v", e)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("not announced within 10 s")
	}
	again := mustAppend(t, db, post(c.ID, town.Buyer.ID, "two", "Hello?"))
	if !again.Duplicate || again.Event.Seq != 2 {
		t.Errorf("sent again: %+v, want the first answer", again)
	}
	if next := mustAppend(t, db, post(c.ID, town.Seller.ID, "three", "Yes")); next.Event.Seq != 3 {
		t.Errorf("the next one has seq %d, want 3", next.Event.Seq)
	}
	if e := <-published; e.Seq != 3 || len(published) > 0 {
		t.Errorf("announced next: seq %d, and %d more", e.Seq, len(published))
	}
}

// A process may have ended because an fsync failed, and have left a log that is read from
// memory and not on the disk: nothing is added behind it.
func TestWhatAProcessLeftInTheLogIsSettledAtTheStart(t *testing.T) {
	d := testkit.SQLite(t)
	db := d.Open(t, nil)
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	for i := range 20 {
		mustAppend(t, db, post(c.ID, town.Buyer.ID, fmt.Sprint("m", i), "hello"))
	}
	left := testkit.SQLite(t)
	copyOver(t, d.Dir(), left.Dir(), "swapnest.db", "swapnest.db-wal")
	size := func() int64 {
		info, err := os.Stat(filepath.Join(left.Dir(), "swapnest.db-wal"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	again := left.Open(t, nil)
	if after := size(); after > before/2 {
		t.Errorf("the log has %d bytes after the start, before it %d", after, before)
	}
	if got, err := again.Conversation(t.Context(), c.ID, c.BuyerID); err != nil || got.Head != 20 {
		t.Errorf("head %d (%v), want 20", got.Head, err)
	}
}
