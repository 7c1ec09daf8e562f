package uploads

import (
	"context"
	"errors"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// What came whole and could not be dealt with comes whole again: the first one is no part of its
// owner's quota, and its bytes are gone.
func TestAWholeFileThatHasToComeAgainCountsOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		s.Options.Media.DailyBytes = 5
		j := &judge{}
		s.Scanner = j
		ctx, cancel := context.WithCancel(t.Context())
		full := s.node(t, func(b Blobs) Blobs {
			return &flaky{b, func(what, _ string) bool {
				if what == "have put" {
					cancel() // and whoever sent it has gone
				}
				return what == "have put"
			}}
		})
		add := func(ctx context.Context, node *Service) error {
			_, err := node.Add(ctx, s.town.Buyer.ID, Begin{Name: "a.txt"}, strings.NewReader("hello"))
			return err
		}
		j.err = chat.Errorf(chat.Unavailable, "The scanner is away.")
		if err := add(t.Context(), s.Service); chat.CodeOf(err) != chat.Unavailable {
			t.Errorf("the scanner is away: got %v", err)
		}
		j.err = nil
		if err := add(ctx, full); !errors.Is(err, errKilled) {
			t.Errorf("the disk is full: got %v", err)
		}
		if keys := s.blobsOf(t, ""); len(keys) != 0 {
			t.Errorf("there are %v", keys)
		}
		if err := add(t.Context(), s.Service); err != nil {
			t.Errorf("in the end: got %v", err)
		}
		if err := add(t.Context(), s.Service); chat.CodeOf(err) != chat.RateLimited {
			t.Errorf("once more: got %v", err)
		}
		s.now = s.now.Add(quotaTime + 2*grace)
		for range 2 {
			if err := s.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.now = s.now.Add(linger + grace)
		}
		if n := s.rows(t); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}
