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

// react is the Append that puts an emoji to a message, or takes it back.
func react(m chat.Message, who chat.UserID, clientID, emoji string, on bool) store.Append {
	return store.Append{
		Conversation: m.Conversation, Actor: who, ClientID: clientID, About: m.ID, Digest: sha256.Sum256(fmt.Append(nil, emoji, on)),
		Decide: func(t chat.Thread) (chat.Change, error) { return t.React(who, emoji, on, time.Now()) },
	}
}

// stored are the reactions of a message as whoever opens the conversation finds them, in a page and in a replay alike.
func stored(t *testing.T, db *store.DB, m chat.Message) []chat.Reaction {
	t.Helper()
	page, err := db.MessagesAfter(t.Context(), m.Conversation, m.Seq-1, 1)
	if err != nil || len(page) != 1 || page[0].ID != m.ID {
		t.Fatalf("the page of message %d: %+v, %v", m.ID, page, err)
	}
	events, err := db.EventsAfter(t.Context(), chat.Conversation{ID: m.Conversation}, m.Seq-1, 1)
	if err != nil || len(events) != 1 {
		t.Fatalf("the events from message %d: %+v, %v", m.ID, events, err)
	}
	if diff := cmp.Diff(page[0].Reactions, events[0].Message.Reactions); diff != "" {
		t.Errorf("a page and a replay differ (-page +replay):\n%s", diff)
	}
	return page[0].Reactions
}

func TestReactionsArePutAndTakenBack(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		buyer, seller := town.Buyer.ID, town.Seller.ID
		m := mustAppend(t, db, post(c.ID, buyer, "one", "At the gate")).Event.Message
		other := mustAppend(t, db, post(c.ID, seller, "two", "Coming")).Event.Message
		before := conversation(t, db, c)

		first := mustAppend(t, db, react(m, seller, "r1", "👍", true))
		if e := first.Event; first.Duplicate || e.Kind != chat.MessageReacted || e.Seq != 3 || e.Message.Seq != m.Seq || e.Actor != seller {
			t.Errorf("the reaction: %+v", first)
		}
		mustAppend(t, db, react(m, buyer, "r1", "❤️", true)) // names are each person's own
		mustAppend(t, db, react(m, buyer, "r2", "👍", true))
		want := []chat.Reaction{{User: seller, Emoji: "👍"}, {User: buyer, Emoji: "❤️"}, {User: buyer, Emoji: "👍"}}
		if diff := cmp.Diff(want, stored(t, db, m)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		// Sent again it is the first one; under another name there is nothing to do.
		if again := mustAppend(t, db, react(m, seller, "r1", "👍", true)); !again.Duplicate || again.Event.Seq != 3 {
			t.Errorf("sent again: %+v", again)
		}
		if same := mustAppend(t, db, react(m, seller, "r9", "👍", true)); !same.Duplicate || same.Event.Kind != "" {
			t.Errorf("put twice: %+v", same)
		}
		if _, err := db.Append(t.Context(), react(m, seller, "r1", "🎉", true)); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("another one under its name: %v, want conflict", err)
		}
		mustAppend(t, db, react(m, seller, "r2", "👍", false))
		want = want[1:]
		if diff := cmp.Diff(want, stored(t, db, m)); diff != "" {
			t.Errorf("taken back (-want +got):\n%s", diff)
		}
		if edited := mustAppend(t, db, edit(m, buyer, "e1", "At the other gate")); cmp.Diff(want, edited.Event.Message.Reactions) != "" {
			t.Errorf("an edit has changed them: %+v", edited.Event.Message.Reactions)
		}
		before.Head = 7
		if diff := cmp.Diff(before, conversation(t, db, c)); diff != "" {
			t.Errorf("besides its head the conversation has changed (-before +after):\n%s", diff)
		}
		if n := len(versions(t, db, m.ID)); n != 1 {
			t.Errorf("%d earlier texts of one edit", n)
		}
		mustAppend(t, db, react(other, buyer, "r5", "👍", true))
		if gone := mustAppend(t, db, remove(m, buyer, "d1")); gone.Event.Message.Reactions != nil || stored(t, db, m) != nil {
			t.Errorf("the deleted message has %v, stored %v", gone.Event.Message.Reactions, stored(t, db, m))
		}
		if _, err := db.Append(t.Context(), react(m, seller, "r6", "👍", true)); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("on a deleted message: %v, want conflict", err)
		}
		if len(stored(t, db, other)) != 1 {
			t.Error("the deletion has taken another message's reaction")
		}
	})
}

