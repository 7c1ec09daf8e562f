package uploads

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// site is the service as it stands at several nodes: one database and one folder of blobs.
type site struct {
	*house
	d   *testkit.Database
	dir string
}

func newSite(t *testing.T, d *testkit.Database) *site {
	t.Helper()
	h := newHouse(t, d)
	return &site{house: h, d: d, dir: h.dir}
}

// node is another node of the site.
func (s *site) node(t *testing.T, blobs func(Blobs) Blobs) *Service {
	t.Helper()
	disk, err := blob.NewDisk(s.dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := s.Options
	var b Blobs = disk
	if blobs != nil {
		b = blobs(disk)
	}
	return New(s.db, b, o)
}

// blobsOf are the keys of the blobs that are there of an upload.
func (s *site) blobsOf(t *testing.T, id chat.AttachmentID) (keys []string) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.Contains(path, string(id)) {
			key, _ := filepath.Rel(s.dir, path)
			keys = append(keys, filepath.ToSlash(key))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

func (s *site) begin(t *testing.T, name, kind string, length int) Upload {
	t.Helper()
	u, err := s.Begin(t.Context(), s.town.Buyer.ID, Begin{Name: name, Type: kind, Length: int64(length)})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// sent has an upload taken up by a message of the buyer to the seller, as sending does.
func (s *site) sent(t *testing.T, id chat.AttachmentID) (conversation chat.ConversationID, message int) {
	t.Helper()
	conversation, message = s.town.Converse(t, s.db).ID, 4711
	for _, statement := range []string{
		fmt.Sprintf(`INSERT INTO message (id, conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at)
			VALUES (%d, %d, 1, %d, 'm1', '', '', 1, 0, 1)`, message, conversation, s.town.Buyer.ID),
		fmt.Sprintf(`UPDATE attachment SET conversation_id = %d, message_id = %d, expires_at = 0 WHERE id = '%s'`, conversation, message, id),
	} {
		if err := s.d.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return conversation, message
}

// pattern is a file of so many bytes in which no two places look alike.
func pattern(length int) []byte {
	b := make([]byte, length)
	for i := range b {
		b[i] = byte(i>>16) ^ byte(i>>8)*31 ^ byte(i)
	}
	return b
}

func (s *site) read(t *testing.T, who chat.UserID, id chat.AttachmentID, thumb bool) ([]byte, chat.Attachment) {
	t.Helper()
	a, b, err := s.Open(t.Context(), who, id, thumb)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	data, err := io.ReadAll(b)
	if err != nil {
		t.Fatal(err)
	}
	return data, a
}

func TestAFileThatComesOverABrokenLineIsWholeInTheEnd(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me, file := s.town.Buyer.ID, pattern(2*partBytes+100)
		u := s.begin(t, "../../up to.pdf", "application/pdf", len(file))
		if u.Name != "up to.pdf" || u.Attachment != nil || u.Fault != nil || !u.ExpiresAt.Equal(s.now.Add(chat.UploadLife)) {
			t.Errorf("begun: got %+v", u)
		}
		// The line breaks in the middle of the second part: what has come is kept.
		half := partBytes + 12345
		got, err := s.Write(t.Context(), me, u.ID, 0, io.MultiReader(bytes.NewReader(file[:half]), broken{}))
		if chat.CodeOf(err) != chat.Unavailable || got.Offset != int64(half) {
			t.Fatalf("after the break: got %+v, %v", got, err)
		}
		if again, err := s.Upload(t.Context(), me, u.ID); err != nil || again.Offset != int64(half) {
			t.Errorf("asked: got %+v, %v", again, err)
		}
		got, err = s.node(t, nil).Write(t.Context(), me, u.ID, int64(half), bytes.NewReader(file[half:]))
		if err != nil || got.Attachment == nil || got.Attachment.Size != int64(len(file)) || got.Attachment.Kind != chat.FileAttachment {
			t.Fatalf("got %+v, %v", got, err)
		}
		if data, a := s.read(t, me, u.ID, false); !bytes.Equal(data, file) || a.Name != "up to.pdf" || a.Type != "application/octet-stream" {
			t.Errorf("it has %d bytes as %+v, or others than were sent", len(data), a)
		}
		if keys := s.blobsOf(t, u.ID); len(keys) != 1 || keys[0] != fileKey(u.ID) {
			t.Errorf("there are %v", keys)
		}
		// Asked once more, it is what it was.
		if again, err := s.Write(t.Context(), me, u.ID, int64(len(file)), strings.NewReader("")); err != nil || again.Attachment == nil {
			t.Errorf("asked again: got %+v, %v", again, err)
		}
	})
}

func TestAPictureIsMadeInTwoSizesAndWhatIsNoneIsAFile(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me := s.town.Buyer.ID
		var b bytes.Buffer
		photo := image.NewGray(image.Rect(0, 0, 900, 600))
		noise := rand.NewChaCha8([32]byte{})
		_, _ = noise.Read(photo.Pix) // It never fails. Of flat colours it would stay a PNG.
		if err := png.Encode(&b, photo); err != nil {
			t.Fatal(err)
		}
		u := s.begin(t, "a.png", "image/PNG; x=y", b.Len())
		got, err := s.Write(t.Context(), me, u.ID, 0, &b)
		if err != nil || got.Attachment == nil {
			t.Fatalf("got %+v, %v", got, err)
		}
		if a := got.Attachment; a.Kind != chat.ImageAttachment || !strings.HasPrefix(a.Type, "image/") || a.Width != 900 || a.Height != 600 {
			t.Errorf("got %+v", a)
		}
		full, _ := s.read(t, me, u.ID, false)
		thumb, a := s.read(t, me, u.ID, true)
		if int64(len(full)) != got.Attachment.Size || len(thumb) == 0 || bytes.Equal(thumb, full) || a.Type != "image/jpeg" {
			t.Errorf("got %d and %d bytes as %s", len(full), len(thumb), a.Type)
		}
		if a.Name != "a.jpg" {
			t.Errorf("it is a JPEG, and is called %s", a.Name)
		}
		svg, err := s.Add(t.Context(), me, Begin{Name: "b.svg", Type: "image/svg+xml"}, strings.NewReader("<svg onload=alert(1)/>"))
		if err != nil || svg.Kind != chat.FileAttachment || svg.Type != "application/octet-stream" {
			t.Errorf("an SVG: got %+v, %v", svg, err)
		}
		if _, _, err := s.Open(t.Context(), me, svg.ID, true); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("its small size: got %v", err)
		}
	})
}

