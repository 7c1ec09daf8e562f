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

// attach is the Append of a message with attachments, of which it may have four.
func attach(c chat.ConversationID, who chat.UserID, clientID, text string, ids ...chat.AttachmentID) store.Append {
	draft := chat.Draft{Text: text, Attachments: ids}
	return store.Append{
		Conversation: c, Actor: who, ClientID: clientID, Attachments: ids, Now: time.Now(), Digest: sha256.Sum256(fmt.Append(nil, text, ids)),
		Decide: func(t chat.Thread) (chat.Change, error) { return t.Post(who, draft, 4, time.Now()) },
	}
}

// kinds are uploads of somebody's of each kind, with all that an attachment can have.
func kinds(t *testing.T, d *testkit.Database, owner chat.UserID) []chat.Attachment {
	t.Helper()
	return []chat.Attachment{
		d.Attach(t, owner, func(a *chat.Attachment) {
			a.Kind, a.Name, a.Type, a.Width, a.Height, a.Animated = chat.ImageAttachment, "gears.gif", "image/gif", 1600, 1200, true
		}),
		d.Attach(t, owner, func(a *chat.Attachment) {
			a.Kind, a.Name, a.Type, a.Duration, a.Waveform = chat.VoiceAttachment, "voice.ogg", "audio/ogg", 9400*time.Millisecond, []int{0, 40, 100}
		}),
		d.Attach(t, owner, func(a *chat.Attachment) { a.Name = `रसीद, "2026" <1>.pdf` }),
	}
}

func idsOf(all []chat.Attachment) (ids []chat.AttachmentID) {
	for _, a := range all {
		ids = append(ids, a.ID)
	}
	return ids
}

// rows are what is stored of attachments.
func rows(t *testing.T, d *testkit.Database) map[chat.AttachmentID]testkit.Attachment {
	t.Helper()
	all, err := d.Attachments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// brought are the attachments of a message as whoever opens the conversation finds them, in a page, in
// a replay and on its own alike.
func brought(t *testing.T, db *store.DB, m chat.Message) []chat.Attachment {
	t.Helper()
	page, err := db.MessagesAfter(t.Context(), m.Conversation, m.Seq-1, 1)
	if err != nil || len(page) != 1 || page[0].ID != m.ID {
		t.Fatalf("the page of message %d: %+v, %v", m.ID, page, err)
	}
	events, err := db.EventsAfter(t.Context(), chat.Conversation{ID: m.Conversation}, m.Seq-1, 1)
	if err != nil || len(events) != 1 {
		t.Fatalf("the events from message %d: %+v, %v", m.ID, events, err)
	}
	alone, err := db.Message(t.Context(), m.Conversation, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	for where, got := range map[string][]chat.Attachment{"a replay": events[0].Message.Attachments, "on its own": alone.Attachments} {
		if diff := cmp.Diff(page[0].Attachments, got); diff != "" {
			t.Errorf("a page and %s differ (-page):\n%s", where, diff)
		}
	}
	return page[0].Attachments
}

func TestAMessageBringsItsAttachments(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer, seller := town.Buyer.ID, town.Seller.ID
		want := kinds(t, d, buyer)
		slices.Reverse(want)
		first := mustAppend(t, db, attach(c.ID, buyer, "one", "", idsOf(want)...))
		m := first.Event.Message
		if diff := cmp.Diff(want, m.Attachments); diff != "" || m.Text != "" || first.Duplicate {
			t.Fatalf("the answer is %+v (-want +got):\n%s", first, diff)
		}
		if diff := cmp.Diff(want, brought(t, db, m)); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
		for id, row := range rows(t, d) {
			if row.Conversation != int64(c.ID) || row.Message != int64(m.ID) || !row.Expires.IsZero() {
				t.Errorf("%s is %+v, want it in message %d without an end", id, row, m.ID)
			}
		}
		entry, err := db.Entry(t.Context(), c.ID, seller)
		if err != nil || cmp.Diff(want, entry.Last.Attachments) != "" {
			t.Errorf("it is listed with %+v, %v", entry.Last, err)
		}
		// Sent again it is the first one, though nothing of it can be attached any more.
		again := mustAppend(t, db, attach(c.ID, buyer, "one", "", idsOf(want)...))
		if diff := cmp.Diff(first.Event.Message, again.Event.Message); diff != "" || !again.Duplicate {
			t.Errorf("the answer to the retry, duplicate %t (-first +again):\n%s", again.Duplicate, diff)
		}
		if _, err := db.Append(t.Context(), attach(c.ID, buyer, "one", "", want[0].ID)); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("with less under its name: %v, want conflict", err)
		}
		// Who answers it shows what stands for it.
		reply := mustAppend(t, db, answer(m, seller, "r", "Thank you")).Event.Message
		page, err := db.MessagesAfter(t.Context(), c.ID, m.Seq, 1)
		if err != nil || reply.ReplyTo.Text != "3 files" || cmp.Diff(reply.ReplyTo, page[0].ReplyTo) != "" {
			t.Errorf("the answer quotes %+v, stored %+v, %v", reply.ReplyTo, page[0].ReplyTo, err)
		}
		same := mustAppend(t, db, answer(m, seller, "r", "Thank you"))
		if same.Event.Message.ReplyTo.Text != "3 files" {
			t.Errorf("the answer again quotes %+v", same.Event.Message.ReplyTo)
		}
		// An edit leaves them, also one that takes the text away.
		captioned := mustAppend(t, db, edit(m, buyer, "e1", "The gears"))
		emptied := mustAppend(t, db, edit(m, buyer, "e2", ""))
		if cmp.Diff(want, captioned.Event.Message.Attachments) != "" || cmp.Diff(want, emptied.Event.Message.Attachments) != "" || emptied.Event.Message.Text != "" {
			t.Errorf("the edits leave %+v and %+v", captioned.Event.Message, emptied.Event.Message)
		}
		if _, err := db.Append(t.Context(), edit(reply, seller, "e3", "")); chat.CodeOf(err) != chat.Empty {
			t.Errorf("an empty edit of a message without attachments: %v, want empty", err)
		}
		if diff := cmp.Diff(want, brought(t, db, m)); diff != "" {
			t.Errorf("after the edits (-want +got):\n%s", diff)
		}
	})
}

