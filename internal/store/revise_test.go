package store_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// edit is the Append of another text for a message.
func edit(m chat.Message, who chat.UserID, clientID, text string) store.Append {
	return store.Append{
		Conversation: m.Conversation, Actor: who, ClientID: clientID, About: m.ID, Digest: sha256.Sum256([]byte("edit" + text)),
		Decide: func(t chat.Thread) (chat.Change, error) { return t.Edit(who, text, time.Now()) },
	}
}

// remove is the Append that deletes a message.
func remove(m chat.Message, who chat.UserID, clientID string) store.Append {
	return store.Append{
		Conversation: m.Conversation, Actor: who, ClientID: clientID, About: m.ID, Digest: sha256.Sum256([]byte("delete")),
		Decide: func(t chat.Thread) (chat.Change, error) { return t.Delete(who, time.Now()) },
	}
}

// versions are the earlier texts of a message, the oldest first.
func versions(t *testing.T, db *store.DB, id chat.MessageID) (texts []string) {
	t.Helper()
	conn, _ := db.WriteConnections()
	rows, err := conn.QueryContext(t.Context(), `SELECT body FROM message_version WHERE message_id = $1 ORDER BY seq`, id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}

// conversation is a conversation as its buyer finds it.
func conversation(t *testing.T, db *store.DB, c chat.Conversation) chat.Conversation {
	t.Helper()
	now, err := db.Conversation(t.Context(), c.ID, c.BuyerID)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func TestAMessageIsEditedAndDeleted(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var mu sync.Mutex
		var told []chat.Event
		db := d.Open(t, func(e chat.Event) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, e)
		})
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer, seller := town.Buyer.ID, town.Seller.ID
		first := mustAppend(t, db, post(c.ID, buyer, "one", "At the gte")).Event.Message
		mustAppend(t, db, post(c.ID, seller, "two", "Coming"))
		before := conversation(t, db, c)

		edited := mustAppend(t, db, edit(first, buyer, "e1", "At the gate"))
		if edited.Duplicate || edited.Event.Kind != chat.MessageEdited || edited.Event.Seq != 3 {
			t.Errorf("the edit: %+v", edited)
		}
		want := first
		want.Text, want.EditedAt = "At the gate", edited.Event.At
		if diff := cmp.Diff(want, edited.Event.Message); diff != "" {
			t.Errorf("the edited message (-want +got):\n%s", diff)
		}
		gone := mustAppend(t, db, remove(first, buyer, "d1"))
		want.Text, want.DeletedAt = "", gone.Event.At
		if diff := cmp.Diff(want, gone.Event.Message); diff != "" || gone.Event.Kind != chat.MessageDeleted || gone.Event.Seq != 4 {
			t.Errorf("the deletion is %+v, and the message (-want +got):\n%s", gone.Event, diff)
		}
		after := conversation(t, db, c)
		before.Head = 4
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("besides its head the conversation has changed (-before +after):\n%s", diff)
		}
		third := mustAppend(t, db, post(c.ID, seller, "three", "Where?")).Event
		if now := conversation(t, db, c); now.LastSeq != 5 || now.Head != 5 || !now.LastAt.Equal(third.At) {
			t.Errorf("behind the next message: %+v", now)
		}
		if diff := cmp.Diff([]string{"At the gte", "At the gate"}, versions(t, db, first.ID)); diff != "" {
			t.Errorf("earlier texts (-want +got):\n%s", diff)
		}
		// Whoever replays sees each event in its place, with the message as it is now.
		events, err := db.EventsAfter(t.Context(), after, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		kinds := []chat.EventKind{chat.MessagePosted, chat.MessagePosted, chat.MessageEdited, chat.MessageDeleted, chat.MessagePosted}
		if err := db.Close(); err != nil { // all is announced now
			t.Fatal(err)
		}
		if len(events) != len(kinds) || len(told) != len(kinds) {
			t.Fatalf("%d events, %d announced, want %d", len(events), len(told), len(kinds))
		}
		for i, e := range events {
			if e.Seq != chat.Seq(i+1) || e.Kind != kinds[i] || told[i].Seq != e.Seq || told[i].Kind != e.Kind || !told[i].At.Equal(e.At) {
				t.Errorf("event %d: %+v, announced as %+v", i+1, e, told[i])
			}
			if e.Message.ID == first.ID && cmp.Diff(want, e.Message) != "" {
				t.Errorf("event %d has the message %+v", i+1, e.Message)
			}
		}
	})
}

