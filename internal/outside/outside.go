// Package outside goes to addresses that strangers give, such as those of push services: to the
// internet, and never to what is near this program. Where a name leads is looked at when the
// connection is made, by the address that is connected to, so a name that leads elsewhere a
// moment later changes nothing.
package outside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrRefused is the error of a request to where nobody is sent.
var ErrRefused = errors.New("the address is not one of the internet")

// ErrTooMuch is the error of reading more of an answer than Options.Body.
var ErrTooMuch = errors.New("the answer is too long")

// Options say how far one goes. The zero value has the defaults.
type Options struct {
	// Loopback lets one go to this machine, too, by http and to any port: for tests.
	Loopback bool
	// Timeout is for all of a request, its answer included; 10 s by default.
	Timeout time.Duration
	// Body is how many bytes of an answer can be read; 64 KiB by default.
	Body int64
	// Resolver looks names up; the system's by default.
	Resolver *net.Resolver
}

// New returns a client. It takes https to port 443 alone: whoever offers a service to strangers
// does it there, and with a port of their choice strangers could have others' machines knocked
// at, from here. It follows no redirect, which is an answer like others; it goes through no
// proxy, which would look the name up by itself; and it keeps no cookies.
func New(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Body == 0 {
		o.Body = 64 << 10
	}
	way := &transport{body: o.Body, secure: dialing(o, func(at netip.AddrPort) bool {
		return Public(at.Addr()) && at.Port() == 443 || o.Loopback && at.Addr().IsLoopback()
	})}
	if o.Loopback {
		way.plain = dialing(o, func(at netip.AddrPort) bool { return at.Addr().IsLoopback() })
	}
	return &http.Client{
		Transport:     way,
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dialing returns a transport that connects to what allowed allows.
func dialing(o Options, allowed func(netip.AddrPort) bool) *http.Transport {
	dialer := &net.Dialer{
		Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Resolver: o.Resolver,
		// Called for each address that is tried, after the name was looked up and before the
		// first packet.
		ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || (network != "tcp4" && network != "tcp6") || !allowed(netip.AddrPortFrom(at.Addr().Unmap(), at.Port())) {
				return ErrRefused
			}
			return nil
		},
	}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  o.Timeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    8,
		MaxConnsPerHost:        32,
		MaxResponseHeaderBytes: 32 << 10,
		DisableCompression:     true, // a small answer cannot become a large one
	}
}

// transport picks the way by the scheme, and bounds answers.
type transport struct {
	secure, plain *http.Transport // plain is nil where http is not taken
	body          int64
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	way := t.secure
	switch {
	case r.URL.Scheme == "https":
	case r.URL.Scheme == "http" && t.plain != nil:
		way = t.plain
	default:
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, fmt.Errorf("%w: it needs https", ErrRefused)
	}
	answer, err := way.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &bounded{answer.Body, t.body}
	return answer, nil
}

// CloseIdleConnections is called by the method of this name of http.Client.
func (t *transport) CloseIdleConnections() {
	t.secure.CloseIdleConnections()
	if t.plain != nil {
		t.plain.CloseIdleConnections()
	}
}

// bounded reads so many bytes more, and not one beyond.
type bounded struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// Whether there is more is found out by asking for it.
		n, err := b.ReadCloser.Read(make([]byte, 1))
		if n > 0 {
			return 0, ErrTooMuch
		}
		return 0, err
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
