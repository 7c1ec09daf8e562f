package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

const secret = "correct horse battery"

// guessed runs test in simulated time on a node with limits and the account "owner".
func guessed(t *testing.T, test func(t *testing.T, try func(name, password, address string) chat.Code)) {
	t.Helper()
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		a := apptest.Open(t, d, func(o *server.Options) { o.RateLimits = true })
		_, _, err := a.Accounts.Register(t.Context(), accounts.RegisterCommand{Username: "owner", Password: secret, Origin: accounts.Origin{Address: "home"}})
		if err != nil {
			t.Fatal(err)
		}
		test(t, func(name, password, address string) chat.Code {
			_, _, err := a.Accounts.SignIn(t.Context(), accounts.SignInCommand{Username: name, Password: password, Origin: accounts.Origin{Address: address}})
			if refused, ok := errors.AsType[*chat.Error](err); ok && refused.Code == chat.RateLimited && refused.RetryAfter <= 0 {
				t.Error("a refusal does not say how long to wait")
			}
			return chat.CodeOf(err)
		})
	})
}

func TestManyNamesFromOneAddressAreSlowed(t *testing.T) {
	guessed(t, func(t *testing.T, try func(name, password, address string) chat.Code) {
		tried := 0
		for i := range 1000 {
			if try(fmt.Sprintf("name%d", i), "guess", "attacker") != chat.RateLimited {
				tried++
			}
		}
		if tried != 10 {
			t.Errorf("%d of 1,000 guesses at once were checked, want 10", tried)
		}
		time.Sleep(time.Minute) // simulated
		for range 20 {
			if try("owner", "guess", "attacker") != chat.RateLimited {
				tried++
			}
		}
		if tried != 20 {
			t.Errorf("%d were checked within a minute, want 20", tried)
		}
		if got := try("owner", secret, "home"); got != "" {
			t.Errorf("the owner is refused: %s", got)
		}
	})
}

// An attacker with as many addresses as they like gets few guesses at one name, and its
// owner comes in all the same from where they have been before.
func TestOneNameFromManyAddressesIsSlowedAndItsOwnerIsNot(t *testing.T) {
	for _, name := range []string{"owner", "OWNER", "nobody"} {
		guessed(t, func(t *testing.T, try func(name, password, address string) chat.Code) {
			tried := 0
			for i := range 300 {
				if try(name, "guess", fmt.Sprintf("attacker %d", i)) != chat.RateLimited {
					tried++
				}
			}
			if tried != 30 {
				t.Errorf("%s: %d of 300 guesses at once were checked, want 30, for names of nobody too", name, tried)
			}
			if got := try("owner", secret, "home"); got != "" {
				t.Errorf("%s: the owner is refused at home: %s", name, got)
			}
			time.Sleep(time.Hour) // simulated
			if got := try("owner", secret, "on a journey"); got != "" {
				t.Errorf("%s: the owner is refused on a journey, after an hour: %s", name, got)
			}
		})
	}
}

func TestSignInAnswersAlikeForKnownAndUnknownNames(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	s.visitor.Do("POST", "/api/v1/users", `{"username":"owner","password":"`+secret+`"}`)
	names := []string{"owner", "nobody", "no name at all!"}
	bodies := make(map[string]string)
	for _, name := range names {
		got := s.Client(t, "").Do("POST", "/api/v1/session", fmt.Sprintf(`{"username":%q,"password":"a wrong one"}`, name))
		if got.Status != http.StatusUnauthorized {
			t.Fatalf("%s: %d %s", name, got.Status, got.Body)
		}
		bodies[name] = got.Body
	}
	// That they take as long is shown where hashes are counted, in package accounts.
	for _, name := range names[1:] {
		if bodies[name] != bodies["owner"] {
			t.Errorf("%s: got %s, want %s", name, bodies[name], bodies["owner"])
		}
	}
	pages := make(map[string]string)
	for _, name := range names[:2] {
		got := s.Client(t, "").Do("POST", "/accounts/login/", url.Values{"username": {name}, "password": {"a wrong one"}}.Encode())
		pages[name] = strings.ReplaceAll(got.Body, fmt.Sprintf("value=%q", name), "what was typed")
	}
	if pages["owner"] != pages["nobody"] {
		t.Error("the page of a failed sign-in tells whether there is such a name")
	}
}

