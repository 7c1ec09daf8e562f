package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// answer is the Append of a message that answers another one.
func answer(m chat.Message, who chat.UserID, clientID, text string) store.Append {
	return store.Append{
		Conversation: m.Conversation, Actor: who, ClientID: clientID, Answers: m.ID, Digest: sha256.Sum256([]byte(fmt.Sprint(text, m.ID))),
		Decide: func(t chat.Thread) (chat.Change, error) {
			return t.Post(who, chat.Draft{Text: text, ReplyTo: m.ID}, 0, time.Now())
		},
	}
}

// shown are all ways by which somebody is shown the messages of a conversation.
func shown(t *testing.T, db *store.DB, c chat.Conversation) map[string][]chat.Message {
	t.Helper()
	all := map[string][]chat.Message{}
	read := func(name string, messages []chat.Message, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all[name] = messages
	}
	before, err := db.MessagesBefore(t.Context(), c.ID, 1000, 100)
	read("before", before, err)
	after, err := db.MessagesAfter(t.Context(), c.ID, 0, 100)
	read("after", after, err)
	around, err := db.MessagesAround(t.Context(), c.ID, 2, 100, 100)
	read("around", around, err)
	events, err := db.EventsAfter(t.Context(), c, 0, 100)
	var replayed []chat.Message
	for _, e := range events {
		if e.Kind == chat.MessagePosted {
			replayed = append(replayed, e.Message)
		}
	}
	read("events", replayed, err)
	return all
}

func TestAnAnswerShowsWhatItAnswersAsThatIsNow(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var told []chat.Event
		published := make(chan chat.Event, 10)
		db := d.Open(t, func(e chat.Event) { published <- e })
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer, seller := town.Buyer.ID, town.Seller.ID
		long := strings.Repeat("Ü", chat.QuoteChars+1)
		first := mustAppend(t, db, post(c.ID, buyer, "one", long)).Event.Message
		reply := mustAppend(t, db, answer(first, seller, "two", "Yes")).Event.Message
		quote := chat.Quote{ID: first.ID, Seq: 1, SenderID: buyer, SenderName: town.Buyer.Name, Text: strings.Repeat("Ü", chat.QuoteChars)}
		look := func(when string) {
			t.Helper()
			for way, messages := range shown(t, db, c) {
				if len(messages) != 2 || messages[0].ReplyTo != (chat.Quote{}) {
					t.Fatalf("%s, %s: %+v", when, way, messages)
				}
				if diff := cmp.Diff(quote, messages[1].ReplyTo); diff != "" {
					t.Errorf("%s, %s: the quote (-want +got):\n%s", when, way, diff)
				}
			}
		}
		if reply.ReplyTo != quote {
			t.Errorf("answered with %+v", reply)
		}
		look("at first")
		mustAppend(t, db, edit(first, buyer, "e", "Is it there?"))
		quote.Text = "Is it there?"
		look("edited")
		// The event of an edited answer has the quote of now, too.
		if done := mustAppend(t, db, edit(reply, seller, "e", "Yes!")); done.Event.Message.ReplyTo != quote {
			t.Errorf("the edited answer has the quote %+v", done.Event.Message.ReplyTo)
		}
		mustAppend(t, db, remove(first, buyer, "d"))
		quote.Text, quote.Deleted = "", true
		look("deleted")
		if again := mustAppend(t, db, answer(first, seller, "two", "Yes")); !again.Duplicate || again.Event.Message.ReplyTo != quote || again.Event.Message.ID != reply.ID {
			t.Errorf("sent again, although what it answers was deleted: %+v", again)
		}
		if again := mustAppend(t, db, edit(reply, seller, "e", "Yes!")); !again.Duplicate || again.Event.Message.ReplyTo != quote {
			t.Errorf("edited again: %+v", again)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		close(published)
		for e := range published {
			told = append(told, e)
		}
		if len(told) != 5 || told[1].Message.ReplyTo.ID != first.ID || told[3].Message.ReplyTo.Text != "Is it there?" {
			t.Errorf("announced: %+v", told)
		}
		// A closed account has no name in a quote either.
		db = d.Open(t, nil)
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.CloseUser(t.Context(), buyer, time.Now()) }); err != nil {
			t.Fatal(err)
		}
		quote.SenderName = chat.FormerMember
		look("of a former member")
	})
}

