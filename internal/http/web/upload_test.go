package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/store"
)

func TestPhotosStandWhereTheirPlacesSay(t *testing.T) {
	for _, c := range []struct {
		name, form string
		want       []string
	}{
		{"as they stand", "photo=a&photo=b&photo=c", []string{"a", "b", "c"}},
		{"as their places say", "photo=a&place=3&photo=b&place=1&photo=c&place=2", []string{"b", "c", "a"}},
		{"the last one moved to the front", "photo=a&place=1&photo=b&place=2&photo=c&place=1", []string{"c", "a", "b"}},
		{"the first one moved to the end", "photo=a&place=3&photo=b&place=2&photo=c&place=3", []string{"b", "c", "a"}},
		{"one taken away", "photo=a&photo=b&photo=c&remove=b", []string{"a", "c"}},
		{"one twice", "photo=a&photo=a", []string{"a"}},
		{"a place that is none", "photo=a&place=x&photo=b&place=-1", []string{"b", "a"}},
		{"more than fit", "photo=1&photo=2&photo=3&photo=4&photo=5&photo=6&photo=7&photo=8&photo=9", strings.Split("12345678", "")},
		{"none", "", []string{}},
	} {
		values, err := url.ParseQuery(c.form)
		if err != nil {
			t.Fatal(err)
		}
		if got := orderOf(&http.Request{PostForm: values}); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// FuzzUpload reads any bytes as a form with photos: it ends with the fields, or with a
// refusal that a person can read, and keeps no more photos than fit.
func FuzzUpload(f *testing.F) {
	const boundary = "b"
	form := func(fill func(*multipart.Writer)) []byte {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.SetBoundary(boundary) // it is a valid one
		fill(w)
		return b.Bytes()
	}
	for _, seed := range [][]byte{
		form(func(w *multipart.Writer) { _ = w.WriteField("title", "Lamp"); _ = w.Close() }),
		form(func(w *multipart.Writer) {
			part, _ := w.CreateFormFile("photos", "../../x.svg")
			_, _ = part.Write([]byte("<svg/>"))
			_ = w.Close()
		}),
		form(func(w *multipart.Writer) { _ = w.WriteField("photo", "a"); _ = w.WriteField("place", "9") }),
		[]byte("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n"), []byte("--b--"), nil,
	} {
		f.Add(seed)
	}
	db, err := store.Open(f.Context(), store.Options{Dir: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	disk, err := blob.NewDisk(f.TempDir(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	w := newWeb(f)
	w.uploads = uploads.New(db, disk, uploads.Options{Media: chat.DefaultMedia(), Now: time.Now})
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/create/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
		a, err := w.parseUpload(r, 1, chat.MaxPhotos)
		message := httptest.NewRequest(http.MethodPost, "/chat/conversation/1/", bytes.NewReader(body))
		message.Header = r.Header
		files, _, messageErr := w.parseMessageForm(message, 1)
		if chat.CodeOf(messageErr) != chat.CodeOf(err) || len(files) > w.uploads.Media().PerMessage {
			t.Fatalf("a message's form: got %d files, %v, want %v", len(files), messageErr, err)
		}
		if err != nil {
			if code := chat.CodeOf(err); code != chat.BadText && code != chat.TooLarge {
				t.Fatalf("got %v", err)
			}
			return
		}
		if len(a.photos) > chat.MaxPhotos || len(orderOf(r)) > chat.MaxPhotos {
			t.Fatalf("got %d photos", len(a.photos))
		}
		newListingForm(r)
	})
}

// FuzzShop reads any query of the shop: what it leads on to, it reads alike.
func FuzzShop(f *testing.F) {
	for _, seed := range []string{"q=a&sort=price", "min_price=1,000&max_price=2", "category=books&condition=good", "q=%ff&place=%00", "cursor=x&q=a+b", "q=%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		q, _ := readShop(&http.Request{URL: &url.URL{Path: "/shop/", RawQuery: query}})
		if _, known := chat.CategoryBySlug(q.Category); q.Category != "" && !known {
			return // the page is none
		}
		to, err := url.Parse(shopURL(q))
		if err != nil || to.Host != "" || to.Scheme != "" {
			t.Fatalf("%q leads to %v (%v)", query, to, err)
		}
		r := &http.Request{URL: to}
		if slug, ok := strings.CutPrefix(to.Path, "/categories/"); ok {
			r.SetPathValue("category", strings.Trim(slug, "/"))
		}
		again, _ := readShop(r)
		if shopURL(again) != shopURL(q) {
			t.Fatalf("%q: %s leads on to %s", query, shopURL(q), shopURL(again))
		}
	})
}
