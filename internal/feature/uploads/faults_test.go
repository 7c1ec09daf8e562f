package uploads

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// flaky is a store that fails, or has its process killed, at some of what it does.
type flaky struct {
	Blobs
	fail func(what, key string) bool
}

var errKilled = errors.New("killed")

func (f *flaky) Put(ctx context.Context, key string, r io.Reader) error {
	if f.fail("put", key) {
		return errKilled
	}
	err := f.Blobs.Put(ctx, key, r)
	if err == nil && f.fail("have put", key) {
		return errKilled
	}
	return err
}

func (f *flaky) Delete(ctx context.Context, key string) error {
	if f.fail("delete", key) {
		return errKilled
	}
	return f.Blobs.Delete(ctx, key)
}

// What a node does to an upload ends at any point, and another one goes on there.
func TestAnUploadGoesOnWhereverANodeEnded(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me := s.town.Buyer.ID
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 900, 600))); err != nil {
			t.Fatal(err)
		}
		file := b.Bytes()
		for point := range 9 {
			u := s.begin(t, "a.png", "image/png", len(file))
			var n atomic.Int64
			dying := s.node(t, func(b Blobs) Blobs {
				return &flaky{b, func(string, string) bool {
					return n.Add(1) > int64(point)
				}}
			})
			_, err := dying.Write(t.Context(), me, u.ID, 0, bytes.NewReader(file[:40]))
			if err == nil {
				_, err = dying.Write(t.Context(), me, u.ID, 40, bytes.NewReader(file[40:]))
			}
			if !errors.Is(err, errKilled) && point < 8 {
				t.Fatalf("point %d: got %v, after %d: the run does not count", point, err, n.Load())
			}
			// As a client that comes back does.
			got, err := s.Upload(t.Context(), me, u.ID)
			if err == nil && got.Attachment == nil {
				got, err = s.Write(t.Context(), me, u.ID, got.Offset, bytes.NewReader(file[got.Offset:]))
			}
			if err != nil || got.Attachment == nil {
				t.Fatalf("point %d: got %+v, %v", point, got, err)
			}
			want := []string{fileKey(u.ID), thumbKey(u.ID)}
			if keys := s.blobsOf(t, u.ID); !slices.Equal(keys, want) {
				t.Errorf("point %d: there are %v", point, keys)
			}
			if full, _ := s.read(t, me, u.ID, false); int64(len(full)) != got.Attachment.Size {
				t.Errorf("point %d: it has %d bytes, and says %d", point, len(full), got.Attachment.Size)
			}
		}
	})
}

// judge is a scanner that says what it was told to.
type judge struct{ err error }

func (j *judge) Scan(_ context.Context, r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	return j.err
}

func TestAFileWaitsForItsScannerAndStaysRefused(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me, j := s.town.Buyer.ID, &judge{chat.Errorf(chat.Unavailable, "The scanner is away.")}
		s.Scanner = j
		u := s.begin(t, "a.txt", "text/plain", 5)
		for range 2 {
			if _, err := s.Write(t.Context(), me, u.ID, 0, strings.NewReader("hello")); err != nil && chat.CodeOf(err) != chat.Unavailable && chat.CodeOf(err) != chat.Conflict {
				t.Fatalf("got %v", err)
			}
		}
		if got, err := s.Write(t.Context(), me, u.ID, 5, strings.NewReader("")); chat.CodeOf(err) != chat.Unavailable || got.Attachment != nil || got.Fault != nil {
			t.Errorf("asked again: got %+v, %v", got, err)
		}
		if _, _, err := s.Open(t.Context(), me, u.ID, false); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("not looked at: got %v", err)
		}
		j.err = &chat.Error{Code: chat.UnsupportedMedia, Field: field, Detail: "This file is harmful."}
		for range 2 {
			got, err := s.Write(t.Context(), me, u.ID, 5, strings.NewReader(""))
			if chat.CodeOf(err) != chat.UnsupportedMedia || got.Fault == nil || got.Attachment != nil {
				t.Errorf("got %+v, %v", got, err)
			}
			j.err = nil // it stays refused, whatever the scanner says by now
		}
		if got, err := s.Upload(t.Context(), me, u.ID); err != nil || got.Fault == nil || got.Fault.Detail != "This file is harmful." {
			t.Errorf("asked: got %+v, %v", got, err)
		}
		if keys := s.blobsOf(t, u.ID); len(keys) != 0 {
			t.Errorf("there are %v", keys)
		}
	})
}

