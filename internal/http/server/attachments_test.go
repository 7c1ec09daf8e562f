package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// attach has a file of the buyer's go with a message to the seller.
func (s *site) attach(t *testing.T, d *testkit.Database, name, kind string, data []byte) chat.AttachmentID {
	t.Helper()
	id := s.buyer.Upload(name, kind, data)
	started, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: string(id), Text: "Look."})
	if err != nil {
		t.Fatal(err)
	}
	statement := fmt.Sprintf(`UPDATE attachment SET conversation_id = %d, message_id = %d, expires_at = 0 WHERE id = '%s'`, started.Conversation, started.Message.ID, id)
	if err := d.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestFilesOfMessagesAreServedToItsPeopleSoThatTheyCanDoNothing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		page := []byte("<script>alert(1)</script>" + strings.Repeat(" ", 4000))
		file := s.attach(t, d, "../../Ünvoice \"1\".pdf.html", "text/html", page)
		shown := s.attach(t, d, "a.html", "image/png", picture(t, 900, 30))
		get := func(c *apptest.Client, path string, header ...string) apptest.Response {
			t.Helper()
			h := make(http.Header)
			for i := 0; i < len(header); i += 2 {
				h.Set(header[i], header[i+1])
			}
			return c.SendWith("GET", "/attachments/"+path, h, "")
		}
		saved := string(file)
		for path, kind := range map[string]string{saved: "application/octet-stream", string(shown): "image/", string(shown) + "/thumb": "image/jpeg"} {
			for _, c := range []*apptest.Client{s.buyer, s.seller} {
				got := get(c, path)
				if got.Status != 200 || !strings.HasPrefix(got.Header.Get("Content-Type"), kind) {
					t.Fatalf("%s: got %d as %s", path, got.Status, got.Header.Get("Content-Type"))
				}
				for name, want := range map[string]string{
					"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin",
					"Cache-Control": "private, no-cache", "Vary": "Cookie", "Accept-Ranges": "bytes", "ETag": `"` + strings.Replace(path, "/thumb", "-s", 1) + `"`,
				} {
					if value := got.Header.Get(name); value != want {
						t.Errorf("%s: %s is %q, want %q", path, name, value, want)
					}
				}
				if again := get(c, path, "If-None-Match", got.Header.Get("ETag")); again.Status != 304 || again.Body != "" {
					t.Errorf("%s again: got %d", path, again.Status)
				}
			}
			for _, c := range []*apptest.Client{s.stranger, s.visitor} {
				if got := get(c, path, "If-None-Match", "*"); got.Status != 404 {
					t.Errorf("%s: somebody else got %d", path, got.Status)
				}
			}
		}
		got := get(s.seller, saved)
		if want := "attachment; filename*=utf-8''%C3%9Cnvoice%20%221%22.pdf.html"; got.Body != string(page) || got.Header.Get("Content-Disposition") != want {
			t.Errorf("got %d bytes with %q, want %q", len(got.Body), got.Header.Get("Content-Disposition"), want)
		}
		for path, want := range map[string]string{string(shown): "inline; filename=a.html.png", string(shown) + "/thumb": "inline; filename=a.html.jpg"} {
			if got := get(s.seller, path); got.Header.Get("Content-Disposition") != want || got.Status != 200 {
				t.Errorf("a picture: got %v, want %q", got.Header, want)
			}
		}
		for ranges, want := range map[string]struct {
			status int
			body   string
		}{
			"bytes=1-7": {206, "script>"}, "bytes=-3": {206, "   "}, "bytes=4025-": {416, ""}, "bytes=0-8,8-24": {206, ""}, "nonsense": {416, ""},
			"bytes=" + strings.Repeat("0-0,", 999) + "0-0":       {200, string(page)},
			"bytes=" + strings.Repeat("0-4024,", 999) + "0-4024": {200, string(page)},
		} {
			got := get(s.seller, saved, "Range", ranges)
			if got.Status != want.status || want.body != "" && got.Body != want.body || len(got.Body) > len(page)+1000 {
				t.Errorf("%.20s: got %d with %d bytes", ranges, got.Status, len(got.Body))
			}
		}
		for _, path := range []string{saved + "/thumb", strings.Repeat("a", 26), "%00", saved + "%2fthumb"} {
			if got := get(s.seller, path); got.Status != 404 {
				t.Errorf("%s: got %d, want 404", path, got.Status)
			}
		}
		if got := s.visitor.Do("GET", "/media/files/"+saved, ""); got.Status != 404 {
			t.Errorf("by the way of photos: got %d", got.Status)
		}
		// The disk has lost it: there is nothing to see, and it is no fault of who asks.
		if err := os.Remove(filepath.Join(d.Dir(), "blobs", "files", saved)); err != nil {
			t.Fatal(err)
		}
		if got := get(s.seller, saved); got.Status != 404 {
			t.Errorf("without its bytes: got %d", got.Status)
		}
	})
}