func TestADeletedMessageLetsItsAttachmentsGo(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer := town.Buyer.ID
		gone, stays := kinds(t, d, buyer), kinds(t, d, buyer)
		m := mustAppend(t, db, attach(c.ID, buyer, "one", "Look", idsOf(gone)...)).Event.Message
		other := mustAppend(t, db, attach(c.ID, buyer, "two", "", idsOf(stays)...)).Event.Message
		reply := mustAppend(t, db, answer(m, town.Seller.ID, "r", "Nice")).Event.Message
		deleted := mustAppend(t, db, remove(m, buyer, "d")).Event
		if deleted.Message.Attachments != nil || brought(t, db, m) != nil {
			t.Errorf("the deleted message has %v, stored %v", deleted.Message.Attachments, brought(t, db, m))
		}
		now := rows(t, d)
		for _, a := range gone {
			if row := now[a.ID]; !row.Expires.Equal(deleted.At) || row.Message != int64(m.ID) {
				t.Errorf("%s is %+v, want its end at %v", a.ID, row, deleted.At)
			}
		}
		for _, a := range stays {
			if row := now[a.ID]; !row.Expires.IsZero() {
				t.Errorf("%s of another message ends at %v", a.ID, row.Expires)
			}
		}
		if diff := cmp.Diff(stays, brought(t, db, other)); diff != "" {
			t.Errorf("the other message (-want +got):\n%s", diff)
		}
		if page, err := db.MessagesAfter(t.Context(), c.ID, reply.Seq-1, 1); err != nil || page[0].ReplyTo.Text != "" || !page[0].ReplyTo.Deleted {
			t.Errorf("the answer quotes %+v, %v", page, err)
		}
		if _, err := db.Append(t.Context(), attach(c.ID, buyer, "three", "", gone[0].ID)); chat.CodeOf(err) != chat.Invalid {
			t.Errorf("sent again: %v, want invalid", err)
		}
		if again := mustAppend(t, db, attach(c.ID, buyer, "one", "Look", idsOf(gone)...)); !again.Duplicate || again.Event.Message.Attachments != nil {
			t.Errorf("the retry of the deleted one: %+v", again)
		}
	})
}

