package corpus_test

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif" // decoders of what is served
	_ "image/jpeg"
	_ "image/png"
	"io"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/corpus"
)

// site is the service on a real database and disk, and somebody who uploads.
type site struct {
	*uploads.Service
	me     chat.UserID
	people []chat.UserID   // four of them
	dir    string          // of the blobs, and of what is on its way
	kept   map[string]bool // the keys of the blobs that may be there
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: t.TempDir(), kept: make(map[string]bool)}
	disk, err := blob.NewDisk(s.dir, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	db := testkit.SQLite(t).Open(t, nil)
	town := testkit.Populate(t, db)
	s.me = town.Buyer.ID
	s.people = []chat.UserID{town.Buyer.ID, town.Seller.ID, town.Stranger.ID, another(t, db)}
	s.Service = uploads.New(db, disk, uploads.Options{Media: chat.DefaultMedia(), Now: time.Now})
	return s
}

func another(t *testing.T, db *store.DB) (who chat.UserID) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		u, err := tx.InsertUser(t.Context(), chat.User{Username: "another", Name: "Another", CreatedAt: time.Now()}, "!")
		who = u.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func begin(f corpus.File) uploads.Begin {
	return uploads.Begin{Name: f.Name, Type: f.Type, Voice: f.Voice}
}

// becomes uploads a file, and tells what is made of it and what that is called. It looks at what is
// served of it, and at what is left of it.
func (s *site) becomes(t *testing.T, f corpus.File) (what, name string) {
	t.Helper()
	for _, gone := range f.Gone {
		if !bytes.Contains(f.Data, []byte(gone)) {
			t.Errorf("%s: it does not hold %q", f.What, gone)
		}
	}
	a, err := s.Add(t.Context(), s.me, begin(f), bytes.NewReader(f.Data))
	if err != nil {
		code := chat.CodeOf(err)
		if code == "" || code == chat.Unavailable || code == chat.RateLimited {
			t.Errorf("%s: %v", f.What, err)
		}
		s.refusedInPieces(t, f, code)
		s.nothingElse(t, f)
		return fmt.Sprintf("refused, `%s`", code), "–"
	}
	served := s.served(t, f, a, false)
	s.kept["files/"+string(a.ID)] = true
	switch a.Kind {
	case chat.ImageAttachment:
		s.kept["files/"+string(a.ID)+"-s"] = true
		what = s.picture(t, f, a, served)
	case chat.VoiceAttachment:
		what = "voice message"
		if a.Duration <= 0 || len(a.Waveform) != chat.WaveformBars {
			t.Errorf("%s: it has %v and %d levels", f.What, a.Duration, len(a.Waveform))
		}
	default:
		what = "download"
		if len(f.Gone) > 0 || !bytes.Equal(served, f.Data) {
			t.Errorf("%s: it is saved as it came, and %v should be gone", f.What, f.Gone)
		}
	}
	s.nothingElse(t, f)
	return fmt.Sprintf("%s, `%s`", what, a.Type), "`" + a.Name + "`"
}

// served reads what its owner gets, which holds nothing that should be gone.
func (s *site) served(t *testing.T, f corpus.File, a chat.Attachment, thumb bool) []byte {
	t.Helper()
	_, b, err := s.Open(t.Context(), s.me, a.ID, thumb)
	if err != nil {
		t.Fatalf("%s: %v", f.What, err)
	}
	defer b.Close()
	data, err := io.ReadAll(b)
	if err != nil {
		t.Fatal(err)
	}
	if !thumb && int64(len(data)) != a.Size {
		t.Errorf("%s: it has %d bytes, and says %d", f.What, len(data), a.Size)
	}
	for _, gone := range f.Gone {
		if bytes.Contains(data, []byte(gone)) {
			t.Errorf("%s: what is served (small: %v) holds %q", f.What, thumb, gone)
		}
	}
	return data
}

// picture looks whether what is served is of the size and type that it says.
func (s *site) picture(t *testing.T, f corpus.File, a chat.Attachment, full []byte) string {
	t.Helper()
	const fullEdge, thumbEdge = 1600, 480
	config, kind, err := image.DecodeConfig(bytes.NewReader(full))
	if err != nil || "image/"+kind != a.Type || config.Width != a.Width || config.Height != a.Height || max(a.Width, a.Height) > fullEdge {
		t.Errorf("%s: it is %s of %d by %d, %v, and says %+v", f.What, kind, config.Width, config.Height, err, a)
	}
	config, kind, err = image.DecodeConfig(bytes.NewReader(s.served(t, f, a, true)))
	if err != nil || kind != "jpeg" || max(config.Width, config.Height) > thumbEdge {
		t.Errorf("%s: in small it is %s of %d by %d, %v", f.What, kind, config.Width, config.Height, err)
	}
	if a.Animated {
		return "moving picture"
	}
	return "picture"
}

// refusedInPieces has a file refused that comes as a browser sends it, by the same code, and
// looks whether somebody gets it.
func (s *site) refusedInPieces(t *testing.T, f corpus.File, code chat.Code) {
	t.Helper()
	b := begin(f)
	b.Length = int64(len(f.Data))
	u, err := s.Begin(t.Context(), s.me, b)
	if err == nil {
		half := len(f.Data) / 2
		for _, piece := range [][]byte{f.Data[:half], f.Data[half:]} {
			u, err = s.Write(t.Context(), s.me, u.ID, u.Offset, bytes.NewReader(piece))
		}
	}
	if chat.CodeOf(err) != code {
		t.Errorf("%s: in pieces it gets %v, want %s", f.What, err, code)
	}
	for _, thumb := range []bool{false, true} {
		if _, b, err := s.Open(t.Context(), s.me, u.ID, thumb); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("%s: it was refused, and is served: %v, %v", f.What, b, err)
		}
	}
}

// nothingElse looks whether no bytes are on the disk but those that are served.
func (s *site) nothingElse(t *testing.T, f corpus.File) {
	t.Helper()
	there := make(map[string]bool)
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			key, _ := filepath.Rel(s.dir, path) // it is below
			there[filepath.ToSlash(key)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range there {
		if !s.kept[key] {
			t.Errorf("%s: it leaves %s", f.What, key)
			s.kept[key] = true
		}
	}
	if len(there) < len(s.kept) {
		t.Errorf("%s: %d blobs are there, want %d", f.What, len(there), len(s.kept))
		s.kept = there
	}
}
