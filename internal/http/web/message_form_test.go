package web

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/testkit"
)

// fileForm is the form of a message with files: field, name and bytes, with : and = between them.
func fileForm(t *testing.T, files []string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range files {
		field, file, _ := strings.Cut(f, ":")
		filename, text, _ := strings.Cut(file, "=")
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="` + field + `"; filename="` + filename + `"`}, "Content-Type": {"text/plain"},
		})
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.WriteField("message", "Look."); err != nil {
		t.Fatal(err)
	}
	form.Close()
	r := httptest.NewRequest(http.MethodPost, "/chat/conversation/1/", &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

// away is a scanner that does not answer, and counts how often it was asked.
type away int

func (a *away) Scan(context.Context, io.Reader) error {
	*a++
	return chat.Errorf(chat.Unavailable, "The scanner is away.")
}

func TestBehindAFileThatHasToComeAgainNoneIsLookedAt(t *testing.T) {
	w := newWeb(t)
	disk, err := blob.NewDisk(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db := testkit.SQLite(t).Open(t, nil)
	town := testkit.Populate(t, db)
	var asked away
	w.uploads = uploads.New(db, disk, uploads.Options{Media: chat.DefaultMedia(), Scanner: &asked, Now: time.Now})
	r := fileForm(t, []string{"files:a=1", "files:b=2", "files:c=3"})
	files, fault, err := w.parseMessageForm(r, town.Buyer.ID)
	if err != nil || len(files) != 0 || fault == nil || fault.Code != chat.Unavailable || asked != 1 {
		t.Errorf("got %v, %v, %v, and the scanner was asked %d times", files, fault, err, asked)
	}
	if r.PostForm.Get("message") != "Look." {
		t.Errorf("the fields are %v", r.PostForm)
	}
}

func TestTheFormOfAMessageBringsItsFiles(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		w := newWeb(t)
		disk, err := blob.NewDisk(t.TempDir(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		media := chat.Media{ImageBytes: 1 << 20, FileBytes: 2 << 20, PerMessage: 2, DailyBytes: 100 << 20}
		w.uploads = uploads.New(db, disk, uploads.Options{Media: media, Now: time.Now})
		for name, c := range map[string]struct {
			files  []string // see fileForm
			number int
			fault  chat.Code
			status int
		}{
			"two":                          {[]string{"files:a.txt=hello", "files:..\\b.html=<b>"}, 2, "", 200},
			"none":                         {nil, 0, "", 200},
			"an input without a file":      {[]string{"files:="}, 0, "", 200},
			"one too many":                 {[]string{"files:a=1", "files:b=2", "files:c=3"}, 2, chat.Invalid, 200},
			"an empty one before another":  {[]string{"files:a=", "files:b=2"}, 1, chat.Invalid, 200},
			"one too large before another": {[]string{"files:a=" + strings.Repeat("x", 2<<20+1), "files:b=2"}, 1, chat.TooLarge, 200},
			"in another field":             {[]string{"photos:a=1"}, 0, "", 200},
			"more than all of them":        {[]string{"files:a=" + strings.Repeat("x", 5<<20)}, 0, "", 413},
		} {
			r := fileForm(t, c.files)
			rec := httptest.NewRecorder()
			w.messagePost(func(_ http.ResponseWriter, r *http.Request) error {
				files, fault, err := w.parseMessageForm(r, town.Buyer.ID)
				if err != nil {
					return err
				}
				if len(files) != c.number || (fault == nil) != (c.fault == "") || fault != nil && (fault.Code != c.fault || fault.Field != "attachments") {
					t.Errorf("%s: got %v, %v", name, files, fault)
				}
				if r.PostForm.Get("message") != "Look." {
					t.Errorf("%s: the fields are %v", name, r.PostForm)
				}
				for _, id := range files {
					a, f, err := w.uploads.Open(r.Context(), town.Buyer.ID, id, false)
					if err != nil {
						t.Fatal(err)
					}
					_ = f.Close() // it was only looked for
					if a.Kind != chat.FileAttachment || strings.Contains(a.Name, `\`) {
						t.Errorf("%s: got %+v", name, a)
					}
				}
				return nil
			}).ServeHTTP(rec, r)
			if rec.Code != c.status {
				t.Errorf("%s: got %d, want %d", name, rec.Code, c.status)
			}
		}
		// A form without files may come as any other.
		r := httptest.NewRequest(http.MethodPost, "/chat/conversation/1/", strings.NewReader("message=Hi"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if files, fault, err := w.parseMessageForm(r, town.Buyer.ID); err != nil || fault != nil || files != nil || r.PostForm.Get("message") != "Hi" {
			t.Errorf("got %v, %v, %v, %v", files, fault, err, r.PostForm)
		}
	})
}

func TestFilesOfARefusedFormComeAgainOnceAndNotWithoutEnd(t *testing.T) {
	w := newWeb(t)
	w.uploads = uploads.New(nil, nil, uploads.Options{Media: chat.Media{PerMessage: 2}, Now: time.Now})
	refused := chat.FieldError("attachments", "This file is empty.")
	for name, c := range map[string]struct {
		come  string
		kept  string
		fault *chat.Error
		want  string
		said  string
	}{
		"two":                  {"", "a b", nil, "a b", ""},
		"one twice":            {"", "a a b", nil, "a b", ""},
		"one that has come":    {"a", "a", nil, "a", ""},
		"too many":             {"a", "b c d", nil, "a b", "at most 2 files"},
		"refused before":       {"", "a b c", refused, "a b", "is empty"},
		"refused, and in them": {"a", "b", refused, "a b", "is empty"},
	} {
		var come []chat.AttachmentID
		for _, id := range strings.Fields(c.come) {
			come = append(come, chat.AttachmentID(id))
		}
		files, fault := w.withKept(come, strings.Fields(c.kept), c.fault)
		var got []string
		for _, id := range files {
			got = append(got, string(id))
		}
		if strings.Join(got, " ") != c.want || (fault == nil) != (c.said == "") || fault != nil && !strings.Contains(fault.Detail, c.said) {
			t.Errorf("%s: got %v, %v", name, got, fault)
		}
	}
}

// lasting notes until when a form may be read.
type lasting struct {
	*httptest.ResponseRecorder
	until []time.Duration
}

func (l *lasting) SetReadDeadline(t time.Time) error {
	l.until = append(l.until, time.Until(t).Round(time.Second))
	return nil
}

// A form is given its time once somebody reads it, and as long as something of it comes.
func TestAFormThatBringsNothingIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWeb(t)
		for reads, want := range map[int][]time.Duration{0: nil, 2: {silence, silence}, 12: nil} {
			l := &lasting{ResponseRecorder: httptest.NewRecorder()}
			r := httptest.NewRequest(http.MethodPost, "/chat/conversation/1/", strings.NewReader("abcdefghijklmnop"))
			w.carrying(func(_ http.ResponseWriter, r *http.Request) error {
				for range reads {
					_, _ = r.Body.Read(make([]byte, 1)) // it has more
					time.Sleep(silence - 2*time.Second)
				}
				return nil
			}, 100).ServeHTTP(l, r)
			if reads == 12 {
				want = append(slices.Repeat([]time.Duration{silence}, 10), 20*time.Second, 0)
				want[11] = uploadTime - 11*(silence-2*time.Second)
			}
			if !slices.Equal(l.until, want) {
				t.Errorf("%d reads: it may last %v, want %v", reads, l.until, want)
			}
		}
	})
}
