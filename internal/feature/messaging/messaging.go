// Package messaging starts conversations, sends, reads and resumes. All doors use
// it, so a rule holds for the socket, the API and the page form alike. It cannot
// publish messages: the store hands committed events on.
package messaging

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strconv"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/store"
)

// Service holds the messages.
type Service struct {
	db     *store.DB
	relay  Signals
	bell   Bell
	limits *Limits
	media  chat.Media
	sent   func(outcome string)
	now    func() time.Time
}

// Signals passes hints on. It has no way to announce a message: only the store does.
type Signals interface {
	Signal(s chat.Signal)
	// Introduce tells a person how a conversation stands in their list now.
	Introduce(ctx context.Context, who chat.UserID, id chat.ConversationID)
}

// Bell tells a person how many notices they have not read, after that has changed.
type Bell interface {
	Ring(who chat.UserID, fresh ...chat.NoticeID)
}

// New returns the service. sent is told what became of each message that was to be sent:
// ok, duplicate, or the code of the refusal; nil is told nothing.
func New(db *store.DB, relay Signals, bell Bell, limits *Limits, media chat.Media, sent func(outcome string), now func() time.Time) *Service {
	if sent == nil {
		sent = func(string) {}
	}
	return &Service{db: db, relay: relay, bell: bell, limits: limits, media: media, sent: sent, now: now}
}

// SendCommand posts a message.
type SendCommand struct {
	Conversation chat.ConversationID
	// ClientID names the command; "" has the server make one up.
	ClientID string
	Text     string
	// ReplyTo is the message of the conversation that it answers, 0 for none.
	ReplyTo chat.MessageID
	// Attachments are of who sends, in the order in which they are to be shown. With one, Text may
	// be empty.
	Attachments []chat.AttachmentID
	// Address is where it comes from, for the limits; "" counts for none.
	Address string
	// Behind refuses a message that has not been committed before, for another one has to go
	// first; nil lets it through.
	Behind error
}

// Sent is what became of a message. Duplicate tells that it was sent before.
type Sent struct {
	Message   chat.Message
	Duplicate bool
}

// Send adds what who says to the conversation. A command sent again under the
// same ClientID returns the first message and announces nothing. It refuses with
// Empty, TooLong, BadText, BadFrame (ClientID), NotFound, Conflict, Closed, Invalid (ReplyTo, Attachments),
// RateLimited or Unavailable.
func (s *Service) Send(ctx context.Context, who chat.UserID, c SendCommand) (Sent, error) {
	sent, err := s.send(ctx, who, c)
	switch code := chat.CodeOf(err); {
	case err == nil && sent.Duplicate:
		s.sent("duplicate")
	case err == nil:
		s.sent("ok")
	case code == "":
		s.sent(string(chat.Unavailable))
	default:
		s.sent(string(code))
	}
	return sent, err
}

func (s *Service) send(ctx context.Context, who chat.UserID, c SendCommand) (Sent, error) {
	parse := chat.ParseText
	if len(c.Attachments) > 0 {
		parse = chat.ParseCaption
	}
	text, err := parse(c.Text)
	if err != nil {
		return Sent{}, err
	}
	if len(c.Attachments) > chat.MaxAttached {
		return Sent{}, chat.ErrAttached(s.media.PerMessage)
	}
	clientID, err := clientID(c.ClientID)
	if err != nil {
		return Sent{}, err
	}
	known := func() (bool, error) { return s.db.Sent(ctx, c.Conversation, who, clientID) }
	tokens := s.limits.sender(who, c.Address)
	if err := s.admit(tokens, known); err != nil {
		return Sent{}, err
	}
	toll := s.toll(tokens, c.Conversation)
	draft := chat.Draft{Text: text, ReplyTo: c.ReplyTo, Attachments: c.Attachments}
	done, err := s.db.Append(ctx, store.Append{
		Conversation: c.Conversation,
		Actor:        who,
		ClientID:     clientID,
		Answers:      c.ReplyTo,
		Attachments:  c.Attachments,
		Now:          s.now(),
		Digest:       digest(draft),
		Undo:         toll.undo,
		Decide: func(t chat.Thread) (chat.Change, error) {
			change, err := t.Post(who, draft, s.media.PerMessage, s.now())
			if err != nil {
				return chat.Change{}, err
			}
			if c.Behind != nil {
				return chat.Change{}, c.Behind
			}
			if err := toll.pay(); err != nil {
				return chat.Change{}, err
			}
			return change, nil
		},
	})
	s.charge(who, err)
	return Sent{Message: done.Event.Message, Duplicate: done.Duplicate}, err
}

