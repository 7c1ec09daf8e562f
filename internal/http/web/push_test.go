package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"swapnest/internal/chat"
)

// read parses a body as pushSubscribe does.
func readPush(kind, body string) (subscription, error) {
	r := httptest.NewRequest(http.MethodPost, "/notifications/push/subscribe/", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, formBytes)
	return parseSubscription(r)
}

func TestASubscriptionIsReadInBothShapes(t *testing.T) {
	const plain = `{"endpoint":"https://push.example/a","expirationTime":null,"keys":{"p256dh":"p","auth":"a"}}`
	for _, body := range []string{plain, `{"subscription":` + plain + `}`, `{"subscription":` + plain + `,"device":"phone"}`} {
		s, err := readPush("application/json; charset=utf-8", body)
		if err != nil || s.Endpoint != "https://push.example/a" || s.Keys.P256dh != "p" || s.Keys.Auth != "a" {
			t.Errorf("%s is read as %+v, %v", body, s, err)
		}
	}
	for want, c := range map[chat.Code][2]string{
		chat.UnsupportedMedia: {"text/plain", plain},
		chat.BadJSON:          {"application/json", plain[1:]},
		chat.TooLarge:         {"application/json", `{"endpoint":"` + strings.Repeat("a", formBytes) + `"}`},
	} {
		if _, err := readPush(c[0], c[1]); chat.CodeOf(err) != want {
			t.Errorf("%s: %v, not %s", c[0], err, want)
		}
	}
}

// FuzzPushBody feeds what scripts send: whatever it is, it is read or refused, within one level.
func FuzzPushBody(f *testing.F) {
	f.Add(`{"endpoint":"https://push.example/a","keys":{"p256dh":"p","auth":"a"}}`)
	f.Add(`{"subscription":{"endpoint":"x"}}`)
	f.Add(`{"subscription":{"subscription":{"endpoint":"x"}}}`)
	f.Add(`null`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		s, err := readPush("application/json", body)
		if code := chat.CodeOf(err); err != nil && code != chat.BadJSON && code != chat.TooLarge {
			t.Fatalf("refused with %v", err)
		}
		if err == nil && len(s.Endpoint) > 3*len(body) { // what is no UTF-8 takes three bytes for one
			t.Fatalf("%q is read as %q", body, s.Endpoint)
		}
	})
}
