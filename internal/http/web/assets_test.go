package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
)

func TestEveryStaticFileIsServedAsWhatItIs(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	kinds := map[string]string{".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".ts" {
			return err
		}
		url, err := w.assets.url(strings.TrimPrefix(name, "static/"))
		if err != nil {
			return err
		}
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, url, nil))
		want, _ := files.ReadFile(name)
		if rec.Code != http.StatusOK || rec.Body.String() != string(want) {
			t.Errorf("%s: got %d with %d bytes, want 200 with %d", url, rec.Code, rec.Body.Len(), len(want))
		}
		if got, want := rec.Header().Get("Content-Type"), kinds[path.Ext(name)]; want == "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: got type %q, want %q", url, got, want)
		}
		if got, want := rec.Header().Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStaticFilesAtOtherAddresses(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	for _, c := range []struct {
		name, path string
		code       int
		cache      string
	}{
		{"a page from before a new version gets the file, not for keeping", "/static/0123456789abcdef/css/base.css", 200, "no-cache"},
		{"the old address of the icon answers", "/favicon.ico", 200, "public, max-age=86400"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, c.path, nil))
			if got := rec.Code; got != c.code {
				t.Errorf("got %d, want %d", got, c.code)
			}
			if got := rec.Header().Get("Cache-Control"); got != c.cache {
				t.Errorf("got %q, want %q", got, c.cache)
			}
		})
	}
}

func TestAFileThatIsNotThereHasNoAddress(t *testing.T) {
	if _, err := newWeb(t).assets.url("css/nothing.css"); err == nil {
		t.Error("got an address, want an error")
	}
}

func TestAStaticFileIsPackedForWhoCanUnpackIt(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	url, err := w.assets.url("css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, url, nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, r)
	z, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	want, _ := files.ReadFile("static/css/tokens.css")
	if err != nil || string(got) != string(want) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
	if got := rec.Header().Get("Vary"); got != "Accept-Encoding" {
		t.Errorf("got Vary %q, want Accept-Encoding", got)
	}
}
