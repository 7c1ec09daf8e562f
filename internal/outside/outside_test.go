package outside_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"swapnest/internal/outside"
)

func TestOnlyAddressesOfTheInternetArePublic(t *testing.T) {
	for address, public := range map[string]bool{
		"93.184.216.34": true, "8.8.8.8": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.1": true, "172.15.0.1": true, "172.32.0.1": true, "223.255.255.255": true,
		"2606:4700:4700::1111": true, "2a00:1450:4001:81c::200a": true, "::ffff:8.8.8.8": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false, "127.255.0.1": false,
		"169.254.1.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.1": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.1.1": false,
		"198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		// Where clouds tell a machine its secrets.
		"169.254.169.254": false, "100.100.100.200": false, "192.0.0.192": false, "168.63.129.16": false, "fd00:ec2::254": false, "fd20:ce::254": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12:3456::1": false, "ff02::1": false, "fec0::1": false,
		"2001:db8::1": false, "3fff::1": false, "100::1": false, "5f00::1": false,
		// IPv4 in other clothes: mapped, compatible, NAT64, 6to4, Teredo, ISATAP on a link.
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false, "64:ff9b::127.0.0.1": false, "64:ff9b::a9fe:a9fe": false,
		"64:ff9b::8.8.8.8": false, "64:ff9b:1::10.0.0.1": false, "2002:7f00:1::": false, "2002:a00:1::1": false, "2001:0:7f00:1::": false, "fe80::5efe:10.0.0.1": false,
		"2606:4700:4700::1111%eth0": false,
	} {
		if got := outside.Public(netip.MustParseAddr(address)); got != public {
			t.Errorf("%s is public: %v", address, got)
		}
	}
	if outside.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// guarded answers on loopback and fails the test when somebody comes.
func guarded(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			t.Error("somebody connected to what is near")
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, c *http.Client, address string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err == nil {
		t.Cleanup(func() { _ = answer.Body.Close() })
	}
	return answer, err
}

func TestWhatIsNearIsRefused(t *testing.T) {
	port := strings.TrimPrefix(guarded(t).URL, "http://127.0.0.1")
	c := outside.New(outside.Options{})
	for _, address := range []string{
		"https://127.0.0.1" + port, "https://localhost" + port, "https://127.1" + port, "https://[::1]" + port, "https://[::ffff:127.0.0.1]" + port, "https://0.0.0.0" + port, "https://[::]" + port,
		"https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.1.2.3/", "https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://[64:ff9b::7f00:1]/",
		"http://127.0.0.1" + port, "http://93.184.216.34/", "https://93.184.216.34:22/", "ftp://93.184.216.34/", "gopher://127.0.0.1/",
	} {
		if _, err := get(t, c, address); !errors.Is(err, outside.ErrRefused) && !unknownHost(err) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// unknownHost: 127.1 is a name for Go, which nobody has.
func unknownHost(err error) bool {
	_, ok := errors.AsType[*net.DNSError](err)
	return ok
}

// turncoat is a name server on loopback whose one name leads to each address of a list in turn,
// and then to the last.
func turncoat(t *testing.T, answers ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			mu.Lock()
			at := answers[0]
			if len(answers) > 1 {
				answers = answers[1:]
			}
			mu.Unlock()
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(at)}}
		}
		_ = w.WriteMsg(m)
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.ActivateAndServe()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-ended
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// A name that was fine when somebody looked leads to this machine when it is called.
func TestANameThatTurnsAroundIsRefused(t *testing.T) {
	port := strings.TrimPrefix(guarded(t).URL, "http://127.0.0.1")
	for _, near := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.1.1"} {
		resolver := turncoat(t, "93.184.216.34", near)
		first, err := resolver.LookupNetIP(t.Context(), "ip4", "push.example.test")
		if err != nil || len(first) != 1 || !outside.Public(first[0]) {
			t.Fatalf("at first it is %v, %v", first, err)
		}
		c := outside.New(outside.Options{Resolver: resolver})
		for _, address := range []string{"https://push.example.test/", "https://push.example.test" + port + "/"} {
			if _, err := get(t, c, address); !errors.Is(err, outside.ErrRefused) {
				t.Errorf("%s, which leads to %s: %v", address, near, err)
			}
		}
	}
}

func TestLoopbackIsForTests(t *testing.T) {
	var asked int
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("Cookie") != "" || r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("the request has %v", r.Header)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "/here", http.StatusFound)
		default:
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
		}
	}))
	defer s.Close()
	// A proxy of the environment would be asked in place of the server.
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:9")
	t.Setenv("HTTPS_PROXY", "http://192.0.2.1:9")
	t.Setenv("NO_PROXY", "")
	c := outside.New(outside.Options{Loopback: true, Body: 100, Resolver: turncoat(t, "127.0.0.1")})
	// No proxy is asked for this machine; by another name, it would be.
	named := strings.Replace(s.URL, "127.0.0.1", "near.example.test", 1)
	for _, address := range []string{s.URL, named} {
		answer, err := get(t, c, address)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(answer.Body); err != nil || len(text) != 100 {
			t.Errorf("an answer of the longest is read as %d bytes, %v", len(text), err)
		}
	}
	answer, err := get(t, c, s.URL+"/away")
	if err != nil || answer.StatusCode != http.StatusFound || asked != 3 {
		t.Errorf("a redirect is %v, %v, after %d requests", answer, err, asked)
	}
	answer, err = get(t, outside.New(outside.Options{Loopback: true, Body: 99}), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(answer.Body); !errors.Is(err, outside.ErrTooMuch) || len(text) != 99 {
		t.Errorf("an answer that is too long is read as %d bytes, %v", len(text), err)
	}
	for _, address := range []string{"http://10.0.0.1/", "http://93.184.216.34/", "https://10.0.0.1/", "https://93.184.216.34:8443/"} {
		if _, err := get(t, c, address); !errors.Is(err, outside.ErrRefused) {
			t.Errorf("%s where loopback is allowed: %v", address, err)
		}
	}
}

func TestWhoNeverAnswersIsLeft(t *testing.T) {
	held := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			_, _ = io.WriteString(w, "a")
			_ = http.NewResponseController(w).Flush()
		}
		<-held
	}))
	defer s.Close()
	defer close(held)
	c := outside.New(outside.Options{Loopback: true, Timeout: 100 * time.Millisecond})
	if _, err := get(t, c, s.URL); !timedOut(err) {
		t.Errorf("no answer: %v", err)
	}
	answer, err := get(t, c, s.URL+"/begun")
	if err == nil {
		_, err = io.ReadAll(answer.Body)
	}
	if !timedOut(err) {
		t.Errorf("an answer that was only begun: %v", err)
	}
}

func timedOut(err error) bool {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Timeout()
	}
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
