package indexer

import (
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/words"
)

func TestMain(m *testing.M) { testkit.Main(m) }

type house struct {
	testkit.Town
	db   *store.DB
	talk chat.Conversation
	sent int
}

func newHouse(t *testing.T, d *testkit.Database) *house {
	t.Helper()
	h := &house{db: d.Open(t, nil)}
	h.Town = testkit.Populate(t, h.db)
	h.talk = h.Converse(t, h.db)
	return h
}

func (h *house) does(t *testing.T, about chat.MessageID, change chat.Change) chat.MessageID {
	t.Helper()
	h.sent++
	done, err := h.db.Append(t.Context(), store.Append{
		Conversation: h.talk.ID, Actor: h.Buyer.ID, ClientID: fmt.Sprint(h.sent), About: about,
		Decide: func(chat.Thread) (chat.Change, error) { return change, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return done.Event.Message.ID
}

func (h *house) say(t *testing.T, text string) chat.MessageID {
	return h.does(t, 0, chat.Posted(text, time.Now()))
}

func (h *house) follower() *Follower { return New(h.db, slog.New(slog.DiscardHandler), time.Now) }

func (h *house) follow(t *testing.T) {
	t.Helper()
	if err := h.follower().Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// found returns how many messages the index holds that fit.
func (h *house) found(t *testing.T, text string) int {
	t.Helper()
	all, err := h.db.Search(t.Context(), store.SearchQuery{Who: h.Seller.ID, Words: words.Parse(text), Before: 1 << 60, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func (h *house) want(t *testing.T, what, text string, want int) {
	t.Helper()
	if got := h.found(t, text); got != want {
		t.Errorf("%s: %d messages fit %q, want %d", what, got, text, want)
	}
}

func TestTheIndexFollowsWhatBecomesOfAMessage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		first, second := h.say(t, "red lamp"), h.say(t, "red chair")
		h.want(t, "before", "red", 0)
		h.follow(t)
		h.want(t, "new", "red", 2)
		h.does(t, first, chat.Change{Kind: chat.MessageEdited, Text: "blue lamp", At: time.Now()})
		h.does(t, first, chat.Change{Kind: chat.MessageEdited, Text: "green lamp", At: time.Now()})
		h.does(t, second, chat.Change{Kind: chat.MessageDeleted, At: time.Now()})
		h.follow(t)
		h.want(t, "edited twice", "red", 0)
		h.want(t, "edited twice", "blue", 0)
		h.want(t, "edited twice", "green", 1)
		h.want(t, "deleted", "chair", 0)
		// Everything once more, as after a crash that lost the cursor.
		if err := d.Exec(t.Context(), `DELETE FROM follower WHERE name = 'search'`); err != nil {
			t.Fatal(err)
		}
		h.follow(t)
		h.want(t, "twice", "lamp", 1)
		h.want(t, "twice", "red", 0)
		if lag, err := h.follower().Lag(t.Context()); err != nil || lag != 0 {
			t.Errorf("it lags by %v, %v", lag, err)
		}
		h.say(t, "late")
		later := func() time.Time { return time.Now().Add(time.Hour) }
		if lag, err := New(h.db, nil, later).Lag(t.Context()); err != nil || lag < 59*time.Minute {
			t.Errorf("it lags by %v, %v", lag, err)
		}
	})
}

// A follower that was stopped for long must not put back what another has changed meanwhile.
func TestWhoWasOvertakenWritesNothing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		id := h.say(t, "secret")
		from, err := h.db.Followed(t.Context(), store.Searchable)
		if err != nil {
			t.Fatal(err)
		}
		events, err := h.db.After(t.Context(), from, batch)
		if err != nil || len(events) != 1 {
			t.Fatalf("got %+v, %v", events, err)
		}
		old, err := h.db.ToIndex(t.Context(), []chat.MessageID{id})
		if err != nil {
			t.Fatal(err)
		}
		h.does(t, id, chat.Change{Kind: chat.MessageEdited, Text: "harmless", At: time.Now()})
		h.follow(t)
		var moved bool
		err = h.db.Update(t.Context(), func(tx *store.Tx) error {
			moved, err = tx.FollowFrom(t.Context(), store.Searchable, from, events[0].Cursor)
			if err != nil || !moved {
				return err
			}
			return tx.Index(t.Context(), old)
		})
		if err != nil || moved {
			t.Errorf("the one that was overtaken has moved: %v, %v", moved, err)
		}
		h.want(t, "overtaken", "secret", 0)
		h.want(t, "overtaken", "harmless", 1)
	})
}

func TestSeveralFollowersMakeOneIndex(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		const n = 3*batch + 7
		h.many(t, n)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := h.follower().Follow(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		h.want(t, "by three", "message", n)
	})
}