// TestAMessageTakesTwelveEmoji has two people fill a message together, at once: whoever comes thirteenth is refused,
// and who takes one of the twelve is not.
func TestAMessageTakesTwelveEmoji(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		m := mustAppend(t, db, post(town.Converse(t, db).ID, town.Buyer.ID, "one", "Sold!")).Event.Message
		var wg sync.WaitGroup
		var mu sync.Mutex
		outcomes := map[chat.Code]int{}
		for i := range 2 * chat.MaxReactions {
			wg.Go(func() {
				who := []chat.UserID{town.Buyer.ID, town.Seller.ID}[i%2]
				_, err := db.Append(t.Context(), react(m, who, fmt.Sprint("r", i), string(rune('😀'+i)), true))
				mu.Lock()
				defer mu.Unlock()
				outcomes[chat.CodeOf(err)]++
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[chat.Code]int{"": chat.MaxReactions, chat.Invalid: chat.MaxReactions}, outcomes); diff != "" {
			t.Errorf("of twice as many (-want +got):\n%s", diff)
		}
		have := stored(t, db, m)
		if len(have) != chat.MaxReactions {
			t.Fatalf("%d reactions: %v", len(have), have)
		}
		other := town.Buyer.ID + town.Seller.ID - have[0].User
		mustAppend(t, db, react(m, other, "too", have[0].Emoji, true))
		if n := len(stored(t, db, m)); n != chat.MaxReactions+1 {
			t.Errorf("%d reactions after one of the twelve was taken by the other, too", n)
		}
	})
}

// TestReactionsOfABatchAllCount has two people put and take the same emoji at once, beside messages, edits and a
// deletion, and holds what is stored against the last event of each message.
func TestReactionsOfABatchAllCount(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var mu sync.Mutex
		told := map[chat.MessageID][]chat.Event{}
		db := d.Open(t, func(e chat.Event) {
			mu.Lock()
			defer mu.Unlock()
			told[e.Message.ID] = append(told[e.Message.ID], e)
		})
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		people := []chat.UserID{town.Buyer.ID, town.Seller.ID}
		kept := mustAppend(t, db, post(c.ID, town.Buyer.ID, "kept", "a")).Event.Message
		gone := mustAppend(t, db, post(c.ID, town.Buyer.ID, "gone", "b")).Event.Message
		const rounds = 12
		var wg sync.WaitGroup
		do := func(a store.Append) {
			if _, err := db.Append(t.Context(), a); err != nil && chat.CodeOf(err) != chat.Conflict {
				t.Error(err)
			}
		}
		for _, who := range people {
			for _, emoji := range []string{"👍", "❤️", "🎉"} {
				wg.Go(func() {
					for i := range rounds { // ends put
						do(react(kept, who, fmt.Sprintf("k%x%d", emoji, i), emoji, i%2 == 1))
						do(react(gone, who, fmt.Sprintf("g%x%d", emoji, i), emoji, i%3 != 1))
					}
				})
			}
		}
		for w := range 4 { // one emoji, so that one commit puts it and takes it back
			wg.Go(func() {
				for i := range rounds {
					do(react(kept, people[0], fmt.Sprintf("w%d.%d", w, i), "🙏", (w+i)%2 == 0))
				}
			})
		}
		wg.Go(func() {
			for i := range rounds {
				do(post(c.ID, town.Seller.ID, fmt.Sprint("p", i), "p"))
				do(edit(kept, town.Buyer.ID, fmt.Sprint("e", i), fmt.Sprint("a", i)))
			}
			do(remove(gone, town.Buyer.ID, "d"))
		})
		wg.Wait()
		if have := stored(t, db, gone); have != nil {
			t.Errorf("the deleted message has %v", have)
		}
		have := stored(t, db, kept)
		for _, who := range people {
			for _, emoji := range []string{"👍", "❤️", "🎉"} {
				if !slices.Contains(have, chat.Reaction{User: who, Emoji: emoji}) {
					t.Errorf("%s of user %d is missing: %v", emoji, who, have)
				}
			}
		}
		if err := db.Close(); err != nil { // all is announced now
			t.Fatal(err)
		}
		all := told[kept.ID]
		if diff := cmp.Diff(have, all[len(all)-1].Message.Reactions); diff != "" {
			t.Errorf("the last event tells of others (-stored +told):\n%s", diff)
		}
		// From one event to the next one reaction comes at the end or goes, wherever a commit ends.
		for i, e := range all[1:] {
			was, is := all[i].Message.Reactions, e.Message.Reactions
			put := len(is) == len(was)+1 && slices.Equal(is[:len(was)], was)
			back := slices.ContainsFunc(was, func(r chat.Reaction) bool {
				return slices.Equal(is, slices.DeleteFunc(slices.Clone(was), func(one chat.Reaction) bool { return one == r }))
			})
			if e.Kind == chat.MessageReacted && !put && !back || e.Kind == chat.MessageEdited && !slices.Equal(was, is) {
				t.Errorf("event %d, a %s, makes %v of %v", e.Seq, e.Kind, is, was)
			}
		}
	})
}

// TestAMessageAloneCostsNothingForReactions shows that a batch without them runs no statement about them.
func TestAMessageAloneCostsNothingForReactions(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		m := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "a")).Event.Message
		if err := d.Exec(t.Context(), `ALTER TABLE reaction RENAME TO elsewhere`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Append(t.Context(), post(c.ID, town.Buyer.ID, "two", "b")); err != nil {
			t.Errorf("a message asks for reactions: %v", err)
		}
		if _, err := db.Append(t.Context(), react(m, town.Buyer.ID, "r", "👍", true)); err == nil {
			t.Error("a reaction was put without a table")
		}
	})
}
