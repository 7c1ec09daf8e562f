package saved_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/saved"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// titles are those of what somebody has saved, in its order.
func titles(t *testing.T, s *saved.Service, who chat.UserID) string {
	t.Helper()
	all, err := s.List(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range all {
		names = append(names, r.Title)
	}
	return strings.Join(names, " ")
}

func TestRepliesAreKeptInTheirOrder(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		s, ctx := saved.New(db, nil, time.Now), t.Context()
		who, other := town.Seller.ID, town.Buyer.ID
		ids := map[string]chat.SavedReplyID{}
		for _, title := range []string{"a", "b", "c", "d"} {
			r, err := s.Add(ctx, who, title, "Text of "+title)
			if err != nil || r.ID == 0 || r.Text != "Text of "+title {
				t.Fatalf("got %+v, %v", r, err)
			}
			ids[title] = r.ID
		}
		is := func(when, want string) {
			t.Helper()
			if got := titles(t, s, who); got != want {
				t.Errorf("%s: got %q, want %q", when, got, want)
			}
		}
		is("at first", "a b c d")
		done := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		done(s.Raise(ctx, who, ids["c"]))
		is("one up", "a c b d")
		done(s.Raise(ctx, who, ids["a"]))
		is("the first up", "a c b d")
		r, err := s.Edit(ctx, who, saved.EditCommand{ID: ids["a"], Title: new("A"), Text: new(" New "), Place: new(3)})
		done(err)
		if r != (chat.SavedReply{ID: ids["a"], Title: "A", Text: "New"}) {
			t.Errorf("got %+v", r)
		}
		is("changed and moved", "c b A d")
		done(s.Delete(ctx, who, ids["b"]))
		is("without one", "c A d")
		if _, err := s.Add(ctx, who, "e", "Text"); err != nil {
			t.Error(err)
		}
		is("with another one", "c A d e")
		if got, err := s.Reply(ctx, who, ids["a"]); err != nil || got.Text != "New" {
			t.Errorf("got %+v, %v", got, err)
		}

		// Others neither see nor change them.
		refusals := map[string]error{"gone": s.Delete(ctx, who, ids["b"]), "raising": s.Raise(ctx, other, ids["c"]), "deleting": s.Delete(ctx, other, ids["c"])}
		_, refusals["changing"] = s.Edit(ctx, other, saved.EditCommand{ID: ids["c"], Title: new("mine")})
		_, refusals["reading"] = s.Reply(ctx, other, ids["c"])
		for what, err := range refusals {
			if chat.CodeOf(err) != chat.NotFound {
				t.Errorf("%s: got %v, want not_found", what, err)
			}
		}
		is("after others have tried", "c A d e")
		if got := titles(t, s, other); got != "" {
			t.Errorf("another person has %q", got)
		}
		// A change that is refused changes nothing.
		if _, err := s.Edit(ctx, who, saved.EditCommand{ID: ids["c"], Text: new(" "), Place: new(4)}); chat.CodeOf(err) != chat.Empty {
			t.Errorf("got %v, want empty", err)
		}
		is("after a refusal", "c A d e")

		// Whoever goes takes them along.
		if _, err := s.Add(ctx, other, "stays", "Text"); err != nil {
			t.Fatal(err)
		}
		done(db.Update(ctx, func(tx *store.Tx) error { return tx.CloseUser(ctx, who, time.Now()) }))
		is("of a former member", "")
		if got := titles(t, s, other); got != "stays" {
			t.Errorf("another person has %q, want what they had", got)
		}
	})
}

func TestNobodySavesMoreThanFifty(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		s := saved.New(db, nil, time.Now)
		const more = 3
		refused := make(chan error, chat.MaxSavedReplies+more)
		for i := range cap(refused) {
			go func() {
				_, err := s.Add(context.WithoutCancel(t.Context()), town.Seller.ID, "", fmt.Sprint("Text ", i))
				refused <- err
			}()
		}
		n := 0
		for range cap(refused) {
			if err := <-refused; chat.CodeOf(err) == chat.Invalid {
				n++
			} else if err != nil {
				t.Error(err)
			}
		}
		if n != more {
			t.Errorf("%d were refused, want %d", n, more)
		}
	})
}
