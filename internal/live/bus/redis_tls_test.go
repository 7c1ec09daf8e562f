package bus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"swapnest/internal/live/bus"
	"swapnest/internal/testkit"
)

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// A certificate is believed when the machine's authorities have signed it, and for the host that
// is dialled.
func TestRedisOverTLS(t *testing.T) {
	cert, key := selfSigned(t)
	// No other test of this package looks at certificates, so these are the machine's authorities.
	t.Setenv("SSL_CERT_FILE", cert)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(host)
	server := testkit.StartRedis(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")
	url := strings.NewReplacer("redis://", "rediss://", server.Host(), host).Replace(server.URL())
	one, two := newStation(t, url, ""), newStation(t, url, "")
	two.subscribe(bus.Person(1))
	one.reaches(two, bus.Person(1))
	// localhost is not in the certificate.
	stranger := newStation(t, strings.Replace(url, "127.0.0.1", "localhost", 1), "")
	one.reaches(two, bus.Person(1))
	eventually(t, "it is told that it is down", func() bool { return stranger.Subscribe(t.Context(), bus.Person(1)) != nil })
	if stranger.Healthy() {
		t.Error("a certificate for another host was believed")
	}

	// A sentinel and what it names, with the same certificate: the authorities are read once.
	behind := testkit.StartRedisSentinelTLS(t, cert, key).URL()
	three, four := newStation(t, behind, ""), newStation(t, behind, "")
	four.subscribe(bus.Person(1))
	three.reaches(four, bus.Person(1))
	eventually(t, "both are healthy", func() bool { return three.Healthy() && four.Healthy() })
	plain := newStation(t, strings.Replace(behind, "rediss+", "redis+", 1), "")
	eventually(t, "it is told that it is down", func() bool { return plain.Subscribe(t.Context(), bus.Person(1)) != nil })
}