// TestACommandAboutAMessageIsDoneOnce shows contract 3 and 4 for edits and deletions.
func TestACommandAboutAMessageIsDoneOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer := town.Buyer.ID
		m := mustAppend(t, db, post(c.ID, buyer, "one", "a")).Event.Message
		// Their names are apart from those of messages.
		first := mustAppend(t, db, edit(m, buyer, "one", "b"))
		mustAppend(t, db, edit(m, buyer, "e2", "c"))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = d.Open(t, nil)
		again := mustAppend(t, db, edit(m, buyer, "one", "b"))
		if !again.Duplicate || again.Event.Seq != first.Event.Seq || !again.Event.At.Equal(first.Event.At) || again.Event.Message.Text != "c" {
			t.Errorf("sent again: %+v, want the first answer with the text of now", again)
		}
		if _, err := db.Append(t.Context(), edit(m, buyer, "one", "z")); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("another text under the same client id: %v, want conflict", err)
		}
		if _, err := db.Append(t.Context(), remove(m, buyer, "one")); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("a deletion under the client id of an edit: %v, want conflict", err)
		}
		same := mustAppend(t, db, edit(m, buyer, "e3", "c"))
		if !same.Duplicate || same.Event.Kind != "" || same.Event.Message.Text != "c" {
			t.Errorf("the same text: %+v, want nothing done", same)
		}
		gone := mustAppend(t, db, remove(m, buyer, "d1"))
		if twice := mustAppend(t, db, remove(m, buyer, "d2")); !twice.Duplicate || twice.Event.Message.DeletedAt.IsZero() {
			t.Errorf("deleted under another name: %+v", twice)
		}
		if twice := mustAppend(t, db, remove(m, buyer, "d1")); !twice.Duplicate || twice.Event.Seq != gone.Event.Seq {
			t.Errorf("deleted again: %+v", twice)
		}
		if _, err := db.Append(t.Context(), edit(m, buyer, "e4", "d")); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("edited once deleted: %v, want conflict", err)
		}
		if now := conversation(t, db, c); now.Head != 4 {
			t.Errorf("head %d, want 4", now.Head)
		}
	})
}

func TestWhatACommandIsAboutBelongsToTheConversation(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		mine := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "mine")).Event.Message
		town.Listing.Slug = "another"
		if err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
			town.Listing.ID, err = tx.InsertListing(t.Context(), town.Listing)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		elsewhere := mustAppend(t, db, post(town.Converse(t, db).ID, town.Buyer.ID, "one", "elsewhere")).Event.Message
		stray, none, other := elsewhere, mine, mine
		stray.Conversation, none.ID = c.ID, 1<<40
		other.Conversation = elsewhere.Conversation
		for name, test := range map[string]struct {
			a    store.Append
			want chat.Code
		}{
			"a message of another conversation": {edit(stray, town.Buyer.ID, "a", "x"), chat.NotFound},
			"the other way round":               {remove(other, town.Buyer.ID, "b"), chat.NotFound},
			"no message at all":                 {edit(none, town.Buyer.ID, "c", "x"), chat.NotFound},
			"a stranger's command":              {edit(mine, town.Stranger.ID, "d", "x"), chat.NotFound},
			"the other person's edit":           {edit(mine, town.Seller.ID, "e", "x"), chat.Forbidden},
			"the other person's deletion":       {remove(mine, town.Seller.ID, "f"), chat.Forbidden},
		} {
			if _, err := db.Append(t.Context(), test.a); chat.CodeOf(err) != test.want {
				t.Errorf("%s: %v, want %q", name, err, test.want)
			}
		}
		if now := conversation(t, db, c); now.Head != 1 || len(versions(t, db, mine.ID)) != 0 {
			t.Errorf("head %d, want 1: a refusal writes nothing", now.Head)
		}
	})
}