// many sends n messages at once.
func (h *house) many(t *testing.T, n int) {
	t.Helper()
	var all sync.WaitGroup
	for part := range 50 {
		all.Go(func() {
			for i := part; i < n; i += 50 {
				_, err := h.db.Append(t.Context(), store.Append{
					Conversation: h.talk.ID, Actor: h.Buyer.ID, ClientID: fmt.Sprintf("many.%d", i),
					Decide: func(chat.Thread) (chat.Change, error) {
						return chat.Posted(fmt.Sprintf("message %d", i), time.Now()), nil
					},
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestAnOldDatabaseIsIndexedInTheBackground(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		const n = 2*batch + 50
		h.many(t, n)
		// As the migration finds it.
		if err := d.Before(t.Context(), 12); err != nil {
			t.Fatal(err)
		}
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
		h.db = d.Open(t, nil)
		f := h.follower()
		f.Start()
		defer f.Stop()
		for deadline := time.Now().Add(30 * time.Second); h.found(t, "message") < n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d messages are in the index", h.found(t, "message"), n)
			}
		}
		// A new one, whoever wakes the follower.
		h.say(t, "fresh")
		f.Wake()
		for deadline := time.Now().Add(30 * time.Second); h.found(t, "fresh") == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("what is new is not in the index")
			}
		}
	})
}

func TestAnIndexThatWasCutOtherwiseIsMadeAnew(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		lamp := h.say(t, "lamp")
		h.follow(t)
		if err := d.Exec(t.Context(), `UPDATE meta SET value = '0' WHERE key = 'search'`); err != nil {
			t.Fatal(err)
		}
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
		h.db = d.Open(t, nil)
		h.want(t, "thrown away", "lamp", 0)
		if d.URL() == "" {
			if got := beside(t, d, `SELECT count(*) FROM sqlite_schema WHERE name LIKE 'message_search%'`); got != "0" {
				t.Errorf("%s tables of the index are left", got)
			}
		}
		h.follow(t)
		h.want(t, "made anew", "lamp", 1)
		h.does(t, lamp, chat.Change{Kind: chat.MessageEdited, Text: "lamps", At: time.Now()})
		h.follow(t)
		h.want(t, "edited", `"lamp"`, 0)
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
		h.db = d.Open(t, nil)
		h.want(t, "kept", "lamp", 1)
	})
}

// beside returns what a query finds in the file of SQLite.
func beside(t *testing.T, d *testkit.Database, query string) (found string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(d.Dir(), "swapnest.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&found); err != nil {
		t.Fatal(err)
	}
	return found
}

// The longest messages, and what they may consist of at the worst.
func TestTheLongestMessagesAreIndexed(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		for _, part := range []string{"a ", "ﷺ", "我", "ก", "word ", "1,", "🎉", "'", `"`, "\\"} {
			text := slices.Repeat([]rune(part), chat.MaxMessageChars)[:chat.MaxMessageChars-5]
			h.say(t, string(text)+" ende")
		}
		h.follow(t)
		h.want(t, "the end of all but those of ligatures", "ende", 9)
		h.want(t, "a phrase of what stands there very often", `"word word"`, 1)
		h.want(t, "the same", `"a a a a"`, 1)
	})
}

// Each transaction adds a part to SQLite's index, and a search looks into all of them.
func TestSQLitesIndexStaysInFewParts(t *testing.T) {
	const rounds, each = 50, few - 1
	d := testkit.SQLite(t)
	h := newHouse(t, d)
	f := h.follower()
	for i := range rounds {
		for range each {
			h.say(t, fmt.Sprintf("thing %d", i))
		}
		if _, err := f.turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := parts(t, d, 0); n > rounds/2 {
		t.Errorf("the index is in %d parts after %d transactions", n, rounds)
	}
	h.want(t, "merged", "thing", rounds*each)
	h.want(t, "merged", fmt.Sprint(rounds-1), each)
}
