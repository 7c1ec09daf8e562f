// Package mailtest is a mail server for tests, in their own process and made by others: it takes mails
// by SMTP, keeps them parsed, fails where it is told to, and can be stopped and started.
package mailtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Host is the name that the server's certificate is for. Dial leads there, as if it were not on loopback.
const Host = "mail.example"

// Options say how a server is.
type Options struct {
	STARTTLS bool
	TLS      bool // from the first byte
	User     string
	Password string // who signs in otherwise, or not at all, is refused
	UTF8     bool   // addresses need not be ASCII (SMTPUTF8)
	Memory   bool   // is reached by Dial alone, and stands in simulated time
}

// Step is where a server can fail.
type Step string

// The steps, in the order of a mail.
const (
	Greet Step = "EHLO"
	From  Step = "MAIL FROM"
	To    Step = "RCPT TO"
	Take  Step = "the end of the message" // it is not kept
	Lose  Step = "the answer"             // the message is kept, and the line breaks before that is said
)

// Server is a mail server. Its methods are for any goroutine.
type Server struct {
	o     Options
	t     testing.TB
	cert  tls.Certificate
	roots *x509.CertPool

	mu      sync.Mutex // guards what follows
	address string     // stays the same over stops
	inside  *memory    // where it listens with Options.Memory
	running *smtp.Server
	at      net.Listener
	ended   chan struct{} // closed when Serve has returned
	fails   map[Step]error
	mails   []Mail
	seen    int           // connections
	came    chan struct{} // closed when a mail comes
}

// Start starts a server, which ends with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{o: o, t: t, address: "127.0.0.1:0", fails: map[Step]error{}, came: make(chan struct{})}
	s.cert, s.roots = certificate(t)
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Start takes mails again, where it did before.
func (s *Server) Start() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return
	}
	l, err := s.listen()
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = l.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain = Host
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = s.o.UTF8
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	server.ErrorLog = log.New(io.Discard, "", 0)
	security := &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12}
	if s.o.STARTTLS {
		server.TLSConfig = security
	}
	if s.o.TLS {
		l = tls.NewListener(l, security)
	}
	ended := make(chan struct{})
	s.running, s.at, s.ended = server, l, ended
	go func() {
		defer close(ended)
		_ = server.Serve(l) // it ends by Stop
	}()
}

func (s *Server) listen() (net.Listener, error) {
	if s.o.Memory {
		s.inside = newMemory()
		return s.inside, nil
	}
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.address)
}

// Stop ends all connections and takes no more.
func (s *Server) Stop() {
	s.mu.Lock()
	server, at, ended := s.running, s.at, s.ended
	s.running = nil
	s.mu.Unlock()
	if server != nil {
		_ = server.Close() // what was under way is meant to break
		_ = at.Close()     // which it does not know yet when it has only just begun
		<-ended
	}
}

// Address is where the server listens.
func (s *Server) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// Roots vouch for the server's certificate.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Dial connects to the server, whatever the address.
func (s *Server) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	s.mu.Lock()
	inside := s.inside
	s.mu.Unlock()
	if inside != nil {
		return inside.dial()
	}
	return (&net.Dialer{}).DialContext(ctx, network, s.Address())
}

// Fail has the server answer so at a step, until it is told otherwise by code 0.
func (s *Server) Fail(at Step, code int, status smtp.EnhancedCode, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.fails, at)
	if code != 0 {
		s.fails[at] = &smtp.SMTPError{Code: code, EnhancedCode: status, Message: text}
	}
}

func (s *Server) failing(at Step) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fails[at]
}

// Connections is how many have come so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Mails are those that came, in their order.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Wait returns the mails once there are n, and fails the test when there are not within 20 seconds.
func (s *Server) Wait(n int) []Mail {
	s.t.Helper()
	over := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		all, came := append([]Mail(nil), s.mails...), s.came
		s.mu.Unlock()
		if len(all) >= n {
			return all
		}
		select {
		case <-came:
		case <-over:
			s.t.Fatalf("%d mails came, not %d", len(all), n)
		}
	}
}

func (s *Server) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	close(s.came)
	s.came = make(chan struct{})
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	s.seen++
	s.mu.Unlock()
	if err := s.failing(Greet); err != nil {
		return nil, err
	}
	return &session{server: s, line: c}, nil
}

// session is one connection.
type session struct {
	server   *Server
	line     *smtp.Conn
	user     string
	from, to string
}

var _ smtp.AuthSession = (*session)(nil)

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.o.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.o.User || password != s.server.o.Password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.user != s.server.o.User {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return s.server.failing(From)
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.server.failing(To)
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.server.failing(Take); err != nil {
		return err
	}
	m, err := Parse(raw)
	if err != nil {
		// A mail that nobody can read is told to who sent it, which the test sees.
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "unreadable: " + err.Error()}
	}
	m.From, m.To, m.User = s.from, s.to, s.user
	_, m.TLS = s.line.TLSConnectionState()
	s.server.keep(m)
	if s.server.failing(Lose) != nil {
		_ = s.line.Close() // that it breaks is the point
		return errors.New("the line is gone")
	}
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", "" }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
