package web

import (
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/search"
	"swapnest/internal/http/auth"
	"swapnest/internal/store"
)

// today is when the tests take place.
var today = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// newWeb returns the pages without any service behind them.
func newWeb(t testing.TB) *Web {
	t.Helper()
	w, err := New(Options{
		Guard: auth.NewGuard(nil, nil, false, time.Now), Epoch: func() string { return "e1" }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.now = func() time.Time { return today }
	return w
}

var meera = chat.User{ID: 7, Username: "meera", Name: "Meera Kulkarni", CreatedAt: today.AddDate(-5, 0, 0), LastSeen: today.Add(-2 * time.Hour)}

var aarav = &me{User: chat.User{ID: 4, Username: "aarav_k", Name: "Aarav Khan", CreatedAt: today}, UnreadConversations: 4, Face: face(4), Initial: "A"}

func cycle() chat.Listing {
	return chat.Listing{
		ID: 12, Slug: "hero-sprint-cycle-a1b2c3", Seller: meera, Title: "Hero Sprint cycle, 21 gears",
		Description: "Bought new in 2023.\nNew tyres in March.\n\nसायकल पाहायला या, चहा पक्का!",
		Price:       chat.Money{Amount: 850000, Currency: "INR"}, Category: "cycles", Condition: "good",
		Status: chat.ListingActive, City: "Aundh, Pune", Negotiable: true, CreatedAt: today.Add(-2 * time.Hour),
	}
}

// frame is the shell of a page for aarav.
func frame(w *Web, title, section string) shell {
	s := w.bare(httptest.NewRequest(http.MethodGet, "/somewhere/", nil), title)
	s.Me, s.Section = aarav, section
	return s
}

// signedOut is the shell of a page for nobody.
func signedOut(w *Web, title string) shell {
	s := frame(w, title, "you")
	s.Me = nil
	return s
}

// views returns a view of every page, in each of its states, by "page state".
func views(t testing.TB, w *Web) map[string]any {
	t.Helper()
	var many []chat.Listing
	for i, c := range chat.Categories {
		l := cycle()
		l.ID, l.Category = chat.ListingID(i+1), c.Slug
		many = append(many, l)
	}
	many[2].Status, many[3].Status, many[4].Status = chat.ListingSold, chat.ListingInactive, chat.ListingReserved
	many[5].Title = "पीतल की पढ़ाई वाली लैंप"
	many[1].Photos = []chat.Photo{{Key: "demo/armchair.svg", Width: 400, Height: 300}}

	shop := func(address string, things []chat.Listing, next string) shopView {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		q, f := readShop(r)
		category, _ := chat.CategoryBySlug(q.Category)
		s := frame(w, "Good things, close to home", "shop")
		return newShopView(s, q, f, category, newShelf(s, things, map[chat.ListingID]bool{2: true}), next)
	}
	product := func(s shell, l chat.Listing, about chat.ConversationID) productView {
		record := chat.Record{Sold: 14, Answers: []time.Duration{time.Minute, 9 * time.Minute, time.Hour}}
		r := httptest.NewRequest(http.MethodGet, "/product/x/?photo=2", nil)
		v, err := w.productView(r, s, l, store.Regard{Conversation: about, Wished: true}, record, many[:4])
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	sold, own, online, shown := cycle(), cycle(), cycle(), cycle()
	sold.Status, own.Seller, online.Seller.Online = chat.ListingSold, aarav.User, true
	shown.Photos = []chat.Photo{{Key: "photos/a.jpg", ThumbKey: "photos/a-s.jpg", Width: 800, Height: 600}, {Key: "photos/b.jpg", ThumbKey: "photos/b-s.jpg", Width: 600, Height: 800}}
	shown.Views, shown.PriceWas = 41, 920000

	post := httptest.NewRequest(http.MethodPost, "/create/", strings.NewReader("title=Sofa&price=a+lot&category=furniture&description=Soft"))
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := parseForm(post); err != nil {
		t.Fatal(err)
	}
	create := creating(frame(w, "", "sell"), newListingForm(post))
	create.Price.Fault, create.Photos.Fault = "Write the price in figures, such as 8500 or 8,500.50.", "This picture is broken."
	create.Fault.Fault = "A little slower, please."
	create.show(shown.Photos)
	edit := editing(frame(w, "", "you"), shown, newListingForm(post))
	edit.show(shown.Photos)
	for _, v := range []*listingForm{&create, &edit} {
		v.Styles = append(v.Styles, "banner", "form", "photos")
	}

	login := loginView{
		shell: authShell(signedOut(w, "Log in")), Reason: reason("/chat/start/12/"), Next: "/chat/start/12/",
		Username: field{Name: "username", Value: "aarav_k"},
		Password: field{Name: "password", Fault: "Username and password do not match. Try again."},
		People:   []DemoPerson{{"meera", "secret", "Meera Kulkarni", "Sells a cycle"}, {"aarav", "secret", "Aarav Khan", "Looks for a cycle"}},
	}
	register := newRegisterView(httptest.NewRequest(http.MethodGet, "/accounts/register/", nil))
	register.shell, register.Next = authShell(signedOut(w, "Make an account")), "/create/"

	things := newShelf(frame(w, "", "you"), many[:3], nil)
	account := accountView{shell: frame(w, "Your account", "you"), Public: "/accounts/profile/aarav_k/", Shelf: things, More: true}
	nothing := account
	nothing.Shelf, nothing.More = shelf{}, false
	mine := mineView{shell: frame(w, "What you sell", "you"), Heading: "What you sell", Shelf: things, Next: "/accounts/my-products/?cursor=x", Newest: "/accounts/my-products/"}
	wishes := mineView{shell: frame(w, "Your wishlist", "you"), Heading: "Your wishlist", Wishes: true}
	person := personView{shell: signedOut(w, "Meera Kulkarni"), Person: meera, Habit: "usually answers in 9 min", Sold: 14, Shelf: newShelf(signedOut(w, ""), many[:3], nil)}
	person.Person.About, person.Person.City = "I move.\n\nA lot.", "Aundh"
	settings := profileFormView{shell: frame(w, "Who you are", "you"), Name: field{Name: "name", Value: "Aarav"}, Email: field{Name: "email", Fault: "Taken."}}
	secret := secretView{shell: frame(w, "Change your password", "you"), Current: field{Name: "current", Fault: "This is not your password."}, Password: field{Name: "password"}}
	closing := secret
	closing.Closing = true
	where := devicesView{shell: frame(w, "Devices", "you"), Devices: []accounts.Device{
		{ID: "a", Name: "Chrome on Android", Current: true, CreatedAt: today}, {ID: "b", CreatedAt: today},
	}}
	confirm := confirmView{shell: frame(w, "Is it sold?", "you"), Listing: own, Action: "/product/x/mark-sold/", Ask: "Is it sold?", Tell: "It leaves the shop.", Button: "Mark as sold", Kind: "primary", Stay: "/product/x/"}
	logout := logoutView{frame(w, "Log out", "you")}
	logout.Styles = append(logout.Styles, "form")

	fault := func(code int) errorView {
		return errorView{shell: frame(w, heading(code), ""), Status: code, Heading: heading(code), Detail: "Why.", Way: "Go", WayTo: "/", Offline: code >= 500}
	}
	return map[string]any{
		"shop of everything":     shop("/", many, "abc"),
		"shop without a match":   shop("/search/?q=%3Cb%3E%22sofa%22", nil, ""),
		"shop category empty":    shop("/shop/?category=books&sort=price", nil, ""),
		"shop filtered":          shop("/shop/?category=books&condition=good&min_price=x&place=Aundh", nil, ""),
		"shop second page":       shop("/shop/?category=books&cursor=abc", many, ""),
		"categories of all":      categoriesView{shell: signedOut(w, "Categories"), Categories: chat.Categories, Counts: map[string]int64{"books": 1}},
		"product to ask about":   product(frame(w, "Hero Sprint cycle", "shop"), online, 0),
		"product with photos":    product(frame(w, "Hero Sprint cycle", "shop"), shown, 0),
		"product for nobody":     product(signedOut(w, "Hero Sprint cycle"), cycle(), 0),
		"product sold":           product(frame(w, "Hero Sprint cycle", "shop"), sold, 0),
		"product sold but asked": product(frame(w, "Hero Sprint cycle", "shop"), sold, 9),
		"product of one's own":   product(frame(w, "Hero Sprint cycle", "shop"), own, 0),
		"listing-form refused":   create,
		"listing-form to change": edit,
		"confirm a sale":         confirm,
		"login refused":          login,
		"register first":         register,
		"account with things":    account,
		"account without":        nothing,
		"mine with things":       mine,
		"mine without wishes":    wishes,
		"person with things":     person,
		"profile-form refused":   settings,
		"secret refused":         secret,
		"secret to close":        closing,
		"devices two":            where,
		"search found": searchView{shell: frame(w, "Search your chats", "chats"), Text: `<b>`, Hits: []hit{{
			Message: chat.Message{ID: 5, Text: "<b>soft</b>", SentAt: today}, Title: "Sofa", Other: meera, Mine: true, URL: "/chat/conversation/1/?message=5&q=x#m5",
			Parts: fits("<b>soft</b>", []search.Range{{Start: 0, End: 3}}),
		}}, Older: "/chat/search/?q=x&cursor=5", Newest: "/chat/search/?q=x"},
		"search people": searchView{
			shell: frame(w, "Search your chats", "chats"), Text: "me",
			People: []called{{Name: fits("Meera", []search.Range{{Start: 0, End: 2}}), Other: meera, URL: "/chat/conversation/1/"}},
			Things: []called{{Name: fits("Meera", nil), Username: fits("meera_k", []search.Range{{Start: 0, End: 5}}), About: fits("Sofa", nil), Other: meera, URL: "/chat/conversation/1/"}},
		},
		"search in one chat":        searchView{shell: frame(w, "Search this chat", "chats"), In: 41, Place: talkEntry(words(9, meera, "x", 1), 0), Back: "/chat/conversation/41/"},
		"search in one in vain":     searchView{shell: frame(w, "Search this chat", "chats"), Text: "x", In: 41, Place: talkEntry(words(9, meera, "x", 1), 0), Back: "/chat/conversation/41/", Everywhere: "/chat/search/?q=x"},
		"search without a word":     searchView{shell: frame(w, "Search your chats", "chats"), Text: "?!", None: true},
		"search refused":            searchView{shell: frame(w, "Search your chats", "chats"), Text: "xxx", Fault: field{Name: "q", Fault: "Too long."}},
		"search not begun":          searchView{shell: frame(w, "Search your chats", "chats")},
		"notifications of all":      noticesOf(w, meera),
		"notifications none":        noticesView{shell: frame(w, "Notifications", "notices"), Kind: "unread", Wants: w.switchesOf(chat.DefaultPreferences(), frame(w, "", ""))},
		"preferences of somebody":   w.preferencesView(frame(w, "Preferences", "notices"), chat.Preferences{}),
		"clear-notifications asked": func() shell { s := frame(w, "Clear?", "notices"); s.Styles = append(s.Styles, "form"); return s }(),
		"search in vain so far":     searchView{shell: frame(w, "Search your chats", "chats"), Text: "x", Older: "/chat/search/?q=x&cursor=5", Newest: "/chat/search/?q=x"},
		"search in vain":            searchView{shell: frame(w, "Search your chats", "chats"), Text: "x", Newest: "/chat/search/?q=x"},
		"note of a reset":           noteView{shell: signedOut(w, "A new password"), Heading: "Forgotten?", Text: "Ask.", Way: "Back", WayTo: "/accounts/login/"},
		"logout asked":              logout,
		"offline for anybody":       offlineView{w.bare(httptest.NewRequest(http.MethodGet, "/offline/", nil), "You are offline")},
		"share with some":           shareView{shell: frame(w, "Share", "chats"), Entries: newList(aarav, inbox.All, "", inbox.Page{Entries: []chat.Entry{talkEntry(words(9, meera, "x", 1), 0)}}, 0).Entries},
		"share with nobody":         shareView{shell: frame(w, "Share", "chats")},
		"share unkept":              shareView{shell: signedOut(w, "Share"), Unkept: true, Text: "<b>Words</b>", LoginTo: "/accounts/login/?next=%2Fshare%2F"},
		"error of the address":      fault(http.StatusNotFound),
		"error of ours":             fault(http.StatusInternalServerError),
		"error of too many tries":   fault(http.StatusTooManyRequests),
	}
}

func rendered(t testing.TB, w *Web, name string, view any) string {
	t.Helper()
	rec := httptest.NewRecorder()
	page, _, _ := strings.Cut(name, " ")
	if err := w.render(rec, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, page, view); err != nil {
		t.Fatal(err)
	}
	return rec.Body.String()
}

func TestASearchThatHasNotLookedThroughAllSaysSo(t *testing.T) {
	w := newWeb(t)
	const name = "search in vain so far"
	html := rendered(t, w, name, views(t, w)[name])
	if !strings.Contains(html, "Nothing so far") || strings.Contains(html, "Nothing older") || strings.Contains(html, "Nothing found") {
		t.Errorf("got %s", html)
	}
}

func TestEveryPageRendersInEveryState(t *testing.T) {
	w := newWeb(t)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(?:>| type="module"[^>]*>[^<])|javascript:|ZgotmplZ`)
	for name, view := range views(t, w) {
		t.Run(name, func(t *testing.T) {
			html := rendered(t, w, name, view)
			if got := strings.Count(html, "<h1"); got != 1 {
				t.Errorf("got %d h1, want 1", got)
			}
			for _, want := range []string{"<title>", `id="main"`, `<html lang="en" dir="ltr">`, `name="viewport"`} {
				if !strings.Contains(html, want) {
					t.Errorf("got no %s", want)
				}
			}
			if found := inline.FindString(html); found != "" {
				t.Errorf("got %q, which the policy forbids or the template refused", found)
			}
			for _, img := range regexp.MustCompile(`<img[^>]*>`).FindAllString(html, -1) {
				if !regexp.MustCompile(`width="\d+" height="\d+"`).MatchString(img) || !strings.Contains(img, " alt=") {
					t.Errorf("got %s without its size or words", img)
				}
			}
		})
	}
}

// Every address that a page leads to must be one that Routes answers.
func TestNoPageLeadsNowhere(t *testing.T) {
	w := newWeb(t)
	mux := http.NewServeMux()
	w.Routes(mux)
	links := regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)
	for name, view := range views(t, w) {
		for _, m := range links.FindAllStringSubmatch(rendered(t, w, name, view), -1) {
			if strings.HasPrefix(m[1], "#") || strings.HasPrefix(m[1], "/chat/") {
				continue
			}
			r := httptest.NewRequest(http.MethodGet, m[1], nil)
			if _, pattern := mux.Handler(r); pattern == "/" || pattern == "" {
				t.Errorf("%s: got a link to %s, which is nowhere", name, m[1])
			}
		}
	}
}

func TestEveryIconInUseIsDrawn(t *testing.T) {
	sprite, err := files.ReadFile("templates/partials/sprite.html")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for _, m := range regexp.MustCompile(`<symbol id="([^"]+)"`).FindAllSubmatch(sprite, -1) {
		drawn[string(m[1])] = true
	}
	var text strings.Builder
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || (path.Ext(name) != ".html" && path.Ext(name) != ".js") || strings.HasSuffix(name, "sprite.html") {
			return err
		}
		data, err := files.ReadFile(name)
		text.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, c := range chat.Categories {
		used["i-"+c.Icon] = true
	}
	for _, m := range regexp.MustCompile(`#([it]-[a-z]+)\b`).FindAllStringSubmatch(text.String(), -1) {
		used[m[1]] = true
	}
	for id := range used {
		if !drawn[id] {
			t.Errorf("#%s is used but not in the sprite", id)
		}
	}
}

func TestWhatPeopleWroteStaysText(t *testing.T) {
	w := newWeb(t)
	const bad = `"><script>alert(1)</script>`
	l := cycle()
	l.Title, l.Description, l.City, l.Seller.Name = bad, bad, bad, bad
	r := httptest.NewRequest(http.MethodGet, "/product/x/", nil)
	v, err := w.productView(r, frame(w, l.Title, "shop"), l, store.Regard{}, chat.Record{}, []chat.Listing{l})
	if err != nil {
		t.Fatal(err)
	}
	html := rendered(t, w, "product", v)
	if strings.Contains(html, "<script>") {
		t.Error("got a script that somebody wrote")
	}
	// What machines read is one object, and ends where it should.
	data := regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`).FindStringSubmatch(html)
	var described product
	if data == nil || json.Unmarshal([]byte(data[1]), &described) != nil || described.Name != bad || described.Offer.Price != "8500" {
		t.Errorf("got %q, want the listing as JSON", data)
	}
}
