package search

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/follower/indexer"
	"swapnest/internal/limit"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/words"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// house is a town with the conversation of its buyer, and a search over it.
type house struct {
	testkit.Town
	*Service
	db   *store.DB
	d    *testkit.Database
	talk chat.Conversation
	sent int
}

func newHouse(t *testing.T, d *testkit.Database) *house {
	t.Helper()
	h := &house{db: d.Open(t, nil), d: d}
	h.Town = testkit.Populate(t, h.db)
	h.talk = h.Converse(t, h.db)
	h.Service = New(h.db, func(chat.UserID) bool { return false }, nil)
	return h
}

// does has somebody add something to a conversation.
func (h *house) does(t *testing.T, c chat.ConversationID, who chat.UserID, about chat.MessageID, change chat.Change) chat.Message {
	t.Helper()
	h.sent++
	done, err := h.db.Append(t.Context(), store.Append{
		Conversation: c, Actor: who, ClientID: fmt.Sprint(h.sent), About: about,
		Decide: func(chat.Thread) (chat.Change, error) { return change, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return done.Event.Message
}

func (h *house) say(t *testing.T, texts ...string) (all []chat.Message) {
	t.Helper()
	for _, text := range texts {
		all = append(all, h.does(t, h.talk.ID, h.Buyer.ID, 0, chat.Posted(text, time.Now())))
	}
	return all
}

// index brings the index up to date.
func (h *house) index(t *testing.T) {
	t.Helper()
	if err := indexer.New(h.db, slog.New(slog.DiscardHandler), time.Now).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// finds returns the texts that somebody finds on the first page.
func (h *house) finds(t *testing.T, who chat.User, q Query) []string {
	t.Helper()
	page, err := h.Messages(t.Context(), who.ID, q)
	if err != nil {
		t.Fatalf("%q: %v", q.Text, err)
	}
	var texts []string
	for _, hit := range page.Hits {
		texts = append(texts, hit.Message.Text)
	}
	return texts
}

func (h *house) want(t *testing.T, what string, who chat.User, text string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, h.finds(t, who, Query{Text: text})); diff != "" {
		t.Errorf("%s: %s finds by %q (-want +got):\n%s", what, who.Username, text, diff)
	}
}

// another begins a conversation about another listing of the seller's.
func (h *house) another(t *testing.T, title string, buyer chat.UserID) chat.Conversation {
	t.Helper()
	var c chat.Conversation
	err := h.db.Update(t.Context(), func(tx *store.Tx) error {
		l := h.Listing
		l.Slug, l.Title = strings.ToLower(strings.ReplaceAll(title, " ", "-")), title
		id, err := tx.InsertListing(t.Context(), l)
		if err != nil {
			return err
		}
		c, err = tx.InsertConversation(t.Context(), chat.Conversation{
			Listing: id, Title: title, BuyerID: buyer, SellerID: h.Seller.ID, CreatedAt: time.Now(), LastAt: time.Now(),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Both databases must find exactly what package words says, in the same order.
func TestTheLabelledQueriesOnBothDatabases(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		talks := testkit.LabelledQueries(t)
		places := make([]chat.ConversationID, len(talks))
		var everything []string
		for i, talk := range talks {
			places[i] = h.another(t, talk.Name, h.Buyer.ID).ID
			for _, text := range talk.Texts {
				h.does(t, places[i], h.Buyer.ID, 0, chat.Posted(text, time.Now()))
				everything = append(everything, text)
			}
		}
		slices.Reverse(everything)
		h.index(t)
		for i, talk := range talks {
			for _, q := range talk.Queries {
				var want []string
				for _, n := range q.Want {
					want = append(want, talk.Texts[n-1])
				}
				if diff := cmp.Diff(want, h.finds(t, h.Seller, Query{Text: q.Text, Conversation: places[i]})); diff != "" {
					t.Errorf("%s: %q finds there (-want +got):\n%s", talk.Name, q.Text, diff)
				}
				var all []string
				for _, text := range everything {
					if _, ok := words.Parse(q.Text).Match(text); ok {
						all = append(all, text)
					}
				}
				if diff := cmp.Diff(all, h.finds(t, h.Seller, Query{Text: q.Text})); diff != "" {
					t.Errorf("%s: %q finds everywhere (-want +got):\n%s", talk.Name, q.Text, diff)
				}
			}
		}
	})
}

func TestNobodyFindsWhatTheyMayNotSee(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		m := h.say(t, "needle one", "needle two", "needle three", "needle four")
		other := h.another(t, "Lamp", h.Stranger.ID)
		h.does(t, other.ID, h.Stranger.ID, 0, chat.Posted("needle elsewhere", time.Now()))
		h.index(t)
		h.want(t, "all that was said to both", h.Seller, "needle", "needle elsewhere", "needle four", "needle three", "needle two", "needle one")
		h.want(t, "only one's own conversations", h.Buyer, "needle", "needle four", "needle three", "needle two", "needle one")
		h.want(t, "only one's own conversations", h.Stranger, "needle", "needle elsewhere")
		_, err := h.Messages(t.Context(), h.Buyer.ID, Query{Text: "needle", Conversation: other.ID})
		if chat.CodeOf(err) != chat.NotFound {
			t.Errorf("a conversation of others: %v", err)
		}
		// Words that look like those that say who may see a message.
		for _, token := range []any{"u", "c", "x", "u1", "u2", "u3", fmt.Sprintf("c%d", other.ID), "wneedle"} {
			h.want(t, "a word of the index", h.Buyer, fmt.Sprint(token))
		}

		// Nobody waits for the index to forget.
		h.does(t, h.talk.ID, h.Buyer.ID, m[1].ID, chat.Change{Kind: chat.MessageDeleted, At: time.Now()})
		h.want(t, "deleted a moment ago", h.Seller, "two")
		h.want(t, "deleted a moment ago", h.Buyer, "two")
		h.does(t, h.talk.ID, h.Buyer.ID, m[2].ID, chat.Change{Kind: chat.MessageEdited, Text: "thread three", At: time.Now()})
		h.want(t, "edited a moment ago", h.Seller, "needle", "needle elsewhere", "needle four", "needle one")
		h.index(t)
		h.want(t, "deleted", h.Seller, "two")
		h.want(t, "edited", h.Seller, "needle three")
		h.want(t, "edited", h.Seller, "thread", "thread three")

		if err := d.Exec(t.Context(), fmt.Sprintf(`INSERT INTO message_hidden (user_id, conversation_id, message_id) VALUES (%d, %d, %d)`,
			h.Seller.ID, h.talk.ID, m[3].ID)); err != nil {
			t.Fatal(err)
		}
		h.want(t, "hidden by oneself", h.Seller, "four")
		h.want(t, "hidden by the other", h.Buyer, "four", "needle four")
		if err := d.Exec(t.Context(), fmt.Sprintf(`UPDATE member SET cleared_seq = 1 WHERE user_id = %d AND conversation_id = %d`, h.Buyer.ID, h.talk.ID)); err != nil {
			t.Fatal(err)
		}
		h.want(t, "up to where one has cleared", h.Buyer, "needle", "needle four")
		h.want(t, "up to where the other has cleared", h.Seller, "needle", "needle elsewhere", "needle one")
	})
}

func TestASearchTellsOfNobodyToWhoHidesWhenTheyAreHere(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.Service = New(h.db, func(chat.UserID) bool { return true }, nil)
		h.say(t, "needle")
		h.index(t)
		for _, hides := range []bool{false, true} {
			if err := d.Exec(t.Context(), fmt.Sprintf(`UPDATE users SET hides_seen = %t WHERE id = %d`, hides, h.Buyer.ID)); err != nil {
				t.Fatal(err)
			}
			page, err := h.Messages(t.Context(), h.Buyer.ID, Query{Text: "needle"})
			if err != nil || len(page.Hits) != 1 {
				t.Fatal(page, err)
			}
			if e := page.Hits[0].Entry; e.Other.Online == hides || e.Listing.Seller.Online == hides {
				t.Errorf("hides %t: the other is shown as here: %t, %t", hides, e.Other.Online, e.Listing.Seller.Online)
			}
		}
	})
}

func TestNoQueryIsAnyCommandOfTheIndex(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, "a quiet needle")
		h.index(t)
		for _, text := range []string{
			`" * NEAR( ) AND OR -:`, `needle OR 1`, `needle NOT quiet`, `NEAR(needle quiet)`, `words: needle`, `^needle -x`, `{words} : needle`,
			`' | 'u1`, `needle' | 'u2':*`, `!needle | x`, `needle & !silent`, `needle <-> nothing`, `\`, `'`, `"`, `""`, `"""`, `"\"`, "\x00", "a\x00b\x01\x02", "\xff\xfe",
			`'); DROP TABLE message_search; --`, `%`, `_`, `:*`, `w*`, `(((((`, strings.Repeat(`"`, 100), strings.Repeat("ﷺ", 100), strings.Repeat("b ", 50), strings.Repeat("我", 100),
		} {
			page, err := h.Messages(t.Context(), h.Seller.ID, Query{Text: text})
			if err != nil || len(page.Hits) > 0 {
				t.Errorf("%q: %+v, %v", text, page, err)
			}
		}
		h.want(t, "still there", h.Seller, `NEEDLE -quiet*`, "a quiet needle")
		for _, text := range []string{strings.Repeat("x", chat.MaxQueryChars+1), strings.Repeat("needle ", 2000)} {
			if _, err := h.Messages(t.Context(), h.Seller.ID, Query{Text: text}); chat.CodeOf(err) != chat.Invalid {
				t.Errorf("%d characters: %v", len(text), err)
			}
		}
		for _, cursor := range []string{"x", "!", "LTE", "MA"} {
			if _, err := h.Messages(t.Context(), h.Seller.ID, Query{Text: "needle", Cursor: cursor}); chat.CodeOf(err) != chat.Invalid {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
		for _, text := range []string{"", "  ", "?!", `""`} {
			if page, err := h.Messages(t.Context(), h.Seller.ID, Query{Text: text}); err != nil || !page.None {
				t.Errorf("%q: %+v, %v", text, page, err)
			}
		}
	})
}

func TestASearchGoesOnWhereItStopped(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		const n = 2*most + 5
		for i := range n {
			h.say(t, fmt.Sprintf("needle %d", i), fmt.Sprintf("hay %d", i))
		}
		h.index(t)
		seen, pages := 0, 0
		for q := (Query{Text: "needle"}); ; {
			page, err := h.Messages(t.Context(), h.Buyer.ID, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, hit := range page.Hits {
				if want := fmt.Sprintf("needle %d", n-1-seen); hit.Message.Text != want {
					t.Fatalf("hit %d: got %q, want %q", seen, hit.Message.Text, want)
				}
				if hit.Entry.Conversation.ID != h.talk.ID || hit.Entry.Other.ID != h.Seller.ID || len(hit.Highlights) != 1 || hit.Highlights[0] != (words.Range{Start: 0, End: 6}) {
					t.Fatalf("hit %d: %+v", seen, hit)
				}
				seen++
			}
			if pages++; page.Next == "" {
				break
			}
			q.Cursor = page.Next
		}
		if pages != 3 || seen != n {
			t.Errorf("got %d hits on %d pages, want %d on 3", seen, pages, n)
		}
	})
}

