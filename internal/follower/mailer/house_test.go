package mailer_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	netmail "net/mail"
	"testing"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/follower/mailer"
	"swapnest/internal/follower/notices"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/mail"
	"swapnest/internal/mail/alias"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/mailtest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// house is a town with the conversation of its buyer, and a mailer whose mail server runs.
type house struct {
	*testkit.Town
	d       *testkit.Database
	db      *store.DB
	talk    chat.Conversation
	server  *mailtest.Server
	options mailer.Options
	people  *people
	sent    int
	now     time.Time
}

const site = "https://swap.example"

func newHouse(t *testing.T, d *testkit.Database) *house {
	t.Helper()
	return newHouseWith(t, d, mailtest.Options{})
}

func newHouseWith(t *testing.T, d *testkit.Database, o mailtest.Options) *house {
	t.Helper()
	h := &house{d: d, db: d.Open(t, nil), server: mailtest.Start(t, o), people: &people{}, now: time.Now()}
	town := testkit.Populate(t, h.db)
	h.Town = &town
	h.talk = h.Converse(t, h.db)
	for _, who := range []*chat.User{&h.Seller, &h.Buyer} {
		who.Email = who.Username + "@example.org"
		d.Verify(t, who.ID)
		h.exec(t, `UPDATE users SET email = '%s', email_key = '%[1]s' WHERE id = %d`, who.Email, who.ID)
	}
	to, err := mail.ParseServer("smtp://"+h.server.Address(), "")
	if err != nil {
		t.Fatal(err)
	}
	h.options = mailer.Options{
		Store: h.db, Transport: mail.NewTransport(to, mail.Options{Dial: h.server.Dial}), Accounts: h.people, Blobs: photos{},
		Leaves: alias.NewLeaves("abcdefghijklmnopqrstuvwxyz"), Names: alias.NewNames("abcdefghijklmnopqrstuvwxyz", "swap.example"),
		From: netmail.Address{Name: "SwapNest", Address: "hello@swap.example"}, Site: func() string { return site }, PerDay: 20,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return h.now },
	}
	return h
}

// answered is a mailer whose mails are answered by mail.
func (h *house) answered() { h.options.Aliases = aliases{} }

// aliases stands in for the addresses under which people answer.
type aliases struct{}

func (aliases) Address(c chat.ConversationID, who chat.UserID) string {
	return fmt.Sprintf("r-%d-%d-abcdefghij@reply.swap.example", c, who)
}

func (aliases) Bounce(who chat.UserID, _ string) string {
	return fmt.Sprintf("b-%d-abcdefghij@reply.swap.example", who)
}

// looking is a store whose News is what a test makes of it.
type looking struct {
	*store.DB
	spoil func(*store.News)
}

// News implements mailer.Store.
func (l looking) News(ctx context.Context, d store.Delivery) (store.News, error) {
	n, err := l.DB.News(ctx, d)
	if err == nil && l.spoil != nil {
		l.spoil(&n)
	}
	return n, err
}

func (h *house) send(t *testing.T, d store.Delivery) outbox.Outcome {
	t.Helper()
	m, err := mailer.New(h.options)
	if err != nil {
		t.Fatal(err)
	}
	return m.Send(t.Context(), d)
}

// mailed sends a delivery, and returns the mail.
func (h *house) mailed(t *testing.T, d store.Delivery) mailtest.Mail {
	t.Helper()
	before := len(h.server.Mails())
	if got := h.send(t, d); got.Result != outbox.Sent {
		t.Fatalf("got %+v, want it sent", got)
	}
	return h.server.Wait(before + 1)[before]
}

// exec changes the database beside the store.
func (h *house) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if err := h.d.Exec(t.Context(), fmt.Sprintf(query, args...)); err != nil {
		t.Fatal(err)
	}
}

