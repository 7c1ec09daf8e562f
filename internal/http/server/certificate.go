package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"swapnest/internal/limit"
)

// TLS says where certificates come from: from two files, or from an authority that speaks
// ACME (RFC 8555). Zero is no TLS.
type TLS struct {
	Cert, Key string // PEM files
	ACME      bool
	Host      string // whose certificate to ask for
	Email     string // whom the authority may write to; "" for nobody
	Directory string // of the authority; "" is Let's Encrypt
	Root      string // PEM file of a private authority's own certificate; "" for the system's
}

// renewal is how often files are looked at for a new certificate.
const renewal = time.Minute

// openTLS returns the settings to serve with, and what answers challenges on plain http;
// both nil without TLS.
func (t TLS) open(dir string, log *slog.Logger) (*tls.Config, func(http.Handler) http.Handler, error) {
	switch {
	case t.ACME:
		return t.openACME(dir, log)
	case t.Cert == "":
		return nil, nil, nil
	}
	files := &certificate{certFile: t.Cert, keyFile: t.Key, log: log, now: time.Now}
	if err := files.load(); err != nil {
		return nil, nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.get}, nil, nil
}

func (t TLS) openACME(dir string, log *slog.Logger) (*tls.Config, func(http.Handler) http.Handler, error) {
	client := &acme.Client{DirectoryURL: t.Directory}
	if t.Directory == "" {
		client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	if t.Root != "" {
		pem, err := os.ReadFile(t.Root)
		if err != nil {
			return nil, nil, fmt.Errorf("read the certificate of the authority: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, nil, fmt.Errorf("%s holds no certificate in PEM", t.Root)
		}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
		client.HTTPClient = &http.Client{Transport: transport, Timeout: time.Minute}
	}
	manager := &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(filepath.Join(dir, "acme")),
		HostPolicy: autocert.HostWhitelist(t.Host), Client: client, Email: t.Email,
	}
	config := manager.TLSConfig()
	config.MinVersion = tls.VersionTLS12
	issue, often := config.GetCertificate, limit.New(renewal, 1, time.Now)
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := issue(hello)
		// Who asks for another host is no fault of the authority, and there is no end of them.
		if err != nil && hello.ServerName == t.Host && often.Take("", "") == nil {
			log.Error("no certificate from the authority", "error", err)
		}
		return c, err
	}
	return config, manager.HTTPHandler, nil
}

// certificate is one in two files, which are read again when they have changed. A broken
// renewal leaves the one in use where it is.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu      sync.Mutex // guards what follows
	use     *tls.Certificate
	stamp   [2]time.Time // when the files were changed last
	checked time.Time
}

// load reads both files.
func (c *certificate) load() error {
	stamp, err := c.stamps()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	c.use, c.stamp, c.checked = &pair, stamp, c.now()
	return nil
}

func (c *certificate) stamps() ([2]time.Time, error) {
	var stamp [2]time.Time
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return stamp, fmt.Errorf("read the certificate: %w", err)
		}
		stamp[i] = info.ModTime()
	}
	return stamp, nil
}

// get implements tls.Config.GetCertificate. It looks for a new certificate at most once a
// minute.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= renewal {
		c.checked = now
		stamp, err := c.stamps()
		if err == nil && stamp != c.stamp {
			err = c.load()
			if err == nil {
				c.log.Info("certificate renewed")
			}
		}
		if err != nil {
			c.log.Error("certificate not renewed, the old one stays in use", "error", err)
		}
	}
	if c.use == nil {
		return nil, errors.New("there is no certificate")
	}
	return c.use, nil
}
