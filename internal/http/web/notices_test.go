package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// noticesOf is a page with a notice of every kind, of somebody with a name to mind.
func noticesOf(w *Web, from chat.User) noticesView {
	from.Name = `<img src=x id=y>`
	v := noticesView{
		shell: frame(w, "Notifications", "notices"), Unread: 4, Here: "/notifications/?type=unread&cursor=x", Next: "/notifications/?cursor=abc", Newest: "/notifications/",
		Chips: []chip{{Label: "All", URL: "/notifications/", Current: true}, {Label: "Unread", URL: "/notifications/?type=unread", Counts: true, Count: 120}},
		Wants: w.switchesOf(chat.DefaultPreferences(), frame(w, "", "")),
	}
	for i, kind := range chat.NoticeKinds {
		n := chat.Notice{
			ID: chat.NoticeID(i + 1), Kind: kind, Title: `Sofa "soft" <b>`, Slug: "sofa", At: today, Unread: i%2 == 0, From: from,
			Text: "</p><script>alert(1)</script>", Count: 3, Price: chat.Money{Amount: 800000, Currency: "INR"}, PriceWas: 900000,
		}
		if kind == chat.NoticeInquiry || kind == chat.NoticeMessage {
			n.Conversation = 7
		}
		v.Notices = append(v.Notices, notice{n, wire.NoticeURL(n), v.Here})
	}
	return v
}

func TestANoticeSaysWhatHappenedAndLeadsThere(t *testing.T) {
	w := newWeb(t)
	page := rendered(t, w, "notifications of all", noticesOf(w, chat.User{ID: 3}))
	contains(t, page,
		"&lt;img src=x id=y&gt;</bdi> asks about <bdi>Sofa &#34;soft&#34; &lt;b&gt;</bdi>", `<a href="/chat/conversation/7/">`, `<a href="/product/sofa/">`,
		"now costs ₹8,000", "It was ₹9,000.", "was sold", `action="/notifications/read/1/"`, `action="/notifications/delete/2/"`, "99&#43;",
	)
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") {
		t.Error("what somebody wrote is part of the page")
	}
}

// Without a script a form leads back to the page, with its tab.
func TestFormsOfNoticesLeadBackToTheirPage(t *testing.T) {
	w := newWeb(t)
	page := rendered(t, w, "notifications", noticesOf(w, chat.User{ID: 3}))
	forms := strings.Split(page, `<form action="/notifications/`)[1:]
	led := 0
	for _, form := range forms {
		form, _, _ = strings.Cut(form, "</form>")
		for _, of := range []string{"read/", "delete/", "mark-all-read/"} {
			if strings.HasPrefix(form, of) {
				led++
				contains(t, form, `<input type="hidden" name="next" value="/notifications/?type=unread&amp;cursor=x">`)
			}
		}
	}
	if led != len(chat.NoticeKinds)+1 {
		t.Errorf("got %d forms", led)
	}
}

func TestWhoWantsJSONOfTheOriginalsAddresses(t *testing.T) {
	for _, c := range []struct {
		header, value string
		want          bool
	}{
		{"X-Requested-With", "XMLHttpRequest", true},
		{"Accept", "application/json", true},
		{"Accept", "application/json, text/plain, */*", true},
		{"Accept", "text/html,application/xhtml+xml,application/json;q=0.9", false},
		{"Accept", "*/*", false},
		{"X-Other", "x", false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/notifications/read/1/", nil)
		r.Header.Set(c.header, c.value)
		if got := byScript(r); got != c.want {
			t.Errorf("%s: %s: got %t, want %t", c.header, c.value, got, c.want)
		}
	}
}
