package reach_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/reach"
	"swapnest/internal/limit"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// house is a town with the service, whose clock is now.
type house struct {
	testkit.Town
	db  *store.DB
	now time.Time
	key string // of a browser
}

func newHouse(t *testing.T, d *testkit.Database) *house {
	t.Helper()
	h := &house{db: d.Open(t, nil), now: time.Now().Truncate(time.Microsecond)}
	h.Town = testkit.Populate(t, h.db)
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h.key = base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
	return h
}

// service returns the service, with a key.
func (h *house) service(t *testing.T, o reach.Options) *reach.Service {
	t.Helper()
	o.Now = func() time.Time { return h.now }
	s := reach.New(h.db, o)
	if err := s.EnsureKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *house) signIn(t *testing.T, who chat.User, id byte) chat.Session {
	t.Helper()
	s := chat.Session{ID: chat.SessionID{id}, User: who.ID, Agent: "Edge on Windows", CreatedAt: h.now, ExpiresAt: h.now.Add(time.Hour)}
	if err := h.db.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertSession(t.Context(), s) }); err != nil {
		t.Fatal(err)
	}
	return s
}

// rotate makes a new key and returns its public half.
func (h *house) rotate(t *testing.T) string {
	t.Helper()
	var k store.PushKey
	err := h.db.Update(t.Context(), func(tx *store.Tx) error {
		var err error
		k, err = reach.Rotate(t.Context(), tx, h.now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return k.Public
}

// add is a command that adds a browser.
func (h *house) add(s chat.Session, endpoint string) reach.AddCommand {
	return reach.AddCommand{
		Session: s, Endpoint: "https://push.example.net/" + endpoint, P256dh: h.key, Auth: "BTBZMqHH6r4Tts7J_aSIgg", Address: "192.0.2.7",
	}
}

func TestNodesThatStartAtOnceHaveOneKey(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		keys := make([]string, 6)
		var nodes sync.WaitGroup
		for i := range keys {
			nodes.Go(func() {
				s := reach.New(h.db, reach.Options{Now: time.Now})
				err := s.EnsureKey(t.Context())
				if err == nil {
					keys[i], err = s.PublicKey(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		for _, k := range keys {
			if k == "" || k != keys[0] {
				t.Fatalf("the nodes have the keys %q", keys)
			}
		}
		s := h.service(t, reach.Options{})
		if next := h.rotate(t); next == keys[0] {
			t.Errorf("the next key is %q again", next)
		}
		if err := s.EnsureKey(t.Context()); err != nil {
			t.Error(err)
		}
		if all, err := h.db.PushKeys(t.Context()); err != nil || len(all) != 1 || all[0].Public == keys[0] {
			t.Errorf("afterwards there are %+v, %v", all, err)
		}
	})
}

func TestBrowsersAreAddedAndRemovedAndWrittenDown(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		s, ctx := h.service(t, reach.Options{}), t.Context()
		phone, other := h.signIn(t, h.Buyer, 1), h.signIn(t, h.Buyer, 2)
		one, fresh, err := s.Add(ctx, h.add(phone, "one"))
		if err != nil || !fresh || one.Name != "Edge on Windows" || !one.Current || !one.CreatedAt.Equal(h.now) {
			t.Fatalf("added %+v (fresh: %v), %v", one, fresh, err)
		}
		if again, fresh, err := s.Add(ctx, h.add(phone, "one")); err != nil || fresh || again.ID != one.ID {
			t.Errorf("added again it is %+v (fresh: %v), %v", again, fresh, err)
		}
		if _, _, err := s.Add(ctx, h.add(other, "two")); err != nil {
			t.Fatal(err)
		}
		if all, err := s.Devices(ctx, phone); err != nil || len(all) != 2 || all[0].Current || !all[1].Current {
			t.Errorf("the phone sees %+v, %v", all, err)
		}
		if err := s.Remove(ctx, h.Seller.ID, one.ID, ""); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("somebody else removes it: %v", err)
		}
		if err := s.Remove(ctx, h.Buyer.ID, one.ID, "192.0.2.8"); err != nil {
			t.Error(err)
		}
		for range 2 { // what has gone is as it should be
			if err := s.Forget(ctx, h.Buyer.ID, "https://push.example.net/two", "192.0.2.9"); err != nil {
				t.Error(err)
			}
		}
		if all, err := s.Devices(ctx, phone); err != nil || len(all) != 0 {
			t.Errorf("left are %+v, %v", all, err)
		}
		entries, err := h.db.Audit(ctx, h.Buyer.ID, time.Time{}, 10)
		got := ""
		for _, e := range entries {
			got += fmt.Sprintf("%s %s %s %q\n", e.Action, e.Address, e.Agent, e.Detail)
		}
		want := `push_removed 192.0.2.9 Edge on Windows ""
push_removed 192.0.2.8 Edge on Windows ""
push_added 192.0.2.7 Edge on Windows ""
push_added 192.0.2.7 Edge on Windows ""
`
		if err != nil || got != want {
			t.Errorf("written down is (%v)\n%swant\n%s", err, got, want)
		}
	})
}

func TestWhatNobodyMayAddIsRefused(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	s, ctx := h.service(t, reach.Options{}), t.Context()
	phone := h.signIn(t, h.Buyer, 1)
	old, err := s.PublicKey(ctx)
	if err != nil {
		t.Fatal(err)
	}
	by := func(change func(*reach.AddCommand)) error {
		c := h.add(phone, "one")
		change(&c)
		_, _, err := s.Add(ctx, c)
		return err
	}
	for name, c := range map[string]struct {
		change func(*reach.AddCommand)
		want   chat.Code
	}{
		"http":                   {func(c *reach.AddCommand) { c.Endpoint = "http://push.example.net/" }, chat.Invalid},
		"this machine":           {func(c *reach.AddCommand) { c.Endpoint = "http://127.0.0.1:9/" }, chat.Invalid},
		"another site's key":     {func(c *reach.AddCommand) { c.PublicKey = h.key }, chat.Invalid},
		"a session that is over": {func(c *reach.AddCommand) { c.Session.ID = chat.SessionID{9} }, chat.Unauthenticated},
	} {
		if got := chat.CodeOf(by(c.change)); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	if err := by(func(c *reach.AddCommand) { c.PublicKey = old }); err != nil {
		t.Errorf("with the key in use: %v", err)
	}
	h.rotate(t)
	// It was read before the key was changed, and a browser uses it.
	if err := by(func(c *reach.AddCommand) { c.PublicKey, c.Endpoint = old, "https://push.example.net/two" }); err != nil {
		t.Errorf("with the key of before: %v", err)
	}
	if all, err := h.db.PushKeys(ctx); err != nil || len(all) != 2 || all[1].Devices != 2 {
		t.Errorf("the keys are %+v, %v", all, err)
	}
	off := h.service(t, reach.Options{Off: true})
	if _, _, err := off.Add(ctx, h.add(phone, "three")); chat.CodeOf(err) != chat.Forbidden {
		t.Errorf("where push is off: %v", err)
	}
	if key, err := off.PublicKey(ctx); err != nil || key != "" {
		t.Errorf("where push is off the key is %q, %v", key, err)
	}
	limited := h.service(t, reach.Options{Changes: limit.New(time.Hour, 1, time.Now)})
	if _, _, err := limited.Add(ctx, h.add(phone, "three")); err != nil {
		t.Error(err)
	}
	if err := limited.Forget(ctx, h.Buyer.ID, "x", ""); chat.CodeOf(err) != chat.RateLimited {
		t.Errorf("too often: %v", err)
	}
}

func TestTheOldestBrowserGoes(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t))
	s, ctx := h.service(t, reach.Options{}), t.Context()
	phone := h.signIn(t, h.Buyer, 1)
	for i := range chat.MaxPushDevices + 2 {
		h.now = h.now.Add(time.Second)
		if _, _, err := s.Add(ctx, h.add(phone, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	all, err := h.db.PushDevicesOf(ctx, h.Buyer.ID, h.now)
	if err != nil || len(all) != chat.MaxPushDevices || all[len(all)-1].Endpoint != "https://push.example.net/2" {
		t.Errorf("there are %d, the oldest %+v (%v)", len(all), all[len(all)-1], err)
	}
}
