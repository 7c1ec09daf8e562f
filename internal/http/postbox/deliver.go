package postbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/mailin"
)

// deliver makes a message of a mail, and returns what became of it with the answer.
func (b *Box) deliver(ctx context.Context, to string, null bool, raw []byte) (outcome string, err error) {
	m, err := mailin.Read(raw)
	if err != nil {
		return "refused", answer(550, 5, 6, 0, "This mail is malformed, or has too many parts. Write a new one, or answer on the site: "+b.o.Site())
	}
	if who, mark, ok := b.o.Book.ParseBounce(to); ok {
		if m.Report == nil || !m.Report.Failed {
			return "dropped", nil
		}
		if err := b.o.Bounced(ctx, who, mark, m.Report.Status); err != nil {
			return "later", b.later(ctx, err)
		}
		return "bounce", nil
	}
	if null || m.Auto {
		return "dropped", nil
	}
	c, who, _ := b.o.Book.Parse(to)
	if err := b.admit(ctx, c, who, to, m, raw); err != nil {
		return outcomeOf(err), err
	}
	id := clientID(m, raw)
	sent, err := b.o.People.Sent(ctx, c, who, id)
	switch {
	case err != nil:
		return "later", b.later(ctx, err)
	case sent:
		return "duplicate", nil
	}
	outcome, err = b.send(ctx, who, messaging.SendCommand{Conversation: c, ClientID: id, Text: b.discreet(m.Text)}, m.Attachments)
	return outcome, err
}

func outcomeOf(err error) string {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok && e.Temporary() {
		return "later"
	}
	return "refused"
}

// A mail counts for a while: one that somebody has kept, or got hold of, is not sent on for its author.
const (
	oldest   = 72 * time.Hour
	youngest = 24 * time.Hour // ahead of the clock here
)

// admit refuses a mail that is not shown to come from the person of its address, and to go there.
func (b *Box) admit(ctx context.Context, c chat.ConversationID, who chat.UserID, to string, m mailin.Mail, raw []byte) error {
	u, err := b.o.People.User(ctx, who)
	switch {
	case chat.CodeOf(err) == chat.NotFound:
		return answer(550, 5, 1, 1, "There is no such mailbox here.")
	case err != nil:
		return b.later(ctx, err)
	case !u.ClosedAt.IsZero():
		return answer(550, 5, 2, 1, "This account is closed, so nothing can be sent with it any more.")
	}
	site := fmt.Sprintf("%s/chat/conversation/%d/", b.o.Site(), c)
	if u.EmailVerified.IsZero() || !mailin.SameAddress(m.From, u.Email) {
		return answer(550, 5, 7, 1, "Answers are taken only from the address of your account. Send this from there, or answer on the site: "+site)
	}
	if !slices.ContainsFunc(m.To, func(one string) bool { return mailin.SameAddress(one, to) }) {
		return answer(550, 5, 7, 1, "This mail is not written to this conversation: its address stands neither in To nor in Cc. Answer on the site: "+site)
	}
	if age := b.o.Now().Sub(m.Date); age > oldest || age < -youngest {
		return answer(550, 5, 7, 1, "This mail says that it was not written within the last three days. Write a new one, or answer on the site: "+site)
	}
	authentic, err := b.o.Checker.Authentic(ctx, m, raw)
	switch {
	case errors.Is(err, mailin.ErrLater):
		return answer(451, 4, 7, 5, "It cannot be found out just now whether you have sent this. It will be tried again.")
	case err != nil:
		return b.later(ctx, err)
	case !authentic:
		return answer(550, 5, 7, 1, "Nothing shows that this mail comes from you: your mail provider has not signed it. Answer on the site: "+site)
	}
	return nil
}

// moreTries is how many files beyond those that fit are looked at, for some may be refused.
const moreTries = 10