func TestWhatCannotBeAttached(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer, seller := town.Buyer.ID, town.Seller.ID
		mustAppend(t, db, post(c.ID, buyer, "start", "hi"))
		own := func(change string) chat.AttachmentID {
			a := d.Attach(t, buyer)
			if change != "" {
				if err := d.Exec(t.Context(), `UPDATE attachment SET `+change+` WHERE id = '`+string(a.ID)+`'`); err != nil {
					t.Fatal(err)
				}
			}
			return a.ID
		}
		good, sent := own(""), own("")
		mustAppend(t, db, attach(c.ID, buyer, "sent", "", sent))
		before := rows(t, d)
		for name, ids := range map[string][]chat.AttachmentID{
			"somebody else's":        {d.Attach(t, seller).ID},
			"one that never was":     {"krhs2yxbcr6ewznm7p4zkqvd3a"},
			"one that is sent":       {sent},
			"one on its way":         {own(`state = 'receiving'`)},
			"one that was refused":   {own(`state = 'refused'`)},
			"one that has expired":   {own(fmt.Sprint(`expires_at = `, time.Now().Add(-time.Second).UnixMicro()))},
			"one twice":              {good, good},
			"too many":               {own(""), own(""), own(""), own(""), good},
			"one that is there, too": {good, sent},
		} {
			_, err := db.Append(t.Context(), attach(c.ID, buyer, name[:3], "text", ids...))
			if e, ok := err.(*chat.Error); !ok || e.Code != chat.Invalid || e.Field != "attachments" {
				t.Errorf("%s: %v, want invalid in the field attachments", name, err)
			}
		}
		late := attach(c.ID, buyer, "late", "text", good)
		late.Now = late.Now.Add(chat.UploadLife)
		if _, err := db.Append(t.Context(), late); chat.CodeOf(err) != chat.Invalid {
			t.Errorf("by a clock that is a day ahead: %v, want invalid", err)
		}
		for id, row := range before {
			if diff := cmp.Diff(row, rows(t, d)[id]); diff != "" {
				t.Errorf("%s has changed (-before +after):\n%s", id, diff)
			}
		}
		if now := conversation(t, db, c); now.Head != 2 {
			t.Errorf("head %d, want 2: a refusal writes nothing", now.Head)
		}
		if _, err := db.Append(t.Context(), attach(c.ID, town.Stranger.ID, "s", "", good)); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("a stranger: %v, want not_found", err)
		}
		// A refused command has no name: it may be sent again with what can be.
		mustAppend(t, db, attach(c.ID, buyer, "one", "text", good))
	})
}

// TestWhoRacesForAnAttachmentGetsItOnce sends uploads to many conversations at once: each is in
// one message, and whoever is late is told that it is gone.
func TestWhoRacesForAnAttachmentGetsItOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		nodes := []*store.DB{d.Open(t, nil)}
		if d.Name == "postgres" {
			second, err := store.Open(t.Context(), store.Options{URL: d.URL(), Dir: t.TempDir(), Batched: func(_ int, _ time.Duration, failed bool) {
				if failed {
					t.Error("a batch failed")
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = second.Close() })
			nodes = append(nodes, second)
		}
		buyer, ids := several(t, nodes[0], 8)
		var wg sync.WaitGroup
		for round := range 10 {
			one, two := d.Attach(t, buyer).ID, d.Attach(t, buyer).ID
			both := [][]chat.AttachmentID{{one, two}, {two, one}}
			var mu sync.Mutex
			outcomes := map[chat.Code]int{}
			for i, id := range ids {
				wg.Go(func() {
					_, err := nodes[i/2%len(nodes)].Append(t.Context(), attach(id, buyer, fmt.Sprint("r", round), "", both[i%2]...))
					mu.Lock()
					defer mu.Unlock()
					outcomes[chat.CodeOf(err)]++
				})
			}
			wg.Wait()
			if outcomes[""] != 1 || outcomes[chat.Invalid] != len(ids)-1 {
				t.Fatalf("round %d: %v, want one through and %d invalid", round, outcomes, len(ids)-1)
			}
			now := rows(t, d)
			if now[one].Message == 0 || now[one].Message != now[two].Message {
				t.Fatalf("round %d: %+v and %+v", round, now[one], now[two])
			}
		}
	})
}

func TestTwoCommandsOfABatchThatNameOneAttachment(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer := town.Buyer.ID
		old := d.Attach(t, buyer)
		m := mustAppend(t, db, attach(c.ID, buyer, "old", "", old.ID)).Event.Message
		a, b := d.Attach(t, buyer), d.Attach(t, buyer)
		done, errs := together(t, db,
			attach(c.ID, buyer, "1", "", a.ID), attach(c.ID, buyer, "2", "late", b.ID, a.ID), attach(c.ID, buyer, "1", "", a.ID),
			remove(m, buyer, "d"), attach(c.ID, buyer, "3", "", old.ID), attach(c.ID, buyer, "4", "", b.ID), post(c.ID, buyer, "5", "text"))
		for i, code := range []chat.Code{"", chat.Invalid, "", "", chat.Invalid, "", ""} {
			if chat.CodeOf(errs[i]) != code {
				t.Errorf("command %d: %v, want %q", i+1, errs[i], code)
			}
		}
		if !done[2].Duplicate || done[2].Event.Message.ID != done[0].Event.Message.ID || len(done[2].Event.Message.Attachments) != 1 {
			t.Errorf("the twin of the first: %+v", done[2])
		}
		now := rows(t, d)
		if now[a.ID].Message != int64(done[0].Event.Message.ID) || now[b.ID].Message != int64(done[5].Event.Message.ID) || now[old.ID].Expires.IsZero() {
			t.Errorf("they are %+v, %+v and %+v", now[a.ID], now[b.ID], now[old.ID])
		}
		for i, want := range map[int][]chat.Attachment{0: {a}, 5: {b}, 6: nil} {
			if diff := cmp.Diff(want, brought(t, db, done[i].Event.Message)); diff != "" {
				t.Errorf("message %d (-want +got):\n%s", i+1, diff)
			}
		}
		if brought(t, db, m) != nil {
			t.Error("the deleted message still has its attachment")
		}
	})
}