// Many that were edited while the index was away are no end of the search.
func TestASearchReadsOnBehindWhatFitsNoMore(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	h.say(t, "needle at the bottom")
	var all []chat.Message
	for range 3 * most {
		all = append(all, h.say(t, "needle")...)
	}
	h.index(t)
	for _, m := range all {
		h.does(t, h.talk.ID, h.Buyer.ID, m.ID, chat.Change{Kind: chat.MessageEdited, Text: "hay", At: time.Now()})
	}
	h.want(t, "behind many", h.Seller, "needle", "needle at the bottom")
}

func TestThingsAndPeopleAreFoundToo(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		h.say(t, "hello")
		lamp := h.another(t, "Lampe à pétrole", h.Stranger.ID)
		h.another(t, "Lamp of which nobody has spoken", h.Buyer.ID)
		h.does(t, lamp.ID, h.Stranger.ID, 0, chat.Posted("hello", time.Now()))
		show := func(all []Talk) (short []string) {
			for _, talk := range all {
				short = append(short, fmt.Sprintf("%s %s %v %v", talk.Title, talk.Other.Username, talk.Highlights, talk.ByUsername))
			}
			return short
		}
		for _, test := range []struct {
			who            chat.User
			text           string
			things, people []string
		}{
			{h.Seller, "petrole", []string{"Lampe à pétrole stranger [{8 15}] false"}, nil},
			{h.Seller, "lamp", []string{"Lampe à pétrole stranger [{0 5}] false"}, nil},
			{h.Seller, "STRANG", nil, []string{"Lampe à pétrole stranger [{0 8}] false"}},
			{h.Buyer, "lamp", nil, nil},
			{h.Buyer, "seller", nil, []string{h.Listing.Title + " seller [{0 6}] false"}},
			{h.Buyer, "", nil, nil},
			{h.Seller, "hello", nil, nil},
		} {
			found, err := h.Talks(t.Context(), test.who.ID, test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]string{test.things, test.people}, [][]string{show(found.Things), show(found.People)}); diff != "" {
				t.Errorf("%s finds by %q (-want +got):\n%s", test.who.Username, test.text, diff)
			}
		}
		if err := d.Exec(t.Context(), `UPDATE member SET cleared_seq = 9`); err != nil {
			t.Fatal(err)
		}
		if found, err := h.Talks(t.Context(), h.Seller.ID, "lamp stranger seller"); err != nil || len(found.Things)+len(found.People) > 0 {
			t.Errorf("what one has deleted is found: %+v, %v", found, err)
		}
		if found, err := h.Talks(t.Context(), h.Seller.ID, "lamp"); err != nil || len(found.Things)+len(found.People) > 0 {
			t.Errorf("what one has deleted is found: %+v, %v", found, err)
		}
	})
}