// digest is that of a new message. A text has no control character, so nothing of it can pass for
// the rest; one that answers none and has nothing attached has the digest that it had before there
// were answers and attachments.
func digest(d chat.Draft) [32]byte {
	command := append(append(make([]byte, 0, 64+len(d.Text)), "message\x00"...), d.Text...)
	if d.ReplyTo != 0 {
		command = strconv.AppendInt(append(command, 0), int64(d.ReplyTo), 10)
	}
	for _, id := range d.Attachments {
		command = append(append(command, "\x00+"...), id...)
	}
	return sha256.Sum256(command)
}

// clientID returns the client's name for a command, or a new one.
func clientID(s string) (string, error) {
	if s == "" {
		return "s." + rand.Text(), nil
	}
	if !chat.ValidClientID(s) {
		return "", &chat.Error{
			Code: chat.BadFrame, Field: "client_id",
			Detail: "A client_id is 1 to 64 characters of A-Z a-z 0-9 _ . : and -.",
		}
	}
	return s, nil
}

// StartCommand asks about a listing.
type StartCommand struct {
	Listing  chat.ListingID
	ClientID string
	Text     string
	Address  string // as in SendCommand
}

// Started is the conversation about a listing and the message that was sent into it.
type Started struct {
	Conversation chat.ConversationID
	Sent
	Created bool // the conversation did not exist before
}

// Start sends a message to the seller of a listing, in the conversation about it
// that who has or in a new one. One's own, sold and inactive listings are Invalid
// unless the conversation exists already.
func (s *Service) Start(ctx context.Context, who chat.UserID, c StartCommand) (Started, error) {
	// Refuse what cannot be sent before a conversation is made for it.
	if _, err := chat.ParseText(c.Text); err != nil {
		return Started{}, err
	}
	if _, err := clientID(c.ClientID); err != nil {
		return Started{}, err
	}
	conversation, err := s.ensure(ctx, who, c)
	if err != nil {
		return Started{}, err
	}
	sent, err := s.Send(ctx, who, SendCommand{
		Conversation: conversation.ID, ClientID: c.ClientID, Text: c.Text, Address: c.Address,
	})
	return Started{Conversation: conversation.ID, Sent: sent, Created: sent.Message.Seq == 1 && !sent.Duplicate}, err
}

// ensure returns the conversation of who about a listing, making it if there is none.
func (s *Service) ensure(ctx context.Context, who chat.UserID, command StartCommand) (chat.Conversation, error) {
	c, err := s.db.ConversationAbout(ctx, command.Listing, who)
	if err == nil && c.Head > 0 {
		return c, nil
	}
	if err != nil && chat.CodeOf(err) != chat.NotFound {
		return c, err
	}
	fresh := chat.CodeOf(err) == chat.NotFound
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		l, err := tx.Listing(ctx, command.Listing)
		if err != nil {
			return err
		}
		if err := l.CanAsk(who); err != nil {
			return err
		}
		if fresh {
			// The message that follows would be refused: nothing is begun for it.
			if err := limit.Look(slower, s.limits.sender(who, command.Address)...); err != nil {
				return err
			}
			if err := s.limits.Start.Take(key(who), manyStarted); err != nil {
				return err
			}
			fresh = false
		}
		now := s.now()
		c, err = tx.InsertConversation(ctx, chat.Conversation{
			Listing: l.ID, Title: l.Title, BuyerID: who, SellerID: l.Seller.ID, CreatedAt: now, LastAt: now,
		})
		return err
	})
	return c, err
}
