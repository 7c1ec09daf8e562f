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
	kinds := map[string]string{".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png"}
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
		want = withoutComments(want, path.Ext(name))
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

func TestWhatIsForReadersOfTheSourceIsNotSent(t *testing.T) {
	for name, c := range map[string]struct{ ext, file, want string }{
		"a block before code":        {".js", "/**\n * Says so.\n * @param {number} n\n */\nsay(n)\n", "\n\n\n\nsay(n)\n"},
		"a line":                     {".js", "  // It waits.\n  wait()\n", "\n  wait()\n"},
		"stars at the end":           {".js", "/* one **/\nlet a = 1\n/** two */\n", "\nlet a = 1\n\n"},
		"a cast stays":               {".js", "/** @type {A} */ (a).run()\nb()\n/** last */\n", "/** @type {A} */ (a).run()\nb()\n\n"},
		"what follows code stays":    {".js", "a() // now\n", "a() // now\n"},
		"an address stays":           {".js", "const at = \"https://example.org\"\n", "const at = \"https://example.org\"\n"},
		"styles":                     {".css", "/*\n * A box.\n */\n.box {\n  /* wide */\n  width: 1px; /* thin */\n}\n", "\n\n\n.box {\n\n  width: 1px; /* thin */\n}\n"},
		"an address in styles":       {".css", "//x\n", "//x\n"},
		"a picture is left as it is": {".svg", "/* x */\n", "/* x */\n"},
	} {
		if got := string(withoutComments([]byte(c.file), c.ext)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
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
	want = withoutComments(want, ".css")
	if err != nil || string(got) != string(want) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
	if got := rec.Header().Get("Vary"); got != "Accept-Encoding" {
		t.Errorf("got Vary %q, want Accept-Encoding", got)
	}
}
