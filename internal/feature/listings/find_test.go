package listings

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

func TestACursorComesBackAsItWentOut(t *testing.T) {
	l := chat.Listing{ID: 7, Title: "Ärmel ß ﬁ", Price: chat.Money{Amount: 850000}, CreatedAt: time.UnixMicro(1_700_000_000_000_001)}
	for _, sort := range []store.Sort{store.SortRecent, store.SortPrice, store.SortTitle} {
		c, err := parseCursor(next(l, sort), sort)
		if err != nil || c.ID != l.ID {
			t.Errorf("%s: got %+v, %v", sort, c, err)
		}
		var key any = c.Num
		if sort == store.SortTitle {
			key = c.Text
		}
		if key != store.SortKey(l, sort) {
			t.Errorf("%s: got %v, want %v", sort, key, store.SortKey(l, sort))
		}
		for _, other := range []store.Sort{store.SortRecent, store.SortPrice, store.SortTitle} {
			if _, err := parseCursor(next(l, sort), other); (err == nil) != (sort == other) {
				t.Errorf("a cursor of %s under %s: %v", sort, other, err)
			}
		}
	}
}

func TestAPriceHasItsBounds(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	for _, c := range []struct {
		least, most *int64
		want        [2]int64
		refused     bool
	}{
		{nil, nil, [2]int64{0, 0}, false},
		{n(5), nil, [2]int64{5, 0}, false},
		{nil, n(5), [2]int64{0, 5}, false},
		{nil, n(0), [2]int64{0, 1}, false}, // what costs nothing; 0 would be no bound
		{n(5), n(5), [2]int64{5, 5}, false},
		{n(6), n(5), [2]int64{}, true},
		{n(-1), nil, [2]int64{}, true},
	} {
		var q store.ListingQuery
		err := bound(&q, c.least, c.most)
		if (err != nil) != c.refused || (err == nil && [2]int64{q.Least, q.Most} != c.want) {
			t.Errorf("%v to %v: got %d to %d, %v", c.least, c.most, q.Least, q.Most, err)
		}
	}
}

// One character may become 18, and one word four: what is looked for is bounded behind that.
func TestWhatIsLookedForIsBoundedOnceItIsFolded(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		words []string
	}{
		"few words":                     {" Blue \tSOFA ", []string{"blue", "sofa"}},
		"none":                          {" \n", nil},
		"eight words":                   {"a b c d e f g h", strings.Fields("a b c d e f g h")},
		"the first eight of nine":       {"a b c d e f g h i", strings.Fields("a b c d e f g h")},
		"the beginning of a long one":   {strings.Repeat("é", 41) + " b", []string{strings.Repeat("é", 40), "b"}},
		"integrals that become four":    {strings.Repeat("\u2a0c", 100), []string{strings.Repeat("\u222b", 40)}},
		"a character that is a phrase":  {strings.Repeat("\ufdfa", 100), nil},
		"one that becomes two at a cut": {strings.Repeat("x", 39) + "ß", []string{strings.Repeat("x", 39) + "s"}},
	} {
		q, err := parse(Query{Text: c.text, Place: c.text})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(q.Words) > 8 || slices.ContainsFunc(q.Words, func(w string) bool { return utf8.RuneCountInString(w) > 40 }) || utf8.RuneCountInString(q.Place) > 40 {
			t.Errorf("%s: %d words and a place of %d characters are looked for", name, len(q.Words), utf8.RuneCountInString(q.Place))
		}
		if c.words != nil && !slices.Equal(q.Words, c.words) {
			t.Errorf("%s: looks for %q, want %q", name, q.Words, c.words)
		}
	}
}

// FuzzCursor reads any text as a page's cursor: it is one of the list, or refused.
func FuzzCursor(f *testing.F) {
	f.Add("", "recent")
	f.Add(next(chat.Listing{ID: 1, Title: "a"}, store.SortTitle), "title")
	f.Add("eyJzIjoicmVjZW50IiwiaSI6LTF9", "recent")
	f.Fuzz(func(t *testing.T, s, sort string) {
		c, err := parseCursor(s, store.Sort(sort))
		if err == nil && (c.ID <= 0 || string(c.Sort) != sort) {
			t.Errorf("%q under %q: got %+v", s, sort, c)
		}
		if err != nil && chat.CodeOf(err) != chat.Invalid {
			t.Errorf("%q: %v", s, err)
		}
	})
}
