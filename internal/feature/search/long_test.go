package search

import (
	"fmt"
	"testing"

	"swapnest/internal/testkit"
)

// The index is asked for some of many words alone; what it finds must have all of them.
func TestAllOfManyWordsMustBeInAMessage(t *testing.T) {
	const long = "bicycle basket helmet saddle pedals lights mudguard carrier"
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		const n = most + 5
		for i := range n {
			h.say(t, fmt.Sprintf("%s in red no %d", long, i), fmt.Sprintf("%s in blue no %d", long, i))
		}
		h.index(t)
		seen := 0
		for q := (Query{Text: "in red no " + long}); ; {
			page, err := h.Messages(t.Context(), h.Seller.ID, q)
			if err != nil {
				t.Fatal(err)
			}
			if want := min(most, n-seen); len(page.Hits) != want {
				t.Errorf("a page behind %d has %d hits, want %d", seen, len(page.Hits), want)
			}
			for _, hit := range page.Hits {
				seen++
				if want := fmt.Sprintf("%s in red no %d", long, n-seen); hit.Message.Text != want {
					t.Fatalf("got %q, want %q", hit.Message.Text, want)
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if seen != n {
			t.Errorf("%d are found, want %d", seen, n)
		}
	})
}

// A page ends where hundreds did not fit, and the next one goes on from there.
func TestASearchWithManyWordsReadsSoManyMessagesForAPage(t *testing.T) {
	const long = "bicycle basket helmet saddle pedals lights mudguard carrier"
	h := newHouse(t, testkit.SQLite(t))
	h.say(t, long+" in red")
	for range 660 {
		h.say(t, long)
	}
	h.index(t)
	page, err := h.Messages(t.Context(), h.Seller.ID, Query{Text: "red " + long})
	if err != nil || len(page.Hits) != 0 || page.Next == "" {
		t.Fatalf("the first page: %+v, %v", page, err)
	}
	page, err = h.Messages(t.Context(), h.Seller.ID, Query{Text: "red " + long, Cursor: page.Next})
	if err != nil || len(page.Hits) != 1 || page.Next != "" {
		t.Errorf("the next one: %+v, %v", page, err)
	}
}
