package server_test

import (
	"net/http"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

func TestALinkOfAMailEndsThoseMails(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		seller := s.town.Seller.ID
		wants := func() chat.Preferences {
			t.Helper()
			p, err := s.DB.Preferences(t.Context(), seller)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		address := func(k chat.NoticeKind) string { return "/unsubscribe/" + s.Leaves.Token(seller, k) + "/" }
		// Who looks ends nothing, and is told what the button ends.
		page := s.visitor.Do("GET", address(chat.NoticeMessage), "")
		if page.Status != http.StatusOK || !strings.Contains(page.Body, "No more mail when somebody writes in a conversation?") || wants() != chat.DefaultPreferences() {
			t.Errorf("looking: %d, and then %+v: %s", page.Status, wants(), page.Body)
		}
		for _, test := range []struct {
			kind   chat.NoticeKind
			form   string
			body   string
			header http.Header
			says   string
			off    func(*chat.Preferences)
		}{
			// As RFC 8058 has mail programs post it, from wherever they are.
			{chat.NoticeMessage, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", nil, "No more mail when somebody writes", func(p *chat.Preferences) { p.EmailNewMessage = false }},
			{chat.NoticeInquiry, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n", nil, "No more mail when somebody asks", func(p *chat.Preferences) { p.EmailProductInquiry = false }},
			{chat.NoticePriceDrop, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", http.Header{"Origin": {"https://mail.example"}, "Sec-Fetch-Site": {"cross-site"}}, "costs less", func(p *chat.Preferences) { p.EmailPriceUpdate = false }},
			{chat.NoticeSold, "", "", nil, "was sold", func(p *chat.Preferences) { p.EmailWishlist = false }},
			// Once more is no mistake.
			{chat.NoticeSold, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", nil, "was sold", func(p *chat.Preferences) { p.EmailWishlist = false }},
			{chat.NoticeMessage, "application/x-www-form-urlencoded", "all=on", nil, "You get no more mail", func(p *chat.Preferences) { p.Email = false }},
		} {
			want := wants()
			test.off(&want)
			header := http.Header{"Content-Type": {test.form}}
			for name, values := range test.header {
				header[name] = values
			}
			got := s.visitor.SendWith("POST", address(test.kind), header, test.body)
			if got.Status != http.StatusOK || !strings.Contains(got.Body, test.says) || !strings.Contains(got.Body, "/notifications/preferences/") || got.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %d: %s", test.kind, got.Status, got.Body)
			}
			if now := wants(); now != want {
				t.Errorf("%s: got %+v, want %+v", test.kind, now, want)
			}
		}
		// Nobody else's are ended, and what was not made here ends nothing.
		if p, err := s.DB.Preferences(t.Context(), s.town.Buyer.ID); err != nil || p != chat.DefaultPreferences() {
			t.Errorf("the buyer has %+v (%v)", p, err)
		}
		forged := strings.Replace(address(chat.NoticeMessage), "-message-", "-message-a", 1)
		if got := s.visitor.Do("POST", forged, "all=on"); got.Status != http.StatusNotFound {
			t.Errorf("a forged link: %d", got.Status)
		}
	})
}
