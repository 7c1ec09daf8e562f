package server_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// picture is a PNG of a size of its own.
func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var sofa = [][2]string{
	{"title", "Sofa, <b>blue</b>"},
	{"price", "8,500.50"},
	{"currency", "INR"},
	{"category", "furniture"},
	{"condition", "good"},
	{"description", "Soft."},
	{"city", "Aundh"},
	{"negotiable", "yes"},
}

// with returns a form's fields and some more.
func with(fields [][2]string, more ...[2]string) [][2]string {
	return append(slices.Clone(fields), more...)
}

// photosOf returns the photos of the page of a listing's form, in their order.
func photosOf(page string) []string {
	var ids []string
	for _, m := range regexp.MustCompile(`name="photo" value="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// listing returns a listing of the API by its page's address.
func (s *site) listing(t *testing.T, page string) map[string]any {
	t.Helper()
	slug, err := url.PathUnescape(strings.Trim(strings.TrimPrefix(page, "/product/"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Listings.BySlug(t.Context(), chat.User{}, slug)
	if err != nil {
		t.Fatal(err)
	}
	got := s.visitor.Do("GET", fmt.Sprintf("/api/v1/listings/%d", l.ID), "").JSON(t)
	return got["listing"].(map[string]any)
}

func TestPhotosComeWithTheFormWithoutJavaScript(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		if got := s.visitor.Form("/create/", sofa, picture(t, 4, 3)); got.Status != http.StatusUnauthorized {
			t.Errorf("nobody's form: %d, want 401", got.Status)
		}
		// A photo and a field at fault: the photos that are none stay with the form.
		wrong := slices.Clone(sofa)
		wrong[1] = [2]string{"price", "a lot"}
		kept := s.seller.Form("/create/", wrong, picture(t, 41, 30), picture(t, 42, 30), []byte("<svg/>"))
		ids := photosOf(kept.Body)
		if kept.Status != http.StatusUnsupportedMediaType || len(ids) != 2 || !strings.Contains(kept.Body, "Sofa, &lt;b&gt;blue&lt;/b&gt;") {
			t.Fatalf("a form with a drawing: %d with %v, want 415 with the two photos kept", kept.Status, ids)
		}
		// The second one first, and another one behind them.
		form := sofa
		for i, id := range ids {
			form = with(form, [2]string{"photo", id}, [2]string{"place", fmt.Sprint(2 - i)})
		}
		made := s.seller.Form("/create/", form, picture(t, 43, 30))
		page := made.Header.Get("Location")
		if made.Status != http.StatusSeeOther {
			t.Fatalf("the form again: %d: %s", made.Status, made.Body)
		}
		widths := func() []int {
			var all []int
			for _, p := range s.listing(t, page)["photos"].([]any) {
				all = append(all, int(p.(map[string]any)["width"].(float64)))
			}
			return all
		}
		if got := widths(); !slices.Equal(got, []int{42, 41, 43}) {
			t.Errorf("got photos of %v, want the second one first and the new one last", got)
		}
		first := s.listing(t, page)["photos"].([]any)[0].(map[string]any)
		for _, name := range []string{"url", "thumb_url"} {
			got := s.visitor.Do("GET", first[name].(string), "")
			if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(got.Body, "\xff\xd8\xff") {
				t.Errorf("%s: %d %s", name, got.Status, got.Header.Get("Content-Type"))
			}
		}
		// One is taken away; what the listing has lost is gone from the disk soon.
		edit := s.seller.Do("GET", page+"edit/", "")
		had := photosOf(edit.Body)
		form = sofa
		for i, id := range had {
			form = with(form, [2]string{"photo", id}, [2]string{"place", fmt.Sprint(i + 1)})
		}
		changed := s.seller.Form(page+"edit/", with(form, [2]string{"remove", had[0]}))
		if changed.Status != http.StatusSeeOther || changed.Header.Get("Location") != page {
			t.Fatalf("the change: %d to %q, want 303 to the same address", changed.Status, changed.Header.Get("Location"))
		}
		if got := widths(); !slices.Equal(got, []int{41, 43}) {
			t.Errorf("got photos of %v, want the first taken away", got)
		}
		if err := s.Uploads.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.visitor.Do("GET", first["url"].(string), ""); got.Status != http.StatusNotFound {
			t.Errorf("the photo that was taken away: %d, want 404", got.Status)
		}
		// Nobody takes a photo that is somebody else's, or in another listing.
		for name, c := range map[string]*apptest.Client{"a stranger": s.stranger, "the seller in a second listing": s.seller} {
			stolen := c.Form("/create/", with(sofa, [2]string{"photo", had[1]}))
			if stolen.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s takes a photo: %d, want 422", name, stolen.Status)
			}
		}
		// Nine do not fit: eight are kept, and the form says so.
		nine := make([][]byte, 9)
		for i := range nine {
			nine[i] = picture(t, 10, 10)
		}
		many := s.seller.Form("/create/", sofa, nine...)
		if many.Status != http.StatusUnprocessableEntity || len(photosOf(many.Body)) != chat.MaxPhotos {
			t.Errorf("nine photos: %d with %d, want 422 with eight", many.Status, len(photosOf(many.Body)))
		}
	})
}

func TestADeletedListingLeavesItsConversations(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		made := s.seller.Form("/create/", sofa, picture(t, 40, 30))
		page := made.Header.Get("Location")
		l := s.listing(t, page)
		id := chat.ListingID(l["id"].(float64))
		started, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: id, ClientID: "a", Text: "Still there?"})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.stranger.Do("POST", page+"delete/", "x=1"); got.Status != http.StatusForbidden {
			t.Errorf("a stranger deletes: %d, want 403", got.Status)
		}
		if got := s.seller.Do("GET", page+"delete/", ""); got.Status != http.StatusOK || s.visitor.Do("GET", page, "").Status != http.StatusOK {
			t.Errorf("asking before deleting: %d", got.Status)
		}
		if got := s.seller.Do("POST", page+"delete/", "x=1"); got.Status != http.StatusSeeOther {
			t.Errorf("deleting: %d", got.Status)
		}
		if got := s.visitor.Do("GET", page, ""); got.Status != http.StatusNotFound {
			t.Errorf("the page of what is gone: %d, want 404", got.Status)
		}
		talk := s.buyer.Do("GET", fmt.Sprintf("/chat/conversation/%d/", started.Conversation), "")
		for _, want := range []string{"Sofa, &lt;b&gt;blue&lt;/b&gt;", "Still there?", "No longer available"} {
			if !strings.Contains(talk.Body, want) {
				t.Errorf("the conversation lacks %q", want)
			}
		}
		if err := s.Uploads.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		photo := l["photos"].([]any)[0].(map[string]any)["url"].(string)
		if got := s.visitor.Do("GET", photo, ""); got.Status != http.StatusNotFound {
			t.Errorf("its photo: %d, want 404", got.Status)
		}
	})
}

func TestWhoTalksAboutAListingIsToldAtOnce(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		started, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "a", Text: "Hi"})
		if err != nil {
			t.Fatal(err)
		}
		sockets := make(map[string]*apptest.Socket)
		for name, c := range map[string]*apptest.Client{"buyer": s.buyer, "seller": s.seller, "stranger": s.stranger} {
			line, err := s.Dial(t, "/ws/", c.Token(), http.Header{"Origin": {s.URL}})
			if err != nil {
				t.Fatal(err)
			}
			line.Wait("hello")
			sockets[name] = line
		}
		one, err := s.Dial(t, fmt.Sprintf("/ws/chat/%d/", started.Conversation), s.buyer.Token(), http.Header{"Origin": {s.URL}})
		if err != nil {
			t.Fatal(err)
		}
		one.Wait("hello")
		page := "/product/" + s.town.Listing.Slug + "/"
		for _, status := range []string{"sold", "active", "reserved", "inactive"} {
			if got := s.seller.Do("POST", page+"mark-"+status+"/", "x=1"); got.Status != http.StatusSeeOther {
				t.Fatalf("marking as %s: %d: %s", status, got.Status, got.Body)
			}
			for _, name := range []string{"buyer", "seller"} {
				frame := sockets[name].Wait("listing")
				l := frame["listing"].(map[string]any)
				if l["status"] != status || frame["listing_id"] != float64(s.town.Listing.ID) {
					t.Errorf("%s: got %v, want %s", name, frame, status)
				}
			}
		}
		s.seller.Do("POST", page+"delete/", "x=1")
		for _, name := range []string{"buyer", "seller"} {
			if frame := sockets[name].Wait("listing"); frame["listing"] != nil {
				t.Errorf("%s: got %v of what is gone, want null", name, frame)
			}
		}
		sockets["stranger"].Send(`{"type":"ping"}`)
		if got := sockets["stranger"].Wait("pong", "listing").Type(); got != "pong" {
			t.Errorf("a stranger was told: %s", got)
		}
		one.Send(`{"type":"ping"}`)
		if got := one.Wait("pong", "listing").Type(); got != "pong" {
			t.Errorf("a socket of one conversation was told: %s", got)
		}
	})
}

func TestViewsCountVisitorsOnceADay(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		page := "/product/" + s.town.Listing.Slug + "/"
		views := func() int64 {
			l, err := s.Listings.BySlug(t.Context(), chat.User{}, s.town.Listing.Slug)
			if err != nil {
				t.Fatal(err)
			}
			return l.Views
		}
		for range 2 {
			s.buyer.Do("GET", page, "")
		}
		if got := views(); got != 0 {
			t.Errorf("looking alone counts %d views, want none: a GET changes nothing", got)
		}
		for _, c := range []*apptest.Client{s.buyer, s.buyer, s.stranger, s.visitor, s.visitor, s.seller} {
			if got := c.Do("POST", page+"view/", ""); got.Status != http.StatusNoContent {
				t.Fatalf("a view: %d", got.Status)
			}
		}
		if got := views(); got != 3 {
			t.Errorf("got %d views, want 3: two people and somebody signed out, without the seller", got)
		}
		if got := s.visitor.Do("POST", "/product/nothing/view/", ""); got.Status != http.StatusNotFound {
			t.Errorf("a view of nothing: %d, want 404", got.Status)
		}
	})
}

// One photo of a person is looked at at a time, and all arrive: from the page, which sends one after the other, from a
// form that brings all of them, and from a program that sends them at once.
func TestEightPhotosAreAddedAtOnce(t *testing.T) {
	s := openWith(t, testkit.SQLite(t), func(o *server.Options) { o.RateLimits = true })
	photos := make([][]byte, chat.MaxPhotos)
	for i := range photos {
		photos[i] = picture(t, 400+i, 300)
	}
	made := s.seller.Form("/create/", sofa, photos...)
	if made.Status != http.StatusSeeOther {
		t.Fatalf("the form: %d: %s", made.Status, made.Body)
	}
	if got := s.listing(t, made.Header.Get("Location"))["photos"].([]any); len(got) != len(photos) {
		t.Errorf("the form brought %d photos of %d", len(got), len(photos))
	}
	var work sync.WaitGroup
	for _, photo := range photos {
		work.Go(func() {
			if got := s.seller.Send("POST", "/api/v1/photos", "image/png", string(photo)); got.Status != http.StatusCreated {
				t.Errorf("at once: %d %s", got.Status, got.Body)
			}
		})
	}
	work.Wait()
}
