package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Timeout is how long handing over one mail may take, from the connection on.
const Timeout = 30 * time.Second

// Options are what a Transport may be told besides its server.
type Options struct {
	Roots   *x509.CertPool // who vouches for the server; nil is the system's
	Timeout time.Duration  // 0 is Timeout
	// Dial connects; nil is the net.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Transport sends mails by a server, each by a connection of its own: nothing is kept between two, so
// a server may go and come back at any time.
type Transport struct {
	server Server
	o      Options
}

// NewTransport returns a way to a server. It does not connect.
func NewTransport(s Server, o Options) *Transport {
	if o.Timeout == 0 {
		o.Timeout = Timeout
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	return &Transport{server: s, o: o}
}

// Send hands a mail to the server. Nil means that the server has taken it; every other error is a
// *Fault. After a line that broke behind the message's end nobody knows: who sends it again gives it
// the same ID.
func (t *Transport) Send(ctx context.Context, m Message) error {
	msg, err := m.compose()
	if err != nil {
		return &Fault{Kind: BadMessage, Step: "composing", Text: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, t.o.Timeout)
	defer cancel()
	wide := international(m.From.Address, m.To.Address, m.Envelope)
	client, err := t.client(wide, func(c net.Conn) {
		// It is closed whatever happens, which ends the function's context: the library knows of no
		// context once it is connected, and leaves the connection open after a failed greeting.
		context.AfterFunc(ctx, func() { _ = c.Close() })
	})
	if err != nil {
		return faultAt("preparing the connection", err, "")
	}
	peer, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return faultAt("connecting to the mail server", err, m.To.Address)
	}
	if wide {
		if ok, _ := peer.Extension("SMTPUTF8"); !ok {
			return &Fault{Kind: BadMessage, Step: "MAIL FROM", Text: "an address is not ASCII, and the mail server does not take such ones (SMTPUTF8)"}
		}
	}
	if err := client.SendWithSMTPClient(peer, msg); err != nil && !msg.IsDelivered() {
		return faultOf(err, m.To.Address)
	}
	quit(peer)
	return nil
}

// quit says good-bye. The mail is with the server already, so it matters to nobody whether that works.
func quit(peer *smtp.Client) {
	_ = peer.UpdateDeadline(time.Second) // a broken line says so at once
	_ = peer.Quit()
}

// client makes go-mail's client for one message; keep is told of its connection.
func (t *Transport) client(wide bool, keep func(net.Conn)) (*gomail.Client, error) {
	// TLS 1.2 is the least that is spoken; a name or a certificate that does not fit ends it.
	security := &tls.Config{ServerName: t.server.Host, MinVersion: tls.VersionTLS12, RootCAs: t.o.Roots}
	options := []gomail.Option{
		gomail.WithPort(t.server.Port),
		gomail.WithTimeout(t.o.Timeout),
		gomail.WithTLSConfig(security),
		gomail.WithoutNoop(), gomail.WithoutRset(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := t.o.Dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			keep(c)
			if !t.server.TLS {
				return c, nil
			}
			secure := tls.Client(c, security)
			return secure, secure.HandshakeContext(ctx)
		}),
	}
	switch {
	case t.server.TLS:
		options = append(options, gomail.WithSSL())
	case t.server.Loopback:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if !wide {
		options = append(options, gomail.WithoutSMTPUTF8())
	}
	if t.server.User != "" {
		// The line is secret here, or never leaves the machine.
		options = append(options, gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc),
			gomail.WithUsername(t.server.User), gomail.WithPassword(t.server.password))
	}
	return gomail.NewClient(t.server.Host, options...)
}
