package config

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
)

// Push says how browsers are sent messages.
type Push struct {
	Push         string `default:"on" enum:"on,off" env:"SWAPNEST_PUSH" help:"off sends browsers no push messages, and lets none subscribe (${default})."`
	PushContact  string `env:"SWAPNEST_PUSH_CONTACT" placeholder:"ADDRESS" help:"mailto:… or https://…: where push services may reach whoever runs the site (--public-url)."`
	PushLoopback bool   `env:"SWAPNEST_PUSH_LOOPBACK" help:"Also call push services on this machine, by http and at any port: for tests, on loopback."`
}

// check refuses a contact that push services do not take (RFC 8292, 2.1), and, where the site
// listens beyond loopback, that strangers lead it to what listens there alone.
func (p *Push) check(loopback bool) error {
	if p.PushLoopback && !loopback {
		return errors.New("--push-loopback works on loopback only: strangers could have this machine call its own services")
	}
	if p.PushContact == "" {
		return nil
	}
	u, err := url.Parse(p.PushContact)
	switch {
	case err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil:
		return nil
	case err == nil && u.Scheme == "mailto":
		if address, err := netmail.ParseAddress(u.Opaque); err == nil && address.Address == u.Opaque && strings.Contains(u.Opaque, "@") {
			return nil
		}
	}
	return fmt.Errorf("--push-contact needs an address such as mailto:hello@swap.example or https://swap.example/contact, not %q", p.PushContact)
}

// Contact is what push services are told, who take https and mailto alone: --push-contact, or what
// --public-url says; "" without either.
func (s *Serve) Contact() string {
	switch {
	case s.Push.PushContact != "":
		return s.Push.PushContact
	case s.public == nil:
		return ""
	case s.public.Scheme == "https":
		return strings.TrimSuffix(s.public.String(), "/")
	default:
		return "mailto:postmaster@" + s.public.Hostname()
	}
}

// PushKey is the command of that name.
type PushKey struct {
	List   PushKeyList   `cmd:"" help:"Show the keys, the newest first, also while a server runs."`
	Rotate PushKeyRotate `cmd:"" help:"Make a new key, also while a server runs; browsers take it up when they come by, and are sent messages by the old one until then."`
}

// PushKeyList shows the keys.
type PushKeyList struct{ Storage }

// PushKeyRotate makes a new key.
type PushKeyRotate struct{ Storage }