// send uploads what is attached and sends the message. A file that is refused for good is left out,
// and the text says so, for both to see; where there is nothing else to send, all of it is refused.
func (b *Box) send(ctx context.Context, who chat.UserID, command messaging.SendCommand, files []mailin.Attachment) (string, error) {
	if command.Text == "" && len(files) == 0 {
		return "refused", answer(550, 5, 6, 0, "There is no answer in this mail. Write it above what is quoted, and send it again.")
	}
	if _, err := chat.ParseCaption(command.Text); err != nil {
		return b.refuse(ctx, err)
	}
	var notes []string
	var first error
	most := b.o.Uploads.Media().PerMessage
	for i, f := range files {
		var a chat.Attachment
		var err error = chat.ErrAttached(most)
		if len(command.Attachments) < most && i < most+moreTries {
			a, err = b.o.Uploads.Add(ctx, who, uploads.Begin{Name: fileName(f), Type: f.Type, Length: int64(len(f.Data))}, bytes.NewReader(f.Data))
		}
		switch {
		case err == nil:
			command.Attachments = append(command.Attachments, a.ID)
		case passing(err):
			b.giveUp(ctx, who, command.Attachments)
			return "later", b.later(ctx, err)
		default:
			if first == nil {
				first = err
			}
			notes = append(notes, fmt.Sprintf("[Not delivered: %s. %s]", fileName(f), sentence(err)))
		}
	}
	if command.Text == "" && len(command.Attachments) == 0 {
		return b.refuse(ctx, first)
	}
	if len(notes) > 0 {
		command.Text = strings.TrimSpace(command.Text + "\n\n" + strings.Join(notes, "\n"))
	}
	sent, err := b.o.Messages.Send(ctx, who, command)
	if err == nil && !sent.Duplicate {
		return "taken", nil
	}
	b.giveUp(ctx, who, command.Attachments)
	if err == nil {
		return "duplicate", nil
	}
	if chat.CodeOf(err) == chat.Conflict {
		// The same mail came twice at once, and its files have other names each time.
		if known, lost := b.o.People.Sent(ctx, command.Conversation, who, command.ClientID); lost != nil {
			return "later", b.later(ctx, lost)
		} else if known {
			return "duplicate", nil
		}
	}
	return b.refuse(ctx, err)
}

// giveUp gives up what was uploaded for a message that is not sent.
func (b *Box) giveUp(ctx context.Context, who chat.UserID, ids []chat.AttachmentID) {
	for _, id := range ids {
		// What is left goes in a day.
		_ = b.o.Uploads.Cancel(ctx, who, id)
	}
}

// passing tells whether the same may succeed later.
func passing(err error) bool {
	e, ok := errors.AsType[*chat.Error](err)
	return !ok || e.Retryable()
}

func sentence(err error) string {
	if e, ok := errors.AsType[*chat.Error](err); ok {
		return e.Detail
	}
	return ""
}

// refuse answers with the sentence of a refusal: for good, or for now.
func (b *Box) refuse(ctx context.Context, err error) (string, error) {
	if passing(err) {
		return "later", b.later(ctx, err)
	}
	class, subject, detail := 5, 7, 1
	switch chat.CodeOf(err) {
	case chat.NotFound:
		class, subject, detail = 5, 1, 1
	case chat.Closed:
		class, subject, detail = 5, 2, 1
	case chat.TooLong, chat.TooLarge:
		class, subject, detail = 5, 3, 4
	case chat.Invalid, chat.Empty, chat.BadText, chat.UnsupportedMedia:
		class, subject, detail = 5, 6, 0
	}
	return "refused", answer(550, class, subject, detail, sentence(err))
}

// later answers that it may be tried again; a fault of the node is told to its operator.
func (b *Box) later(ctx context.Context, err error) error {
	if s := sentence(err); s != "" {
		return answer(451, 4, 3, 0, s)
	}
	b.o.Log.WarnContext(ctx, "a mail has to come again", "error", err)
	return answer(451, 4, 3, 0, "This cannot be taken just now. It will be tried again.")
}

// fileName is what a file is called, also when the sender's program has not said so.
func fileName(f mailin.Attachment) string {
	if f.Name != "" {
		return chat.ParseFileName(f.Name)
	}
	if f.Type == "message/rfc822" {
		return "mail.eml"
	}
	if kind, sub, ok := strings.Cut(f.Type, "/"); ok && kind == "image" && len(sub) < 6 {
		return chat.ParseFileName("picture." + sub)
	}
	return chat.FallbackFileName
}

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// clientID names the message of a mail: the same mail, however often it comes, is one message. It is
// known by what is signed of every mail, so that nobody makes two of it; its Message-ID need not be.
func clientID(m mailin.Mail, raw []byte) string {
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%d\x00%s", m.From, m.Date.Unix(), body)
	return "mail." + encoding.EncodeToString(h.Sum(nil))
}

// address is what may be an e-mail address, in a text.
var address = regexp.MustCompile(`[^\s<>()\[\]:;,"'\\]+@[^\s<>()\[\]:;,"'\\]+`)

// discreet takes the addresses by which people answer out of a text: where a quote was not seen as
// one, it would show the other person by which address its author writes.
func (b *Box) discreet(text string) string {
	return address.ReplaceAllStringFunc(text, func(found string) string {
		if b.o.Book.Owns(strings.TrimRight(found, ".!?*_")) {
			return "[address removed]"
		}
		return found
	})
}
