package web

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestTheManifestIsWholeAndItsIconsAreThere(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/manifest.webmanifest", nil))
	if got := rec.Header().Get("Content-Type"); got != "application/manifest+json" {
		t.Errorf("got type %q", got)
	}
	var m manifest
	if err := json.Unmarshal(rec.Body.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	purposes := make(map[string]bool)
	for _, i := range m.Icons {
		purposes[i.Purpose+" "+i.Sizes] = true
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, i.Src, nil))
		picture, err := png.DecodeConfig(rec.Body)
		if size := regexp.MustCompile(`^(\d+)x`).FindStringSubmatch(i.Sizes); err != nil || size == nil || size[1] != jsonNumber(picture.Width) || picture.Width != picture.Height {
			t.Errorf("%s is %d by %d, %v, want %s", i.Src, picture.Width, picture.Height, err, i.Sizes)
		}
	}
	for _, want := range []string{"any 192x192", "any 512x512", "maskable 512x512"} {
		if !purposes[want] {
			t.Errorf("got no icon for %s", want)
		}
	}
	for _, address := range []string{m.StartURL, m.ShareTarget.Action, m.Shortcuts[0].URL, m.Shortcuts[1].URL, m.Shortcuts[2].URL} {
		if _, pattern := mux.Handler(httptest.NewRequest(http.MethodGet, address, nil)); pattern == "/" || pattern == "" {
			t.Errorf("%s is nowhere", address)
		}
	}
	if m.ID != "/" || m.Scope != "/" || m.Display != "standalone" || m.ShareTarget.Method != "POST" || m.ShareTarget.Params.Files[0].Accept[0] != "image/*" {
		t.Errorf("got %+v", m)
	}
}

func jsonNumber(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// The colours of the manifest are those of the pages on light.
func TestTheManifestHasTheColoursOfThePages(t *testing.T) {
	tokens, err := files.ReadFile("static/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"--raw-paper-0": manifestTheme, "--raw-paper-1": manifestBackground} {
		if !bytes.Contains(tokens, []byte(name+": light-dark("+want+",")) {
			t.Errorf("%s is not %s", name, want)
		}
	}
	page := rendered(t, newWeb(t), "offline", offlineView{frame(newWeb(t), "Offline", "")})
	contains(t, page, `content="`+manifestTheme+`" media="(prefers-color-scheme: light)"`, `<link rel="manifest" href="/manifest.webmanifest">`, `<link rel="apple-touch-icon" href="/static/`)
}

// The page that stands in for others is kept for everybody: nothing of its reader may be on it.
func TestThePageForThoseOfflineIsTheSameForEverybody(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	r := httptest.NewRequest(http.MethodGet, "/offline/", nil)
	// There is no service behind these pages: looking for a session would fail.
	r.AddCookie(&http.Cookie{Name: w.guard.CookieName(), Value: "x"})
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, r)
	if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), "data-person") || rec.Header().Get(personHeader) != "" {
		t.Errorf("got %d, %q and a page with a person in it", rec.Code, rec.Header().Get(personHeader))
	}
}

// The service worker keeps pages for one person at a time, and forgets them when nobody is signed in. A page of a
// fault on which nobody knows who asks says nothing, or an outage would take away what is kept for it.
func TestAPageSaysWhoIsSignedIn(t *testing.T) {
	w := newWeb(t)
	nobody := signedOut(w, "Log in")
	nobody.SignedOut = true
	for _, c := range []struct {
		name  string
		shell shell
		want  string
	}{
		{"somebody", frame(w, "Chats", "chats"), "4"},
		{"nobody", nobody, "nobody"},
		{"not known", w.bare(httptest.NewRequest(http.MethodGet, "/", nil), "Not just now"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			view := noteView{shell: c.shell, Heading: "Note"}
			if err := w.render(rec, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, "note", view); err != nil {
				t.Fatal(err)
			}
			said := regexp.MustCompile(` data-person="([^"]*)"`).FindStringSubmatch(rec.Body.String())
			if got := rec.Header().Get(personHeader); got != c.want || (said == nil) != (c.want == "") || said != nil && said[1] != c.want {
				t.Errorf("got %q and %q, want %q", got, said, c.want)
			}
		})
	}
}

// What the service worker keeps of the parts that pages load late is named in its own list.
func TestThePartsThatAreKeptForThoseOfflineAreThere(t *testing.T) {
	w := newWeb(t)
	source, err := os.ReadFile("static/js/lib/kept.js")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, m := range regexp.MustCompile("\\[([^\\]]+)\\]\\.map\\(\\(name\\) => `([^`]+)`\\)").FindAllSubmatch(source, -1) {
		for _, name := range regexp.MustCompile(`"([\w-]+)"`).FindAllSubmatch(m[1], -1) {
			found++
			if _, err := w.assets.url(strings.Replace(string(m[2]), "${name}", string(name[1]), 1)); err != nil {
				t.Error(err)
			}
		}
	}
	if found < 6 {
		t.Errorf("got %d names in the lists of kept.js", found)
	}
}

func TestWhatIsSharedIsSaidOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts []string
		want  string
	}{
		{"all different", []string{"Lamp", "Look at this", "https://a.example/1"}, "Lamp\nLook at this\nhttps://a.example/1"},
		{"the address is in the text", []string{"", "See https://a.example/1", "https://a.example/1"}, "See https://a.example/1"},
		{"title and text alike", []string{"Lamp", " Lamp ", ""}, "Lamp"},
		{"nothing", []string{"", " ", ""}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sharedText(c.parts...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The time that photos need is for who is signed in: a stranger's form is read to its first file, as fast as any other.
func TestAStrangerSharesNoMoreThanAFormHolds(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	body := strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nLook\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.png\"\r\n\r\n" + strings.Repeat("a", 1<<20))
	r := httptest.NewRequest(http.MethodPost, "/share/", body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	l := &lasting{ResponseRecorder: httptest.NewRecorder()}
	mux.ServeHTTP(l, r)
	if l.Code != http.StatusOK || !strings.Contains(l.Body.String(), "Look</textarea>") {
		t.Errorf("got %d without the words", l.Code)
	}
	if len(l.until) != 0 || body.Len() < 1<<19 {
		t.Errorf("it may last %v, and %d bytes of the file are left", l.until, body.Len())
	}
}