func (h *house) update(t *testing.T, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	if err := h.db.Update(t.Context(), func(tx *store.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func (h *house) prefers(t *testing.T, who chat.User, change func(*chat.Preferences)) {
	t.Helper()
	p := chat.DefaultPreferences()
	change(&p)
	h.update(t, func(ctx context.Context, tx *store.Tx) error { return tx.SetPreferences(ctx, who.ID, p) })
}

// say has the buyer write something.
func (h *house) say(t *testing.T, text string, attached ...chat.AttachmentID) {
	t.Helper()
	h.sent++
	_, err := h.db.Append(t.Context(), store.Append{
		Conversation: h.talk.ID, Actor: h.Buyer.ID, ClientID: fmt.Sprint(h.sent), Attachments: attached, Now: time.Now(),
		Decide: func(th chat.Thread) (chat.Change, error) {
			return th.Post(h.Buyer.ID, chat.Draft{Text: text, Attachments: attached}, 10, time.Now())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// mailedBefore has so many mails have gone to the seller within the hour.
func (h *house) mailedBefore(t *testing.T, n int) {
	t.Helper()
	at := time.Now().Add(-time.Hour).UnixMicro()
	for i := range n {
		h.exec(t, `INSERT INTO outbox (channel, kind, state, user_id, notice_id, created_at, due_at, sent_at)
			VALUES ('mail', 'notice', 'sent', %d, %d, %d, %[3]d, %[3]d)`, h.Seller.ID, 1000+i, at)
	}
}

// reads has the seller read everything so far.
func (h *house) reads(t *testing.T) {
	t.Helper()
	h.update(t, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.MoveRead(ctx, h.talk.ID, h.Seller.ID, chat.Seq(h.sent)); err != nil {
			return err
		}
		_, err := tx.ReadNoticesOf(ctx, h.talk.ID, h.Seller.ID, chat.Seq(h.sent))
		return err
	})
}

// follow makes the notices that are due in a minute, and plans mails of them.
func (h *house) follow(t *testing.T, timing store.Timing) {
	t.Helper()
	later := func() time.Time { return time.Now().Add(time.Minute) }
	f := notices.New(h.db, func(chat.UserID, ...chat.NoticeID) {}, timing, slog.New(slog.DiscardHandler), later)
	if _, err := f.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// told makes the notices that are due, and returns the delivery of the seller's newest one.
func (h *house) told(t *testing.T) store.Delivery {
	t.Helper()
	h.follow(t, store.Timing{})
	all, err := h.db.Notices(t.Context(), store.NoticeQuery{Who: h.Seller.ID, Limit: 1})
	if err != nil || len(all) != 1 {
		t.Fatalf("the seller has %d notices (%v)", len(all), err)
	}
	return store.Delivery{ID: 7, Channel: chat.MailChannel, Kind: store.DeliverNotice, To: h.Seller.ID, Notice: all[0].ID}
}

// tctx is short for what each of a test's updates gets.
type tctx = context.Context

// people stands in for the accounts.
type people struct {
	to      chat.User
	link    string
	gone    bool
	bounced []string
}

func (p *people) MailToken(context.Context, store.Delivery) (chat.User, string, bool, error) {
	return p.to, p.link, !p.gone, nil
}

func (p *people) MayMail(u chat.User) bool { return u.ClosedAt.IsZero() && !u.Demo }

func (p *people) Bounced(_ context.Context, who chat.UserID, address, status string) error {
	p.bounced = append(p.bounced, fmt.Sprint(who, " ", address, " ", status))
	return nil
}

// photos has a picture under the key "there.jpg".
type photos struct{}

type photo struct{ *bytes.Reader }

func (photo) Close() error          { return nil }
func (p photo) Size() int64         { return p.Reader.Size() }
func (p photo) Modified() time.Time { return time.Time{} }

func (photos) Open(_ context.Context, key string) (blob.Blob, error) {
	if key != "there.jpg" {
		return nil, fs.ErrNotExist
	}
	return photo{bytes.NewReader([]byte("a picture"))}, nil
}

var _ io.ReadSeekCloser = photo{}
