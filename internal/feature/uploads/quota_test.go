package uploads

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// waitsForItsOwner shows that uploads of one person are announced one after the other.
func waitsForItsOwner(t *testing.T, d *testkit.Database, s *site) {
	t.Helper()
	other, err := beside(t, d).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), fmt.Sprintf(`SELECT 1 FROM users WHERE id = %d FOR NO KEY UPDATE`, s.town.Seller.ID)); err != nil {
		t.Fatal(err)
	}
	begun := make(chan error, 1)
	go func() {
		_, err := s.Begin(t.Context(), s.town.Seller.ID, Begin{Name: "a", Length: 1})
		begun <- err
	}()
	select {
	case err := <-begun:
		t.Errorf("it did not wait for another one of its owner's: %v", err)
		begun <- err
	case <-time.After(300 * time.Millisecond): // it waits by now
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-begun; err != nil {
		t.Error(err)
	}
}

func TestUploadsAtOnceDoNotPassTheDailyQuota(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		s.Options.Media.DailyBytes = 10 << 20
		nodes := []*Service{s.Service, s.node(t, nil)}
		if d.URL() != "" { // SQLite has one writer anyway
			waitsForItsOwner(t, d, s)
		}
		var errs [30]error
		var ids [30]chat.AttachmentID
		var work sync.WaitGroup
		for i := range errs {
			work.Go(func() {
				u, err := nodes[i%2].Begin(t.Context(), s.town.Buyer.ID, Begin{Name: "a", Length: 1 << 20})
				ids[i], errs[i] = u.ID, err
			})
		}
		work.Wait()
		var taken []chat.AttachmentID
		for i, err := range errs {
			if err == nil {
				taken = append(taken, ids[i])
				continue
			}
			if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.RateLimited || e.RetryAfter != quotaTime {
				t.Errorf("got %v", err)
			}
		}
		if len(taken) != 10 {
			t.Fatalf("%d of 30 were taken, want 10", len(taken))
		}
		another := func() error {
			_, err := s.Begin(t.Context(), s.town.Buyer.ID, Begin{Name: "a", Length: 1 << 20})
			return err
		}
		if _, err := s.Begin(t.Context(), s.town.Seller.ID, Begin{Name: "a", Length: 1 << 20}); err != nil {
			t.Errorf("somebody else: got %v", err)
		}
		// What was taken back counts with what had come: half of one.
		if _, err := s.Write(t.Context(), s.town.Buyer.ID, taken[0], 0, bytes.NewReader(pattern(512<<10))); err != nil {
			t.Fatal(err)
		}
		for _, id := range taken[:2] {
			if err := s.Cancel(t.Context(), s.town.Buyer.ID, id); err != nil {
				t.Fatal(err)
			}
		}
		s.now = s.now.Add(2 * grace)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := another(); err != nil {
			t.Errorf("half of two were taken back: got %v", err)
		}
		if err := another(); chat.CodeOf(err) != chat.RateLimited {
			t.Errorf("one more: got %v, want that half of one counts", err)
		}
		s.now = s.now.Add(quotaTime)
		if err := another(); err != nil {
			t.Errorf("a day later: got %v", err)
		}
	})
}
