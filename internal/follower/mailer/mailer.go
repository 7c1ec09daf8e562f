// Package mailer sends what waits in the outbox for people's mailboxes: what they have not read on the
// site, and what concerns their accounts. Before each mail it looks once more whether it is still to
// be sent.
package mailer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	netmail "net/mail"
	"strconv"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/mail"
	"swapnest/internal/mail/alias"
	"swapnest/internal/store"
)

// Store is what the mailer reads.
type Store interface {
	// News returns what a delivery of a notice is about, as it is now; NotFound when the notice is gone.
	News(ctx context.Context, d store.Delivery) (store.News, error)
	// As reads as somebody sees.
	As(who chat.UserID) store.Reader
}

// Transport hands a mail over. Its errors are *mail.Fault.
type Transport interface {
	Send(ctx context.Context, m mail.Message) error
}

// Accounts knows the people of mails about accounts, and makes the links in them.
type Accounts interface {
	// MailToken returns to whom such a mail goes, Email being the address, and the link in it. It is not
	// ok when nobody is to get it any more.
	MailToken(ctx context.Context, d store.Delivery) (to chat.User, link string, ok bool, err error)
	// MayMail tells whether mail may go to somebody at all.
	MayMail(u chat.User) bool
	// Bounced notes that mail to an address of somebody's came back for good, with a status such as
	// 5.1.1 or, where the mail server has none, with the code of its answer.
	Bounced(ctx context.Context, who chat.UserID, address, status string) error
}

// Aliases are the addresses under which people answer by mail.
type Aliases interface {
	// Address is that of who answers in a conversation.
	Address(c chat.ConversationID, who chat.UserID) string
	// Bounce is where a mail to somebody's address comes back to.
	Bounce(who chat.UserID, address string) string
}

// Blobs opens the bytes of pictures.
type Blobs interface {
	Open(ctx context.Context, key string) (blob.Blob, error)
}

// Options are what a Mailer stands on.
type Options struct {
	Store     Store
	Transport Transport
	Accounts  Accounts
	Aliases   Aliases // nil where nobody answers by mail
	Blobs     Blobs
	Leaves    *alias.Leaves
	Names     *alias.Names
	From      netmail.Address // of the site
	Site      func() string   // the origin that links lead to, such as https://swap.example
	PerDay    int             // mails of notices that somebody gets within 24 hours; 0 is chat.MailsPerDay
	Log       *slog.Logger
	Now       func() time.Time
}

// Mailer sends mails. It implements outbox.Sender.
type Mailer struct {
	o       Options
	letters *letters
}

var _ outbox.Sender = (*Mailer)(nil)

// New returns a Mailer. It parses the templates, so that a broken one stops the program.
func New(o Options) (*Mailer, error) {
	l, err := parseLetters()
	if err != nil {
		return nil, err
	}
	if o.PerDay == 0 {
		o.PerDay = chat.MailsPerDay
	}
	return &Mailer{o: o, letters: l}, nil
}

const (
	// later is when a mail is looked at again that a day has no room for.
	later = time.Hour
	// mostPicture is how large the picture of a listing may be that is sent along, in bytes.
	mostPicture = 128 << 10
)

// Send implements outbox.Sender.
func (m *Mailer) Send(ctx context.Context, d store.Delivery) outbox.Outcome {
	if d.Kind == store.DeliverNotice {
		return m.notice(ctx, d)
	}
	return m.account(ctx, d)
}

// notice sends what somebody was told and has not read.
func (m *Mailer) notice(ctx context.Context, d store.Delivery) outbox.Outcome {
	news, err := m.o.Store.News(ctx, d)
	if chat.CodeOf(err) == chat.NotFound {
		return outbox.Outcome{Result: outbox.Dropped}
	}
	if err != nil {
		return outbox.Outcome{Err: fmt.Errorf("look at the notice again: %w", err)}
	}
	now := m.o.Now()
	if !m.wanted(news) {
		return outbox.Outcome{Result: outbox.Dropped}
	}
	if until := news.Wants.SilentUntil(now); !until.IsZero() {
		return outbox.Outcome{Result: outbox.Postponed, Until: until}
	}
	if news.Mailed24h >= int64(m.o.PerDay) || news.Notice.Conversation == 0 && news.Wishes24h >= m.wishesPerDay() {
		return outbox.Outcome{Result: outbox.Postponed, Until: now.Add(later)}
	}
	l, err := m.noticeLetter(ctx, news)
	if err != nil {
		return outbox.Outcome{Err: fmt.Errorf("read what the mail is about: %w", err)}
	}
	if l == nil {
		return outbox.Outcome{Result: outbox.Dropped}
	}
	message := mail.Message{From: m.o.From, To: netmail.Address{Name: news.Person.Name, Address: news.Person.Email}, Unsubscribe: l.Leave}
	if news.Notice.Conversation != 0 {
		message.From.Name = news.Notice.From.Name + " (SwapNest)"
		message.Thread = m.o.Names.Thread(news.Notice.Conversation, news.Person.ID)
		if m.o.Aliases != nil {
			message.From.Address = m.o.Aliases.Address(news.Notice.Conversation, news.Person.ID)
		}
	}
	if l.Card != nil {
		message.Picture = m.picture(ctx, d.ID, news.Listing, l.Card)
	}
	return m.post(ctx, d, news.Person, message, l)
}

