package papers_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// The site of the documents, and who visits it: another address than the proxies'.
const (
	siteName = "swap.example"
	visitor  = "127.0.0.2"
)

// TestTheProxiesOfTheDocumentWork starts the program as docs/operations.md has it behind a proxy,
// and nginx and Caddy with the snippets that stand there. Pages, calls and sockets go through, and
// the program sees the visitor's address, whatever the visitor says of it.
func TestTheProxiesOfTheDocumentWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runIn(t, dir, "swapnest user create meera", "long enough\n")
	behind := fencesFor(t)
	if len(behind) != 1 {
		t.Fatalf("%d fences are for this test, want the one with --trusted-proxies", len(behind))
	}
	s := serveLine(t, dir, swap(t, behind[0].text, "127.0.0.1:8000", "127.0.0.1:0"))

	cert := selfSigned(t, dir)
	t.Run("nginx", func(t *testing.T) {
		port := freePort(t)
		startNginx(t, dir, swap(t, snippet(t, "nginx"), "listen 443 ssl", "listen 127.0.0.1:"+port+" ssl", "/etc/swapnest/", dir+"/", "127.0.0.1:8000", s.at))
		visit(t, newGuest(t, port, filepath.Join(dir, cert)), dir, "swapnest audit --limit 1")
	})
	t.Run("Caddy", func(t *testing.T) {
		port := freePort(t)
		root := startCaddy(t, dir, port, swap(t, snippet(t, "caddy"), "127.0.0.1:8000", s.at))
		visit(t, newGuest(t, port, root), dir, "swapnest audit --limit 1")
	})
}

// guest is somebody who comes through a proxy by TLS, as a browser would, from another address.
type guest struct {
	t      *testing.T
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	config *tls.Config
	client *http.Client
	cookie string // once they have signed in
}

// newGuest waits until the proxy at a port has begun, whose certificate is in the file root.
func newGuest(t *testing.T, port, root string) *guest {
	t.Helper()
	g := &guest{t: t, config: &tls.Config{ServerName: siteName, RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}}
	g.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(visitor)}}
		return d.DialContext(ctx, network, "127.0.0.1:"+port)
	}
	// It has begun when somebody can shake hands with it.
	deadline := time.Now().Add(patience)
	for ready := false; !ready; {
		if conn, err := g.dial(t.Context(), "tcp", ""); err == nil {
			if data, err := os.ReadFile(root); err == nil && g.config.RootCAs.AppendCertsFromPEM(data) {
				ready = tls.Client(conn, g.config).HandshakeContext(t.Context()) == nil
			}
			conn.Close()
		}
		if !ready && time.Now().After(deadline) {
			t.Fatal("nobody can connect to it")
		}
	}
	g.client = &http.Client{Transport: &http.Transport{DialContext: g.dial, TLSClientConfig: g.config.Clone(), ForceAttemptHTTP2: true}}
	t.Cleanup(g.client.CloseIdleConnections)
	return g
}

