package server_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
	"swapnest/internal/testkit/pushtest"
)

// subscription is what a browser says of itself, with keys of its own.
func subscription(t *testing.T, endpoint string) string {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"endpoint":%q,"expirationTime":null,"keys":{"p256dh":%q,"auth":"BTBZMqHH6r4Tts7J_aSIgg"}}`,
		endpoint, base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()))
}

func pushDevices(t *testing.T, c *apptest.Client) []any {
	t.Helper()
	return c.Do("GET", "/api/v1/push", "").JSON(t)["devices"].([]any)
}

// Scripts of the system before this one subscribe at its addresses.
func TestTheAddressesOfPushOfTheSystemBeforeAnswer(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		const under = "/notifications/push/"
		key := s.visitor.Do("GET", under+"vapid-key/", "").JSON(t)
		if k := key["public_key"]; k == "" || key["publicKey"] != k || key["vapid_public_key"] != k || k != s.buyer.Do("GET", "/api/v1/push", "").JSON(t)["public_key"] {
			t.Errorf("the key is %v", key)
		}
		one := subscription(t, "https://192.0.2.7/one")
		if got := s.buyer.Do("POST", under+"subscribe/", one); got.Status != 200 || got.Body != `{"success":true}` {
			t.Errorf("subscribing: %d %s", got.Status, got.Body)
		}
		if got := s.buyer.Do("POST", under+"subscribe/", `{"subscription":`+subscription(t, "https://192.0.2.7/two")+`}`); got.Status != 200 || got.Body != `{"success":true}` {
			t.Errorf("subscribing in the other shape: %d %s", got.Status, got.Body)
		}
		if n := len(pushDevices(t, s.buyer)); n != 2 {
			t.Errorf("there are %d browsers", n)
		}
		for name, c := range map[string]struct {
			by         *apptest.Client
			kind, body string
			status     int
			says       string
		}{
			"signed out":  {s.visitor, "application/json", one, 401, `"success":false,"error":"Log in first`},
			"a form":      {s.buyer, "text/plain", one, 415, `"success":false`},
			"no JSON":     {s.buyer, "application/json", one[1:], 400, `"success":false`},
			"no endpoint": {s.buyer, "application/json", `{}`, 422, `"field":"endpoint"`},
		} {
			got := c.by.Send("POST", under+"subscribe/", c.kind, c.body)
			if got.Status != c.status || !strings.Contains(got.Body, c.says) || got.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: %d %s", name, got.Status, got.Body)
			}
		}
		if got := s.buyer.Do("GET", under+"subscribe/", ""); got.Status != 405 || got.Header.Get("Allow") != "POST" {
			t.Errorf("reading: %d, allowed is %q", got.Status, got.Header.Get("Allow"))
		}
		for range 2 {
			if got := s.buyer.Do("POST", under+"unsubscribe/", `{"endpoint":"https://192.0.2.7/one"}`); got.Status != 200 || got.Body != `{"success":true}` {
				t.Errorf("unsubscribing: %d %s", got.Status, got.Body)
			}
		}
		if n := len(pushDevices(t, s.buyer)); n != 1 {
			t.Errorf("there are %d browsers", n)
		}
	})
}

func TestBrowsersThatGetPushMessagesAreShownAndRemovedOnAPage(t *testing.T) {
	s := open(t, testkit.SQLite(t))
	const page, heading = "/accounts/devices/", "These browsers get push messages"
	if got := s.buyer.Do("GET", page, ""); got.Status != 200 || strings.Contains(got.Body, heading) {
		t.Errorf("without a browser: %d", got.Status)
	}
	for _, name := range []string{"one", "two"} {
		s.buyer.Do("POST", "/api/v1/push/devices", subscription(t, "https://192.0.2.7/"+name))
	}
	got := s.buyer.Do("GET", page, "")
	if got.Status != 200 || !strings.Contains(got.Body, heading) || strings.Count(got.Body, `name="push_device"`) != 2 || strings.Contains(got.Body, "192.0.2.7") {
		t.Errorf("with two browsers: %d %s", got.Status, got.Body)
	}
	id := pushDevices(t, s.buyer)[0].(map[string]any)["id"].(float64)
	form := fmt.Sprintf("push_device=%.0f", id)
	for _, c := range []*apptest.Client{s.stranger, s.buyer, s.buyer} {
		if got := c.Do("POST", page, form); got.Status != 303 || got.Header.Get("Location") != page {
			t.Errorf("removing: %d to %s", got.Status, got.Header.Get("Location"))
		}
	}
	s.buyer.Do("POST", page, "push_device=none")
	left := pushDevices(t, s.buyer)
	if len(left) != 1 || left[0].(map[string]any)["id"] == id {
		t.Errorf("left are %v", left)
	}
	if got := s.buyer.Do("GET", "/api/v1/me", ""); got.Status != 200 {
		t.Error("removing a browser has signed it out")
	}
}

// reached is a site whose seller has a browser that takes push messages; a push message waits a
// moment for company.
type reached struct {
	*site
	service *pushtest.Service
	token   string // of the seller's session at the browser
	client  *apptest.Client
	browser *pushtest.Browser
}

