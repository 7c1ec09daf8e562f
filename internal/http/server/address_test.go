package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/mailtest"
)

// settled waits until no mail waits any more.
func settled(t *testing.T, db *store.DB) {
	t.Helper()
	for {
		all, err := db.Deliveries(t.Context(), store.DeliveryQuery{Channel: chat.MailChannel, State: store.DeliveryWaiting})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Bug: an account was found by the small letters of what was typed, and the link mailed to what was typed: to
// another domain, whose owner had the account. Where that domain refused the mail, the address of the account was
// marked as one that nobody reads.
func TestAResetGoesToTheAddressOfTheAccountAlone(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		post := mailtest.Start(t, mailtest.Options{UTF8: true})
		s := openWith(t, d, mailingBy(t, post))
		made := s.visitor.Do("POST", "/api/v1/users", `{"username":"iris","password":"correct horse","email":"kim@iris.org"}`)
		has(t, made, http.StatusCreated)
		post.Wait(1)
		for _, typed := range []string{"kim@\u0130ris.org", "\u212aim@iris.org", "kim@iri\u017f.org"} {
			has(t, s.visitor.Do("POST", "/api/v1/password-reset", `{"email":"`+typed+`"}`), http.StatusAccepted)
		}
		settled(t, s.DB)
		if all := post.Mails(); len(all) != 1 {
			t.Fatalf("a mail went to %q, where nobody has an account", all[1].To)
		}
		has(t, s.visitor.Do("POST", "/api/v1/password-reset", `{"email":"KIM@Iris.org"}`), http.StatusAccepted)
		if to := post.Wait(2)[1].To; to != "kim@iris.org" {
			t.Errorf("the mail went to %q, which was typed", to)
		}
		post.Fail(mailtest.To, 550, [3]int{5, 1, 1}, "no such user")
		has(t, s.visitor.Do("POST", "/api/v1/password-reset", `{"email":"kim@\u0130ris.org"}`), http.StatusAccepted)
		settled(t, s.DB)
		has(t, s.visitor.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email_bounced":false`)
	})
}

// Bug: whoever sat at somebody's account gave another address, had a new password mailed there, and had the account.
func TestAnotherAddressNeedsThePassword(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := openWith(t, d, func(o *server.Options) { mailing(o); o.RateLimits = true })
		me := s.visitor
		has(t, asha(me), http.StatusCreated)
		has(t, me.Do("POST", link(t, s.App, store.DeliverVerify), "x=1"), http.StatusOK)
		const asks = `type="password" autocomplete="current-password"`
		has(t, me.Do("GET", "/accounts/profile/edit/", ""), http.StatusOK, asks)

		for _, password := range []string{"", "wrong horse"} {
			for _, email := range []string{"thief@evil.example", ""} {
				has(t, me.Do("PATCH", "/api/v1/me", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)), http.StatusUnprocessableEntity, `"field":"password"`)
			}
		}
		form := url.Values{"name": {"Asha Kulkarni"}, "email": {"new@example.org"}, "password": {"wrong horse"}}
		got := me.Do("POST", "/accounts/profile/edit/", form.Encode())
		has(t, got, http.StatusUnprocessableEntity, `value="Asha Kulkarni"`, `value="new@example.org"`, `aria-describedby="password-fault"`, "not your password")
		if strings.Contains(got.Body, "wrong horse") {
			t.Error("the page holds what was typed as a password")
		}
		form.Del("password")
		has(t, me.Do("POST", "/accounts/profile/edit/", form.Encode()), http.StatusUnprocessableEntity, "Your password is needed")
		has(t, me.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email":"Asha@example.org","email_verified":true`)
		// All else, and the address in other letters, needs none.
		has(t, me.Do("POST", "/accounts/profile/edit/", "name=Asha"), http.StatusSeeOther)
		form.Set("email", "asha@example.org")
		has(t, me.Do("POST", "/accounts/profile/edit/", form.Encode()), http.StatusSeeOther)

		// The new one leads to no password before it is verified, for there was one that was.
		form.Set("email", "new@example.org")
		form.Set("password", "correct horse")
		has(t, me.Do("POST", "/accounts/profile/edit/", form.Encode()), http.StatusSeeOther)
		sent := func() bool {
			t.Helper()
			has(t, s.Client(t, "").Do("POST", "/api/v1/password-reset", `{"email":"new@example.org"}`), http.StatusAccepted)
			_, all := mails(t, s.DB)
			_, _, ok, err := s.Accounts.MailToken(t.Context(), all[len(all)-1])
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if sent() {
			t.Error("a link for a new password goes to an address that nobody has verified")
		}
		has(t, me.Do("POST", link(t, s.App, store.DeliverVerify), "x=1"), http.StatusOK)
		if !sent() {
			t.Error("no link for a new password goes to a verified address")
		}
		for range 20 {
			got = me.Do("PATCH", "/api/v1/me", `{"email":"thief@evil.example","password":"wrong horse"}`)
		}
		has(t, got, http.StatusTooManyRequests)
	})
}

// Whoever has never had a verified address has no other way back than the one that they gave.
func TestAnAddressThatNobodyHasVerifiedLeadsToAPasswordUntilOneWas(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := openWith(t, d, mailing)
		has(t, asha(s.visitor), http.StatusCreated)
		has(t, s.visitor.Do("PATCH", "/api/v1/me", `{"email":"right@example.org","password":"correct horse"}`), http.StatusOK)
		has(t, s.visitor.Do("POST", "/api/v1/password-reset", `{"email":"right@example.org"}`), http.StatusAccepted)
		if !strings.Contains(link(t, s.App, store.DeliverReset), "token=") {
			t.Error("there is no link")
		}
	})
}

// Bug: by giving one address after the other, a session had mail sent to as many strangers as it liked, and to
// one of them without end.
func TestAnAddressThatChangesToAndFroMailsFewStrangers(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := openWith(t, d, func(o *server.Options) { mailing(o); o.RateLimits = true })
		me := s.visitor
		has(t, asha(me), http.StatusCreated)
		last := 0
		for i := range 8 {
			last = me.Do("PATCH", "/api/v1/me", fmt.Sprintf(`{"email":"stranger%d@example.com","password":"correct horse"}`, i)).Status
		}
		if lines, _ := mails(t, s.DB); last != http.StatusTooManyRequests || len(lines) != 6 {
			t.Errorf("got %d and %d mails, want 429 and the one of the beginning with 5 more", last, len(lines))
		}
		// One stranger, of whom several people make use.
		const victim = "victim@example.com"
		for i := range 5 {
			name := fmt.Sprint("sender", i)
			has(t, me.Do("POST", "/api/v1/users", `{"username":"`+name+`","password":"correct horse","email":"`+strings.ToUpper(victim)+`"}`), http.StatusCreated)
			if i < 4 {
				has(t, me.Do("PATCH", "/api/v1/me", `{"email":"","password":"correct horse"}`), http.StatusOK)
			}
		}
		lines, _ := mails(t, s.DB)
		if n := strings.Count(strings.ToLower(strings.Join(lines, "\n")), victim); n != 3 {
			t.Errorf("a stranger is sent %d mails, want 3 an hour: %q", n, lines)
		}
		// Who asks is told so.
		has(t, me.Do("POST", "/accounts/verify-email/", "x=1"), http.StatusTooManyRequests, "Several mails went to this address")
		has(t, me.Do("POST", "/api/v1/me/verify-email", ""), http.StatusTooManyRequests, "Several mails went to this address")
	})
}
