package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// mac is HMAC-SHA-256, of which HKDF is made (RFC 5869).
func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// decrypt reads a body with the keys of a browser: RFC 8291, 3.3 and 3.4, and RFC 8188, 2.
func decrypt(key *ecdh.PrivateKey, secret, body []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return nil, errors.New("the body is shorter than its header")
	}
	salt, size, named := body[:16], int(binary.BigEndian.Uint32(body[16:20])), body[21:21+int(body[20])]
	sender, err := ecdh.P256().NewPublicKey(named)
	if err != nil {
		return nil, fmt.Errorf("the sender's key: %w", err)
	}
	shared, err := key.ECDH(sender)
	if err != nil {
		return nil, fmt.Errorf("the shared secret: %w", err)
	}
	material := mac(mac(secret, shared), []byte("WebPush: info"), []byte{0}, key.PublicKey().Bytes(), named, []byte{1})
	extracted := mac(salt, material)
	block, err := aes.NewCipher(mac(extracted, []byte("Content-Encoding: aes128gcm"), []byte{0}, []byte{1})[:16])
	if err != nil {
		return nil, err
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	nonce := mac(extracted, []byte("Content-Encoding: nonce"), []byte{0}, []byte{1})[:12]
	record := body[21+len(named):]
	if size < 18 || len(record) > size {
		// A browser takes one record alone (RFC 8291, 4).
		return nil, fmt.Errorf("a record of %d bytes does not fit into %d", len(record), size)
	}
	text, err := box.Open(nil, nonce, record, nil)
	if err != nil {
		return nil, errors.New("the record was encrypted with other keys")
	}
	for i := len(text) - 1; i >= 0; i-- {
		switch text[i] {
		case 0:
		case 2:
			return text[:i], nil
		default:
			return nil, fmt.Errorf("the delimiter is %d, not that of the last record", text[i])
		}
	}
	return nil, errors.New("the record has no delimiter")
}

// authorized checks the header of this name (RFC 8292, 2 and 3), and returns whom it says to
// write to.
func authorized(header, origin, site string, now time.Time) (contact string, err error) {
	scheme, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "vapid") {
		return "", fmt.Errorf("the authorization is %q, not vapid", scheme)
	}
	var token, key string
	for _, p := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch name {
		case "t":
			token = value
		case "k":
			key = value
		}
	}
	if key != site {
		return "", errors.New("the browser has subscribed for another key")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("the token has %d parts", len(parts))
	}
	var raw [4][]byte
	for i, s := range append(parts, key) {
		if raw[i], err = base64.RawURLEncoding.DecodeString(s); err != nil {
			return "", fmt.Errorf("part %d of the authorization: %w", i, err)
		}
	}
	var head struct{ Typ, Alg string }
	if err := json.Unmarshal(raw[0], &head); err != nil || head.Typ != "JWT" || head.Alg != "ES256" {
		return "", fmt.Errorf("the token's header is %s", raw[0])
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw[3])
	if err != nil {
		return "", fmt.Errorf("the key: %w", err)
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if len(raw[2]) != 64 || !ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		return "", errors.New("the signature is wrong")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(raw[1], &claims); err != nil {
		return "", fmt.Errorf("the claims: %w", err)
	}
	left := time.Unix(claims.Exp, 0).Sub(now)
	switch {
	case claims.Aud != origin:
		return "", fmt.Errorf("the token is for %s, not %s", claims.Aud, origin)
	case left <= 0 || left > 24*time.Hour:
		return "", fmt.Errorf("the token ends in %v", left)
	case !strings.HasPrefix(claims.Sub, "mailto:") && !strings.HasPrefix(claims.Sub, "https:"):
		return "", fmt.Errorf("the token's contact is %q", claims.Sub)
	}
	return claims.Sub, nil
}