// TestABatchOfMessagesEditsAndDeletions shows contract 1 and 7 where all of them share commits.
func TestABatchOfMessagesEditsAndDeletions(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var mu sync.Mutex
		published := map[chat.ConversationID][]chat.Seq{}
		db := d.Open(t, func(e chat.Event) {
			mu.Lock()
			defer mu.Unlock()
			published[e.Conversation] = append(published[e.Conversation], e.Seq)
		})
		town := testkit.Populate(t, db)
		var talks []chat.Conversation
		var firsts []chat.Message
		for i := range 4 {
			town.Listing.Slug = fmt.Sprintf("thing-%d", i)
			if err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
				town.Listing.ID, err = tx.InsertListing(t.Context(), town.Listing)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			c := town.Converse(t, db)
			talks = append(talks, c)
			firsts = append(firsts, mustAppend(t, db, post(c.ID, c.BuyerID, "first", "0")).Event.Message)
		}
		const workers, each = 16, 20
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := range each {
					c, m := talks[(w+i)%len(talks)], firsts[(w+i)%len(talks)]
					name := fmt.Sprintf("w%d.%d", w, i)
					if w%2 == 0 {
						try(t, db, post(c.ID, c.SellerID, name, "text"))
					} else {
						try(t, db, edit(m, c.BuyerID, name, name))
					}
				}
			})
		}
		wg.Wait()
		for i, m := range firsts {
			try(t, db, remove(m, talks[i].BuyerID, "gone"))
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = d.Open(t, nil)
		place := map[chat.ConversationID]chat.Seq{}
		log, err := db.After(t.Context(), store.Cursor{}, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		if d.Name == "sqlite" && len(log) != len(talks)*2+workers*each {
			t.Errorf("the log has %d events", len(log))
		}
		for _, l := range log {
			if l.Seq != place[l.Conversation]+1 {
				t.Errorf("conversation %d: the log goes on at %d behind %d", l.Conversation, l.Seq, place[l.Conversation])
			}
			place[l.Conversation] = l.Seq
		}
		for i, c := range talks {
			now := conversation(t, db, c)
			events, err := db.EventsAfter(t.Context(), now, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			var seqs []chat.Seq
			var last chat.Event
			edits := 0
			for _, e := range events {
				seqs = append(seqs, e.Seq)
				switch e.Kind {
				case chat.MessagePosted:
					last = e
				case chat.MessageEdited:
					edits++
				}
				if e.Message.ID == 0 {
					t.Errorf("event %d of conversation %d has no message", e.Seq, c.ID)
				}
			}
			if !slices.Equal(seqs, published[c.ID]) || seqs[len(seqs)-1] != chat.Seq(len(seqs)) || now.Head != chat.Seq(len(seqs)) {
				t.Errorf("conversation %d has the events %v, announced %v, head %d", c.ID, seqs, published[c.ID], now.Head)
			}
			if now.LastSeq != last.Seq || !now.LastAt.Equal(last.At) || now.BuyerSent != 1 || now.SellerSent != int64(len(seqs)-edits-2) {
				t.Errorf("conversation %d: %+v, its last message is %+v", c.ID, now, last.Message)
			}
			entry, err := db.Entry(t.Context(), c.ID, c.BuyerID)
			if err != nil || entry.Last == nil || entry.Last.ID != last.Message.ID {
				t.Errorf("conversation %d is listed with %+v (%v), want message %d", c.ID, entry.Last, err, last.Message.ID)
			}
			if n := len(versions(t, db, firsts[i].ID)); n != edits+1 {
				t.Errorf("conversation %d: %d earlier texts of %d edits and a deletion", c.ID, n, edits)
			}
		}
	})
}

// TestALostAnswerToAnEditIsFoundOut shows contract 5 and 9 for edits.
func TestALostAnswerToAnEditIsFoundOut(t *testing.T) {
	d, line := testkit.PostgreSQL(t).Through(t)
	published := make(chan chat.Event, 10)
	db := d.Open(t, func(e chat.Event) { published <- e })
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	m := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "a")).Event.Message
	<-published
	lost := line.Lose("COMMIT\x00")
	if _, err := db.Append(t.Context(), edit(m, town.Buyer.ID, "e", "b")); chat.CodeOf(err) != chat.Unavailable {
		t.Fatalf("answered with %v, want unavailable", err)
	}
	<-lost
	select {
	case e := <-published:
		if e.Kind != chat.MessageEdited || e.Seq != 2 || e.Message.ID != m.ID || e.Message.Seq != 1 || e.Message.Text != "b" {
			t.Errorf("announced: %+v", e)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("not announced within 10 s")
	}
	if again := mustAppend(t, db, edit(m, town.Buyer.ID, "e", "b")); !again.Duplicate || again.Event.Seq != 2 || len(published) > 0 {
		t.Errorf("sent again: %+v, want the first answer", again)
	}
}
