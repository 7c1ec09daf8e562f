package outside

import "net/netip"

// notPublic are the blocks of the special-purpose registries (RFC 6890) that lead to machines
// near this one, to many at once, to nobody, or through a gateway to another address that is
// written inside.
var notPublic = prefixes(
	"0.0.0.0/8",        // this network; 0.0.0.0 is this machine
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared by customers of a provider; a cloud has its metadata there
	"127.0.0.0/8",      // this machine
	"168.63.129.16/32", // the agent of a cloud's machines
	"169.254.0.0/16",   // this link; most clouds have their metadata there
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // for protocols; a cloud has its metadata there
	"192.0.2.0/24",     // for documents
	"192.88.99.0/24",   // gateways of 6to4
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // for benchmarks
	"198.51.100.0/24",  // for documents
	"203.0.113.0/24",   // for documents
	"224.0.0.0/4",      // many at once
	"240.0.0.0/4",      // reserved, and everybody on the link

	"2001::/23",     // for protocols, Teredo among them, which holds an IPv4 address
	"2001:db8::/32", // for documents
	"2002::/16",     // 6to4 holds an IPv4 address
	"3fff::/20",     // for documents
)

// global is what of IPv6 is given to the internet at all. Outside of it are this machine (::1),
// the unspecified address, IPv4 addresses in other clothes (::/96, 64:ff9b::/96, 64:ff9b:1::/48),
// private ones (fc00::/7), those of a link (fe80::/10), and many at once (ff00::/8).
var global = netip.MustParsePrefix("2000::/3")

func prefixes(all ...string) []netip.Prefix {
	blocks := make([]netip.Prefix, len(all))
	for i, s := range all {
		blocks[i] = netip.MustParsePrefix(s)
	}
	return blocks
}

// Public tells whether an address is one of the internet, to which whoever asks may be led. One
// of IPv4 that is written as one of IPv6 is looked at as what it is.
func Public(at netip.Addr) bool {
	at = at.Unmap()
	if !at.IsValid() || at.Zone() != "" || at.Is6() && !global.Contains(at) {
		return false
	}
	for _, block := range notPublic {
		if block.Contains(at) {
			return false
		}
	}
	return true
}
