package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/postbox"
	"swapnest/internal/mail/alias"
	"swapnest/internal/mailin"
)

// Reply says how answers by mail come in. Without a Domain there are no addresses to answer to.
type Reply struct {
	Domain string
	Trusts string // as mailin.Checker has it
	LMTP   bool
	// LookupTXT asks the DNS for keys of signatures; nil is the system's resolver.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
}

// makeAliases makes the book of addresses, which mails are sent under.
func (a *App) makeAliases(ctx context.Context, o Options) error {
	if o.Reply.Domain == "" {
		return nil
	}
	secret, err := a.DB.Secret(ctx, alias.SecretName)
	if err != nil {
		return err
	}
	a.Aliases = alias.New(secret, o.Reply.Domain)
	return nil
}

// makePostbox makes the door that the addresses lead to.
func (a *App) makePostbox(o Options, config *tls.Config) {
	if a.Aliases == nil {
		return
	}
	a.postbox = postbox.New(postbox.Options{
		LMTP: o.Reply.LMTP, Book: a.Aliases, Site: a.site, TLS: mailTLS(config, o),
		Checker: mailin.Checker{Trusts: o.Reply.Trusts, LookupTXT: o.Reply.LookupTXT},
		People:  a.DB, Messages: a.Messages, Uploads: a.Uploads, Bounced: a.bounced, Seen: a.metrics.mailed, Now: time.Now, Log: a.log,
	})
}

// mailTLS has the certificate of the site for mail systems, which ask for other names or for none.
func mailTLS(config *tls.Config, o Options) *tls.Config {
	if config == nil || o.PublicURL == nil {
		return nil
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			as := *hello
			as.ServerName, as.SupportedProtos = o.PublicURL.Hostname(), nil
			return config.GetCertificate(&as)
		},
	}
}

// bounced notes that mail to somebody's address cannot be delivered.
func (a *App) bounced(ctx context.Context, who chat.UserID, mark, status string) error {
	is := func(email string) bool { return a.Aliases.Mark(email) == mark }
	return a.Accounts.Bounced(ctx, who, is, status)
}

// ServeReplies takes answers by mail on l until Shutdown. It needs a Reply.Domain.
func (a *App) ServeReplies(l net.Listener) error {
	if a.postbox == nil {
		return errors.New("there is no domain for answers by mail")
	}
	return a.postbox.Serve(l)
}

// endPostbox takes no more mail, and tells when what was under way has its answer.
func (a *App) endPostbox(ctx context.Context) <-chan error {
	over := make(chan error, 1)
	if a.postbox == nil {
		over <- nil
		return over
	}
	go func() { over <- a.postbox.Shutdown(ctx) }()
	return over
}
