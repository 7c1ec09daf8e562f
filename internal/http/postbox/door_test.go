package postbox_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/http/server"
	"swapnest/internal/mailin"
	"swapnest/internal/testkit"
)

func TestWhatTheDoorSaysOfItself(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	c := h.call()
	banner := c.hears()
	if banner != "220 "+domain+" ESMTP Service Ready" {
		t.Errorf("banner %q", banner)
	}
	hello := c.says("EHLO mx.mail.example")
	for _, want := range []string{"8BITMIME", "SMTPUTF8", "PIPELINING", fmt.Sprint("SIZE ", mailin.MaxBytes), "RCPTMAX=1"} {
		if !strings.Contains(hello, want) {
			t.Errorf("%q has no %s", hello, want)
		}
	}
	for _, never := range []string{"AUTH", "STARTTLS", "BINARYMIME", "VRFY"} {
		if strings.Contains(strings.ReplaceAll(hello, "ENHANCEDSTATUSCODES", ""), never) {
			t.Errorf("%q has %s", hello, never)
		}
	}
	c.wants(c.says("LHLO x"), "500")
	c.wants(c.says("EXPN "+h.alias), "502")
	c.wants(c.says("VRFY "+h.alias), "252")
	c.wants(c.says("MAIL FROM:<"+mine+"> SIZE=99999999"), "552 5.3.4")
	c.wants(c.says("RCPT TO:<"+h.alias+">"), "502")
	c.wants(c.says("MAIL FROM:<"+mine+"> SMTPUTF8 BODY=8BITMIME"), "250")
	forged := h.alias[:len(h.alias)-len(domain)-2] + "a@" + domain
	for _, to := range []string{"asha@gmail.example", "postmaster@" + domain, "asha@" + domain, forged, "@a.example,@b.example:" + "asha@gmail.example", "asha%gmail.example@" + domain, `"asha@gmail.example"@` + domain} {
		if to != h.alias {
			if got := c.says("RCPT TO:<" + to + ">"); got[0] != '5' {
				t.Errorf("relays to %s: %s", to, got)
			}
		}
	}
	c.wants(c.says("DATA"), "502")
	c.wants(c.says("RCPT TO:<"+h.alias+">"), "250")
	c.wants(c.says("RCPT TO:<"+h.Aliases.Address(h.conversation, h.town.Buyer.ID)+">"), "452 4.5.3")
	c.wants(c.says("RSET"), "250")
	c.wants(c.says("DATA"), "502")
	c.wants(c.says("QUIT"), "221")
}

// What one server takes for the end of a mail and another one does not, has let mail of others
// be smuggled in: here nothing but CR LF . CR LF ends one, and a mail with bare ones is refused.
func TestNoMailIsSmuggledWithinAnother(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	smuggled := h.signed(h.letter("smuggled"))
	for _, end := range []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n\x00.\r\n", "\n\n.\r\r\n", "\r\r\n.\r\r\n"} {
		c := h.call()
		c.greets("EHLO")
		c.wants(c.says("MAIL FROM:<"+mine+">"), "250")
		c.wants(c.says("RCPT TO:<"+h.alias+">"), "250")
		c.wants(c.says("DATA"), "354")
		c.writes(h.letter("first") + end + "MAIL FROM:<" + mine + ">\r\nRCPT TO:<" + h.alias + ">\r\nDATA\r\n" + smuggled + ".\r\n")
		c.wants(c.hears(), "550")
		c.writes("QUIT\r\n")
		if got := c.hears(); !strings.HasPrefix(got, "221") {
			t.Errorf("%q: behind one answer came %q", end, got)
		}
		_ = c.Close()
	}
	for _, bare := range []string{"a\nb", "a\rb", "a\r\r\nb", "\nFrom: x@y.example\r\n"} {
		if got := h.send(mine, h.alias, h.signed(h.letter("Yes."))+bare+"\r\n"); !strings.HasPrefix(got, "550 5.6.0 Each line") {
			t.Errorf("%q: %s", bare, got)
		}
	}
	if got := h.texts(); len(got) > 0 {
		t.Errorf("written %q", got)
	}
}

func TestCommandsMayComeTogetherAndMailInPieces(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	c := h.call()
	c.writes("EHLO mx.mail.example\r\nMAIL FROM:<" + mine + ">\r\nRCPT TO:<x@" + domain + ">\r\nRCPT TO:<" + h.alias + ">\r\nDATA\r\n")
	for _, want := range []string{"220", "250", "250", "550 5.1.1", "250", "354"} {
		c.wants(c.hears(), want)
	}
	c.writes(stuffed(h.signed(h.letter("one"))) + "MAIL FROM:<" + mine + ">\r\nRCPT TO:<" + h.alias + ">\r\n")
	for _, want := range []string{"250", "250", "250"} {
		c.wants(c.hears(), want)
	}
	mail := h.signed(h.letter("two"))
	c.writes(fmt.Sprintf("BDAT %d\r\n%s", 30, mail[:30]))
	c.wants(c.hears(), "250")
	c.writes(fmt.Sprintf("BDAT %d LAST\r\n%s", len(mail)-30, mail[30:]))
	c.wants(c.hears(), "250")
	// One that breaks off is none.
	c.writes("MAIL FROM:<" + mine + ">\r\nRCPT TO:<" + h.alias + ">\r\nDATA\r\n")
	for _, want := range []string{"250", "250", "354"} {
		c.wants(c.hears(), want)
	}
	c.writes(h.signed(h.letter("half")))
	_ = c.Close()
	c = h.call()
	c.greets("EHLO")
	c.writes("MAIL FROM:<" + mine + ">\r\nRCPT TO:<" + h.alias + ">\r\n")
	c.wants(c.hears(), "250")
	c.wants(c.hears(), "250")
	c.writes("BDAT 9\r\nFrom: me\n")
	c.wants(c.hears(), "250")
	c.wants(c.says("RSET"), "250")
	if got := h.texts(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("written %q", got)
	}
}