// wishesPerDay is how many mails of a day may be about what somebody has saved: a quarter. Whoever plays
// with a price does not use up what messages need.
func (m *Mailer) wishesPerDay() int64 { return max(1, int64(m.o.PerDay)/4) }

// wanted tells whether a notice is still to be told by mail, at whatever time.
func (m *Mailer) wanted(n store.News) bool {
	return n.Notice.Unread && !n.Muted && n.Person.Reachable() &&
		n.Wants.Takes(n.Notice.Kind, chat.MailChannel) && m.o.Accounts.MayMail(n.Person)
}

// account sends a mail about somebody's account. Neither preferences nor quiet hours keep it.
func (m *Mailer) account(ctx context.Context, d store.Delivery) outbox.Outcome {
	var note store.MailNote
	if d.Note != "" {
		if err := json.Unmarshal([]byte(d.Note), &note); err != nil {
			return outbox.Outcome{Result: outbox.Dead, Err: fmt.Errorf("read the note: %w", err)}
		}
	}
	to, link, ok, err := m.o.Accounts.MailToken(ctx, d)
	switch {
	case err != nil:
		return outbox.Outcome{Err: fmt.Errorf("make the link: %w", err)}
	case !ok:
		return outbox.Outcome{Result: outbox.Dropped}
	}
	l := accountLetter(d.Kind, to, note, link)
	if l == nil {
		return outbox.Outcome{Result: outbox.Dead, Err: fmt.Errorf("there is no mail of the kind %q", d.Kind)}
	}
	return m.post(ctx, d, to, mail.Message{From: m.o.From, To: netmail.Address{Name: to.Username, Address: to.Email}}, l)
}

// post composes a mail and hands it over.
func (m *Mailer) post(ctx context.Context, d store.Delivery, to chat.User, message mail.Message, l *letter) outbox.Outcome {
	message.ID, message.Date, message.Subject = m.o.Names.Delivery(d.ID), m.o.Now(), oneLine(l.Subject)
	message.From.Name, message.To.Name = oneLine(message.From.Name), oneLine(message.To.Name)
	if m.o.Aliases != nil {
		message.Envelope = m.o.Aliases.Bounce(to.ID, to.Email)
	}
	l.Site = m.o.Site()
	var err error
	if message.Plain, message.HTML, err = m.letters.write(l); err != nil {
		return outbox.Outcome{Result: outbox.Dead, Err: err}
	}
	err = m.o.Transport.Send(ctx, message)
	if err == nil {
		return outbox.Outcome{Result: outbox.Sent}
	}
	f, ok := errors.AsType[*mail.Fault](err)
	switch {
	case ok && f.Kind == mail.BadAddress:
		if err := m.o.Accounts.Bounced(ctx, to.ID, to.Email, cmp.Or(f.Status, strconv.Itoa(f.Code))); err != nil {
			// It is tried again, and refused again.
			return outbox.Outcome{Err: fmt.Errorf("note a bounce: %w", err)}
		}
		return outbox.Outcome{Result: outbox.Dropped}
	case ok && f.Kind == mail.BadMessage:
		return outbox.Outcome{Result: outbox.Dead, Err: err}
	default:
		return outbox.Outcome{Err: err, Away: ok && f.Away}
	}
}

// picture reads the small picture of a listing, and has the card show it. Without one the mail goes all the same.
func (m *Mailer) picture(ctx context.Context, id chat.DeliveryID, l chat.Listing, c *card) *mail.Picture {
	if len(l.Photos) == 0 || m.o.Blobs == nil {
		return nil
	}
	photo := l.Photos[0]
	b, err := m.o.Blobs.Open(ctx, photo.ThumbKey)
	if err != nil {
		m.o.Log.WarnContext(ctx, "mail goes without its picture", "error", err)
		return nil
	}
	defer func() { _ = b.Close() }() // it was read
	if b.Size() > mostPicture {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(b, mostPicture))
	if err != nil {
		m.o.Log.WarnContext(ctx, "mail goes without its picture", "error", err)
		return nil
	}
	p := &mail.Picture{ID: m.o.Names.Picture(id), Name: "photo.jpg", Type: "image/jpeg", Bytes: data}
	c.show(p.ID, photo)
	return p
}
