package indexer

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/words"
)

// of one volume of SQLite's index are so many ids.
const ofOneVolume = 1 << 17

// later moves a message to where it would stand had very many others been written meanwhile: the next one stands there too.
func (h *house) later(t *testing.T, d *testkit.Database, id chat.MessageID) chat.MessageID {
	t.Helper()
	for _, statement := range []string{`UPDATE message SET id = id + %[2]d WHERE id = %[1]d`, `UPDATE event SET message_id = message_id + %[2]d WHERE message_id = %[1]d`} {
		if err := d.Exec(t.Context(), fmt.Sprintf(statement, id, ofOneVolume)); err != nil {
			t.Fatal(err)
		}
	}
	return id + ofOneVolume
}

func TestVolumesOfTheIndexAreSearchedAsOne(t *testing.T) {
	d := testkit.SQLite(t)
	var asked []string
	h := newHouse(t, d)
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	h.db = d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
	here := h.talk
	var all []chat.MessageID // the newest first
	add := func(id chat.MessageID) { all = slices.Insert(all, 0, id) }
	add(h.say(t, "a lamp"))
	add(h.say(t, "one more lamp"))
	add(h.later(t, d, h.say(t, "a lamp in the next volume")))
	first := h.Buyer
	h.Buyer = h.Stranger
	h.talk = h.Converse(t, h.db)
	there := h.talk
	add(h.say(t, "a lamp elsewhere"))
	add(h.later(t, d, h.say(t, "a lamp in the third")))
	h.follow(t)

	for _, test := range []struct {
		name    string
		query   store.SearchQuery
		want    []chat.MessageID
		volumes []string
	}{
		{"all", store.SearchQuery{Limit: 10}, all, []string{"2", "1", "0"}},
		{"the first", store.SearchQuery{Limit: 1}, all[:1], []string{"2"}},
		{"as many as are in two volumes", store.SearchQuery{Limit: 3}, all[:3], []string{"2", "1"}},
		{"one more", store.SearchQuery{Limit: 4}, all[:4], []string{"2", "1", "0"}},
		{"the next page", store.SearchQuery{Before: all[2], Limit: 10}, all[3:], []string{"1", "0"}},
		{"the first of a volume", store.SearchQuery{Before: ofOneVolume, Limit: 10}, all[3:], []string{"0"}},
		{"in a conversation that has ended", store.SearchQuery{Conversation: here.ID, Limit: 10}, all[2:], []string{"1", "0"}},
		{"in one that has begun late", store.SearchQuery{Conversation: there.ID, Limit: 10}, all[:2], []string{"2", "1"}},
		{"the next page in it", store.SearchQuery{Conversation: there.ID, Before: all[1], Limit: 10}, nil, []string{"1"}},
	} {
		test.query.Who, test.query.Words = h.Seller.ID, words.Parse("lamp")
		if test.query.Before == 0 {
			test.query.Before = 1 << 60
		}
		asked = nil
		found, err := h.db.Search(t.Context(), test.query)
		if err != nil {
			t.Fatal(err)
		}
		var got []chat.MessageID
		for _, m := range found {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: found %v, want %v", test.name, got, test.want)
		}
		var volumes []string
		for _, query := range asked {
			if m := regexp.MustCompile(`message_search_(\d+) MATCH`).FindStringSubmatch(query); m != nil {
				volumes = append(volumes, m[1])
			}
		}
		if !slices.Equal(volumes, test.volumes) {
			t.Errorf("%s: asked the volumes %v, want %v", test.name, volumes, test.volumes)
		}
	}

	// What is changed later is changed in its own volume.
	h.talk, h.Buyer = here, first
	h.does(t, all[3], chat.Change{Kind: chat.MessageEdited, Text: "a desk", At: time.Now()})
	h.does(t, all[2], chat.Change{Kind: chat.MessageDeleted, At: time.Now()})
	h.follow(t)
	h.want(t, "edited and deleted", "lamp", 3)
	h.want(t, "edited", "desk", 1)
}