// ask sends a request, which claims to come from elsewhere, and returns the answer, read.
func (g *guest) ask(method, path, body string) (*http.Response, string, error) {
	r, err := http.NewRequestWithContext(g.t.Context(), method, "https://"+siteName+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "https://"+siteName)
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("Cookie", g.cookie)
	response, err := g.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

// must is ask with an answer of 200 or 201.
func (g *guest) must(method, path, body string) (*http.Response, string) {
	g.t.Helper()
	response, text, err := g.ask(method, path, body)
	if err != nil || response.StatusCode/100 != 2 {
		g.t.Fatalf("%s %s: %v %v: %s", method, path, response, err, text)
	}
	return response, text
}

// signIn signs in as meera.
func (g *guest) signIn() {
	g.t.Helper()
	response, _ := g.must(http.MethodPost, "/api/v1/session", `{"username":"meera","password":"long enough"}`)
	g.cookie, _, _ = strings.Cut(response.Header.Get("Set-Cookie"), ";")
}

// line is an open socket.
type line struct {
	net.Conn
	ahead io.Reader // what came with the handshake, and then the connection
}

func (l line) Read(p []byte) (int, error) { return l.ahead.Read(p) }

// socket opens one, and waits until the server has greeted.
func (g *guest) socket() (line, error) {
	dialer := ws.Dialer{
		NetDial: g.dial, TLSConfig: g.config, Timeout: patience,
		Header: ws.HandshakeHeaderHTTP{"Origin": {"https://" + siteName}, "Cookie": {g.cookie}},
	}
	conn, ahead, _, err := dialer.Dial(g.t.Context(), "wss://"+siteName+"/ws/")
	if err != nil {
		return line{}, err
	}
	l := line{conn, conn}
	if ahead != nil {
		l.ahead = ahead
	}
	g.t.Cleanup(func() { l.Close() })
	if data, err := wsutil.ReadServerText(l); err != nil || !bytes.Contains(data, []byte(`"type":"hello"`)) {
		return l, fmt.Errorf("the socket says %s: %w", data, err)
	}
	return l, nil
}

// visit goes through the proxy: a page, a call, a socket. The command shows the newest entry of the audit log.
func visit(t *testing.T, g *guest, dir, audit string) {
	t.Helper()
	g.must(http.MethodGet, "/shop/", "")
	g.signIn()
	if said := runIn(t, dir, audit, ""); !strings.Contains(said, "signed_in") || !strings.Contains(said, visitor) || strings.Contains(said, "203.0.113.9") {
		t.Errorf("want %s to have signed in: %s", visitor, said)
	}
	l, err := g.socket()
	if err != nil {
		t.Fatal(err)
	}
	if err := wsutil.WriteClientText(l, []byte(`{"type":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	if data, err := wsutil.ReadServerText(l); err != nil || !bytes.Contains(data, []byte(`"type":"pong"`)) {
		t.Errorf("the socket: got %s, %v, want pong", data, err)
	}
}

// startNginx starts nginx with what stands in its http block.
func startNginx(t *testing.T, dir, site string) {
	t.Helper()
	conf := "daemon off;\nmaster_process off;\nerror_log stderr;\npid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += kind + "_temp_path " + kind + ";\n"
	}
	write(t, filepath.Join(dir, "nginx.conf"), conf+site+"}\n")
	startProxyProgram(t, dir, "nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
}

// startCaddy starts Caddy with a site, and returns the file of its authority's certificate.
func startCaddy(t *testing.T, dir, port, site string) string {
	t.Helper()
	// Its certificate comes from an authority within it, and not from the net.
	conf := fmt.Sprintf("{\nadmin off\nlocal_certs\nskip_install_trust\nhttps_port %s\nhttp_port %s\ndefault_bind 127.0.0.1\nstorage file_system %s/caddy\n}\n",
		port, freePort(t), dir)
	write(t, filepath.Join(dir, "Caddyfile"), conf+site)
	startProxyProgram(t, dir, "caddy", "run", "--config", filepath.Join(dir, "Caddyfile"), "--adapter", "caddyfile")
	return filepath.Join(dir, "caddy", "pki", "authorities", "local", "root.crt")
}

// startProxyProgram starts nginx or Caddy. It ends with the test.
func startProxyProgram(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	for _, other := range []string{filepath.Join(root, ".tools", "bin", name), "/usr/sbin/" + name} {
		if _, missing := os.Stat(other); err != nil && missing == nil {
			path, err = filepath.Abs(other)
		}
	}
	if err != nil {
		if quickLoop() {
			t.Skipf("left out, for the quick loop needs nothing but Go: %v", err)
		}
		t.Fatalf("%v: scripts/bootstrap brings it", err)
	}
	c := exec.CommandContext(context.Background(), path, args...)
	c.Dir = dir
	c.Env = environment("HOME=" + dir)
	said, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		_ = c.Wait()                          // the status says that it was told to end
		if text, _ := os.ReadFile(said.Name()); t.Failed() {
			t.Logf("%s: %s", name, text)
		}
		said.Close()
	})
}

// selfSigned makes the two files of the documents' certificate in dir, and returns the name of the first.
func selfSigned(t *testing.T, dir string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: siteName}, DNSNames: []string{siteName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	write(t, filepath.Join(dir, "fullchain.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	return "fullchain.pem"
}