func TestWhatCannotBeAnswered(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		mine := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "mine")).Event.Message
		gone := mustAppend(t, db, post(c.ID, town.Buyer.ID, "two", "gone")).Event.Message
		mustAppend(t, db, remove(gone, town.Buyer.ID, "d"))
		town.Listing.Slug = "another"
		if err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
			town.Listing.ID, err = tx.InsertListing(t.Context(), town.Listing)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		stray := mustAppend(t, db, post(town.Converse(t, db).ID, town.Buyer.ID, "one", "elsewhere")).Event.Message
		stray.Conversation = c.ID
		none := mine
		none.ID = 1 << 40
		refused := func(name string, err error, want chat.Code) {
			t.Helper()
			e, ok := errors.AsType[*chat.Error](err)
			if !ok || e.Code != want || want == chat.Invalid && e.Field != "reply_to" {
				t.Errorf("%s: %+v, want %s about reply_to", name, err, want)
			}
		}
		for name, test := range map[string]struct {
			a    store.Append
			want chat.Code
		}{
			"a message of another conversation": {answer(stray, town.Buyer.ID, "a", "x"), chat.Invalid},
			"no message at all":                 {answer(none, town.Buyer.ID, "b", "x"), chat.Invalid},
			"a deleted one":                     {answer(gone, town.Buyer.ID, "c", "x"), chat.Invalid},
			"a stranger's":                      {answer(mine, town.Stranger.ID, "d", "x"), chat.NotFound},
		} {
			_, err := db.Append(context.Background(), test.a)
			refused(name, err, test.want)
		}
		// What was refused under a name may be sent without the quote under the same one.
		if done := mustAppend(t, db, post(c.ID, town.Buyer.ID, "c", "x")); done.Duplicate || done.Event.Message.ReplyTo.ID != 0 {
			t.Errorf("sent without the quote: %+v", done)
		}
		if _, err := db.Append(t.Context(), answer(mine, town.Buyer.ID, "c", "x")); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("the same text as an answer under that name: %v, want conflict", err)
		}
	})
}

func TestAnswersEditsAndDeletionsOfOneBatch(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer, seller := town.Buyer.ID, town.Seller.ID
		m := mustAppend(t, db, post(c.ID, buyer, "one", "a")).Event.Message
		old := mustAppend(t, db, answer(m, seller, "old", "old")).Event.Message
		done, errs := together(t, db,
			answer(m, seller, "r1", "of a"), edit(m, buyer, "e1", "b"), answer(m, seller, "r2", "of b"), answer(m, seller, "r2", "of b"),
			edit(old, seller, "e", "older"), post(c.ID, buyer, "p", "none"), remove(m, buyer, "d"), answer(m, seller, "r3", "of nothing"),
		)
		texts := []string{"a", "", "b", "b", "b", "", "", ""}
		for i, want := range texts {
			if got := done[i].Event.Message.ReplyTo.Text; got != want {
				t.Errorf("command %d quotes %q, want %q (%v)", i+1, got, want, errs[i])
			}
		}
		codes := make([]chat.Code, len(errs))
		for i, err := range errs {
			codes[i] = chat.CodeOf(err)
		}
		if !slices.Equal(codes, []chat.Code{"", "", "", "", "", "", "", chat.Invalid}) || !done[3].Duplicate {
			t.Errorf("refusals %q, %+v", codes, done[3])
		}
	})
}

// TestALostAnswerToAnAnswerIsFoundOut shows contract 5 and 9 for a message that answers one.
func TestALostAnswerToAnAnswerIsFoundOut(t *testing.T) {
	d, line := testkit.PostgreSQL(t).Through(t)
	published := make(chan chat.Event, 10)
	db := d.Open(t, func(e chat.Event) { published <- e })
	town := testkit.Populate(t, db)
	c := town.Converse(t, db)
	m := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "a")).Event.Message
	<-published
	lost := line.Lose("COMMIT\x00")
	if _, err := db.Append(t.Context(), answer(m, town.Seller.ID, "r", "b")); chat.CodeOf(err) != chat.Unavailable {
		t.Fatalf("answered with %v, want unavailable", err)
	}
	<-lost
	select {
	case e := <-published:
		if e.Seq != 2 || e.Message.ReplyTo != m.Quote() {
			t.Errorf("announced: %+v, want the quote %+v", e, m.Quote())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("not announced within 10 s")
	}
}
