package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func say(t *testing.T, db *store.DB, c chat.ConversationID, who chat.UserID, texts ...string) {
	t.Helper()
	for _, text := range texts {
		_, err := db.Append(t.Context(), store.Append{
			Conversation: c, Actor: who, ClientID: fmt.Sprintf("%x", text),
			Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted(text, time.Now()), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOneFindsWhatOneHasReadAndWritten(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		say(t, db, c.ID, town.Buyer.ID, "Is the ÄPFEL basket included?", "पीतल की लैंप भी?")
		say(t, db, c.ID, town.Seller.ID, "The basket is. 绿丝绒扶手椅也在", "100% sure")
		s := New(db)
		for _, test := range []struct {
			query string
			want  []string
		}{
			{"basket", []string{"The basket is. 绿丝绒扶手椅也在", "Is the ÄPFEL basket included?"}},
			{"BASKET äpfel", []string{"Is the ÄPFEL basket included?"}},
			{"扶手椅", []string{"The basket is. 绿丝绒扶手椅也在"}},
			{"लैंप", []string{"पीतल की लैंप भी?"}},
			{"0%", []string{"100% sure"}},
			{"hero sprint sure", []string{"100% sure"}}, // the words of the listing count
			{"nothing of this", nil},
			{"   ", nil},
			{"\x00\xff", nil},
		} {
			page, err := s.Messages(t.Context(), town.Seller.ID, test.query, 0)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range page.Hits {
				got = append(got, h.Text)
			}
			if !slices.Equal(got, test.want) || page.Next != 0 {
				t.Errorf("%q: got %q and %d, want %q", test.query, got, page.Next, test.want)
			}
		}
		if page, err := s.Messages(t.Context(), town.Stranger.ID, "basket", 0); err != nil || len(page.Hits) != 0 {
			t.Errorf("a stranger finds %v, %v", page.Hits, err)
		}
		if _, err := s.Messages(t.Context(), town.Buyer.ID, strings.Repeat("x", chat.MaxQueryChars+1), 0); chat.CodeOf(err) != chat.Invalid {
			t.Errorf("a long query: %v", err)
		}
	})
}

func TestASearchGoesOnWhereItStopped(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		for i := range 2*most + 5 {
			say(t, db, c.ID, town.Buyer.ID, fmt.Sprintf("needle %d", i), fmt.Sprintf("hay %d", i))
		}
		s, seen := New(db), 0
		for before, pages := chat.MessageID(0), 1; ; pages++ {
			page, err := s.Messages(t.Context(), town.Buyer.ID, "needle", before)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range page.Hits {
				if want := fmt.Sprintf("needle %d", 2*most+4-seen); h.Text != want {
					t.Fatalf("hit %d: got %q, want %q", seen, h.Text, want)
				}
				seen++
			}
			if before = page.Next; before == 0 {
				if pages != 3 || seen != 2*most+5 {
					t.Errorf("got %d hits on %d pages, want %d on 3", seen, pages, 2*most+5)
				}
				return
			}
		}
	})
}
