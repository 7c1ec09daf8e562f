package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
)

func fieldOf(err error) string {
	if e, ok := errors.AsType[*chat.Error](err); ok {
		return e.Field
	}
	return ""
}

// The example of RFC 8292, section 2.4.
const (
	exampleToken = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"
	exampleKey   = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
)

// verified tells whether a token was signed with a key.
func verified(t *testing.T, token, key string) bool {
	t.Helper()
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), decoded(t, key))
	if err != nil {
		t.Fatal(err)
	}
	end := strings.LastIndex(token, ".")
	signature := decoded(t, token[end+1:])
	if len(signature) != 64 {
		t.Fatalf("the signature has %d bytes", len(signature))
	}
	digest := sha256.Sum256([]byte(token[:end]))
	return ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}

func newKey(t *testing.T) Key {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// parts returns token and key of a header.
func parts(t *testing.T, header string) (token, key string) {
	t.Helper()
	if _, err := fmt.Sscanf(strings.ReplaceAll(header, ",", " "), "vapid t=%s k=%s", &token, &key); err != nil {
		t.Fatalf("%q: %v", header, err)
	}
	return token, key
}

func TestTheExampleOfRFC8292(t *testing.T) {
	if !verified(t, exampleToken, exampleKey) {
		t.Fatal("the example is not what it should be")
	}
	key := newKey(t)
	signer := NewSigner(key, "mailto:push@example.com", time.Now)
	token, err := signer.sign("https://push.example.net", time.Unix(1453523768, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := token[:strings.LastIndex(token, ".")], exampleToken[:strings.LastIndex(exampleToken, ".")]; got != want {
		t.Errorf("what is signed is\n%s, not\n%s", got, want)
	}
	if !verified(t, token, key.Public()) {
		t.Error("the signature is wrong")
	}
	if verified(t, token, exampleKey) {
		t.Error("another key has signed it")
	}
}

func TestATokenIsMadeForAServiceAndUsedAgain(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	signer := NewSigner(newKey(t), "https://swap.example", func() time.Time { return now })
	ask := func(endpoint string) string {
		t.Helper()
		to, err := ParseSubscription(endpoint, vectorPublic, vectorAuth, true)
		if err != nil {
			t.Fatal(err)
		}
		header, err := signer.Authorization(to)
		if err != nil {
			t.Fatal(err)
		}
		return header
	}
	first := ask("https://a.example/one")
	if ask("https://A.example:443/two") != first {
		t.Error("two browsers of one service got different tokens")
	}
	token, _ := parts(t, first)
	claims := string(decoded(t, strings.Split(token, ".")[1]))
	if want := fmt.Sprintf(`{"aud":"https://a.example","exp":%d,"sub":"https://swap.example"}`, now.Add(12*time.Hour).Unix()); claims != want {
		t.Errorf("the claims are %s, not %s", claims, want)
	}
	if ask("http://127.0.0.1:8080/x") == first {
		t.Error("another service got the same token")
	}
	now = now.Add(10 * time.Hour)
	if ask("https://a.example/one") != first {
		t.Error("a token that lasts two hours was not used again")
	}
	now = now.Add(time.Hour)
	if ask("https://a.example/one") == first {
		t.Error("a token was used in its last hour")
	}
	for i := range 3 * maxOrigins {
		ask(fmt.Sprintf("https://%d.example/", i))
	}
	if n := len(signer.tokens); n > maxOrigins {
		t.Errorf("%d tokens are kept", n)
	}
}

func TestAKeyIsReadAsItWasWritten(t *testing.T) {
	key := newKey(t)
	private, err := key.Private()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(private)
	if err != nil || again.Public() != key.Public() {
		t.Errorf("the key was read as %s, not %s (%v)", again.Public(), key.Public(), err)
	}
	if point := decoded(t, key.Public()); len(point) != 65 || point[0] != 4 {
		t.Errorf("the public key is %x, no uncompressed point", point)
	}
	for _, bad := range []string{"", "!", private[1:], base64.RawURLEncoding.EncodeToString(make([]byte, 32))} {
		if _, err := ParseKey(bad); err == nil || strings.Contains(err.Error(), private[1:]) {
			t.Errorf("a broken key was read, or told: %v", err)
		}
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"120":                           2 * time.Minute,
		"-5":                            0,
		"soon":                          0,
		"99999999":                      24 * time.Hour,
		"99999999999999999999":          0,
		"Sat, 28 Nov 2026 12:10:00 GMT": 10 * time.Minute,
		"Sat, 28 Nov 2026 11:00:00 GMT": 0,
		"Sat, 28 Nov 2037 12:00:00 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("Retry-After: %s is %v, not %v", header, got, want)
		}
	}
}
