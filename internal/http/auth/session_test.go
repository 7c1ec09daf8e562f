package auth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// site is a guard with a database, a person and a session that begins at start.
type site struct {
	*Guard
	db      *store.DB
	at      time.Time
	token   string
	session chat.Session
}

func newSite(t *testing.T, townsfolk, demo bool) *site {
	t.Helper()
	s := &site{db: testkit.SQLite(t).Open(t, nil), at: start}
	s.Guard = NewGuard(s.db, nil, demo, func() time.Time { return s.at })
	var id chat.SessionID
	s.token, id = NewToken()
	err := s.db.Update(t.Context(), func(tx *store.Tx) error {
		u, err := tx.InsertUser(t.Context(), chat.User{Username: "meera", Name: "Meera", Demo: townsfolk, CreatedAt: start}, "no hash")
		if err != nil {
			return err
		}
		s.session = chat.Session{ID: id, User: u.ID, CreatedAt: start, ExpiresAt: s.Expiry(start, start)}
		return tx.InsertSession(t.Context(), s.session)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) who(t *testing.T, token string) (Identity, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: s.CookieName(), Value: token})
	return s.Who(r)
}

func TestASessionThatIsUsedLivesOnAndEndsAllTheSame(t *testing.T) {
	const day = 24 * time.Hour
	s := newSite(t, false, false)
	for _, c := range []struct{ at, want time.Duration }{
		{0, 7 * day},
		{23 * time.Hour, 7 * day}, // It is not written more than once a day.
		{day, 8 * day},
		{8*day - time.Second, 15*day - time.Second},
		{14 * day, 21 * day},
		{20 * day, 27 * day},
		{26 * day, 30 * day},
		{30*day - time.Second, 30 * day},
	} {
		s.at = start.Add(c.at)
		id, err := s.who(t, s.token)
		if err != nil {
			t.Fatalf("after %v: %v", c.at, err)
		}
		if got := id.Session.ExpiresAt.Sub(start); got != c.want || id.User.Username != "meera" {
			t.Errorf("after %v: %s until %v, want meera until %v", c.at, id.User.Username, got, c.want)
		}
	}
	s.at = start.Add(30 * day)
	if _, err := s.who(t, s.token); !IsSignedOut(err) {
		t.Errorf("after 30 days: got %v, want ErrSignedOut", err)
	}
}

func TestWhoeverHasNoSessionIsSignedOut(t *testing.T) {
	s := newSite(t, false, false)
	other, _ := NewToken()
	for name, token := range map[string]string{"nothing": "", "another token": other, "the hash itself": base64.RawURLEncoding.EncodeToString(s.session.ID[:])} {
		if _, err := s.who(t, token); !errors.Is(err, ErrSignedOut) {
			t.Errorf("%s: got %v, want ErrSignedOut", name, err)
		}
	}
	if _, err := s.Who(httptest.NewRequest(http.MethodGet, "/", nil)); !IsSignedOut(err) {
		t.Errorf("no cookie: got %v, want ErrSignedOut", err)
	}
	if _, err := newSite(t, true, true).who(t, "x"); !IsSignedOut(err) {
		t.Errorf("a wrong token in the demo: got %v, want ErrSignedOut", err)
	}
}

func TestDemoSessionsCountOnlyInTheDemo(t *testing.T) {
	for _, demo := range []bool{true, false} {
		s := newSite(t, true, demo)
		if _, err := s.who(t, s.token); IsSignedOut(err) == demo {
			t.Errorf("demo %v: got %v", demo, err)
		}
	}
}

func TestATicketOpensOneSocketInTime(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		again bool
		want  bool
	}{
		"at once":        {0, false, true},
		"in the last ms": {chat.TicketLife - time.Millisecond, false, true},
		"too late":       {chat.TicketLife, false, false},
		"a second time":  {0, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, false, false)
			ticket, hash := NewToken()
			err := s.db.Update(t.Context(), func(tx *store.Tx) error {
				return tx.InsertTicket(t.Context(), hash, s.session.ID, start.Add(chat.TicketLife))
			})
			if err != nil {
				t.Fatal(err)
			}
			s.at = start.Add(c.after)
			if c.again {
				if _, err := s.ByTicket(t.Context(), ticket); err != nil {
					t.Fatal(err)
				}
			}
			id, err := s.ByTicket(t.Context(), ticket)
			if (err == nil) != c.want || (err != nil && !IsSignedOut(err)) {
				t.Errorf("got %v", err)
			}
			if c.want && id.User.ID != s.session.User {
				t.Errorf("got person %d, want %d", id.User.ID, s.session.User)
			}
			for _, bad := range []string{"", "x", strings.Repeat("x", 129)} {
				if _, err := s.ByTicket(t.Context(), bad); !IsSignedOut(err) {
					t.Errorf("ticket %.10q: got %v, want ErrSignedOut", bad, err)
				}
			}
		})
	}
}

func TestLimitsCountOneSubscriberOnce(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:4711":               "192.0.2.7",
		"[::ffff:192.0.2.7]:4711":      "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:4711":  "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::1]:4711":  "2001:db8:1:2::/64",
		"[fe80::1%eth0]:4711":          "fe80::/64",
		"something that is no address": "something that is no address",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		if got := Address(r); got != want {
			t.Errorf("%s: got %s, want %s", remote, got, want)
		}
	}
}

// Bug: each handshake of a stranger who had made up a ticket took its turn among those who write.
func TestATicketThatIsNoneIsLookedForWithoutWriting(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked []string
		db := d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
		g := NewGuard(db, nil, false, func() time.Time { return start })
		asked = nil
		if _, err := g.ByTicket(t.Context(), "garbage"); !IsSignedOut(err) {
			t.Errorf("got %v", err)
		}
		if len(asked) != 1 || !strings.HasPrefix(asked[0], "SELECT ") {
			t.Errorf("asked %q, want to look once", asked)
		}
	})
}
