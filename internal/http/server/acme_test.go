package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"

	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

const acmeHost = "swap.example"

// authority is a certificate authority that speaks ACME, with a resolver of its own for
// which every name is this machine.
type authority struct {
	directory string
	front     string         // PEM file of what its directory is served with
	roots     *x509.CertPool // of what it issues
	orders    *db.MemoryStore
}

func startAuthority(t *testing.T, httpPort, tlsPort int) *authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "5") // a client has to bear that
	quiet := log.New(io.Discard, "", 0)
	a := &authority{orders: db.NewMemoryStore(), roots: x509.NewCertPool()}
	issuer := ca.New(quiet, a.orders, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "default", ValidityPeriod: 90 * 24 * 3600}})
	a.roots.AddCert(issuer.GetRootCert(0).Cert)
	checker := va.New(quiet, httpPort, tlsPort, false, startResolver(t), a.orders)
	desk := wfe.New(quiet, a.orders, checker, issuer, []string{"pebble.test"}, false, false, 1, 1)
	front := httptest.NewTLSServer(desk.Handler())
	t.Cleanup(front.Close)
	a.directory = front.URL + wfe.DirectoryPath
	a.front = filepath.Join(t.TempDir(), "front.pem")
	if err := os.WriteFile(a.front, pemOf(front.Certificate()), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// startResolver answers every name with 127.0.0.1, and returns its address.
func startResolver(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = append(m.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1),
			})
		}
		_ = w.WriteMsg(m) // whoever asked may have gone
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.ActivateAndServe() // ends by Shutdown
	}()
	t.Cleanup(func() {
		_ = s.Shutdown()
		<-done
	})
	return l.Addr().String()
}

func listenLoopback(t *testing.T) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // the server may have closed it
	return l, l.Addr().(*net.TCPAddr).Port
}

// certified dials the site as a browser would, and returns the certificate that holds. A
// handshake is given up by the server after five seconds, however long the authority takes:
// whoever comes then is tried again.
func certified(t *testing.T, at net.Addr, roots *x509.CertPool) *x509.Certificate {
	t.Helper()
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: time.Minute}, Config: &tls.Config{ServerName: acmeHost, RootCAs: roots, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(t.Context(), "tcp", at.String())
	for began := time.Now(); errors.Is(err, io.EOF) && time.Since(began) < time.Minute; {
		conn, err = dialer.DialContext(t.Context(), "tcp", at.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

func TestACertificateIsHadFromAnAuthorityThatSpeaksACME(t *testing.T) {
	for _, challenge := range []string{"TLS-ALPN-01", "HTTP-01"} {
		t.Run(challenge, func(t *testing.T) {
			site, tlsPort := listenLoopback(t)
			plain, httpPort := listenLoopback(t)
			dead, deadPort := listenLoopback(t)
			if err := dead.Close(); err != nil {
				t.Fatal(err)
			}
			// The authority finds the one door that is tried here, and none at the other.
			if challenge == "HTTP-01" {
				tlsPort = deadPort
			} else {
				httpPort = deadPort
			}
			a := startAuthority(t, httpPort, tlsPort)
			d := testkit.SQLite(t)
			start := func(directory string) *apptest.App {
				return apptest.Open(t, d, func(o *server.Options) {
					o.PublicURL = &url.URL{Scheme: "https", Host: acmeHost}
					o.TLS = server.TLS{ACME: true, Host: acmeHost, Directory: directory, Root: a.front, Email: "operator@swap.example"}
				})
			}
			app := start(a.directory)
			serve(t, app, func() error { return app.ServePlain(plain) })
			serve(t, app, func() error { return app.Serve(site) })
			first := certified(t, site.Addr(), a.roots)
			if err := first.VerifyHostname(acmeHost); err != nil {
				t.Error(err)
			}
			app.Stop()
			// A second start has it already: no authority is asked.
			again, _ := listenLoopback(t)
			anew := start("https://127.0.0.1:1/nobody")
			serve(t, anew, func() error { return anew.Serve(again) })
			if second := certified(t, again.Addr(), a.roots); !second.Equal(first) {
				t.Error("the second start has another certificate")
			}
			anew.Stop()
			checkSecret(t, filepath.Join(d.Dir(), "acme"))
		})
	}
}

// serve runs what ends by the node's Stop, at the end of the test at the latest.
func serve(t *testing.T, app *apptest.App, run func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- run() }()
	t.Cleanup(func() {
		app.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// checkSecret wants a folder and what is in it to be for its owner alone.
func checkSecret(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPlainHTTPLeadsToHTTPS(t *testing.T) {
	app := apptest.Open(t, testkit.SQLite(t), func(o *server.Options) { o.PublicURL = &url.URL{Scheme: "https", Host: acmeHost} })
	l, _ := listenLoopback(t)
	serve(t, app, func() error { return app.ServePlain(l) })
	defer app.Stop()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, path := range []string{"/", "/shop/?q=a%20b", "//elsewhere.example/x", "/chat/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "attacker.example"
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if got, want := response.Header.Get("Location"), "https://"+acmeHost+path; response.StatusCode != http.StatusPermanentRedirect || got != want {
			t.Errorf("%s: got %d to %q, want 308 to %q", path, response.StatusCode, got, want)
		}
	}
}