// cookie returns the session cookie that an answer sets.
func cookie(t *testing.T, answer apptest.Response, name string) *http.Cookie {
	t.Helper()
	for _, c := range (&http.Response{Header: answer.Header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no cookie %s in %d %v", name, answer.Status, answer.Header["Set-Cookie"])
	return nil
}

func TestSigningInMakesANewSessionAndEndsTheOneBefore(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	credentials := url.Values{"username": {"owner"}, "password": {secret}}.Encode()
	body := `{"username":"%s","password":"` + secret + `"}`
	planted, hash := auth.NewToken()
	for i, in := range []struct{ path, body string }{
		{"/api/v1/users", fmt.Sprintf(body, "owner")},
		{"/api/v1/session", fmt.Sprintf(body, "owner")},
		{"/accounts/login/", credentials},
		{"/accounts/register/", url.Values{"username": {"another"}, "password": {secret}}.Encode()},
	} {
		// A token that somebody else chose is not adopted.
		fixed := s.Client(t, planted)
		if got := cookie(t, fixed.Do("POST", in.path, in.body), "swapnest_session"); got.Value == planted || len(got.Value) < 43 {
			t.Errorf("%s: the session is the planted %q", in.path, got.Value)
		}
		if _, err := s.Guard.BySession(t.Context(), hash); !auth.IsSignedOut(err) {
			t.Fatalf("%s: the planted token is a session: %v", in.path, err)
		}
		if i == 0 || i == 3 {
			in.body = strings.NewReplacer("owner", "owner2", "another", "another2").Replace(in.body)
		}
		// And the one that the browser had before ends, with its sockets.
		_, before := s.SignIn(t, s.town.Stranger)
		line, err := s.Dial(t, "/ws/", before, nil)
		if err != nil {
			t.Fatal(err)
		}
		line.Wait("hello")
		browser := s.Client(t, before)
		if got := cookie(t, browser.Do("POST", in.path, in.body), "swapnest_session"); got.Value == before {
			t.Errorf("%s: the session stays the same", in.path)
		}
		if got := line.Closed(); got != 4401 {
			t.Errorf("%s: the old session's socket closed with %d, want 4401", in.path, got)
		}
		if got := s.Client(t, before).Do("GET", "/api/v1/me", ""); got.Status != http.StatusUnauthorized {
			t.Errorf("%s: the old session answers %d, want 401", in.path, got.Status)
		}
	}
}

func TestSessionCookiesOfTheRunningSiteAreGuarded(t *testing.T) {
	for _, public := range []string{"", "https://swap.example"} {
		name := "swapnest_session"
		s := openWith(t, testkit.SQLite(t), func(o *server.Options) {
			if public != "" {
				o.PublicURL, _ = url.Parse(public) // a constant
				name = "__Host-" + name
			}
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/users", strings.NewReader(`{"username":"owner","password":"`+secret+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		c := cookie(t, apptest.Response{Status: answer.StatusCode, Header: answer.Header}, name)
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != (public != "") {
			t.Errorf("%q: got %s", public, c)
		}
	}
}

// A password that is changed while somebody signs in with the old one leaves no session
// of the old one behind.
func TestASignInWithAPasswordThatIsBeingChangedHasNoSession(t *testing.T) {
	testkit.EachDatabase(t, changedMeanwhile)
}

func changedMeanwhile(t *testing.T, d *testkit.Database) {
	s := open(t, d)
	u, _, err := s.Accounts.Register(t.Context(), accounts.RegisterCommand{Username: "owner", Password: secret, Origin: accounts.Origin{Address: "home"}})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := s.Accounts.Hash(t.Context(), "another "+secret)
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan error, 1)
	go func() {
		// While the old password is being hashed, which takes longer than this.
		changed <- s.DB.Update(t.Context(), func(tx *store.Tx) error {
			if err := tx.SetPassword(t.Context(), u.ID, hash); err != nil {
				return err
			}
			_, err := tx.DeleteSessionsOf(t.Context(), u.ID, chat.SessionID{})
			return err
		})
	}()
	_, token, err := s.Accounts.SignIn(t.Context(), accounts.SignInCommand{Username: "owner", Password: secret, Origin: accounts.Origin{Address: "elsewhere"}})
	if changing := <-changed; changing != nil {
		t.Fatal(changing)
	}
	if err == nil {
		if got := s.Client(t, token).Do("GET", "/api/v1/me", ""); got.Status != http.StatusUnauthorized {
			t.Errorf("signed in with a password that is no longer one: %d", got.Status)
		}
	}
}
