package server

import (
	"context"
	netmail "net/mail"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/mailer"
	"swapnest/internal/mail/alias"
	"swapnest/internal/store"
)

// Mail says how mails are sent. The zero value sends none, and none are planned.
type Mail struct {
	Transport mailer.Transport // nil sends none
	From      netmail.Address  // of the site
	Delay     time.Duration    // how long something has to be unread before it is mailed; 0 is not at all
	PerDay    int              // mails about what is unread that somebody gets within 24 hours; 0 is chat.MailsPerDay
	Local     bool             // the mail server is on this machine: it may have mails of the demo town's people, too
}

// addMail has the outbox send mails, where there is a way, and makes what mails need. The links in old ones go on to work where none are sent any more.
func (a *App) addMail(ctx context.Context, o Options) error {
	secret, err := a.DB.Secret(ctx, alias.LeaveSecret)
	if err != nil {
		return err
	}
	a.Leaves = alias.NewLeaves(secret)
	if o.Mail.Transport == nil {
		return nil
	}
	names, err := a.DB.Secret(ctx, alias.NameSecret)
	if err != nil {
		return err
	}
	_, domain, _ := strings.Cut(o.Mail.From.Address, "@")
	options := mailer.Options{
		Store: a.DB, Transport: o.Mail.Transport, Accounts: mailedAccounts{a}, Blobs: a.Blobs, Leaves: a.Leaves, Names: alias.NewNames(names, domain),
		From: o.Mail.From, Site: a.site, PerDay: o.Mail.PerDay, Log: a.log, Now: time.Now,
	}
	if a.Aliases != nil {
		options.Aliases = a.Aliases
	}
	sender, err := mailer.New(options)
	if err != nil {
		return err
	}
	a.senders[chat.MailChannel] = sender
	return nil
}

// mailedAccounts are the accounts as mails need them. Their service is made later than who sends.
type mailedAccounts struct{ a *App }

// MailToken implements mailer.Accounts.
func (m mailedAccounts) MailToken(ctx context.Context, d store.Delivery) (to chat.User, link string, ok bool, err error) {
	return m.a.Accounts.MailToken(ctx, d)
}

// MayMail implements mailer.Accounts.
func (m mailedAccounts) MayMail(u chat.User) bool { return m.a.Accounts.MayMail(u) }

// Bounced implements mailer.Accounts.
func (m mailedAccounts) Bounced(ctx context.Context, who chat.UserID, address, status string) error {
	is := func(email string) bool { return email == address }
	return m.a.Accounts.Bounced(ctx, who, is, status)
}

// site is the origin that links of mails lead to: the one that people use, or, without a public
// URL, the loopback address that is listened on. No request has a say in it.
func (a *App) site() string {
	if origin, public := a.Guard.Public(); public {
		return origin
	}
	address, ok := a.address.Load().(string)
	if !ok {
		address = "localhost"
	}
	return "http://" + address
}
