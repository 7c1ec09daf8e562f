package server_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
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
		one := subscription(t, "https://push.example.net/one")
		if got := s.buyer.Do("POST", under+"subscribe/", one); got.Status != 200 || got.Body != `{"success":true}` {
			t.Errorf("subscribing: %d %s", got.Status, got.Body)
		}
		if got := s.buyer.Do("POST", under+"subscribe/", `{"subscription":`+subscription(t, "https://push.example.net/two")+`}`); got.Status != 200 || got.Body != `{"success":true}` {
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
			if got := s.buyer.Do("POST", under+"unsubscribe/", `{"endpoint":"https://push.example.net/one"}`); got.Status != 200 || got.Body != `{"success":true}` {
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
		s.buyer.Do("POST", "/api/v1/push/devices", subscription(t, "https://push.example.net/"+name))
	}
	got := s.buyer.Do("GET", page, "")
	if got.Status != 200 || !strings.Contains(got.Body, heading) || strings.Count(got.Body, `name="push_device"`) != 2 || strings.Contains(got.Body, "push.example.net") {
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