// parts is in how many parts a volume of SQLite's index is.
func parts(t *testing.T, d *testkit.Database, volume int) int {
	t.Helper()
	n, err := strconv.Atoi(beside(t, d, fmt.Sprintf(`SELECT count(DISTINCT segid) FROM message_search_%d_idx`, volume)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAFullVolumeIsMergedIntoOnePart(t *testing.T) {
	d := testkit.SQLite(t)
	h := newHouse(t, d)
	f := h.follower()
	follow := func(times int) {
		t.Helper()
		for range times {
			if _, err := f.turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var lamp chat.MessageID
	for range 5 {
		lamp = h.say(t, "lamp")
		follow(1)
	}
	follow(5)
	if got := parts(t, d, 0); got != 5 {
		t.Fatalf("the only volume is in %d parts, want 5: it is not full", got)
	}
	h.later(t, d, h.say(t, "a later lamp"))
	follow(5)
	if got := parts(t, d, 0); got != 1 {
		t.Errorf("a full volume is in %d parts, want 1", got)
	}
	h.want(t, "merged", "lamp", 6)

	// One that is written to again is merged again.
	h.does(t, lamp, chat.Change{Kind: chat.MessageEdited, Text: "desk", At: time.Now()})
	follow(1)
	h.does(t, lamp-1, chat.Change{Kind: chat.MessageEdited, Text: "desk", At: time.Now()})
	follow(5)
	if got := parts(t, d, 0); got != 1 {
		t.Errorf("a volume that was changed is in %d parts, want 1", got)
	}
	h.want(t, "changed", "lamp", 4)
	h.want(t, "changed", "desk", 2)

	// A reaction changes no words.
	h.does(t, lamp-2, chat.Change{Kind: chat.MessageReacted, Reaction: chat.Reaction{User: h.Buyer.ID, Emoji: "👍"}, At: time.Now()})
	before := f.unsettled
	if n, err := f.step(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d events were followed, %v", n, err)
	}
	if f.unsettled < before {
		t.Error("a reaction has an old volume merged once more")
	}
}

// While much is written, messages pay for merging by how many they are, and for no more.
func TestMergingIsPacedByWhatIsWritten(t *testing.T) {
	d := testkit.SQLite(t)
	h := newHouse(t, d)
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	merges := 0
	h.db = d.OpenTraced(t, nil, func(query string) {
		if strings.Contains(query, "('merge', ") {
			merges++
		}
	})
	f := h.follower()
	for i := range 40 {
		var all []store.Indexed
		for j := range 50 {
			text := "u1 u2 c1"
			for k := range 30 {
				text += fmt.Sprintf(" w%dx%dx%d", i, j, k)
			}
			all = append(all, store.Indexed{Message: h.say(t, "thing"), Words: text})
		}
		if err := h.db.Update(t.Context(), func(tx *store.Tx) error { return tx.Index(t.Context(), all) }); err != nil {
			t.Fatal(err)
		}
	}
	f.newest = 1
	wrote := func(words, want int) {
		t.Helper()
		merges = 0
		f.unmerged += words
		if err := f.merge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if merges != want {
			t.Errorf("behind %d bytes of words more there were %d merges, want %d", words, merges, want)
		}
	}
	const due = mergedAtOnce * wordsAPage
	wrote(due-1, 0)
	wrote(1, 1)
	wrote(2*due, 2)
	// What there is not to merge is not made up for later.
	for !f.merged {
		if err := f.mergeSome(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.merged = false // as if a message had been written
	wrote(5*due, 1)
	f.merged = false
	wrote(due-1, 0)
}

func TestAnIndexOfBeforeVolumesIsMadeAnew(t *testing.T) {
	d := testkit.SQLite(t)
	h := newHouse(t, d)
	lamp := h.say(t, "lamp")
	h.follow(t)
	// As it was.
	for _, statement := range []string{
		`DROP TABLE message_search_0`,
		`CREATE VIRTUAL TABLE message_search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '3 4')`,
		fmt.Sprintf(`INSERT INTO message_search (rowid, words) VALUES (%d, 'u1 u2 c1 wlamp')`, lamp),
	} {
		if err := d.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Before(t.Context(), 18); err != nil {
		t.Fatal(err)
	}
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	h.db = d.Open(t, nil)
	h.want(t, "before it is made", "lamp", 0)
	h.follow(t)
	h.want(t, "made anew", "lamp", 1)
	if got := beside(t, d, `SELECT count(*) FROM sqlite_schema WHERE name = 'message_search'`); got != "0" {
		t.Error("the table of before is still there")
	}
}
