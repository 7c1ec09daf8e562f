package push

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzSubscription feeds what browsers say of themselves to the parser. Whatever it takes can be
// sent to, and leads where its text says.
func FuzzSubscription(f *testing.F) {
	f.Add("https://push.example.net/send/abc?x=1", vectorPublic, vectorAuth, false)
	f.Add("https://fcm.googleapis.com/fcm/send/dQ%3A:APA91b_-", vectorPublic+"=", vectorAuth+"==", false)
	f.Add("http://127.0.0.1:8080/a", vectorPublic, vectorAuth, true)
	f.Add("https://[::ffff:10.0.0.1]/a", vectorPublic, vectorAuth, true)
	f.Add(`https://a\@b/`, "AA", "", false)
	f.Fuzz(func(t *testing.T, endpoint, p256dh, auth string, loopback bool) {
		to, err := ParseSubscription(endpoint, p256dh, auth, loopback)
		if err != nil {
			if fieldOf(err) == "" || len(endpoint) > 10 && strings.Contains(err.Error(), endpoint) {
				t.Fatalf("the refusal names no field, or repeats what was sent: %v", err)
			}
			return
		}
		u, err := url.Parse(to.Endpoint())
		if err != nil || u.Hostname() == "" || strings.ToLower(u.Hostname()) != to.Host() || u.User != nil {
			t.Fatalf("%q was taken and is %q", endpoint, to.Endpoint())
		}
		if !loopback && (u.Scheme != "https" || u.Port() != "" && u.Port() != "443") {
			t.Fatalf("%q was taken", endpoint)
		}
		if body, err := Encrypt(to, []byte("x")); err != nil || len(body) != headerBytes+step+tagBytes {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
	})
}