func TestTheLogHasWhatTheScannerSaid(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	var said bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&said, nil))
	j := &judge{}
	s.Scanner = j
	for name, c := range map[string]struct {
		says error
		want string
	}{
		"one that is down":             {fmt.Errorf("%w (%w)", chat.Errorf(chat.Unavailable, "Try again."), errors.New("no answer of 127.0.0.1:3310")), "no answer of 127.0.0.1:3310"},
		"one that finds something":     {fmt.Errorf("%w (%w)", chat.Errorf(chat.UnsupportedMedia, "It is harmful."), errors.New("found Harmful.Test")), "found Harmful.Test"},
		"one that has no more to tell": {chat.Errorf(chat.UnsupportedMedia, "It is harmful."), ""},
		"one that lets it pass":        {nil, ""},
	} {
		said.Reset()
		j.err = c.says
		_, err := s.Add(t.Context(), s.town.Buyer.ID, Begin{Name: "plantedName.txt"}, strings.NewReader("plantedBytes"))
		if (err == nil) != (c.says == nil) {
			t.Errorf("%s: got %v", name, err)
		}
		if log := said.String(); !strings.Contains(log, c.want) || (log == "") != (c.want == "") || strings.Contains(log, "planted") {
			t.Errorf("%s: the log has %q, want %q", name, log, c.want)
		}
	}
}

func TestOnlySoMuchIsDoneAtOnce(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	me := s.town.Buyer.ID
	var feeds []*io.PipeWriter
	var work sync.WaitGroup
	for range writers {
		u := s.begin(t, "a", "", 10)
		body, feed := io.Pipe()
		feeds = append(feeds, feed)
		work.Go(func() {
			if _, err := s.Write(t.Context(), me, u.ID, 0, body); err != nil {
				t.Error(err)
			}
		})
		if _, err := feed.Write([]byte("0")); err != nil { // it has a place now
			t.Fatal(err)
		}
	}
	u := s.begin(t, "a", "", 1)
	if _, err := s.Write(t.Context(), me, u.ID, 0, strings.NewReader("0")); chat.CodeOf(err) != chat.RateLimited {
		t.Errorf("one more: got %v", err)
	}
	if _, err := s.Add(t.Context(), s.town.Seller.ID, Begin{Name: "a"}, strings.NewReader("0")); err != nil {
		t.Errorf("somebody else's: got %v", err)
	}
	for _, feed := range feeds {
		feed.Close()
	}
	work.Wait()
	if _, err := s.Write(t.Context(), me, u.ID, 0, strings.NewReader("0")); err != nil {
		t.Errorf("afterwards: got %v", err)
	}
	// All places for looking are taken: who waits in vain is told, and the bytes are there.
	if err := s.desk.free.Acquire(t.Context(), lookers); err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.desk.look(waiting, me); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("no place: got %v", err)
	}
	s.desk.free.Release(lookers)
	if len(s.desk.writing) != 0 || len(s.desk.looking) != 0 {
		t.Errorf("places are taken: %v, %v", s.desk.writing, s.desk.looking)
	}
}

// slow is a scanner that takes its time, and tells who looks.
type slow struct{ begun, end chan struct{} }

func (s *slow) Scan(context.Context, io.Reader) error {
	s.begun <- struct{}{}
	<-s.end
	return nil
}

func TestOneFileOfAPersonIsLookedAtAtOnce(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	scanner := &slow{begun: make(chan struct{}, 9), end: make(chan struct{})}
	s.Scanner = scanner
	var work sync.WaitGroup
	send := func(who chat.UserID) {
		work.Go(func() {
			if _, err := s.Add(t.Context(), who, Begin{Name: "a"}, strings.NewReader("0")); err != nil {
				t.Error(err)
			}
		})
	}
	for range writers {
		send(s.town.Buyer.ID)
	}
	<-scanner.begun
	send(s.town.Seller.ID)
	<-scanner.begun // somebody else's has a place, though more came before
	select {
	case <-scanner.begun:
		t.Error("a second file of the same person is looked at")
	case <-time.After(200 * time.Millisecond):
	}
	close(scanner.end)
	work.Wait()
	if got := len(scanner.begun); got != writers-1 {
		t.Errorf("%d more were looked at, want %d", got, writers-1)
	}
}

// late is a scanner that comes to its end when no time is left.
type late struct {
	leave context.CancelFunc
	err   error
}

func (l *late) Scan(context.Context, io.Reader) error {
	l.leave()
	return l.err
}

func TestAVerdictIsWrittenDownThoughTheTimeIsOver(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me := s.town.Buyer.ID
		for name, verdict := range map[string]*chat.Error{"harmful": {Code: chat.UnsupportedMedia, Field: field, Detail: "This file is harmful."}, "harmless": nil} {
			u := s.begin(t, "a.txt", "text/plain", 5)
			row, err := s.row(t.Context(), me, u.ID)
			if err != nil {
				t.Fatal(err)
			}
			f, done, err := s.scratch()
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			if _, err := f.WriteString("hello"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			s.Scanner = &late{cancel, nil}
			if verdict != nil {
				s.Scanner = &late{cancel, verdict}
			}
			s.blobs = patientBlobs{s.disk}
			if _, err := s.work(ctx, row, f); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
			got, err := s.Upload(t.Context(), me, u.ID)
			if err != nil || (got.Fault != nil) != (verdict != nil) || (got.Attachment != nil) != (verdict == nil) {
				t.Errorf("%s: afterwards got %+v, %v", name, got, err)
			}
		}
	})
}

// patientBlobs keep bytes whoever has gone.
type patientBlobs struct{ Blobs }

func (b patientBlobs) Put(ctx context.Context, key string, r io.Reader) error {
	return b.Blobs.Put(context.WithoutCancel(ctx), key, r)
}