func openReached(t *testing.T, d *testkit.Database) *reached {
	t.Helper()
	r := &reached{service: pushtest.Start(t, nil)}
	r.site = openWith(t, d, func(o *server.Options) {
		o.Push = server.Push{Loopback: true, Contact: "mailto:hello@swap.example"}
		o.Timing.PushAfter = 50 * time.Millisecond
	})
	err := r.DB.Update(t.Context(), func(tx *store.Tx) error {
		return tx.SetPassword(t.Context(), r.town.Seller.ID, r.hash(t))
	})
	if err != nil {
		t.Fatal(err)
	}
	_, r.token = r.SignIn(t, r.town.Seller)
	r.client = r.Client(t, r.token)
	r.browser = r.subscribe(t, r.client)
	return r
}

func (r *reached) hash(t *testing.T) string {
	t.Helper()
	hash, err := r.Accounts.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// subscribe has a browser in which somebody is signed in subscribe.
func (r *reached) subscribe(t *testing.T, c *apptest.Client) *pushtest.Browser {
	t.Helper()
	key := c.Do("GET", "/api/v1/push", "").JSON(t)["public_key"].(string)
	b := r.service.Subscribe(t, key)
	if got := c.Do("POST", "/api/v1/push/devices", b.JSON()); got.Status != 201 {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	return b
}

// From the buyer's message to the seller's browser, and back when it is read.
func TestABrowserIsToldOfAMessageAndThatItWasRead(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		r := openReached(t, d)
		r.buyer.Do("POST", "/api/v1/conversations", fmt.Sprintf(`{"listing_id":%d,"client_id":"a","message":"Is it there?"}`, r.town.Listing.ID))
		told := r.browser.Wait(t, 1)[0]
		if text := string(told.Text); !strings.Contains(text, `"type":"notice"`) || !strings.Contains(text, "Is it there?") || !strings.Contains(text, `"unread":1`) {
			t.Errorf("the browser is told %s", text)
		}
		r.seller.Do("POST", "/api/v1/notifications/read", `{"all":true}`)
		closed := r.browser.Wait(t, 2)[1]
		if text := string(closed.Text); !strings.Contains(text, `"type":"clear"`) || closed.Topic != told.Topic {
			t.Errorf("the browser is told %s under %s, not %s", text, closed.Topic, told.Topic)
		}
		if faults := r.service.Faults(); len(faults) != 0 {
			t.Errorf("the service found fault: %q", faults)
		}
	})
}

// Whatever ends a session, its browser receives nothing any more, while another one of the same
// person does.
func TestASignedOutBrowserReceivesNothing(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		r := openReached(t, d)
		n := 0
		for name, end := range map[string]func(){
			"log-out by the page":    func() { r.client.Do("POST", "/accounts/logout/", "x=1") },
			"log-out by the API":     func() { r.client.Do("DELETE", "/api/v1/session", "") },
			"log-out from elsewhere": func() { r.seller.Do("DELETE", "/api/v1/me/sessions", "") },
			"another password": func() {
				r.seller.Do("PUT", "/api/v1/me/password", `{"current":"correct horse","password":"battery staple"}`)
			},
			"expired": func() {
				hash := auth.Hash(r.token)
				err := r.DB.Update(t.Context(), func(tx *store.Tx) error { return tx.ExtendSession(t.Context(), hash, time.Now()) })
				if err != nil {
					t.Error(err)
				}
			},
			"removed on the page": func() {
				for _, d := range pushDevices(t, r.client) {
					if d := d.(map[string]any); d["current"] == true {
						r.client.Do("POST", "/accounts/devices/", fmt.Sprintf("push_device=%.0f", d["id"]))
					}
				}
			},
			"unsubscribed": func() {
				r.client.Do("POST", "/api/v1/push/devices/forget", fmt.Sprintf(`{"endpoint":%q}`, r.browser.Endpoint))
			},
		} {
			// The seller at a browser that stays, and one that goes.
			_, token := r.SignIn(t, r.town.Seller)
			r.seller = r.Client(t, token)
			stays := r.subscribe(t, r.seller)
			_, r.token = r.SignIn(t, r.town.Seller)
			r.client = r.Client(t, r.token)
			r.browser = r.subscribe(t, r.client)
			end()
			n++
			r.buyer.Do("POST", "/api/v1/conversations", fmt.Sprintf(`{"listing_id":%d,"client_id":"a%d","message":"Is it there? %d"}`, r.town.Listing.ID, n, n))
			if text := string(stays.Wait(t, 1)[0].Text); !strings.Contains(text, fmt.Sprintf("Is it there? %d", n)) {
				t.Errorf("%s: the other browser is told %s", name, text)
			}
			if err := r.DB.Update(t.Context(), func(tx *store.Tx) error { return tx.SetPassword(t.Context(), r.town.Seller.ID, r.hash(t)) }); err != nil {
				t.Fatal(err)
			}
			r.read(t)
			if got := r.browser.Got(); len(got) != 0 {
				t.Errorf("%s: the browser was told %s", name, got[0].Text)
			}
		}
	})
}

// read has the seller read all there is, and waits until browsers have been told so.
func (r *reached) read(t *testing.T) {
	t.Helper()
	r.seller.Do("POST", "/api/v1/notifications/read", `{"all":true}`)
	for waiting := int64(1); waiting > 0; {
		loads, err := r.DB.OutboxLoads(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		waiting = loads[chat.PushChannel].Waiting
	}
}
