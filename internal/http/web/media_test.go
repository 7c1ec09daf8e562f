package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"swapnest/internal/blob"
)

func TestMediaAreServedSoThatTheyCanDoNothing(t *testing.T) {
	w := newWeb(t)
	disk, err := blob.NewDisk(t.TempDir(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.blobs = disk
	for _, key := range []string{"demo/a.svg", "photos/b.JPG", "photos/c.html", "photos/d", "photos/e.svg.html", "files/f.jpg"} {
		if err := disk.Put(t.Context(), key, strings.NewReader("0123456789")); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	w.Routes(mux)
	h := SecurityHeaders(w.guard, mux)
	for _, c := range []struct {
		name, path, ranges string
		code               int
		kind, disposition  string
		body               string
	}{
		{"a picture is shown", "/media/demo/a.svg", "", 200, "image/svg+xml", "", "0123456789"},
		{"a part of it can be had", "/media/demo/a.svg", "bytes=2-4", 206, "image/svg+xml", "", "234"},
		{"the case of its ending does not matter", "/media/photos/b.JPG", "", 200, "image/jpeg", "", "0123456789"},
		{"a page is saved, not shown", "/media/photos/c.html", "", 200, "application/octet-stream", "attachment", "0123456789"},
		{"so is a page with two endings", "/media/photos/e.svg.html", "", 200, "application/octet-stream", "attachment", "0123456789"},
		{"so is what has no ending", "/media/photos/d", "", 200, "application/octet-stream", "attachment", "0123456789"},
		{"what is not there is missing", "/media/photos/none.svg", "", 404, "", "", ""},
		{"what is for some people alone is missing", "/media/files/f.jpg", "", 404, "", "", ""},
		{"nor is it below a folder that is shown", "/media/photos/..%2ffiles%2ff.jpg", "", 404, "", "", ""},
		{"a directory is missing", "/media/demo", "", 404, "", "", ""},
		{"nothing outside can be had", "/media/%2e%2e/%2e%2e/etc/passwd", "", 404, "", "", ""},
		{"nor by an encoded slash", "/media/..%2f..%2fetc%2fpasswd", "", 404, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, c.path, nil)
			if c.ranges != "" {
				r.Header.Set("Range", c.ranges)
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if rec.Code == http.StatusTemporaryRedirect {
				// The mux cleans such a path before anybody sees it.
				return
			}
			if rec.Code != c.code {
				t.Fatalf("got %d, want %d", rec.Code, c.code)
			}
			if c.kind == "" {
				return
			}
			got := [...]string{
				rec.Header().Get("Content-Type"), rec.Header().Get("Content-Disposition"), rec.Body.String(),
				rec.Header().Get("X-Content-Type-Options"), rec.Header().Get("Content-Security-Policy"),
			}
			want := [...]string{c.kind, c.disposition, c.body, "nosniff", "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
