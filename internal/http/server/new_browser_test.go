package server_test

import (
	"net/http"
	"strings"
	"testing"

	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

func TestASignInFromANewBrowserIsToldOf(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := openWith(t, d, mailing)
		made := asha(s.visitor)
		has(t, made, http.StatusCreated)
		first := cookie(t, made, "swapnest_browser")
		if !first.HttpOnly || first.SameSite != http.SameSiteLaxMode || first.MaxAge != 365*24*3600 || first.Path != "/" {
			t.Errorf("got the cookie %s", first)
		}
		has(t, s.visitor.Do("POST", link(t, s.App, store.DeliverVerify), "x=1"), http.StatusOK)
		want := []string{"verify Asha@example.org"}
		in := func(what, browser string, form bool, more ...string) *http.Cookie {
			t.Helper()
			header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36"}}
			if browser != "" {
				header.Set("Cookie", "swapnest_browser="+browser)
			}
			var got apptest.Response
			if form {
				header.Set("Content-Type", "application/x-www-form-urlencoded")
				got = s.Client(t, "").SendWith("POST", "/accounts/login/", header, "username=asha&password=correct+horse")
			} else {
				got = s.Client(t, "").SendWith("POST", "/api/v1/session", header, `{"username":"asha","password":"correct horse"}`)
			}
			if got.Status >= 400 {
				t.Fatalf("%s: %d %s", what, got.Status, got.Body)
			}
			want = append(want, more...)
			wantMails(t, s.DB, what, want...)
			return cookie(t, got, "swapnest_browser")
		}
		told := "new_browser Asha@example.org"
		if again := in("the browser of before", first.Value, true); again.Value != first.Value {
			t.Error("a browser that is known gets another secret")
		}
		second := in("a new one", "", true, told)
		in("it again", second.Value, false)
		in("a program", "", false, told)
		if got := in("a cookie that is none", "made-up", true, told); got.Value == "made-up" {
			t.Error("a browser goes by a secret that is none")
		}
		_, all := mails(t, s.DB)
		if last := all[len(all)-1]; !strings.Contains(last.Note, `"agent":"Chrome on Linux"`) {
			t.Errorf("the mail does not say which browser it was: %s", last.Note)
		}
		// The first browser of an account, here of one that the operator has made.
		if _, err := s.Accounts.Create(t.Context(), "carla", "", "carla@example.org", "correct horse"); err != nil {
			t.Fatal(err)
		}
		for _, more := range [][]string{nil, {"new_browser carla@example.org"}} {
			has(t, s.Client(t, "").Do("POST", "/api/v1/session", `{"username":"carla","password":"correct horse"}`), http.StatusOK)
			want = append(want, more...)
			wantMails(t, s.DB, "a first browser, and another one", want...)
		}
		// Somebody else in a browser that is known for asha.
		got := s.Client(t, "").SendWith("POST", "/api/v1/users", http.Header{"Content-Type": {"application/json"}, "Cookie": {"swapnest_browser=" + second.Value}},
			`{"username":"bilal","password":"correct horse"}`)
		has(t, got, http.StatusCreated)
		if c := cookie(t, got, "swapnest_browser"); c.Value != second.Value {
			t.Error("a browser is another one for somebody else")
		}
		wantMails(t, s.DB, "somebody else", want...)
	})
}