func TestTheLogNamesNoFile(t *testing.T) {
	var said safeBuffer
	d := testkit.SQLite(t)
	s := openWith(t, d, func(o *server.Options) {
		o.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	id := string(s.buyer.Upload("plantedName.pdf", "application/pdf", []byte("plantedBytes")))
	for _, path := range []string{"/attachments/" + id, "/api/v1/uploads/" + id} {
		if got := s.buyer.Do("GET", path, ""); got.Status != 200 {
			t.Fatalf("%s: got %d", path, got.Status)
		}
		s.stranger.Do("GET", path, "")
	}
	if err := os.RemoveAll(filepath.Join(d.Dir(), "blobs", "files")); err != nil {
		t.Fatal(err)
	}
	s.buyer.Do("GET", "/attachments/"+id, "")
	log := said.String()
	if !strings.Contains(log, "/attachments/{attachment}") {
		t.Fatalf("nothing was logged: %s", log)
	}
	for _, planted := range []string{"plantedName", "cGxhbnRlZE5hbWU", "plantedBytes", id} {
		if strings.Contains(log, planted) {
			t.Errorf("the log has %s: %s", planted, log)
		}
	}
}

// verdicts is a scanner that says one after the other what it was told to.
type verdicts struct{ errs []error }

func (v *verdicts) Scan(context.Context, io.Reader) error {
	err := v.errs[0]
	v.errs = v.errs[1:]
	return err
}

func TestWhatTheScannerSaysIsCounted(t *testing.T) {
	s := openWith(t, testkit.SQLite(t), func(o *server.Options) {
		o.Scanner = &verdicts{[]error{nil, chat.Errorf(chat.UnsupportedMedia, "It is harmful."), chat.Errorf(chat.Unavailable, "It is away."), nil}}
	})
	for range 4 {
		begun := s.buyer.SendWith("POST", "/api/v1/uploads", http.Header{"Upload-Length": {"1"}}, "")
		s.buyer.SendWith("PATCH", begun.Header.Get("Location"), http.Header{"Content-Type": {"application/offset+octet-stream"}, "Upload-Offset": {"0"}}, "x")
	}
	shown := s.visitor.Do("GET", "/metrics", "").Body
	for result, want := range map[string]int{"clean": 2, "harmful": 1, "unavailable": 1} {
		if line := fmt.Sprintf("swapnest_scans_total{result=%q} %d\n", result, want); !strings.Contains(shown, line) {
			t.Errorf("there is no %s", line)
		}
	}
}

// A line is cut when half of a request's bytes have come. They count, and the rest is brought to
// another node.
func TestAnUploadGoesOnAtAnotherNodeWhereItsLineBroke(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		file := bytes.Repeat([]byte("0123456789abcdef"), 64<<10) // 1 MiB
		begun := s.buyer.SendWith("POST", "/api/v1/uploads", http.Header{"Upload-Length": {strconv.Itoa(len(file))}}, "")
		where := begun.Header.Get("Location")
		// Half of it comes, over a line that is not even closed: it is as dead as one of a phone in a
		// tunnel. Who asks where the upload stands is not told before what has come counts.
		offset := 0
		for until := time.Now().Add(20 * time.Second); offset == 0 && time.Now().Before(until); {
			line, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer line.Close()
			fmt.Fprintf(line, "PATCH %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s=%s\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: %d\r\n\r\n",
				where, strings.TrimPrefix(s.URL, "http://"), s.URL, s.Guard.CookieName(), s.buyer.Token(), len(file))
			if _, err := line.Write(file[:len(file)/2]); err != nil {
				t.Fatal(err)
			}
			// It may be asked before the first byte was read.
			offset, _ = strconv.Atoi(s.buyer.Do("HEAD", where, "").Header.Get("Upload-Offset"))
		}
		if offset == 0 || offset > len(file)/2 {
			t.Fatalf("of %d bytes that came, %d count", len(file)/2, offset)
		}
		var other *apptest.Client
		if d.URL() == "" {
			// The node ends while the rest comes, and is started again: it waits for nothing, and loses nothing.
			line, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer line.Close()
			fmt.Fprintf(line, "PATCH %s HTTP/1.1\r\nHost: x\r\nCookie: %s=%s\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: %d\r\nContent-Length: %d\r\n\r\n%s",
				where, s.Guard.CookieName(), s.buyer.Token(), offset, len(file)-offset, file[offset:offset+100_000])
			coming := func() bool {
				return strings.Contains(s.visitor.Do("GET", "/metrics", "").Body, "swapnest_uploads_coming 1\n")
			}
			for until := time.Now().Add(20 * time.Second); !coming(); time.Sleep(time.Millisecond) {
				if time.Now().After(until) {
					t.Fatal("no metric says that bytes come")
				}
			}
			ends := time.Now()
			s.Stop()
			if took := time.Since(ends); took > 8*time.Second {
				t.Errorf("the node took %v to end", took)
			}
			again := apptest.Start(t, d, nil)
			other = again.Client(t, s.buyer.Token())
			s.buyer = other
			now, _ := strconv.Atoi(other.Do("HEAD", where, "").Header.Get("Upload-Offset"))
			if now < offset {
				t.Fatalf("it stood at %d, and stands at %d", offset, now)
			}
			offset = now
		} else {
			elsewhere := apptest.Start(t, d, func(o *server.Options) { o.DataDir, o.BlobDir = t.TempDir(), filepath.Join(d.Dir(), "blobs") })
			other = elsewhere.Client(t, s.buyer.Token())
		}
		bytesFrom := func(n int) http.Header {
			return http.Header{"Content-Type": {"application/offset+octet-stream"}, "Upload-Offset": {strconv.Itoa(n)}}
		}
		if got := other.SendWith("PATCH", where, bytesFrom(0), string(file)); got.Status != 409 {
			t.Errorf("from the beginning: got %d", got.Status)
		}
		if got := other.SendWith("PATCH", where, bytesFrom(offset), string(file[offset:])); got.Status != 204 || got.Header.Get("Upload-Offset") != strconv.Itoa(len(file)) {
			t.Fatalf("the rest: got %d %s", got.Status, got.Body)
		}
		id := filepath.Base(where)
		if got := s.buyer.Do("GET", "/attachments/"+id, ""); got.Body != string(file) {
			t.Errorf("got %d with %d bytes", got.Status, len(got.Body))
		}
	})
}