// TestNoMessageWithoutItsFile has the database refuse that some attachments are taken up: their
// messages are not there either, and those of others in their batch are.
func TestNoMessageWithoutItsFile(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer := town.Buyer.ID
		mustAppend(t, db, post(c.ID, buyer, "start", "hi"))
		forbid := map[string]string{
			"sqlite":   `CREATE TRIGGER forbid BEFORE UPDATE ON attachment WHEN NEW.name = 'bad' BEGIN SELECT RAISE(ABORT, 'forbidden'); END`,
			"postgres": `ALTER TABLE attachment ADD CHECK (name <> 'bad' OR message_id = 0)`,
		}
		if err := d.Exec(t.Context(), forbid[d.Name]); err != nil {
			t.Fatal(err)
		}
		bad, good := d.Attach(t, buyer, func(a *chat.Attachment) { a.Name = "bad" }), d.Attach(t, buyer)
		done, errs := together(t, db, post(c.ID, buyer, "1", "text"), attach(c.ID, buyer, "2", "bad", bad.ID), attach(c.ID, buyer, "3", "good", good.ID))
		if errs[0] != nil || chat.CodeOf(errs[1]) != chat.Unavailable || errs[2] != nil {
			t.Fatalf("got %v, want the second one unavailable", errs)
		}
		if diff := cmp.Diff([]chat.Attachment{good}, brought(t, db, done[2].Event.Message)); diff != "" {
			t.Errorf("the third one (-want +got):\n%s", diff)
		}
		if now := conversation(t, db, c); now.Head != 4 {
			t.Errorf("head %d, want 4", now.Head)
		}
		if row := rows(t, d)[bad.ID]; row.Message != 0 || row.Expires.IsZero() {
			t.Errorf("what was not sent is %+v", row)
		}
	})
}

// TestALostAnswerToAnAttachmentIsFoundOut shows contract 5 and 9 for messages with attachments.
func TestALostAnswerToAnAttachmentIsFoundOut(t *testing.T) {
	d, line := testkit.PostgreSQL(t).Through(t)
	published := make(chan chat.Event, 10)
	db := d.Open(t, func(e chat.Event) { published <- e })
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "a"))
	<-published
	a := d.Attach(t, town.Buyer.ID)
	lost := line.Lose("COMMIT\x00")
	if _, err := db.Append(t.Context(), attach(c.ID, town.Buyer.ID, "two", "", a.ID)); chat.CodeOf(err) != chat.Unavailable {
		t.Fatalf("answered with %v, want unavailable", err)
	}
	<-lost
	select {
	case e := <-published:
		if diff := cmp.Diff([]chat.Attachment{a}, e.Message.Attachments); diff != "" {
			t.Errorf("announced %+v (-want +got):\n%s", e, diff)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("not announced within 10 s")
	}
	again := mustAppend(t, db, attach(c.ID, town.Buyer.ID, "two", "", a.ID))
	if !again.Duplicate || again.Event.Seq != 2 || len(again.Event.Message.Attachments) != 1 || len(published) > 0 {
		t.Errorf("sent again: %+v, want the first answer", again)
	}
}

// TestABatchWithoutAttachmentsAsksForNone counts what is asked of the database.
func TestABatchWithoutAttachmentsAsksForNone(t *testing.T) {
	d := testkit.SQLite(t)
	db := d.Open(t, nil)
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	// Nothing of a message can be sent while the table is away, and everything that has none can.
	if err := d.Exec(t.Context(), `ALTER TABLE attachment RENAME TO away`); err != nil {
		t.Fatal(err)
	}
	m := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "a")).Event.Message
	mustAppend(t, db, edit(m, town.Buyer.ID, "e", "b"))
	mustAppend(t, db, answer(m, town.Seller.ID, "r", "c"))
	mustAppend(t, db, remove(m, town.Buyer.ID, "d"))
	if _, err := db.Append(t.Context(), attach(c.ID, town.Buyer.ID, "two", "", "krhs2yxbcr6ewznm7p4zkqvd3a")); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("with one: %v, want unavailable", err)
	}
}
