package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Key signs what a site sends. A browser subscribes for one key and takes messages of no other.
type Key struct {
	private *ecdsa.PrivateKey
	public  string
}

// NewKey makes a key.
func NewKey() (Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a push key: %w", err)
	}
	return keyOf(private)
}

// ParseKey reads what Private has returned. Its error holds nothing of it.
func ParseKey(private string) (Key, error) {
	raw, ok := fromBase64(private)
	if !ok {
		return Key{}, errors.New("a push key in the database is not in base64url")
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return Key{}, errors.New("a push key in the database is no number of 32 bytes of the curve P-256")
	}
	return keyOf(key)
}

func keyOf(private *ecdsa.PrivateKey) (Key, error) {
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return Key{}, fmt.Errorf("make a push key: %w", err)
	}
	return Key{private: private, public: base64.RawURLEncoding.EncodeToString(point)}, nil
}

// Public is the uncompressed point in base64url: what browsers call applicationServerKey.
func (k Key) Public() string { return k.public }

// Private is the secret number in base64url.
func (k Key) Private() (string, error) {
	raw, err := k.private.Bytes()
	if err != nil {
		return "", fmt.Errorf("write a push key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

const (
	// tokenLife is half of the longest that is allowed (RFC 8292, 2), so that a clock may be wrong.
	tokenLife = 12 * time.Hour
	// tokenRest is what a token still has when a new one is made.
	tokenRest = time.Hour
	// maxOrigins bounds the tokens that are kept: strangers name the services.
	maxOrigins = 256
)

// Signer says who sends, by one key (RFC 8292). It keeps a token for each push service, which
// services ask for: checking a signature costs them more than comparing one.
type Signer struct {
	key     Key
	contact string
	now     func() time.Time

	mu     sync.Mutex
	tokens map[string]token // by origin
}

type token struct {
	text    string
	expires time.Time
}

// NewSigner returns a signer. Contact is where a service may reach whoever runs the site:
// mailto: or https:.
func NewSigner(key Key, contact string, now func() time.Time) *Signer {
	return &Signer{key: key, contact: contact, now: now, tokens: map[string]token{}}
}

// Authorization returns the header of this name for a request to the subscription's service.
func (s *Signer) Authorization(to Subscription) (string, error) {
	origin, now := to.origin(), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.tokens[origin]
	if !ok || !kept.expires.After(now.Add(tokenRest)) {
		kept = token{expires: now.Add(tokenLife).Truncate(time.Second)}
		var err error
		if kept.text, err = s.sign(origin, kept.expires); err != nil {
			return "", err
		}
		if len(s.tokens) >= maxOrigins {
			clear(s.tokens)
		}
		s.tokens[origin] = kept
	}
	return "vapid t=" + kept.text + ", k=" + s.key.public, nil
}

// sign makes a JWT (RFC 7515) for a service.
func (s *Signer) sign(origin string, expires time.Time) (string, error) {
	claims, err := json.Marshal(struct {
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
		Subject  string `json:"sub"`
	}{origin, expires.Unix(), s.contact})
	if err != nil {
		return "", fmt.Errorf("write the claims of a push: %w", err)
	}
	b64 := base64.RawURLEncoding
	text := b64.EncodeToString([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + b64.EncodeToString(claims)
	digest := sha256.Sum256([]byte(text))
	r, v, err := ecdsa.Sign(rand.Reader, s.key.private, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign a push: %w", err)
	}
	signature := make([]byte, 64) // both numbers with 32 bytes each (RFC 7518, 3.4)
	r.FillBytes(signature[:32])
	v.FillBytes(signature[32:])
	return text + "." + b64.EncodeToString(signature), nil
}