func TestWhatCannotBeUploadedIsRefusedAndSaysWhy(t *testing.T) {
	s := newSite(t, testkit.SQLite(t))
	s.Options.Media = chat.Media{ImageBytes: 1 << 20, FileBytes: 2 << 20, PerMessage: 1, DailyBytes: 5 << 20}
	me := s.town.Buyer.ID
	for name, c := range map[string]struct {
		Begin
		code chat.Code
		says string
	}{
		"empty":               {Begin{Name: "a"}, chat.Invalid, "empty"},
		"negative":            {Begin{Name: "a", Length: -1}, chat.Invalid, "empty"},
		"a picture too large": {Begin{Type: "image/jpeg", Length: 1<<20 + 1}, chat.TooLarge, "A picture can have at most 1 MB"},
		"a file too large":    {Begin{Type: "image/heic", Length: 2<<20 + 1}, chat.TooLarge, "A file can have at most 2 MB"},
		"a voice too large":   {Begin{Voice: true, Length: 2<<20 + 1}, chat.TooLarge, "A voice message can have at most 2 MB"},
	} {
		_, err := s.Begin(t.Context(), me, c.Begin)
		if chat.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	u := s.begin(t, "a", "", 10)
	for name, c := range map[string]struct {
		who  chat.UserID
		id   chat.AttachmentID
		at   int64
		body io.Reader
		code chat.Code
	}{
		"somebody else's":             {s.town.Seller.ID, u.ID, 0, strings.NewReader("0123456789"), chat.NotFound},
		"no such upload":              {me, chat.AttachmentID(strings.Repeat("a", 26)), 0, strings.NewReader("0"), chat.NotFound},
		"no id":                       {me, "../\x00", 0, strings.NewReader("0"), chat.NotFound},
		"another place":               {me, u.ID, 3, strings.NewReader("0"), chat.Conflict},
		"more than was announced":     {me, u.ID, 0, strings.NewReader("01234567891"), chat.Invalid},
		"nothing of it is kept":       {me, u.ID, 1, strings.NewReader("0"), chat.Conflict},
		"a line without a first byte": {me, u.ID, 0, broken{}, chat.Unavailable},
	} {
		if _, err := s.Write(t.Context(), c.who, c.id, c.at, c.body); chat.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want %s", name, err, c.code)
		}
	}
	if got, err := s.Write(t.Context(), me, u.ID, 0, strings.NewReader("0123456789")); err != nil || got.Attachment == nil {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := s.Write(t.Context(), me, u.ID, 10, strings.NewReader("0")); chat.CodeOf(err) != chat.Invalid {
		t.Errorf("behind the end: got %v", err)
	}
	if _, err := s.Add(t.Context(), me, Begin{Name: "a", Type: "image/gif"}, io.LimitReader(zeros{}, 1<<20+1)); chat.CodeOf(err) != chat.TooLarge {
		t.Errorf("a form's: got %v", err)
	}
	if _, err := s.Add(t.Context(), me, Begin{Name: "a"}, io.MultiReader(strings.NewReader("0"), broken{})); chat.CodeOf(err) != chat.Invalid {
		t.Errorf("a form that broke: got %v", err)
	}
	if _, err := s.Add(t.Context(), me, Begin{Name: "a", Voice: true}, strings.NewReader("0")); chat.CodeOf(err) != chat.UnsupportedMedia {
		t.Errorf("a voice that nobody reads: got %v", err)
	}
}

func TestOfTwoWritersAtOneOffsetOneIsTaken(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := newSite(t, d)
		me, file := s.town.Buyer.ID, pattern(100_000)
		nodes := []*Service{s.Service, s.node(t, nil)}
		for round := range 10 {
			u := s.begin(t, "a", "", len(file))
			var errs [4]error
			var work sync.WaitGroup
			for i := range errs {
				work.Go(func() { _, errs[i] = nodes[i%2].Write(t.Context(), me, u.ID, 0, bytes.NewReader(file[:60_000])) })
			}
			work.Wait()
			taken := 0
			for _, err := range errs {
				if err == nil {
					taken++
				} else if chat.CodeOf(err) != chat.Conflict {
					t.Errorf("round %d: got %v", round, err)
				}
			}
			if taken != 1 {
				t.Fatalf("round %d: %d were taken, of %v", round, taken, errs)
			}
			if keys := s.blobsOf(t, u.ID); len(keys) != 1 {
				t.Errorf("round %d: there are %v", round, keys)
			}
			// Both bring the end, and both are told what became of it.
			for i := range 2 {
				work.Go(func() { _, errs[i] = nodes[i].Write(t.Context(), me, u.ID, 60_000, bytes.NewReader(file[60_000:])) })
			}
			work.Wait()
			for i := range 2 {
				work.Go(func() { _, errs[i] = nodes[i].Write(t.Context(), me, u.ID, 100_000, strings.NewReader("")) })
			}
			work.Wait()
			if errs[0] != nil || errs[1] != nil {
				t.Errorf("round %d: asked twice: %v", round, errs[:2])
			}
			if data, _ := s.read(t, me, u.ID, false); !bytes.Equal(data, file) {
				t.Fatalf("round %d: it has %d bytes, or others than were sent", round, len(data))
			}
			if keys := s.blobsOf(t, u.ID); len(keys) != 1 {
				t.Errorf("round %d: in the end there are %v", round, keys)
			}
		}
	})
}
