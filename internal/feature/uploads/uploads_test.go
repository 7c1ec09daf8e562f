package uploads

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// house is the service on a real database and disk, at a time of its own.
type house struct {
	*Service
	disk *blob.Disk
	dir  string
	now  time.Time
	town testkit.Town
}

func newHouse(t *testing.T, d *testkit.Database) *house {
	t.Helper()
	h := &house{dir: t.TempDir(), now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)}
	var err error
	if h.disk, err = blob.NewDisk(h.dir, h.dir); err != nil {
		t.Fatal(err)
	}
	db := d.Open(t, nil)
	h.town = testkit.Populate(t, db)
	h.Service = New(db, h.disk, Options{Media: chat.DefaultMedia(), Now: func() time.Time { return h.now }})
	return h
}

func (h *house) add(t *testing.T) chat.Photo {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6))); err != nil {
		t.Fatal(err)
	}
	p, err := h.Photo(t.Context(), h.town.Seller.ID, &b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// there tells whether a photo's bytes are on the disk, in both sizes.
func (h *house) there(t *testing.T, p chat.Photo) bool {
	t.Helper()
	found := 0
	for _, key := range []string{p.Key, p.ThumbKey} {
		f, err := h.disk.Open(t.Context(), key)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			continue
		}
		found++
		_ = f.Close() // it was only looked for
	}
	if found == 1 {
		t.Errorf("of %s one size is there", p.Key)
	}
	return found == 2
}

func TestAPhotoThatNoListingTakesUpIsGoneAfterADay(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		p := h.add(t)
		for _, step := range []struct {
			after        time.Duration
			known, there bool
		}{{0, true, true}, {chat.UploadLife - time.Second, true, true}, {time.Second, false, true}, {grace, false, false}} {
			h.now = h.now.Add(step.after)
			known, err := h.Known(t.Context(), h.town.Seller.ID, []string{p.Key})
			if err != nil || (len(known) == 1) != step.known {
				t.Errorf("after %v: got %v, %v", step.after, known, err)
			}
			if err := h.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := h.there(t, p); got != step.there {
				t.Errorf("after %v: its bytes are there: %v, want %v", step.after, got, step.there)
			}
		}
	})
}

func TestOfPhotosInNoListingTheNewestAreKept(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		first := h.add(t)
		var last chat.Photo
		for range chat.MaxUploads {
			h.now = h.now.Add(time.Second)
			last = h.add(t)
		}
		h.now = h.now.Add(grace)
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if h.there(t, first) || !h.there(t, last) {
			t.Errorf("the first is there: %v, the last: %v, want the last alone", h.there(t, first), h.there(t, last))
		}
	})
}

func TestWhatIsRefusedLeavesNothingBehind(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	for name, c := range map[string]struct {
		from io.Reader
		code chat.Code
	}{
		"no picture":         {strings.NewReader("<svg/>"), chat.UnsupportedMedia},
		"too many bytes":     {io.LimitReader(zeros{}, chat.MaxPhotoBytes+2), chat.TooLarge},
		"a line that breaks": {io.MultiReader(strings.NewReader("\x89PNG"), broken{}), chat.Invalid},
	} {
		if _, err := h.Photo(t.Context(), h.town.Seller.ID, c.from); chat.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want %s", name, err, c.code)
		}
	}
	err := filepath.WalkDir(h.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// What a process that was killed has left is tidied up by the next one.
	if err := os.WriteFile(filepath.Join(h.dir, ".scratch-1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.NewDisk(h.dir, h.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(h.dir, ".scratch-1")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a scratch file is left: %v", err)
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// broken is a line that has broken.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
