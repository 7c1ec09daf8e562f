package auth

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func proxies(t testing.TB, networks ...string) Proxies {
	t.Helper()
	p, err := ParseProxies(networks)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// through returns the address that counts for a request behind p.
func through(p Proxies, peer string, lines ...string) string {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = peer
	r.Header["X-Forwarded-For"] = lines
	r.RemoteAddr = p.Remote(r)
	return Address(r)
}

func TestOnlyATrustedProxyIsAskedForTheAddress(t *testing.T) {
	p := proxies(t, "127.0.0.1/32", "10.0.0.0/8", "::1/128", "2001:db8:aaaa::/48")
	for _, test := range []struct {
		name  string
		peer  string
		lines []string
		want  string
	}{
		{"no header", "127.0.0.1:4711", nil, "127.0.0.1"},
		{"one client", "127.0.0.1:4711", []string{"192.0.2.7"}, "192.0.2.7"},
		{"a client that is no proxy", "192.0.2.7:4711", []string{"198.51.100.1"}, "192.0.2.7"},
		{"what a client wrote before it", "127.0.0.1:4711", []string{"198.51.100.1, 127.0.0.1, 192.0.2.7"}, "192.0.2.7"},
		{"what a client wrote on a line of its own", "127.0.0.1:4711", []string{"198.51.100.1", "192.0.2.7"}, "192.0.2.7"},
		{"two proxies", "127.0.0.1:4711", []string{"198.51.100.1, 192.0.2.7, 10.1.2.3"}, "192.0.2.7"},
		{"two proxies with a line each", "127.0.0.1:4711", []string{"198.51.100.1,192.0.2.7", "10.1.2.3"}, "192.0.2.7"},
		{"proxies only", "127.0.0.1:4711", []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		{"no address", "127.0.0.1:4711", []string{"192.0.2.7, unknown"}, "127.0.0.1"},
		{"no address before a proxy", "127.0.0.1:4711", []string{"192.0.2.7, <script>, 10.1.2.3"}, "10.1.2.3"},
		{"nothing before a proxy", "127.0.0.1:4711", []string{"192.0.2.7,, 10.1.2.3"}, "10.1.2.3"},
		{"an empty header", "127.0.0.1:4711", []string{""}, "127.0.0.1"},
		{"a port", "127.0.0.1:4711", []string{"192.0.2.7:80"}, "192.0.2.7"},
		{"tabs", "127.0.0.1:4711", []string{"\t192.0.2.7\t"}, "192.0.2.7"},
		{"IPv6", "127.0.0.1:4711", []string{"2001:db8:1:2::3"}, "2001:db8:1:2::/64"},
		{"IPv6 with a port", "127.0.0.1:4711", []string{"[2001:db8:1:2::3]:443"}, "2001:db8:1:2::/64"},
		{"IPv6 in brackets", "127.0.0.1:4711", []string{"[2001:db8:1:2::3]"}, "2001:db8:1:2::/64"},
		{"IPv4 in brackets", "127.0.0.1:4711", []string{"[192.0.2.7]"}, "127.0.0.1"},
		{"IPv4 in the clothes of IPv6", "[::ffff:127.0.0.1]:4711", []string{"::ffff:192.0.2.7, ::ffff:10.0.0.1"}, "192.0.2.7"},
		{"a zone", "127.0.0.1:4711", []string{"fe80::1%eth0"}, "fe80::/64"},
		{"an IPv6 proxy", "[::1]:4711", []string{"192.0.2.7, 2001:db8:aaaa::9"}, "192.0.2.7"},
		{"a peer of no address", "@", []string{"192.0.2.7"}, "@"},
		{"very many", "127.0.0.1:4711", []string{strings.Repeat("192.0.2.7,", 5000) + "10.0.0.1"}, "192.0.2.7"},
	} {
		if got := through(p, test.peer, test.lines...); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	if got := through(nil, "127.0.0.1:4711", "192.0.2.7"); got != "127.0.0.1" {
		t.Errorf("without proxies: got %s, want the connection's own", got)
	}
}

func TestOtherHeadersSayNothingOfTheAddress(t *testing.T) {
	p := proxies(t, "127.0.0.1/32")
	for _, header := range []string{"Forwarded", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Forwarded", "Via"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "127.0.0.1:4711"
		r.Header.Set(header, "for=192.0.2.7")
		r.Header.Add(header, "192.0.2.7")
		r.RemoteAddr = p.Remote(r)
		if got := Address(r); got != "127.0.0.1" {
			t.Errorf("%s: got %s, want the connection's own", header, got)
		}
	}
}

func TestNetworksOfProxiesAreExact(t *testing.T) {
	for _, wrong := range []string{"", "10.0.0.1", "10.0.0.0/33", "proxy.example", "10.0.0.0/8;", "0.0.0.0/0", "::/0", "::ffff:0.0.0.0/90", "::ffff:0:0/96", "10.0.0.0/-1"} {
		if _, err := ParseProxies([]string{"127.0.0.1/32", wrong}); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	for given, want := range map[string]string{" 10.1.2.3/8 ": "10.0.0.0/8", "::ffff:10.0.0.0/104": "10.0.0.0/8", "2001:db8::1/64": "2001:db8::/64"} {
		if got := proxies(t, given)[0].String(); got != want {
			t.Errorf("%q: got %s, want %s", given, got, want)
		}
	}
}

// FuzzForwarded holds the walk against two rules: the answer is an address, and it is
// either one that the headers name or the peer's; and what a client writes in front of
// what the proxies say changes nothing.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", "192.0.2.7", "1.1.1.1, 10.0.0.1", "unknown", "[::1]:1, 10.0.0.1", ",,,", "a%b", "10.0.0.1,\x00", "::ffff:10.0.0.1"} {
		f.Add(seed, "198.51.100.1")
	}
	p := proxies(f, "10.0.0.0/8")
	peer := netip.MustParseAddr("10.0.0.9")
	f.Fuzz(func(t *testing.T, noted, forged string) {
		got := p.client(peer, []string{noted})
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Fatalf("%q: got %v", noted, got)
		}
		if got == peer || p.trust(got) {
			return // nobody outside has been found yet, so what stands further left counts
		}
		for _, lines := range [][]string{{forged + "," + noted}, {forged, noted}} {
			if again := p.client(peer, lines); again != got {
				t.Errorf("%q: got %v, and %v with %q in front", noted, got, again, forged)
			}
		}
	})
}
