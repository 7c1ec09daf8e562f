package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// post is the Append of a message.
func post(c chat.ConversationID, who chat.UserID, clientID, text string) store.Append {
	return store.Append{
		Conversation: c, Actor: who, ClientID: clientID, Digest: sha256.Sum256([]byte(text)),
		Decide: func(t chat.Thread) (chat.Change, error) {
			if err := t.CanPost(who); err != nil {
				return chat.Change{}, err
			}
			return chat.Posted(text, time.Now()), nil
		},
	}
}

func mustAppend(t testing.TB, db *store.DB, a store.Append) store.Appended {
	t.Helper()
	done, err := db.Append(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// TestSeqHasNoGapsAndFollowsPublication shows contract 1 and 7: the seq of each conversation has
// no gaps, and follows the order in which events are committed and announced.
func TestSeqHasNoGapsAndFollowsPublication(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var mu sync.Mutex
		published := map[chat.ConversationID][]chat.Seq{}
		db := d.Open(t, func(e chat.Event) {
			mu.Lock()
			defer mu.Unlock()
			published[e.Conversation] = append(published[e.Conversation], e.Seq)
		})
		var threads []chat.Conversation
		var towns []testkit.Town
		town := testkit.Populate(t, db)
		for i := range 5 {
			town.Listing.Slug = fmt.Sprintf("thing-%d", i)
			if err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
				town.Listing.ID, err = tx.InsertListing(t.Context(), town.Listing)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			threads, towns = append(threads, town.Converse(t, db)), append(towns, town)
		}
		// The buyer writes first, then both at once from many goroutines.
		for i, c := range threads {
			mustAppend(t, db, post(c.ID, towns[i].Buyer.ID, "first", "hello"))
		}
		var wg sync.WaitGroup
		for worker := range 20 {
			wg.Go(func() {
				for i := range 25 {
					c := threads[(worker+i)%len(threads)]
					who := c.BuyerID
					if (worker+i)%3 == 0 {
						who = c.SellerID
					}
					if _, err := db.Append(t.Context(), post(c.ID, who, fmt.Sprintf("w%d.%d", worker, i), "text")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if err := db.Close(); err != nil { // everything committed has been published now
			t.Fatal(err)
		}
		db = d.Open(t, nil)
		total := 0
		for _, c := range threads {
			now, err := db.Conversation(t.Context(), c.ID, c.BuyerID)
			if err != nil {
				t.Fatal(err)
			}
			events, err := db.EventsAfter(t.Context(), now, 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []chat.Seq
			var buyer, seller int64
			for i, e := range events {
				want, got = append(want, chat.Seq(i+1)), append(got, e.Seq)
				if e.Actor == c.BuyerID {
					buyer++
				} else {
					seller++
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seq of conversation %d (-want +got):\n%s", c.ID, diff)
			}
			if diff := cmp.Diff(want, published[c.ID]); diff != "" {
				t.Errorf("published seq of conversation %d (-want +got):\n%s", c.ID, diff)
			}
			if now.Head != chat.Seq(len(events)) || now.BuyerSent != buyer || now.SellerSent != seller {
				t.Errorf("conversation %d: head %d, sent %d and %d; want %d, %d and %d",
					c.ID, now.Head, now.BuyerSent, now.SellerSent, len(events), buyer, seller)
			}
			total += len(events)
		}
		if want := 5 + 20*25; total != want {
			t.Errorf("%d events, want %d", total, want)
		}
	})
}

// TestRetryAnswersTheFirstMessage shows contract 3 and 4: a command sent again, also after a
// restart, gets the first answer, and another one under its name is refused.
func TestRetryAnswersTheFirstMessage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		announced := 0
		db := d.Open(t, func(chat.Event) { announced++ })
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		first := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "Is it there?"))
		if first.Duplicate || first.Event.Seq != 1 || first.Event.Message.ID == 0 {
			t.Fatalf("first: %+v", first)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = d.Open(t, func(chat.Event) { announced++ })
		again := mustAppend(t, db, post(c.ID, town.Buyer.ID, "one", "Is it there?"))
		if !again.Duplicate {
			t.Error("the retry is not a duplicate")
		}
		if diff := cmp.Diff(first.Event.Message, again.Event.Message); diff != "" {
			t.Errorf("answer to the retry (-first +again):\n%s", diff)
		}
		if _, err := db.Append(t.Context(), post(c.ID, town.Buyer.ID, "one", "Another text")); chat.CodeOf(err) != chat.Conflict {
			t.Errorf("another text under the same client id: %v, want conflict", err)
		}
		// The other person's commands have names of their own.
		if other := mustAppend(t, db, post(c.ID, town.Seller.ID, "one", "Yes")); other.Duplicate || other.Event.Seq != 2 {
			t.Errorf("the other person's command: %+v", other)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if announced != 2 {
			t.Errorf("%d events announced, want 2", announced)
		}
	})
}

// TestSameCommandTwiceInOneBatchIsOneMessage shows contract 3: the name of a command is unique
// also among those that share a commit.
func TestSameCommandTwiceInOneBatchIsOneMessage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		var wg sync.WaitGroup
		results := make([]store.Appended, 40)
		for i := range results {
			wg.Go(func() {
				var err error
				if results[i], err = db.Append(t.Context(), post(c.ID, town.Buyer.ID, "same", "hello")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		fresh := 0
		for _, r := range results {
			if !r.Duplicate {
				fresh++
			}
			if r.Event.Seq != 1 || r.Event.Message.ID != results[0].Event.Message.ID || r.Event.Message.ID == 0 {
				t.Errorf("answer: seq %d, message %d", r.Event.Seq, r.Event.Message.ID)
			}
		}
		if fresh != 1 {
			t.Errorf("%d answers are not duplicates, want 1", fresh)
		}
	})
}

// TestRefusalsComeInOrder shows contract 4: being a member comes first, then the duplicate, then
// the rules.
func TestRefusalsComeInOrder(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		if _, err := db.Append(t.Context(), post(c.ID, town.Seller.ID, "s", "hi")); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("the seller before the buyer has written: %v, want not_found", err)
		}
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "a", "hi"))
		closed := func(a store.Append) store.Append {
			a.Decide = func(chat.Thread) (chat.Change, error) {
				return chat.Change{}, chat.Errorf(chat.Closed, "Closed.")
			}
			return a
		}
		for _, test := range []struct {
			name string
			a    store.Append
			want chat.Code
		}{
			{"a stranger, even with a known client id", post(c.ID, town.Stranger.ID, "a", "hi"), chat.NotFound},
			{"no such conversation", post(c.ID+1000, town.Buyer.ID, "a", "hi"), chat.NotFound},
			{"a retry after the rules have changed", closed(post(c.ID, town.Buyer.ID, "a", "hi")), ""},
			{"something new after the rules have changed", closed(post(c.ID, town.Buyer.ID, "b", "hi")), chat.Closed},
		} {
			t.Run(test.name, func(t *testing.T) {
				if _, err := db.Append(t.Context(), test.a); chat.CodeOf(err) != test.want {
					t.Errorf("got %v, want code %q", err, test.want)
				}
			})
		}
		now, err := db.Conversation(t.Context(), c.ID, town.Buyer.ID)
		if err != nil || now.Head != 1 {
			t.Errorf("head %d, %v; want 1: a refusal writes nothing", now.Head, err)
		}
	})
}

