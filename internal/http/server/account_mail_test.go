package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// mailing has a node write mails about accounts, which nobody sends.
func mailing(o *server.Options) {
	o.Senders = map[chat.Channel]outbox.Sender{chat.MailChannel: senderFunc(func(store.Delivery) outbox.Outcome {
		return outbox.Outcome{Result: outbox.Postponed, Until: time.Now().Add(time.Hour)}
	})}
}

// mails returns the mails about accounts, the oldest first, each as its kind and address.
func mails(t *testing.T, db *store.DB) (lines []string, all []store.Delivery) {
	t.Helper()
	all, err := db.Deliveries(t.Context(), store.DeliveryQuery{Channel: chat.MailChannel, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	for _, d := range all {
		var note store.MailNote
		if err := json.Unmarshal([]byte(d.Note), &note); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(d.Kind)+" "+note.Address)
	}
	return lines, all
}

// wantMails fails if other mails are there than those.
func wantMails(t *testing.T, db *store.DB, what string, want ...string) {
	t.Helper()
	if got, _ := mails(t, db); !slices.Equal(got, want) {
		t.Errorf("%s: the mails are\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// link is what the newest mail of a kind leads to, as a path.
func link(t *testing.T, a *apptest.App, kind store.DeliveryKind) string {
	t.Helper()
	_, all := mails(t, a.DB)
	for _, d := range slices.Backward(all) {
		if d.Kind != kind {
			continue
		}
		_, address, ok, err := a.Accounts.MailToken(t.Context(), d)
		if err != nil || !ok {
			t.Fatalf("the mail of the kind %s is sent to nobody (%v)", kind, err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.RequestURI()
	}
	t.Fatalf("there is no mail of the kind %s", kind)
	return ""
}

// tokenOf is the secret of a link for a new password.
func tokenOf(link string) string {
	_, token, _ := strings.Cut(link, "token=")
	return token
}

func asha(c *apptest.Client) apptest.Response {
	return c.Do("POST", "/api/v1/users", `{"username":"asha","password":"correct horse","email":"Asha@example.org"}`)
}

func has(t *testing.T, got apptest.Response, want int, parts ...string) {
	t.Helper()
	if got.Status != want {
		t.Fatalf("got %d, want %d: %.600s", got.Status, want, got.Body)
	}
	for _, part := range parts {
		if !strings.Contains(got.Body, part) {
			t.Errorf("got no %q in %.3000s", part, got.Body)
		}
	}
}

func TestANewPasswordByMail(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := openWith(t, d, mailing)
		has(t, asha(s.visitor), http.StatusCreated)
		line, err := s.Dial(t, "/ws/", s.visitor.Token(), http.Header{"Origin": {s.URL}})
		if err != nil {
			t.Fatal(err)
		}
		line.Wait("hello")
		there := s.Client(t, "")
		has(t, there.Do("GET", "/accounts/login/", ""), http.StatusOK, `href="/accounts/password-reset/"`)
		has(t, there.Do("GET", "/accounts/password-reset/", ""), http.StatusOK, `name="email"`)
		has(t, there.Do("POST", "/accounts/password-reset/", "email=nowhere"), http.StatusUnprocessableEntity, "does not look like", `value="nowhere"`)
		asked := there.Do("POST", "/accounts/password-reset/", "email=ASHA%40example.org")
		has(t, asked, http.StatusSeeOther)
		has(t, there.Do("GET", asked.Header.Get("Location"), ""), http.StatusOK, "If there is an account with this address, a mail is on its way. It can be used for 30 minutes.")
		wantMails(t, s.DB, "asked", "verify Asha@example.org", "reset ASHA@example.org")

		path := link(t, s.App, store.DeliverReset)
		for range 2 { // looking at it uses nothing up
			page := there.Do("GET", path, "")
			has(t, page, http.StatusOK, "Choose a new password", `value="`+tokenOf(path)+`"`)
			if policy, cache := page.Header.Get("Referrer-Policy"), page.Header.Get("Cache-Control"); policy != "strict-origin" || cache != "no-store" {
				t.Errorf("got Referrer-Policy %q and Cache-Control %q for a page whose address is a secret", policy, cache)
			}
			if strings.Count(page.Body, tokenOf(path)) != 1 {
				t.Error("the page leads back to its address")
			}
		}
		form := url.Values{"token": {tokenOf(path)}, "password": {"short"}}
		has(t, there.Do("POST", "/accounts/password-reset/confirm/", form.Encode()), http.StatusUnprocessableEntity, "at least 8", `value="`+tokenOf(path)+`"`)
		form.Set("password", "battery staple")
		grace := testkit.Grace(t)
		set := there.Do("POST", "/accounts/password-reset/confirm/", form.Encode())
		has(t, set, http.StatusSeeOther)
		began := time.Now() // the sessions have ended
		if code := line.Closed(); code != 4401 || time.Since(began) > 2*time.Second+grace() {
			t.Errorf("the socket closed with %d after %v, want 4401 at once", code, time.Since(began))
		}
		has(t, there.Do("GET", set.Header.Get("Location"), ""), http.StatusOK, "Your password is changed")
		has(t, s.visitor.Do("GET", "/api/v1/me", ""), http.StatusUnauthorized)
		for password, want := range map[string]int{"correct horse": http.StatusUnauthorized, "battery staple": http.StatusOK} {
			has(t, s.Client(t, "").Do("POST", "/api/v1/session", `{"username":"asha","password":"`+password+`"}`), want)
		}
		has(t, there.Do("POST", "/accounts/login/", "username=asha&password=battery+staple"), http.StatusSeeOther)
		// That the link came there shows whose the address is.
		has(t, there.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email_verified":true`)
		has(t, there.Do("GET", path, ""), http.StatusOK, "This link is over", `href="/accounts/password-reset/"`)
		form.Set("password", "another one")
		has(t, there.Do("POST", "/accounts/password-reset/confirm/", form.Encode()), http.StatusUnprocessableEntity, "This link is over")
		has(t, there.Do("POST", "/api/v1/password-reset/confirm", `{"token":"`+tokenOf(path)+`","password":"another one"}`), http.StatusUnprocessableEntity, `"field":"token"`)
		lines, _ := mails(t, s.DB)
		if !slices.Contains(lines, "password Asha@example.org") {
			t.Errorf("nobody is told that the password was changed: %q", lines)
		}
		entries, err := s.DB.Audit(t.Context(), 0, time.Time{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		var audit []string
		for _, e := range slices.Backward(entries) {
			if strings.Contains(string(e.Action), "reset") {
				audit = append(audit, fmt.Sprintf("%s of %q from %q", e.Action, e.Username, e.Address))
			}
		}
		if got := strings.Join(audit, " "); got != `reset_asked of "" from "127.0.0.1" reset_mailed of "asha" from "" password_reset of "asha" from "127.0.0.1"` {
			t.Errorf("the audit log has %q", got)
		}
	})
}

func TestAskingForAPasswordAnswersAlikeForKnownAndUnknownAddresses(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var mu sync.Mutex
		var asked []string // guarded by mu
		s := openWith(t, d, func(o *server.Options) {
			mailing(o)
			o.Trace = func(query string) {
				// What goes on in the background is nobody's answer.
				if strings.Contains(query, "outbox") || strings.Contains(query, "audit") || strings.Contains(query, "users") || strings.Contains(query, "account_token") {
					mu.Lock()
					defer mu.Unlock()
					asked = append(asked, strings.Join(strings.Fields(query), " "))
				}
			}
		})
		has(t, asha(s.visitor), http.StatusCreated)
		for _, ask := range []func(email string) apptest.Response{
			func(email string) apptest.Response {
				return s.Client(t, "").Do("POST", "/accounts/password-reset/", url.Values{"email": {email}}.Encode())
			},
			func(email string) apptest.Response {
				return s.Client(t, "").Do("POST", "/api/v1/password-reset", `{"email":"`+email+`"}`)
			},
		} {
			var got []string
			for _, email := range []string{"asha@example.org", "nobody@example.org"} {
				mu.Lock()
				asked = nil
				mu.Unlock()
				answer := ask(email)
				for _, name := range changing {
					answer.Header.Del(name)
				}
				mu.Lock()
				// Meanwhile whoever sends mails looks for them, claims them, lets them go and forgets the old ones, and
				// what is over of all people is cleaned away.
				queries := slices.DeleteFunc(slices.Clone(asked), func(q string) bool {
					return strings.Contains(q, "outbox") && !strings.HasPrefix(q, "INSERT") || strings.HasPrefix(q, "DELETE") && !strings.Contains(q, "user_id")
				})
				mu.Unlock()
				got = append(got, fmt.Sprint(answer, queries))
				if len(queries) != 2 {
					t.Errorf("%s: got the queries %q, want one for the outbox and one for the audit log", email, queries)
				}
			}
			if got[0] != got[1] {
				t.Errorf("an address that somebody has gets\n%s\nand one that nobody has\n%s", got[0], got[1])
			}
		}
		// Who it is is found out where the mail is sent, and an address of nobody gets none.
		_, all := mails(t, s.DB)
		sent := ""
		for _, d := range all {
			if d.Kind == store.DeliverReset {
				to, _, ok, err := s.Accounts.MailToken(t.Context(), d)
				if err != nil {
					t.Fatal(err)
				}
				sent += fmt.Sprint(to.Username, ok, " ")
			}
		}
		if sent != "ashatrue false ashatrue false " {
			t.Errorf("mails are sent to %q", sent)
		}
	})
}

func TestAnAddressIsVerifiedByItsLink(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := openWith(t, d, mailing)
		me := s.visitor
		has(t, asha(me), http.StatusCreated)
		offer := `action="/accounts/verify-email/"`
		has(t, me.Do("GET", "/accounts/profile/", ""), http.StatusOK, "is not verified", offer)
		has(t, me.Do("GET", "/notifications/preferences/", ""), http.StatusOK, "is not verified", offer)
		has(t, me.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email_verified":false,"email_bounced":false`)
		again := me.Do("POST", "/accounts/verify-email/", "x=1")
		has(t, again, http.StatusSeeOther)
		has(t, me.Do("GET", again.Header.Get("Location"), ""), http.StatusOK, "A mail is on its way", "Asha@example.org")
		wantMails(t, s.DB, "asked", "verify Asha@example.org", "verify Asha@example.org")

		first, second := link(t, s.App, store.DeliverVerify), link(t, s.App, store.DeliverVerify)
		elsewhere := s.Client(t, "") // nobody is signed in there
		page := elsewhere.Do("GET", second, "")
		has(t, page, http.StatusOK, `action="`+second+`"`, "Yes, it is mine")
		if policy, cache := page.Header.Get("Referrer-Policy"), page.Header.Get("Cache-Control"); policy != "strict-origin" || cache != "no-store" {
			t.Errorf("got Referrer-Policy %q and Cache-Control %q for a page whose address is a secret", policy, cache)
		}
		has(t, me.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email_verified":false`) // programs that look at mails follow links, too
		for range 2 {
			has(t, elsewhere.Do("POST", second, "x=1"), http.StatusOK, "this address is yours")
		}
		has(t, elsewhere.Do("POST", first, "x=1"), http.StatusUnprocessableEntity, "This link is over")
		has(t, me.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email_verified":true,"email_bounced":false`)
		if got := me.Do("GET", "/accounts/profile/", ""); strings.Contains(got.Body, offer) {
			t.Error("a verified address is still asked about")
		}
		has(t, me.Do("GET", "/accounts/verify-email/", ""), http.StatusOK, "Your address is verified")
		has(t, me.Do("POST", "/api/v1/me/verify-email", ""), http.StatusAccepted)
		wantMails(t, s.DB, "asked once more", "verify Asha@example.org", "verify Asha@example.org")

		// Mail comes back: it has to be verified again.
		who, _, err := s.DB.Credentials(t.Context(), "asha")
		if err != nil {
			t.Fatal(err)
		}
		err = s.DB.Update(t.Context(), func(tx *store.Tx) error {
			return tx.EmailBounced(t.Context(), who.ID, who.Email, time.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		has(t, me.Do("GET", "/accounts/profile/", ""), http.StatusOK, "came back", offer)
		has(t, me.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email_verified":true,"email_bounced":true`)
		has(t, me.Do("POST", "/accounts/verify-email/", "x=1"), http.StatusSeeOther)
		third := link(t, s.App, store.DeliverVerify)
		// Another address: its link counts, and no older one.
		changed := me.Do("PATCH", "/api/v1/me", `{"email":"new@example.org","password":"correct horse"}`)
		has(t, changed, http.StatusOK, `"email":"new@example.org","email_verified":false,"email_bounced":false`)
		for _, old := range []string{second, third} {
			has(t, elsewhere.Do("POST", old, "x=1"), http.StatusUnprocessableEntity)
		}
		has(t, me.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email_verified":false`)
		has(t, elsewhere.Do("POST", link(t, s.App, store.DeliverVerify), "x=1"), http.StatusOK)
		has(t, me.Do("GET", "/api/v1/me", ""), http.StatusOK, `"email_verified":true`)
	})
}

func TestPeopleAreToldByMailWhatIsDoneToTheirAccounts(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := openWith(t, d, mailing)
		me := s.visitor
		has(t, asha(me), http.StatusCreated)
		want := []string{"verify Asha@example.org"}
		step := func(what string, got apptest.Response, status int, more ...string) {
			t.Helper()
			has(t, got, status)
			want = append(want, more...)
			wantMails(t, s.DB, what, want...)
		}
		step("a password, while nobody knows whose the address is", me.Do("PUT", "/api/v1/me/password", `{"current":"correct horse","password":"correct horse"}`), 204)
		step("verified", me.Do("POST", link(t, s.App, store.DeliverVerify), "x=1"), 200)
		step("a password", me.Do("POST", "/accounts/password-change/", "current=correct+horse&password=battery+staple"), 303, "password Asha@example.org")
		step("the address in other letters", me.Do("PATCH", "/api/v1/me", `{"email":"asha@EXAMPLE.org"}`), 200)
		step("a name", me.Do("PATCH", "/api/v1/me", `{"name":"Asha"}`), 200)
		step("another address", me.Do("PATCH", "/api/v1/me", `{"email":"new@example.org","password":"battery staple"}`), 200, "address asha@EXAMPLE.org", "verify new@example.org")
		step("one that nobody knows of", me.Do("PATCH", "/api/v1/me", `{"email":"newer@example.org","password":"battery staple"}`), 200, "verify newer@example.org")
		step("none", me.Do("PATCH", "/api/v1/me", `{"email":"","password":"battery staple"}`), 200)
		// Mails that wait for an address that is no longer somebody's ask nothing; what was told of stays told.
		_, all := mails(t, s.DB)
		for _, d := range all {
			to, address, ok, err := s.Accounts.MailToken(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if ok != (d.Kind == store.DeliverPassword || d.Kind == store.DeliverAddress) {
				t.Errorf("%s: sent is %t", d.Kind, ok)
			}
			if ok && (to.Username != "asha" || to.Email == "" || !strings.HasPrefix(address, s.URL+"/accounts/")) {
				t.Errorf("%s goes to %q at %q with %q", d.Kind, to.Username, to.Email, address)
			}
		}
	})
}

func TestLinksOfMailsLeadToThePublicURLWhateverARequestSays(t *testing.T) {
	for _, public := range []string{"", "https://swap.example"} {
		s := openWith(t, testkit.SQLite(t), func(o *server.Options) {
			mailing(o)
			if public != "" {
				o.PublicURL, _ = url.Parse(public) // a constant
			}
		})
		want := public
		if want == "" {
			want = s.URL
		}
		asha(s.visitor)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/password-reset", strings.NewReader(`{"email":"asha@example.org"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		for name, value := range map[string]string{
			"Content-Type": "application/json", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "gopher",
		} {
			r.Header.Set(name, value)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		_, all := mails(t, s.DB)
		if len(all) != 2 || answer.StatusCode != http.StatusAccepted {
			t.Fatalf("got %d mails and %d, want 2 and 202", len(all), answer.StatusCode)
		}
		for _, d := range all {
			_, address, ok, err := s.Accounts.MailToken(t.Context(), d)
			if err != nil || !ok || !strings.HasPrefix(address, want+"/accounts/") {
				t.Errorf("%q: the mail of the kind %s leads to %q (%v), want %s", public, d.Kind, address, err, want)
			}
		}
	}
}

func TestWithoutMailNothingIsOfferedThatNeedsIt(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		me := s.visitor
		has(t, asha(me), http.StatusCreated)
		for _, path := range []string{"/accounts/profile/", "/notifications/preferences/", "/accounts/verify-email/"} {
			if got := me.Do("GET", path, ""); got.Status != http.StatusOK || strings.Contains(got.Body, `action="/accounts/verify-email/"`) {
				t.Errorf("%s: %d offers a mail that nobody sends", path, got.Status)
			}
		}
		who := "Write to the people who run it"
		has(t, s.Client(t, "").Do("GET", "/accounts/password-reset/", ""), http.StatusOK, who)
		has(t, s.Client(t, "").Do("POST", "/accounts/password-reset/", "email=asha%40example.org"), http.StatusServiceUnavailable, who)
		has(t, me.Do("POST", "/api/v1/password-reset", `{"email":"asha@example.org"}`), http.StatusServiceUnavailable, who)
		has(t, me.Do("POST", "/api/v1/me/verify-email", ""), http.StatusServiceUnavailable, who)
		has(t, me.Do("PUT", "/api/v1/me/password", `{"current":"correct horse","password":"battery staple"}`), http.StatusNoContent)
		has(t, me.Do("PATCH", "/api/v1/me", `{"email":"b@example.org","password":"battery staple"}`), http.StatusOK)
		wantMails(t, s.DB, "without mail")
	})
}