func TestAMailThatIsTooLargeIsRefusedAndTheLineGoesOn(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	c := h.call()
	c.greets("EHLO")
	c.writes("MAIL FROM:<" + mine + ">\r\nRCPT TO:<" + h.alias + ">\r\nDATA\r\n")
	for _, want := range []string{"250", "250", "354"} {
		c.wants(c.hears(), want)
	}
	c.writes(h.letter("large"))
	line := strings.Repeat("x", 998) + "\r\n"
	for range mailin.MaxBytes/len(line) + 1 {
		c.writes(line)
	}
	c.writes(".\r\n")
	c.wants(c.hears(), "552 5.3.4")
	if shown := h.Client(t, "").Do("GET", "/metrics", "").Body; !strings.Contains(shown, "swapnest_replies_total{outcome=\"refused\"} 1\n") {
		t.Error("it was not counted")
	}
	c.wants(c.says("NOOP"), "250")
	c.writes("MAIL FROM:<" + mine + ">\r\nRCPT TO:<" + h.alias + ">\r\nBDAT 30000000 LAST\r\n")
	c.wants(c.hears(), "250")
	c.wants(c.hears(), "250")
	c.wants(c.hears(), "552 5.3.4")
}

func TestALineThatIsTooLongEndsTheLine(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	c := h.call()
	c.greets("EHLO")
	c.writes("MAIL FROM:<" + mine + ">\r\nRCPT TO:<" + h.alias + ">\r\nDATA\r\n")
	for _, want := range []string{"250", "250", "354"} {
		c.wants(c.hears(), want)
	}
	c.writes(h.letter(strings.Repeat("x", 70_000)))
	c.wants(c.hears(), "550 5.6.0 A line of this mail is too long")
	c.wants(c.hears(), "500")
	if rest := c.hears(); rest != "" {
		t.Errorf("and then %q", rest)
	}
}

// certificate writes one of its own for the site, and its key.
func certificate(t *testing.T) server.TLS {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"swap.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	files := server.TLS{Cert: filepath.Join(t.TempDir(), "cert.pem"), Key: filepath.Join(t.TempDir(), "key.pem")}
	for name, block := range map[string]*pem.Block{files.Cert: {Type: "CERTIFICATE", Bytes: der}, files.Key: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestALineIsSecuredByTheCertificateOfTheSite(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), func(o *server.Options) {
		o.TLS, o.PublicURL = certificate(t), &url.URL{Scheme: "https", Host: "swap.example"}
	})
	c := h.call()
	if hello := c.greets("EHLO"); !strings.Contains(hello, "STARTTLS") {
		t.Errorf("%q has no STARTTLS", hello)
	}
	// What comes behind the word in the clear is nobody's.
	c.writes("STARTTLS\r\nMAIL FROM:<eve@evil.example>\r\n")
	c.wants(c.hears(), "220")
	c.secure()
	c.wants(c.says("RCPT TO:<"+h.alias+">"), "502")
	hello := c.says("EHLO mx.mail.example")
	if c.wants(hello, "250"); strings.Contains(hello, "STARTTLS") {
		t.Errorf("%q has STARTTLS again", hello)
	}
	c.wants(c.says("MAIL FROM:<"+mine+">"), "250")
	c.wants(c.says("RCPT TO:<"+h.alias+">"), "250")
	c.wants(c.says("DATA"), "354")
	c.writes(stuffed(h.signed(h.letter("secure"))))
	c.wants(c.hears(), "250")
	if got := h.texts(); !slices.Equal(got, []string{"secure"}) {
		t.Errorf("written %q", got)
	}
	if !strings.Contains(h.send(mine, h.alias, h.letter("no")), "https://swap.example/chat/conversation/") {
		t.Error("a refusal does not say where to answer")
	}
}

func TestSoManyLinesAtOnceOfOneAddress(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	var lines []*caller
	for range 25 {
		c := h.call()
		c.greets("EHLO")
		lines = append(lines, c)
	}
	c := h.call()
	c.wants(c.hears(), "421 4.7.0")
	if rest := c.hears(); rest != "" {
		t.Errorf("and then %q", rest)
	}
	c.wants(lines[0].says("QUIT"), "221")
	for {
		if c := h.call(); strings.HasPrefix(c.hears(), "220") {
			return
		}
	}
}

func TestWhatIsUnderWayIsFinishedWhenANodeEnds(t *testing.T) {
	h := newHouse(t, testkit.SQLite(t), nil)
	idle, busy := h.call(), h.call()
	idle.greets("EHLO")
	busy.greets("EHLO")
	busy.writes("MAIL FROM:<" + mine + ">\r\nRCPT TO:<" + h.alias + ">\r\nDATA\r\n")
	for _, want := range []string{"250", "250", "354"} {
		busy.wants(busy.hears(), want)
	}
	mail := stuffed(h.signed(h.letter("in time")))
	busy.writes(mail[:200])
	app := h.App.App
	var ended sync.WaitGroup
	ended.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := app.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	idle.wants(idle.hears(), "421")
	if rest := idle.hears(); rest != "" {
		t.Errorf("and then %q", rest)
	}
	busy.writes(mail[200:])
	busy.wants(busy.hears(), "250")
	busy.wants(busy.hears(), "421")
	ended.Wait()
	if got := h.texts(); !slices.Equal(got, []string{"in time"}) {
		t.Errorf("written %q", got)
	}
}