func TestOneBadCommandDoesNotFailItsBatch(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "start", "hi"))
		// The rules never let a statement fail, so the schema has to be made to.
		forbid := map[string]string{
			"sqlite":   `CREATE TRIGGER forbid BEFORE INSERT ON message WHEN NEW.body = 'bad' BEGIN SELECT RAISE(ABORT, 'forbidden'); END`,
			"postgres": `ALTER TABLE message ADD CHECK (body <> 'bad')`,
		}
		if err := d.Exec(t.Context(), forbid[d.Name]); err != nil {
			t.Fatal(err)
		}
		bad := post(c.ID, town.Buyer.ID, "bad", "bad")
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				if _, err := db.Append(t.Context(), post(c.ID, town.Buyer.ID, fmt.Sprint("good", i), "hi")); err != nil {
					t.Error(err)
				}
			})
			if i%10 == 0 {
				wg.Go(func() {
					if _, err := db.Append(t.Context(), bad); chat.CodeOf(err) != chat.Unavailable {
						t.Errorf("the bad command: %v, want unavailable", err)
					}
				})
			}
		}
		wg.Wait()
	})
}

// TestGivenUpCallIsUnavailableAndMayBeRetried shows contract 5: who stops waiting knows no
// outcome, and sends the same command again.
func TestGivenUpCallIsUnavailableAndMayBeRetried(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := db.Append(ctx, post(c.ID, town.Buyer.ID, "a", "hi")); chat.CodeOf(err) != chat.Unavailable {
			t.Errorf("with an ended context: %v, want unavailable", err)
		}
		if got := mustAppend(t, db, post(c.ID, town.Buyer.ID, "a", "hi")); got.Event.Seq != 1 {
			t.Errorf("the retry got seq %d, want 1", got.Event.Seq)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Append(t.Context(), post(c.ID, town.Buyer.ID, "b", "hi")); chat.CodeOf(err) != chat.Unavailable {
			t.Errorf("after Close: %v, want unavailable", err)
		}
	})
}

// TestCloseFinishesWhatWaits shows contract 19: what stands in the queue is committed and
// announced before the database is closed.
func TestCloseFinishesWhatWaits(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		mustAppend(t, db, post(c.ID, town.Buyer.ID, "start", "hi"))
		// The first one keeps its writer busy until the others stand in the queue.
		deciding, release := make(chan struct{}), make(chan struct{})
		slow := post(c.ID, town.Buyer.ID, "slow", "hi")
		decide := slow.Decide
		slow.Decide = func(t chat.Thread) (chat.Change, error) {
			close(deciding)
			<-release
			return decide(t)
		}
		const waiting = 100
		var wg sync.WaitGroup
		wg.Go(func() { try(t, db, slow) })
		<-deciding
		for i := range waiting {
			wg.Go(func() { try(t, db, post(c.ID, town.Buyer.ID, fmt.Sprint(i), "hi")) })
		}
		queued(t, db, waiting)
		closed := make(chan error, 1)
		go func() { closed <- db.Close() }()
		close(release)
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		now, err := d.Open(t, nil).Conversation(t.Context(), c.ID, town.Buyer.ID)
		if err != nil || now.Head != waiting+2 {
			t.Errorf("head %d, %v; want %d: what waited is stored", now.Head, err, waiting+2)
		}
	})
}

// try is mustAppend for another goroutine than the test's.
func try(t *testing.T, db *store.DB, a store.Append) {
	if _, err := db.Append(t.Context(), a); err != nil {
		t.Error(err)
	}
}
