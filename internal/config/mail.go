package config

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"strings"
	"time"
	"unicode"

	"swapnest/internal/mail"
)

// Mail says how mails are sent. Without SMTPURL none are.
type Mail struct {
	SMTPURL    string        `name:"smtp-url" env:"SWAPNEST_SMTP_URL" placeholder:"URL" help:"smtp://USER@HOST:587 (with STARTTLS) or smtps://USER@HOST:465: the mail server that sends our mails. Its password is in SWAPNEST_SMTP_PASSWORD."`
	MailFrom   string        `name:"mail-from" env:"SWAPNEST_MAIL_FROM" placeholder:"ADDRESS" help:"From whom mails are, such as \"SwapNest <hello@swap.example>\"."`
	MailDelay  time.Duration `name:"mail-delay" default:"${mail_delay}" env:"SWAPNEST_MAIL_DELAY" placeholder:"TIME" help:"How long something has to be unread before it is mailed (${default})."`
	MailPerDay int           `name:"mail-per-day" default:"${mails_per_day}" env:"SWAPNEST_MAIL_PER_DAY" placeholder:"N" help:"Mails about what is unread that somebody gets within 24 hours; more wait (${default})."`

	server mail.Server
	from   netmail.Address
}

// mostMailDelay and mostMailPerDay are what the two may be.
const (
	mostMailDelay  = 7 * 24 * time.Hour
	mostMailPerDay = 1000
)

// check refuses what makes no sense, without repeating the address of the server: it may hold a password.
func (m *Mail) check() (err error) {
	switch {
	case m.MailDelay < 0 || m.MailDelay > mostMailDelay:
		return fmt.Errorf("--mail-delay needs a time from 0s to 168h, not %s", m.MailDelay)
	case m.MailPerDay < 1 || m.MailPerDay > mostMailPerDay:
		return fmt.Errorf("--mail-per-day needs a number from 1 to %d, not %d", mostMailPerDay, m.MailPerDay)
	case m.SMTPURL == "" && m.MailFrom != "":
		return errors.New("--mail-from does nothing without --smtp-url, the server that sends the mails")
	case m.SMTPURL == "":
		return nil
	case m.MailFrom == "":
		return errors.New(`--smtp-url needs --mail-from, such as "SwapNest <hello@swap.example>": the address must be one that this server may send for`)
	}
	if m.server, err = mail.ParseServer(m.SMTPURL, os.Getenv("SWAPNEST_SMTP_PASSWORD")); err != nil {
		return fmt.Errorf("--smtp-url %w", err)
	}
	from, err := netmail.ParseAddress(m.MailFrom)
	if err == nil {
		err = mail.CheckAddress(from.Address)
	}
	if err != nil || strings.ContainsFunc(from.Name, unicode.IsControl) {
		return fmt.Errorf("--mail-from needs one address such as \"SwapNest <hello@swap.example>\", not %q", m.MailFrom)
	}
	m.from = *from
	return nil
}

// Sends tells whether mails are sent.
func (m *Mail) Sends() bool { return m.SMTPURL != "" }

// Server returns the parsed --smtp-url.
func (m *Mail) Server() mail.Server { return m.server }

// From returns the parsed --mail-from.
func (m *Mail) From() netmail.Address { return m.from }
