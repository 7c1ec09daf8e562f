package mailin

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"swapnest/internal/chat"
)

const (
	mostSignatures = 8                // of a mail that are looked at
	lookupTime     = 10 * time.Second // for all keys of a mail together
)

// ErrLater is a mail of which it cannot be told just now whether its author has sent it.
var ErrLater = errors.New("the key of a signature cannot be looked up just now")

// Checker tells whether a mail comes from whom it names. The zero Checker asks the system's resolver
// for the keys of signatures, and trusts nobody's word.
type Checker struct {
	// Trusts is whose Authentication-Results (RFC 8601) count: the name that the mail system in front
	// of this one writes there. It must take out those fields that come under this name. "" trusts nobody.
	Trusts string
	// LookupTXT asks the DNS; nil is the system's resolver.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
}

// Authentic tells whether the domain of the author of m, which Read has read from raw, answers for the
// mail: by the word of who is trusted, or by a signature (DKIM) of that domain or of one of the same
// owner, which covers who wrote it and when. Who signs only the beginning of a mail has signed
// nothing. It is ErrLater when the DNS does not answer.
func (c Checker) Authentic(ctx context.Context, m Mail, raw []byte) (bool, error) {
	domain := domainOf(m.From)
	if domain == "" {
		return false, nil
	}
	if c.Trusts != "" && c.vouched(m, domain) {
		return true, nil
	}
	return c.signed(ctx, raw, domain)
}

// vouched tells whether who is trusted says so. Of their fields the topmost counts, which is the
// one that was added last.
func (c Checker) vouched(m Mail, domain string) bool {
	for f := m.header.FieldsByKey("Authentication-Results"); f.Next(); {
		server, results, ok := parseResults(f.Value())
		if !chat.EqualFoldASCII(server, c.Trusts) {
			continue
		}
		if !ok {
			return false
		}
		passed := false
		for _, r := range results {
			switch {
			case r.method == "dmarc" && r.value == "fail":
				return false
			case r.value != "pass":
			case r.method == "dmarc":
				passed = passed || sameDomain(r.properties["header.from"], domain)
			case r.method == "dkim":
				by := r.properties["header.d"]
				if by == "" {
					by = domainOf(r.properties["header.i"])
				}
				passed = passed || aligned(by, domain)
			case r.method == "spf":
				by := r.properties["smtp.mailfrom"]
				if at := strings.LastIndexByte(by, '@'); at >= 0 {
					by = by[at+1:]
				}
				passed = passed || aligned(by, domain)
			}
		}
		return passed
	}
	return false
}

// signed tells whether a signature of the domain, or of one of the same owner, holds.
func (c Checker) signed(ctx context.Context, raw []byte, domain string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	lookup := c.LookupTXT
	if lookup == nil {
		lookup = net.DefaultResolver.LookupTXT
	}
	all, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		MaxVerifications: mostSignatures,
		LookupTXT: func(name string) ([]string, error) {
			// Of others nobody is asked.
			if _, by, ok := strings.Cut(strings.ToLower(name), "._domainkey."); !ok || !aligned(by, domain) {
				return nil, &net.DNSError{Err: "not asked", Name: name, IsNotFound: true}
			}
			return lookup(ctx, name)
		},
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return false, nil // it cannot be read as a mail that is signed
	}
	later := false
	for _, v := range all {
		switch {
		case !aligned(v.Domain, domain):
		case v.Err == nil && covers(v.HeaderKeys, "Date"):
			return true, nil
		case v.Err == nil:
		case dkim.IsTempFail(v.Err):
			later = true
		}
	}
	if later {
		return false, ErrLater
	}
	return false, nil
}

// covers tells whether a field is among those that are signed. A signature without From is none
// (RFC 6376, 5.4), so that one need not be asked for.
func covers(signed []string, field string) bool {
	return slices.ContainsFunc(signed, func(one string) bool { return strings.EqualFold(strings.TrimSpace(one), field) })
}

// domainOf returns the domain of an address in the form of the DNS, or "".
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return ascii(address[at+1:])
}

// ascii returns a domain in lower case and the form of the DNS, or "" for what is none.
func ascii(domain string) string {
	a, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimSpace(domain), "."))
	if err != nil {
		return ""
	}
	return strings.ToLower(a)
}

func sameDomain(a, b string) bool { return a != "" && ascii(a) == ascii(b) }

// aligned tells whether two domains are of one owner (RFC 7489, relaxed): the part that is
// registered is the same.
func aligned(by, domain string) bool {
	by = ascii(by)
	if by == "" || domain == "" {
		return false
	}
	if by == domain {
		return true
	}
	one, err := publicsuffix.EffectiveTLDPlusOne(by)
	if err != nil {
		return false // a suffix is nobody's
	}
	other, err := publicsuffix.EffectiveTLDPlusOne(domain)
	return err == nil && one == other
}

// SameAddress tells whether two e-mail addresses are one, in any case of the letters A to Z and either form of a domain.
func SameAddress(a, b string) bool {
	atA, atB := strings.LastIndexByte(a, '@'), strings.LastIndexByte(b, '@')
	if atA <= 0 || atB <= 0 {
		return false
	}
	return chat.EqualFoldASCII(a[:atA], b[:atB]) && sameDomain(a[atA+1:], b[atB+1:])
}