func TestWhoSearchesWithoutEndWaits(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	s := New(h.db, func(chat.UserID) bool { return false }, limit.New(time.Hour, 2, time.Now))
	for i, want := range []chat.Code{"", "", chat.RateLimited} {
		if _, err := s.Messages(t.Context(), h.Buyer.ID, Query{Text: "needle"}); chat.CodeOf(err) != want {
			t.Errorf("search %d: %v, want %q", i, err, want)
		}
	}
	if _, err := s.Messages(t.Context(), h.Seller.ID, Query{Text: "needle"}); err != nil {
		t.Errorf("somebody else: %v", err)
	}
}

// FuzzSearch has the index of SQLite read whatever people type: it never fails, and never finds
// what package words does not.
func FuzzSearch(f *testing.F) {
	for _, seed := range []string{
		"", "needle", `"two words"`, `" * NEAR( ) AND OR -:`, `words : x`, `^a + b {c}`, `'u1 | x'`, "\x00\x01\x02", "\xff", "扶手 லை สวั", "é 🎉 ßﬁﷺ", `"open`,
	} {
		f.Add(seed, "")
	}
	f.Add("needle", "MQ")
	d := testkit.SQLite(f)
	db := d.Open(f, nil)
	town := testkit.Populate(f, db)
	c := town.Converse(f, db)
	for i, text := range []string{"a needle in two words", "绿丝绒扶手椅", "é 🎉 ß สวัสดี"} {
		_, err := db.Append(f.Context(), store.Append{
			Conversation: c.ID, Actor: town.Buyer.ID, ClientID: fmt.Sprint(i),
			Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted(text, time.Now()), nil },
		})
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := indexer.New(db, slog.New(slog.DiscardHandler), time.Now).Follow(f.Context()); err != nil {
		f.Fatal(err)
	}
	s := New(db, func(chat.UserID) bool { return false }, nil)
	f.Fuzz(func(t *testing.T, text, cursor string) {
		page, err := s.Messages(t.Context(), town.Seller.ID, Query{Text: text, Cursor: cursor})
		if code := chat.CodeOf(err); err != nil && code != chat.Invalid {
			t.Fatalf("%q from %q: %v", text, cursor, err)
		}
		for _, hit := range page.Hits {
			if _, ok := words.Parse(text).Match(hit.Message.Text); !ok {
				t.Errorf("%q finds %q", text, hit.Message.Text)
			}
		}
	})
}
