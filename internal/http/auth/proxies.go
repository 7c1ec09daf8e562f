package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of reverse proxies whose word on where a request came from is
// taken. None trusts nobody.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks (CIDR) with commas between them.
func ParseProxies(s string) (Proxies, error) {
	var all Proxies
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			one, addressErr := netip.ParseAddr(part)
			if addressErr != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", part)
			}
			network = netip.PrefixFrom(one, one.BitLen())
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// Trusts tells whether a peer is one of the proxies.
func (p Proxies) Trusts(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	for _, network := range p {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// TrustsPeer tells whether a request came through one of the proxies.
func (p Proxies) TrustsPeer(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && p.Trusts(peer.Addr())
}

// mostHops bounds how many entries of X-Forwarded-For are looked at.
const mostHops = 32

// Remote returns where a request came from, in the form of http.Request.RemoteAddr: the
// peer, unless that is one of the proxies. Then it is the last entry of X-Forwarded-For
// that is none of them: what stands before that may be made up. The walk ends at what is
// no address. RFC 7239 Forwarded is not read.
func (p Proxies) Remote(r *http.Request) string {
	if !p.TrustsPeer(r) {
		return r.RemoteAddr
	}
	last := r.RemoteAddr
	// Several headers are one list (RFC 9110, 5.3).
	entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(entries) - 1; i >= max(0, len(entries)-mostHops); i-- {
		ip, ok := hop(entries[i])
		if !ok {
			return last
		}
		last = netip.AddrPortFrom(ip, 0).String()
		if !p.Trusts(ip) {
			return last
		}
	}
	return last
}

// hop reads an entry: an address, with a port or without.
func hop(entry string) (netip.Addr, bool) {
	entry = strings.TrimSpace(entry)
	if ip, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
		return ip, true
	}
	at, err := netip.ParseAddrPort(entry)
	return at.Addr(), err == nil
}
