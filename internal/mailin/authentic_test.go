package mailin_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"swapnest/internal/mailin"
)

// zone answers for keys of signatures.
type zone struct {
	keys  map[string]string // by name
	fault error

	mu    sync.Mutex // guards asked: signatures are verified side by side
	asked []string
}

func (z *zone) lookup(_ context.Context, name string) ([]string, error) {
	z.mu.Lock()
	z.asked = append(z.asked, name)
	z.mu.Unlock()
	if z.fault != nil {
		return nil, z.fault
	}
	if key, ok := z.keys[name]; ok {
		return []string{key}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// signer makes a key of a domain and notes it in the zone.
func (z *zone) signer(tb testing.TB, domain string) crypto.Signer {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	z.keys["s._domainkey."+domain] = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	return private
}

func (z *zone) rsa(tb testing.TB, domain string) crypto.Signer {
	tb.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		tb.Fatal(err)
	}
	z.keys["s._domainkey."+domain] = "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(public)
	return private
}

// sign signs a mail for a domain.
func sign(tb testing.TB, key crypto.Signer, domain, mail string) string {
	tb.Helper()
	var b bytes.Buffer
	err := dkim.Sign(&b, strings.NewReader(mail), &dkim.SignOptions{
		Domain: domain, Selector: "s", Signer: key, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// unsigned signs the letter of the tests, all but one field of it.
func unsigned(tb testing.TB, key crypto.Signer, field string) string {
	tb.Helper()
	fields := slices.DeleteFunc([]string{"From", "To", "Date", "Message-ID", "Content-Type"}, func(one string) bool { return one == field })
	var b bytes.Buffer
	err := dkim.Sign(&b, strings.NewReader(letter), &dkim.SignOptions{
		Domain: "mail.example", Selector: "s", Signer: key, Hash: crypto.SHA256, HeaderKeys: fields,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

const letter = "From: Bilal <bilal@mail.example>\r\nTo: r-7@reply.example\r\nDate: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@mail.example>\r\nContent-Type: text/plain\r\n\r\nYes.\r\n"

func TestSignaturesThatShowWhoHasSentAMail(t *testing.T) {
	z := &zone{keys: map[string]string{}}
	own, older := z.signer(t, "mail.example"), z.rsa(t, "out.mail.example")
	other, list := z.signer(t, "evil.example"), z.signer(t, "example")
	signed := sign(t, own, "mail.example", letter)
	from := func(address string) string { return strings.Replace(letter, "bilal@mail.example", address, 1) }
	replace := func(old, with string) string {
		if !strings.Contains(signed, old) {
			t.Fatalf("%q is not in %s", old, signed)
		}
		return strings.Replace(signed, old, with, 1)
	}
	many := letter
	for range 8 {
		many = sign(t, other, "evil.example", many)
	}
	for _, c := range []struct {
		name, mail string
		want       bool
	}{
		{"its own domain", signed, true},
		{"RSA, of a domain below", sign(t, older, "out.mail.example", letter), true},
		{"a person of a domain below", sign(t, own, "mail.example", from("bilal@home.mail.example")), true},
		{"the second signature", sign(t, other, "evil.example", signed), true},
		{"none", letter, false},
		{"another domain", sign(t, other, "evil.example", letter), false},
		{"a domain that holds all others", sign(t, list, "example", letter), false},
		{"another text", replace("Yes.", "No, never."), false},
		{"more text", signed + "And my bank is\r\n", false},
		{"another author", replace("bilal@mail.example", "asha@mail.example"), false},
		{"another type", replace("text/plain", "text/html"), false},
		{"a length of the body", replace("v=1;", "v=1; l=4;"), false},
		{"a time that is over", replace("v=1;", "v=1; x=1000;"), false},
		{"rsa-sha1", replace("a=ed25519-sha256", "a=rsa-sha1"), false},
		{"an author who is not signed", replace("h=From", "h=X"), false},
		{"a day that is not signed", unsigned(t, own, "Date"), false},
		{"who it goes to is not signed, as at Microsoft", unsigned(t, own, "To"), true},
		{"behind too many others", many, false},
		{"garbage", "DKIM-Signature: v=1; =;;; b\r\n" + letter, false},
		{"a signature of nothing", "DKIM-Signature: v=1; a=ed25519-sha256; d=mail.example; s=s; h=from; bh=; b=\r\n" + letter, false},
	} {
		m, err := mailin.Read([]byte(c.mail))
		if err != nil {
			t.Fatal(c.name, err)
		}
		z.asked = nil
		got, err := mailin.Checker{LookupTXT: z.lookup}.Authentic(t.Context(), m, []byte(c.mail))
		if got != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		for _, name := range z.asked {
			if !strings.HasSuffix(name, "mail.example") {
				t.Errorf("%s: %s was asked for", c.name, name)
			}
		}
	}
}

func TestASignatureWhoseKeyCannotBeHadJustNowIsLookedAtLater(t *testing.T) {
	z := &zone{keys: map[string]string{}}
	signed := sign(t, z.signer(t, "mail.example"), "mail.example", letter)
	m := read(t, signed)
	for fault, want := range map[error]error{
		&net.DNSError{Err: "timeout", IsTimeout: true}:         mailin.ErrLater,
		&net.DNSError{Err: "server failed", IsTemporary: true}: mailin.ErrLater,
		&net.DNSError{Err: "no such host", IsNotFound: true}:   nil,
	} {
		z.fault = fault
		if ok, err := (mailin.Checker{LookupTXT: z.lookup}).Authentic(t.Context(), m, []byte(signed)); ok || !errors.Is(err, want) {
			t.Errorf("%v: %v, %v", fault, ok, err)
		}
	}
}

func TestWordsOfTheMailSystemInFront(t *testing.T) {
	const ours = "mx.swap.example"
	field := func(v string) string { return "Authentication-Results: " + v + "\r\n" }
	for _, c := range []struct {
		name, fields string
		want         bool
	}{
		{"dmarc", field(ours + "; dmarc=pass (p=none dis=none) header.from=mail.example"), true},
		{"dmarc in capitals, folded", field("MX.Swap.example 1;\r\n\tDMARC=Pass\r\n header.from=Mail.Example;"), true},
		{"dkim", field(ours + `; dkim=pass (2048-bit key) header.d=out.mail.example header.b="a;b=c"`), true},
		{"dkim by identity", field(ours + "; dkim = pass header.i=@mail.example"), true},
		{"spf", field(ours + "; spf=pass smtp.mailfrom=bilal@mail.example"), true},
		{"spf of a domain", field(ours + "; spf=pass smtp.mailfrom=mail.example; dkim=fail"), true},
		{"several", field(ours + "; arc=none; spf=softfail smtp.mailfrom=x@evil.example; dkim=pass header.d=mail.example"), true},
		{"none", field(ours + "; none"), false},
		{"no field", "", false},
		{"somebody else's", field("mx.evil.example; dmarc=pass header.from=mail.example"), false},
		{"somebody else's on top", field("mx.evil.example; dmarc=fail header.from=mail.example") + field(ours+"; dmarc=pass header.from=mail.example"), true},
		{"a second one of ours", field(ours+"; dmarc=none") + field(ours+"; dmarc=pass header.from=mail.example"), false},
		{"of another author", field(ours + "; dmarc=pass header.from=evil.example"), false},
		{"of nobody", field(ours + "; dmarc=pass"), false},
		{"signed by another", field(ours + "; dkim=pass header.d=evil.example header.i=@mail.example"), false},
		{"sent by another", field(ours + "; spf=pass smtp.mailfrom=bilal@mail.example.evil.example"), false},
		{"failed", field(ours + "; dmarc=fail header.from=mail.example; dkim=pass header.d=mail.example"), false},
		{"almost", field(ours + "; dkim=neutral header.d=mail.example; spf=temperror smtp.mailfrom=mail.example"), false},
		{"in a comment", field(ours + "; spf=fail (dmarc=pass header.from=mail.example; dmarc=pass header.from=mail.example) smtp.mailfrom=evil.example"), false},
		{"in a comment within one", field(ours + `; spf=fail (a (b) \) ; dmarc=pass header.from=mail.example)`), false},
		{"between marks", field(ours + `; spf=fail smtp.mailfrom="x; dmarc=pass header.from=mail.example; "@evil.example`), false},
		{"between marks with a mark", field(ours + `; spf=fail smtp.mailfrom="x\"; dmarc=pass header.from=mail.example; "@evil.example`), false},
		{"an address with two signs", field(ours + `; spf=pass smtp.mailfrom="a@mail.example"@evil.example`), false},
		{"twice", field(ours + "; dmarc=pass header.from=mail.example header.from=evil.example"), false},
		{"a mark without an end", field(ours + `; dmarc=pass header.from=mail.example; x="`), false},
		{"a comment without an end", field(ours + "; dmarc=pass header.from=mail.example (x"), false},
		{"another version", field(ours + " 2; dmarc=pass header.from=mail.example"), false},
		{"no semicolon", field(ours + " dmarc=pass header.from=mail.example"), false},
		{"as a name", field(ours + `; "dmarc"=pass header.from=mail.example`), false},
		{"a name that begins alike", field(ours + ".evil.example; dmarc=pass header.from=mail.example"), false},
		{"in another field", "X-Authentication-Results: " + ours + "; dmarc=pass header.from=mail.example\r\n", false},
	} {
		z := &zone{}
		m := read(t, c.fields+letter)
		if got, err := (mailin.Checker{Trusts: ours, LookupTXT: z.lookup}).Authentic(t.Context(), m, []byte(c.fields+letter)); got != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		if got, err := (mailin.Checker{LookupTXT: z.lookup}).Authentic(t.Context(), m, []byte(c.fields+letter)); got || err != nil {
			t.Errorf("%s: where nobody is trusted: %v, %v", c.name, got, err)
		}
	}
}

func TestAddressesThatAreOne(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Bilal@Mail.example", "bilal@mail.example", true},
		{"a@bücher.example", "a@xn--bcher-kva.example", true},
		{"a@mail.example", "b@mail.example", false},
		{"a@mail.example", "a@mail.example.evil.example", false},
		{"a@mail.example", "a@mail.examp1e", false},
		{"\u212a@mail.example", "k@mail.example", false},
		{"\u017f@mail.example", "s@mail.example", false},
		{"\u0130@mail.example", "i@mail.example", false},
		{"", "", false},
		{"@mail.example", "@mail.example", false},
	} {
		if got := mailin.SameAddress(c.a, c.b); got != c.want {
			t.Errorf("%q and %q are one: %v", c.a, c.b, got)
		}
	}
}

// FuzzAuthentic has whatever comes looked at for signatures and words of others: nobody has
// signed it, and nobody vouches for it.
func FuzzAuthentic(f *testing.F) {
	z := &zone{keys: map[string]string{}}
	signed := sign(f, z.signer(f, "mail.example"), "mail.example", letter)
	twice := sign(f, z.signer(f, "out.mail.example"), "out.mail.example", signed)
	z.signer(f, "mail.example") // it signs by another key from now on, so that none of these holds
	z.signer(f, "out.mail.example")
	for _, seed := range []string{signed, twice, "Authentication-Results: x; dmarc=pass header.from=mail.example\r\n" + letter, "Authentication-Results: mx 1; a=b (c) d=\"e\\\"\"; none\r\n" + letter} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := mailin.Read(raw)
		if err != nil {
			return
		}
		if ok, err := (mailin.Checker{Trusts: "never.said.here", LookupTXT: z.lookup}).Authentic(context.Background(), m, raw); err != nil || ok && !bytes.Contains(raw, []byte("never")) {
			t.Errorf("%v, %v", ok, err)
		}
	})
}
