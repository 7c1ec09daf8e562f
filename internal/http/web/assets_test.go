package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestEveryStaticFileIsServedAsWhatItIs(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	kinds := map[string]string{".map": "application/json", ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png"}
	for name, file := range w.assets.files {
		url, err := w.assets.url(name)
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, url, nil))
		if rec.Code != http.StatusOK || !bytes.Equal(rec.Body.Bytes(), file.data) {
			t.Errorf("%s: got %d with %d bytes, want 200 with %d", url, rec.Code, rec.Body.Len(), len(file.data))
		}
		if got, want := rec.Header().Get("Content-Type"), kinds[path.Ext(name)]; want == "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: got type %q, want %q", url, got, want)
		}
		if got, want := rec.Header().Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
	// Nothing is left out but modules, which are in the scripts, and types.
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".ts" || path.Ext(name) == ".js" {
			return err
		}
		_, err = w.assets.url(strings.TrimPrefix(name, "static/"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsForReadersOfTheSourceIsNotSent(t *testing.T) {
	w := newWeb(t)
	comment := regexp.MustCompile(`/\*[\s*]`) // "image/*" is none
	for name, file := range w.assets.files {
		if ext := path.Ext(name); ext != ".js" && ext != ".css" {
			continue
		}
		if comment.Match(file.data) || bytes.Contains(file.data, []byte("@param")) || bytes.Contains(file.data, []byte("\n  ")) {
			t.Errorf("%s holds what is for readers of the source", name)
		}
	}
}

// A module that is loaded by itself names files beside it by addresses relative to its own: it is
// joined to others in a folder that is as deep as its own was.
func TestModulesFindFilesFromWhereTheyAreJoined(t *testing.T) {
	err := fs.WalkDir(files, "static/js", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".js" {
			return err
		}
		data, err := files.ReadFile(name)
		if n := bytes.Count(data, []byte("import.meta.url")); n != 0 &&
			(strings.Count(name, "/") != strings.Count("static/"+joinedFolder, "/") || n != bytes.Count(data, []byte(`../../`))) {
			t.Errorf("%s names files by addresses that do not hold in %s", name, joinedFolder)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestComponentsOfManyPagesAreInOneSheet(t *testing.T) {
	w := newWeb(t)
	for sheet, parts := range joinedStyles {
		joined := w.assets.files["css/"+sheet+".css"].data
		for _, part := range parts {
			if one := w.assets.files["css/"+part+".css"].data; len(one) == 0 || !bytes.Contains(joined, one) {
				t.Errorf("%s is not in %s", part, sheet)
			}
		}
	}
	page := drawTalk(t, nil)
	contains(t, page, `/css/joined/site.css"`, `/css/joined/chat.css"`)
	if got := strings.Count(page, `rel="stylesheet"`); got != 2 {
		t.Errorf("got %d style sheets for a conversation, want 2", got)
	}
}

func TestAStyleSheetThatIsBrokenIsNamed(t *testing.T) {
	if _, err := styles("css/a.css", []byte("a { color: red }\n}\n")); err == nil || !strings.Contains(err.Error(), "css/a.css:2") {
		t.Errorf("got %v, want an error at css/a.css:2", err)
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
	want := w.assets.files["css/tokens.css"].data
	if err != nil || string(got) != string(want) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
	if got := rec.Header().Get("Vary"); got != "Accept-Encoding" {
		t.Errorf("got Vary %q, want Accept-Encoding", got)
	}
}
