package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of proxies whose word about a client's address is taken.
// None trusts nobody.
type Proxies []netip.Prefix

// ParseProxies reads networks such as 10.0.0.0/8. One that holds every address is
// refused: with it, anybody could say where they come from.
func ParseProxies(networks []string) (Proxies, error) {
	proxies := make(Proxies, 0, len(networks))
	for _, s := range networks {
		p, err := netip.ParsePrefix(strings.TrimSpace(s))
		if err != nil {
			return nil, fmt.Errorf("%q is no network such as 127.0.0.1/32", s)
		}
		if p.Addr().Is4In6() {
			// Addresses are compared without this clothing, so their networks are, too.
			if p.Bits() < 96 {
				return nil, fmt.Errorf("%q holds more than the IPv4 addresses: write it as an IPv4 network", s)
			}
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("%q holds every address, and so trusts everybody", s)
		}
		proxies = append(proxies, p.Masked())
	}
	return proxies, nil
}

// TrustsPeer tells whether a request came through one of the proxies.
func (p Proxies) TrustsPeer(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && p.trust(peer.Addr())
}

// Remote returns where a request came from, in the form of http.Request.RemoteAddr, also
// when a proxy has handed it on. It is asked once, at the edge, before everything that
// looks at the address.
//
// Only X-Forwarded-For is read. Forwarded (RFC 7239) is not: of two headers that say the
// same, a proxy that writes one would let a client write the other. What scheme and host
// people use is a matter of configuration, and no header is asked for them.
func (p Proxies) Remote(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !p.trust(peer.Addr()) {
		return r.RemoteAddr
	}
	return netip.AddrPortFrom(p.client(peer.Addr(), r.Header.Values("X-Forwarded-For")), 0).String()
}

// trust tells whether a is a proxy of ours.
func (p Proxies) trust(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// client walks from the peer, which is trusted, back through what the proxies have noted:
// each appends whom it was asked by, so the list is read from its end. The first address
// that is none of ours is the client; what stands before it was written by whoever came
// from there, and says nothing. An entry that is no address ends the walk at the last good
// one.
func (p Proxies) client(peer netip.Addr, lines []string) netip.Addr {
	at := peer
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			entry := rest
			if cut := strings.LastIndexByte(rest, ','); cut >= 0 {
				entry, rest = rest[cut+1:], rest[:cut]
			} else {
				more = false
			}
			a, ok := entryAddr(strings.Trim(entry, " \t"))
			if !ok {
				return at
			}
			if at = a; !p.trust(at) {
				return at
			}
		}
	}
	return at
}

// entryAddr reads an address with or without a port; IPv6 stands in brackets when there is one.
func entryAddr(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok {
			a, err := netip.ParseAddr(inner)
			return a.Unmap().WithZone(""), err == nil && a.Is6()
		}
	}
	return netip.Addr{}, false
}
