package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
)

// Reply says how answers by mail come in.
type Reply struct {
	Listen   string `name:"reply-listen" env:"SWAPNEST_REPLY_LISTEN" placeholder:"HOST:PORT" help:"Take answers by mail at this address and port."`
	Protocol string `name:"reply-protocol" default:"smtp" enum:"smtp,lmtp" env:"SWAPNEST_REPLY_PROTOCOL" help:"smtp from the world, or lmtp from a mail system in front (${default})."`
	Domain   string `name:"reply-domain" env:"SWAPNEST_REPLY_DOMAIN" placeholder:"DOMAIN" help:"The domain of the addresses that people answer to, such as reply.swap.example; the same at all nodes. Mails come from there: the server of --smtp-url must be allowed to send for it."`
	Trusts   string `name:"reply-trusts" env:"SWAPNEST_REPLY_TRUSTS" placeholder:"NAME" help:"Whose Authentication-Results are believed: the name that the mail system in front writes there. Without it signatures (DKIM) are verified here."`
}

var (
	domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	serverName = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,255}$`)
)

// check refuses what does not fit together, and a listener that lets strangers say what only the mail
// system in front may.
func (r *Reply) check() error {
	r.Domain = strings.ToLower(strings.TrimSuffix(r.Domain, "."))
	switch {
	case r.Domain == "" && (r.Listen != "" || r.Trusts != ""):
		return errors.New("--reply-listen and --reply-trusts need --reply-domain, the domain of the addresses that people answer to")
	case r.Domain != "" && (len(r.Domain) > 190 || !domainName.MatchString(r.Domain)):
		return fmt.Errorf("--reply-domain needs a domain such as reply.swap.example, not %q", r.Domain)
	case r.Trusts != "" && !serverName.MatchString(r.Trusts):
		return fmt.Errorf("--reply-trusts needs a name such as mx.swap.example, not %q", r.Trusts)
	case r.Listen == "":
		return nil
	}
	host, _, err := net.SplitHostPort(r.Listen)
	if err != nil {
		return fmt.Errorf("--reply-listen needs HOST:PORT, such as 127.0.0.1:2525, not %q", r.Listen)
	}
	if (r.Trusts != "" || r.Protocol == "lmtp") && open(host) {
		return fmt.Errorf("--reply-trusts and --reply-protocol lmtp are for a mail system in front, and whoever connects to %q could say what they like: listen on loopback or a private address", r.Listen)
	}
	return nil
}

// open tells whether a host to listen on is reached by everybody, as far as its address tells.
func open(host string) bool {
	if host == "" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && !ip.IsLoopback() && !ip.IsPrivate() && !ip.IsLinkLocalUnicast()
}
