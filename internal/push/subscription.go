package push

import (
	"crypto/ecdh"
	"encoding/base64"
	"net"
	"net/url"
	"strings"

	"swapnest/internal/chat"
)

// MaxEndpoint is how many bytes an endpoint may have. Those of today have some 200 to 500.
const MaxEndpoint = 1024

// authBytes is the length of a subscription's secret (RFC 8291, 3.2).
const authBytes = 16

// Subscription is where a browser gets its messages, and the keys with which it reads them.
type Subscription struct {
	endpoint *url.URL
	public   *ecdh.PublicKey
	auth     []byte
}

// ParseSubscription reads what a browser says of its subscription: an https address without a
// port of its own, a point on P-256 and 16 bytes, both in base64url. With loopback it takes http
// and any port, too, where the address is one of this machine. It refuses with Invalid and one of
// the fields endpoint, p256dh and auth.
func ParseSubscription(endpoint, p256dh, auth string, loopback bool) (Subscription, error) {
	at, err := parseEndpoint(endpoint, loopback)
	if err != nil {
		return Subscription{}, err
	}
	point, ok := fromBase64(p256dh)
	if !ok || len(point) != 65 {
		return Subscription{}, chat.FieldError("p256dh", "p256dh is the browser's public key: 65 bytes in base64url, as PushSubscription.toJSON() has them.")
	}
	public, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return Subscription{}, chat.FieldError("p256dh", "p256dh is no point on the curve P-256. Subscribe again.")
	}
	secret, ok := fromBase64(auth)
	if !ok || len(secret) != authBytes {
		return Subscription{}, chat.FieldError("auth", "auth is the subscription's secret: 16 bytes in base64url, as PushSubscription.toJSON() has them.")
	}
	return Subscription{endpoint: at, public: public, auth: secret}, nil
}

// parseEndpoint reads the address of a subscription. Whether the host is one of the internet is
// looked at when it is called: names change what they stand for.
func parseEndpoint(endpoint string, loopback bool) (*url.URL, error) {
	refused := chat.FieldError("endpoint", "endpoint is the https address of a push service, as PushSubscription.toJSON() has it: at most %d bytes, and no port of its own.", MaxEndpoint)
	if len(endpoint) > MaxEndpoint {
		return nil, refused
	}
	for _, c := range []byte(endpoint) {
		if c <= ' ' || c >= 0x7f || c == '\\' {
			return nil, refused
		}
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || strings.HasSuffix(u.Host, ":") {
		return nil, refused
	}
	ip := net.ParseIP(u.Hostname())
	switch {
	case loopback && (ip != nil && ip.IsLoopback() || u.Hostname() == "localhost") && (u.Scheme == "http" || u.Scheme == "https"):
	case u.Scheme != "https" || (u.Port() != "" && u.Port() != "443"):
		return nil, refused
	}
	return u, nil
}

// fromBase64 reads base64url, with padding or without: browsers write none, some libraries do.
func fromBase64(s string) ([]byte, bool) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(s, "="))
	return data, err == nil
}

// Endpoint is the address. It is a secret of the browser: who knows it can keep it awake.
func (s Subscription) Endpoint() string { return s.endpoint.String() }

// Host is the push service's, in lower case and without a port.
func (s Subscription) Host() string { return strings.ToLower(s.endpoint.Hostname()) }

// origin is for whom a signature is made (RFC 6454, 6.2).
func (s Subscription) origin() string {
	host := strings.ToLower(s.endpoint.Host)
	if s.endpoint.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	return s.endpoint.Scheme + "://" + host
}
