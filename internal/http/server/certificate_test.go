package server_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// issue writes a certificate of its own making and its key, and returns it.
func issue(t *testing.T, certFile, keyFile string, serial int64) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: acmeHost}, DNSNames: []string{acmeHost},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(serial, 0)
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPagesAndSocketsOverTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	own := issue(t, cert, key, 1)
	app := apptest.Open(t, testkit.SQLite(t), func(o *server.Options) {
		o.PublicURL = &url.URL{Scheme: "https", Host: acmeHost}
		o.TLS = server.TLS{Cert: cert, Key: key}
	})
	defer app.Stop()
	town := testkit.Populate(t, app.DB)
	_, token := app.SignIn(t, town.Buyer)
	l, _ := listenLoopback(t)
	serve(t, app, func() error { return app.Serve(l) })
	roots := x509.NewCertPool()
	roots.AddCert(own)
	config := &tls.Config{ServerName: acmeHost, RootCAs: roots, MinVersion: tls.VersionTLS12}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config.Clone(), ForceAttemptHTTP2: true}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+l.Addr().String()+"/shop/", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.ProtoMajor != 2 || response.StatusCode != http.StatusOK || !strings.Contains(string(body), "Hero Sprint") {
		t.Errorf("got HTTP/%d %d", response.ProtoMajor, response.StatusCode)
	}
	if got := response.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("got Strict-Transport-Security %q", got)
	}
	dialer := ws.Dialer{TLSConfig: config, Timeout: 10 * time.Second, Header: ws.HandshakeHeaderHTTP{
		"Origin": {"https://" + acmeHost}, "Cookie": {app.Guard.CookieName() + "=" + token},
	}}
	conn, _, _, err := dialer.Dial(t.Context(), "wss://"+l.Addr().String()+"/ws/")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	header, err := ws.ReadHeader(conn)
	if err != nil || header.Length > 64<<10 {
		t.Fatalf("got %d bytes, %v", header.Length, err)
	}
	payload := make([]byte, header.Length)
	if _, err := io.ReadFull(conn, payload); err != nil || !bytes.Contains(payload, []byte(`"type":"hello"`)) {
		t.Errorf("got %q, %v", payload, err)
	}
}

func TestARenewedCertificateIsTakenUpAndABrokenOneIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		first := issue(t, cert, key, 1)
		var log bytes.Buffer
		config, _, err := server.OpenTLS(server.TLS{Cert: cert, Key: key}, dir, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		want := func(when string, want *x509.Certificate) {
			t.Helper()
			got, err := config.GetCertificate(nil)
			if err != nil || !bytes.Equal(got.Certificate[0], want.Raw) {
				t.Errorf("%s: got another certificate (%v)", when, err)
			}
		}
		want("at first", first)
		second := issue(t, cert, key, 2)
		want("at once", first)
		time.Sleep(time.Minute)
		want("a minute later", second)
		if err := os.WriteFile(cert, []byte("half of a fi"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		want("with a broken file", second)
		if !strings.Contains(log.String(), "certificate not renewed") {
			t.Errorf("the log says %q", log.String())
		}
		third := issue(t, cert, key, 3)
		time.Sleep(time.Minute)
		want("mended", third)
	})
}
