package pushtest

import (
	"crypto/ecdh"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func decoded(t *testing.T, s string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The vector of RFC 8291, appendix A, from the browser's side.
func TestABrowserReadsTheExampleOfRFC8291(t *testing.T) {
	key, err := ecdh.P256().NewPrivateKey(decoded(t, "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	secret := decoded(t, "BTBZMqHH6r4Tts7J_aSIgg")
	body := decoded(t, "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN")
	text, err := decrypt(key, secret, body)
	if err != nil || string(text) != "When I grow up, I want to be a watermelon" {
		t.Errorf("it reads %q, %v", text, err)
	}
	body[len(body)-1] ^= 1
	if text, err := decrypt(key, secret, body); err == nil {
		t.Errorf("what was changed on the way is read as %q", text)
	}
}

func TestTheServiceReadsTheExampleOfRFC8292(t *testing.T) {
	const (
		key    = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
		header = "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, k=" + key
	)
	at := time.Unix(1453523768, 0)
	contact, err := authorized(header, "https://push.example.net", key, at.Add(-time.Hour))
	if err != nil || contact != "mailto:push@example.com" {
		t.Errorf("it is from %q, %v", contact, err)
	}
	for why, ask := range map[string]func() (string, error){
		"over": func() (string, error) { return authorized(header, "https://push.example.net", key, at) },
		"too long": func() (string, error) {
			return authorized(header, "https://push.example.net", key, at.Add(-25*time.Hour))
		},
		"elsewhere": func() (string, error) { return authorized(header, "https://push.example.com", key, at.Add(-time.Hour)) },
		"another key": func() (string, error) {
			return authorized(header, "https://push.example.net", "B"+key, at.Add(-time.Hour))
		},
		"not signed": func() (string, error) {
			return authorized(strings.Replace(header, ".i3CY", ".i3CZ", 1), "https://push.example.net", key, at.Add(-time.Hour))
		},
		"another scheme": func() (string, error) {
			return authorized("WebPush"+header[5:], "https://push.example.net", key, at.Add(-time.Hour))
		},
	} {
		if _, err := ask(); err == nil {
			t.Errorf("it is taken although it is %s", why)
		}
	}
}
