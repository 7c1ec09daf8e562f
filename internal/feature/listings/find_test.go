package listings

import (
	"testing"
	"time"

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
