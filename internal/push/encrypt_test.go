package push

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"testing"
)

func decoded(t *testing.T, s string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The vector of RFC 8291, section 5 and appendix A.
const (
	vectorPublic = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	vectorAuth   = "BTBZMqHH6r4Tts7J_aSIgg"
	vectorKey    = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	vectorSalt   = "DGv6ra1nlYgDCS1FRnbzlw"
	vectorText   = "When I grow up, I want to be a watermelon"
	vectorBody   = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

func vectorSubscription(t *testing.T) Subscription {
	t.Helper()
	to, err := ParseSubscription("https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV", vectorPublic, vectorAuth, false)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestTheExampleOfRFC8291(t *testing.T) {
	key, err := ecdh.P256().NewPrivateKey(decoded(t, vectorKey))
	if err != nil {
		t.Fatal(err)
	}
	body, err := seal(vectorSubscription(t), key, decoded(t, vectorSalt), []byte(vectorText), 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := decoded(t, vectorBody); !bytes.Equal(body, want) {
		t.Errorf("the body is\n%x, not\n%x", body, want)
	}
}

func TestTheExampleOfRFC8188(t *testing.T) {
	body, err := encode(decoded(t, "yqdlZ-tYemfogSmv7Ws5PQ"), decoded(t, "I1BsxtFttlv3u_Oo94xnmw"), nil, []byte("I am the walrus"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := decoded(t, "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg"); !bytes.Equal(body, want) {
		t.Errorf("the body is\n%x, not\n%x", body, want)
	}
}

func TestLengthsOfBodiesTellLittle(t *testing.T) {
	to := vectorSubscription(t)
	lengths := map[int]int{}
	for n := 0; n <= MaxText; n++ {
		body, err := Encrypt(to, make([]byte, n))
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if len(body) > 4096 {
			t.Fatalf("%d bytes make a body of %d", n, len(body))
		}
		lengths[len(body)]++
	}
	if len(lengths) != 4 {
		t.Errorf("bodies have %d different lengths: %v", len(lengths), lengths)
	}
	if _, err := Encrypt(to, make([]byte, MaxText+1)); err == nil {
		t.Error("a text that is too long was encrypted")
	}
}

func TestEachBodyHasAKeyAndASaltOfItsOwn(t *testing.T) {
	to := vectorSubscription(t)
	seen := map[string]bool{}
	for range 8 {
		body, err := Encrypt(to, []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		salt, key := string(body[:16]), string(body[21:86])
		if seen[salt] || seen[key] {
			t.Fatal("two bodies share a salt or a key")
		}
		seen[salt], seen[key] = true, true
	}
}

func TestKeysOfStrangersAreChecked(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	other, err := ecdh.P384().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	off := decoded(t, vectorPublic)
	off[64] ^= 1
	compressed := append([]byte{2}, off[1:33]...)
	const good = "https://push.example.net/send/abc?x=1"
	for _, c := range []struct{ name, endpoint, p256dh, auth, field string }{
		{"as it should be", good, vectorPublic, vectorAuth, ""},
		{"with padding", good, vectorPublic + "=", vectorAuth + "==", ""},
		{"the usual port", "https://push.example.net:443/abc", vectorPublic, vectorAuth, ""},
		{"no point of the curve", good, b64(off), vectorAuth, "p256dh"},
		{"a compressed point", good, b64(compressed), vectorAuth, "p256dh"},
		{"a point of another curve", good, b64(other.PublicKey().Bytes()), vectorAuth, "p256dh"},
		{"zeros", good, b64(make([]byte, 65)), vectorAuth, "p256dh"},
		{"infinity", good, "AA", vectorAuth, "p256dh"},
		{"no base64", good, "!" + vectorPublic[1:], vectorAuth, "p256dh"},
		{"no key", good, "", vectorAuth, "p256dh"},
		{"a short secret", good, vectorPublic, b64(make([]byte, 15)), "auth"},
		{"a long secret", good, vectorPublic, b64(make([]byte, 17)), "auth"},
		{"bits too many in the secret", good, vectorPublic, vectorAuth[:21] + "h", "auth"},
		{"no secret", good, vectorPublic, "", "auth"},
		{"http", "http://push.example.net/abc", vectorPublic, vectorAuth, "endpoint"},
		{"another port", "https://push.example.net:8443/abc", vectorPublic, vectorAuth, "endpoint"},
		{"no port", "https://push.example.net:/abc", vectorPublic, vectorAuth, "endpoint"},
		{"a name in it", "https://me@push.example.net/abc", vectorPublic, vectorAuth, "endpoint"},
		{"a fragment", good + "#x", vectorPublic, vectorAuth, "endpoint"},
		{"no host", "https:///abc", vectorPublic, vectorAuth, "endpoint"},
		{"opaque", "https:push.example.net", vectorPublic, vectorAuth, "endpoint"},
		{"no scheme", "push.example.net/abc", vectorPublic, vectorAuth, "endpoint"},
		{"a script", "javascript:alert(1)", vectorPublic, vectorAuth, "endpoint"},
		{"a line break", "https://push.example.net/a\r\nb", vectorPublic, vectorAuth, "endpoint"},
		{"a backslash", `https://push.example.net\@other.example/`, vectorPublic, vectorAuth, "endpoint"},
		{"too long", "https://push.example.net/" + b64(make([]byte, MaxEndpoint)), vectorPublic, vectorAuth, "endpoint"},
		{"this machine", "http://127.0.0.1:8080/abc", vectorPublic, vectorAuth, "endpoint"},
	} {
		_, err := ParseSubscription(c.endpoint, c.p256dh, c.auth, false)
		if got := fieldOf(err); got != c.field || (err != nil) != (c.field != "") {
			t.Errorf("%s: %v, of field %q instead of %q", c.name, err, got, c.field)
		}
	}
}

func TestLoopbackIsTakenOnlyWhereItIsAllowed(t *testing.T) {
	for endpoint, allowed := range map[string]bool{
		"http://127.0.0.1:8080/abc":  true,
		"https://127.0.0.1:8443/abc": true,
		"http://[::1]:8080/abc":      true,
		"http://localhost:1/abc":     true,
		"http://10.0.0.1:8080/abc":   false,
		"http://push.example.net/":   false,
		"ftp://127.0.0.1/abc":        false,
	} {
		if _, err := ParseSubscription(endpoint, vectorPublic, vectorAuth, true); (err == nil) != allowed {
			t.Errorf("%s where loopback is allowed: %v", endpoint, err)
		}
		if _, err := ParseSubscription(endpoint, vectorPublic, vectorAuth, false); err == nil {
			t.Errorf("%s was taken where loopback is not allowed", endpoint)
		}
	}
}
