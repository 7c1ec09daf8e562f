package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// tally counts what is read of it.
type tally struct {
	r io.Reader
	n int64
}

func (c *tally) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// What somebody may not add any more is not read first.
func TestAFormIsReadNoFurtherThanItsQuota(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		s.Options.Media.DailyBytes = 1 << 20
		for _, c := range []struct {
			name string
			most int64
			code chat.Code
		}{{"more than is left", 1<<20 + 1, chat.RateLimited}, {"just that", 1 << 20, ""}, {"anything more", 0, chat.RateLimited}} {
			length := int64(8 << 20)
			if c.code == "" {
				length = c.most
			}
			from := &tally{r: io.LimitReader(zeros{}, length)}
			if _, err := s.Add(t.Context(), s.town.Buyer.ID, Begin{Name: "a"}, from); chat.CodeOf(err) != c.code {
				t.Errorf("%s: got %v", c.name, err)
			}
			if from.n > c.most {
				t.Errorf("%s: %d bytes were read, want %d at most", c.name, from.n, c.most)
			}
		}
	})
}

// There is room for so much on its way at a node. Who comes when it is full is asked to come
// again, and what had come of an upload counts.
func TestANodeHasRoomForSoMuchOnItsWay(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	me := s.town.Buyer.ID
	u := s.begin(t, "a", "", 10)
	if !s.desk.spool.TryAcquire(spool - 4) {
		t.Fatal("there is no room")
	}
	full := func(what string, err error) {
		t.Helper()
		if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != chat.Unavailable || e.RetryAfter == 0 || !strings.Contains(e.Detail, "are arriving") {
			t.Errorf("%s: got %v", what, err)
		}
	}
	_, err := s.Add(t.Context(), me, Begin{Name: "a"}, strings.NewReader("01234"))
	full("a form", err)
	got, err := s.Write(t.Context(), me, u.ID, 0, io.MultiReader(strings.NewReader("012"), strings.NewReader("3456789")))
	full("an upload", err)
	if got.Offset != 3 {
		t.Errorf("%d bytes count, want 3", got.Offset)
	}
	if _, err := s.Add(t.Context(), me, Begin{Name: "a"}, strings.NewReader("0123")); err != nil {
		t.Errorf("what fits: got %v", err)
	}
	s.desk.spool.Release(spool - 4)
	if got, err := s.Write(t.Context(), me, u.ID, 3, strings.NewReader("3456789")); err != nil || got.Attachment == nil {
		t.Errorf("afterwards: got %+v, %v", got, err)
	}
	if !s.desk.spool.TryAcquire(spool) {
		t.Error("room is not given back")
	}
}

// What the store cannot remove holds nothing else up.
func TestWhatCannotBeRemovedHoldsNothingElseUp(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		var all []chat.AttachmentID
		for range 3 {
			all = append(all, s.add(t, "a"))
		}
		s.now = s.now.Add(chat.UploadLife + grace)
		stuck := true
		node := s.node(t, func(b Blobs) Blobs {
			return &flaky{b, func(what, key string) bool { return stuck && what == "delete" && key == fileKey(all[0]) }}
		})
		if err := d.Exec(t.Context(), "UPDATE attachment SET expires_at = expires_at - 1 WHERE id = '"+string(all[0])+"'"); err != nil {
			t.Fatal(err)
		}
		there := func() (n int) {
			for _, id := range all {
				n += len(s.blobsOf(t, id))
			}
			return n
		}
		if err := node.Sweep(t.Context()); err == nil || there() != 1 {
			t.Errorf("got %v, and %d files are left, want the one", err, there())
		}
		stuck = false
		if err := node.Sweep(t.Context()); err != nil || there() != 0 {
			t.Errorf("afterwards: got %v, and %d files are left", err, there())
		}
	})
}

func TestAnUploadInTooManyPiecesIsToldSo(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		for length, pieces := range map[int]int{10: 16, 1 << 20: 32, 25 << 20: 416, 25<<20 - 1: 415} {
			u := s.begin(t, "a", "", length)
			if err := d.Exec(t.Context(), fmt.Sprintf(`UPDATE attachment SET claims = %d WHERE id = '%s'`, pieces-1, u.ID)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Write(t.Context(), s.town.Buyer.ID, u.ID, 0, strings.NewReader("0")); err != nil {
				t.Errorf("the last one of %d bytes: got %v", length, err)
			}
			if _, err := s.Write(t.Context(), s.town.Buyer.ID, u.ID, 1, strings.NewReader("1")); chat.CodeOf(err) != chat.Invalid || !strings.Contains(err.Error(), "too many pieces") {
				t.Errorf("one more of %d bytes: got %v", length, err)
			}
		}
		if got := parts(2000 << 20); got != maxParts {
			t.Errorf("the largest may come in %d pieces, want %d", got, maxParts)
		}
	})
}

// Somebody is sent so many files at once; another one waits, and is refused in the end.
func TestSomebodyIsSentSoManyFilesAtOnce(t *testing.T) {
	testPlaces(t, (*desk).fetch, func(d *desk) int { return len(d.fetching) }, fetchers, fetchTime)
}

// Some photos of a person come at once, so that slow ones do not take all of the room; another one waits.
func TestSomePhotosOfAPersonComeAtOnce(t *testing.T) {
	testPlaces(t, (*desk).bring, func(d *desk) int { return len(d.bringing) }, bringers, bringTime)
}

// testPlaces shows that each person has so many places, and that one more waits for so long.
func testPlaces(t *testing.T, enter func(*desk, context.Context, chat.UserID) (func(), error), taken func(*desk) int, places int, patience time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(0)
		var leave []func()
		take := func(who chat.UserID) error {
			l, err := enter(d, t.Context(), who)
			if err == nil {
				leave = append(leave, l)
			}
			return err
		}
		for range places {
			if err := take(1); err != nil {
				t.Fatal(err)
			}
		}
		if err := take(2); err != nil {
			t.Errorf("somebody else: got %v", err)
		}
		began := time.Now()
		if err := take(1); chat.CodeOf(err) != chat.RateLimited || time.Since(began) != patience {
			t.Errorf("one more: got %v after %v", err, time.Since(began))
		}
		time.AfterFunc(time.Second, leave[0])
		if err := take(1); err != nil {
			t.Errorf("when there is a place soon: got %v", err)
		}
		for _, l := range leave[1:] {
			l()
		}
		if n := taken(d); n != 0 {
			t.Errorf("%d people have places", n)
		}
	})
}
