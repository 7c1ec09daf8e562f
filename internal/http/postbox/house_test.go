package postbox_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

const (
	domain = "reply.swap.example"
	mine   = "meera@mail.example" // the seller's address
)

// house is a node with a conversation, whose seller answers by mail, and the DNS of her provider.
type house struct {
	*apptest.App
	tb           testing.TB
	d            *testkit.Database
	town         testkit.Town
	conversation chat.ConversationID
	alias        string
	at           string // of the door
	key          crypto.Signer
	log          *journal

	mu    sync.Mutex
	zone  map[string]string
	fault error // of the DNS
	n     int
}

// journal is the log of a node.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func newHouse(tb testing.TB, d *testkit.Database, change func(*server.Options)) *house {
	tb.Helper()
	h := &house{tb: tb, d: d, zone: map[string]string{}, log: &journal{}}
	h.key = h.keyOf("mail.example")
	h.App = apptest.Start(tb, d, func(o *server.Options) {
		o.Reply = server.Reply{Domain: domain, LookupTXT: h.lookup}
		o.Log = slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		if change != nil {
			change(o)
		}
	})
	h.town = testkit.Populate(tb, h.DB)
	h.owns(h.town.Seller, mine)
	started, err := h.Messages.Start(context.Background(), h.town.Buyer.ID, messaging.StartCommand{Listing: h.town.Listing.ID, Text: "Is it there?"})
	if err != nil {
		tb.Fatal(err)
	}
	h.conversation = started.Conversation
	h.alias = h.Aliases.Address(h.conversation, h.town.Seller.ID)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	h.at = l.Addr().String()
	served := make(chan error, 1)
	app := h.App.App
	go func() { served <- app.ServeReplies(l) }()
	tb.Cleanup(func() {
		h.Stop()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return h
}

// owns gives somebody an address that they have shown to be theirs.
func (h *house) owns(u chat.User, address string) {
	h.tb.Helper()
	h.exec(fmt.Sprintf(`UPDATE users SET email = '%s', email_key = '%s', email_verified_at = 1 WHERE id = %d`, address, chat.EmailKey(address), u.ID))
}

func (h *house) exec(statement string) {
	h.tb.Helper()
	if err := h.d.Exec(context.Background(), statement); err != nil {
		h.tb.Fatal(err)
	}
}

func (h *house) keyOf(domain string) crypto.Signer {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		h.tb.Fatal(err)
	}
	h.zone["s._domainkey."+domain] = "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	return private
}

func (h *house) lookup(_ context.Context, name string) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fault != nil {
		return nil, h.fault
	}
	if key, ok := h.zone[name]; ok {
		return []string{key}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// letter is a mail of the seller, not signed; each has another Message-ID.
func (h *house) letter(text string, fields ...string) string {
	h.n++
	// The time of each is another one, as those of people are.
	date := time.Now().Add(-time.Duration(h.n) * time.Second).Format(time.RFC1123Z)
	return "From: Meera <" + mine + ">\r\nTo: <" + h.alias + ">\r\nSubject: Re: Cycle\r\nDate: " + date + "\r\n" + fmt.Sprintf("Message-ID: <%d@mail.example>\r\n", h.n) +
		strings.Join(append(fields, ""), "\r\n") + "\r\n" + strings.ReplaceAll(text, "\n", "\r\n") + "\r\n"
}

// signed is a mail with the signature of the seller's provider.
func (h *house) signed(mail string) string { return h.signedBy(h.key, "mail.example", mail) }

func (h *house) signedBy(key crypto.Signer, domain, mail string) string {
	h.tb.Helper()
	var b bytes.Buffer
	err := dkim.Sign(&b, strings.NewReader(mail), &dkim.SignOptions{
		Domain: domain, Selector: "s", Signer: key, Hash: crypto.SHA256,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	return b.String()
}

// texts are what the seller has written into the conversation.
func (h *house) texts() []string {
	h.tb.Helper()
	messages, err := h.DB.As(h.town.Seller.ID).MessagesAfter(context.Background(), h.conversation, 0, 100)
	if err != nil {
		h.tb.Fatal(err)
	}
	var all []string
	for _, m := range messages {
		if m.Sender.ID == h.town.Seller.ID {
			all = append(all, m.Text)
		}
	}
	return all
}

// caller is a mail system on a line.
type caller struct {
	tb testing.TB
	net.Conn
	r *bufio.Reader
}

func (h *house) call() *caller {
	h.tb.Helper()
	conn, err := net.Dial("tcp", h.at)
	if err != nil {
		h.tb.Fatal(err)
	}
	h.tb.Cleanup(func() { _ = conn.Close() })
	return &caller{tb: h.tb, Conn: conn, r: bufio.NewReader(conn)}
}

// hears reads one answer, of any number of lines; "" when the line was closed.
func (c *caller) hears() string {
	c.tb.Helper()
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	var all strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				c.tb.Fatalf("no answer within 30 s, behind %q", all.String())
			}
			return all.String()
		}
		if len(line) < 4 || line[3] != '-' {
			return strings.TrimRight(all.String(), "\r\n")
		}
	}
}

// says writes and returns the answer.
func (c *caller) says(what string) string {
	c.tb.Helper()
	c.writes(what + "\r\n")
	return c.hears()
}

func (c *caller) writes(what string) {
	// An answer tells what became of it, also when the line was closed.
	_, _ = c.Write([]byte(what))
}

// wants fails unless an answer begins as it should.
func (c *caller) wants(got, begin string) {
	c.tb.Helper()
	if !strings.HasPrefix(got, begin) {
		c.tb.Fatalf("answered %q, want %s…", got, begin)
	}
}

func (c *caller) secure() {
	t := tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	if err := t.Handshake(); err != nil {
		c.tb.Fatal(err)
	}
	c.Conn, c.r = t, bufio.NewReader(t)
}

// greets says hello by a verb.
func (c *caller) greets(verb string) string {
	c.tb.Helper()
	c.wants(c.hears(), "220 "+domain)
	hello := c.says(verb + " mx.mail.example")
	c.wants(hello, "250")
	return hello
}

// stuffed is a mail as it goes over the line.
func stuffed(mail string) string {
	return strings.ReplaceAll("\r\n"+mail, "\r\n.", "\r\n..")[2:] + ".\r\n"
}

// send sends a mail by SMTP, and returns the last answer.
func (h *house) send(from, to, mail string) string {
	h.tb.Helper()
	c := h.call()
	defer c.Close()
	c.greets("EHLO")
	for _, step := range []string{"MAIL FROM:<" + from + ">", "RCPT TO:<" + to + ">", "DATA"} {
		if got := c.says(step); got[0] != '2' && got[0] != '3' {
			return got
		}
	}
	c.writes(stuffed(mail))
	got := c.hears()
	c.wants(c.says("QUIT"), "221")
	return got
}
