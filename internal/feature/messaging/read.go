package messaging

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// MarkRead moves the read cursor of who forward to seq, or to the end when seq is
// beyond it, and tells both people if it moved: the other one only that it was delivered,
// and if that is new, when one of both keeps to themselves how far they have read. Whatever
// seq is, it takes back that who had marked the conversation as unread, and marks what they
// were told of it up to there as read; of that only they are told. What was read before costs nothing. It refuses
// with NotFound, for a conversation of others, RateLimited and Unavailable.
func (s *Service) MarkRead(ctx context.Context, who chat.UserID, id chat.ConversationID, seq chat.Seq) error {
	var unmarked, rung, hidden, delivered bool
	c, seq, moved, err := s.move(ctx, who, id, seq, s.db.ReadMoves, func(tx *store.Tx, ctx context.Context, c chat.Conversation, who chat.UserID, seq chat.Seq) (moved bool, err error) {
		if hidden, err = tx.ReadsHidden(ctx, c); err != nil {
			return false, err
		}
		if hidden {
			if delivered, err = tx.MoveDelivered(ctx, c.ID, who, seq); err != nil {
				return false, err
			}
		}
		if moved, err = tx.MoveRead(ctx, c.ID, who, seq); err == nil {
			unmarked, err = tx.ClearUnreadMark(ctx, c.ID, who)
		}
		if err == nil {
			rung, err = tx.ReadNoticesOf(ctx, c.ID, who, seq)
		}
		return moved, err
	})
	if err != nil {
		return err
	}
	read := chat.ReadMoved{To: []chat.UserID{c.BuyerID, c.SellerID}, Conversation: id, User: who, Seq: seq, At: s.now()}
	if hidden {
		read.To = []chat.UserID{who}
	}
	if moved {
		s.relay.Signal(read)
	}
	if delivered {
		s.relay.Signal(chat.DeliveredMoved{To: []chat.UserID{c.Other(who)}, Conversation: id, User: who, Seq: seq, At: s.now()})
	}
	if unmarked {
		s.relay.Introduce(ctx, who, id)
	}
	if rung {
		s.bell.Ring(who)
	}
	return nil
}

// MarkDelivered moves the delivered cursor of who forward, like MarkRead.
func (s *Service) MarkDelivered(ctx context.Context, who chat.UserID, id chat.ConversationID, seq chat.Seq) error {
	c, seq, moved, err := s.move(ctx, who, id, seq, s.db.DeliveredMoves, func(tx *store.Tx, ctx context.Context, c chat.Conversation, who chat.UserID, seq chat.Seq) (bool, error) {
		return tx.MoveDelivered(ctx, c.ID, who, seq)
	})
	if err == nil && moved {
		s.relay.Signal(chat.DeliveredMoved{
			To: []chat.UserID{c.BuyerID, c.SellerID}, Conversation: id, User: who, Seq: seq, At: s.now(),
		})
	}
	return err
}

type mover func(*store.Tx, context.Context, chat.Conversation, chat.UserID, chat.Seq) (bool, error)

// moves tells whether a mover would change anything.
type moves func(context.Context, chat.ConversationID, chat.UserID, chat.Seq) (bool, error)

// move runs a mover where it changes something: else nobody who writes waits for it, and it takes no token.
func (s *Service) move(ctx context.Context, who chat.UserID, id chat.ConversationID, seq chat.Seq, moves moves, move mover) (chat.Conversation, chat.Seq, bool, error) {
	c, err := s.db.Conversation(ctx, id, who)
	if err != nil {
		return c, 0, false, err
	}
	seq = min(seq, c.Head)
	if seq <= 0 {
		return c, 0, false, nil
	}
	if due, err := moves(ctx, c.ID, who, seq); err != nil || !due {
		return c, seq, false, err
	}
	if err := s.limits.Read.Take(key(who), manyRead); err != nil {
		return c, 0, false, err
	}
	var moved bool
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		moved, err = move(tx, ctx, c, who, seq)
		return err
	})
	return c, seq, moved, err
}

// MessagesQuery asks for a page of messages: before, after or around a seq, or the
// newest page when all three are nil. At most one may be set.
type MessagesQuery struct {
	Conversation          chat.ConversationID
	Before, After, Around *chat.Seq
	Limit                 int // 0 is 50; at most 200
}

// MessagesPage is a page in rising seq.
type MessagesPage struct {
	Messages []chat.Message
	Head     chat.Seq
	Epoch    string // "" where Page was asked
	HasOlder bool   // there are messages before the page
	HasNewer bool   // there are messages behind the page
}

// Messages returns a page of a conversation, or NotFound. What who has deleted for themselves is
// left out.
func (s *Service) Messages(ctx context.Context, who chat.UserID, q MessagesQuery) (MessagesPage, error) {
	epoch := s.db.Epoch()
	c, err := s.db.Conversation(ctx, q.Conversation, who)
	if err != nil {
		return MessagesPage{}, err
	}
	page, err := s.Page(ctx, who, c, q)
	page.Epoch = epoch
	return page, err
}

// Page is Messages of a conversation that who has been shown, without asking once more whether
// they may see it.
func (s *Service) Page(ctx context.Context, who chat.UserID, c chat.Conversation, q MessagesQuery) (MessagesPage, error) {
	var err error
	limit := q.Limit
	if limit <= 0 {
		limit = chat.MessagePage
	}
	limit = min(limit, chat.MaxMessagePage)
	page, seen := MessagesPage{Head: c.Head}, s.db.As(who)
	switch {
	case q.After != nil:
		page.Messages, err = seen.MessagesAfter(ctx, c.ID, *q.After, limit+1)
		if page.HasNewer = len(page.Messages) > limit; page.HasNewer {
			page.Messages = page.Messages[:limit]
		}
		page.HasOlder = *q.After > 0
		return page, err
	case q.Around != nil:
		return around(ctx, seen, page, c, *q.Around, limit)
	}
	upTo := c.Head + 1
	if q.Before != nil {
		upTo = *q.Before
	}
	page.Messages, page.HasOlder, err = before(ctx, seen, c, upTo, limit)
	page.HasNewer = upTo <= c.LastSeq
	return page, err
}

func before(ctx context.Context, seen store.Reader, c chat.Conversation, before chat.Seq, limit int) ([]chat.Message, bool, error) {
	messages, err := seen.MessagesBefore(ctx, c.ID, before, limit+1)
	if len(messages) > limit {
		return messages[1:], true, err
	}
	return messages, false, err
}

// around puts half of a page before seq and the rest from it on.
func around(ctx context.Context, seen store.Reader, page MessagesPage, c chat.Conversation, seq chat.Seq, limit int) (MessagesPage, error) {
	half := limit / 2
	messages, err := seen.MessagesAround(ctx, c.ID, seq, half+1, limit+1)
	older := 0
	for older < len(messages) && messages[older].Seq < seq {
		older++
	}
	if page.HasOlder = older > half; page.HasOlder {
		messages = messages[older-half:]
	}
	if page.HasNewer = len(messages) > limit; page.HasNewer {
		messages = messages[:limit]
	}
	page.Messages = messages
	return page, err
}

// ResumeQuery is how far a client has come. At and Epoch are zero when left out.
type ResumeQuery struct {
	Conversation chat.ConversationID
	After        chat.Seq
	At           int64 // Unix milliseconds of the event at After, as the client was told
	Epoch        string
}

// Resumed is the answer to a resume: up to where events are Missing behind the
// position, or the reason why the client must start anew.
type Resumed struct {
	Head  chat.Seq
	Reset string // "" or: epoch, position, gap
}

// Head returns where a conversation ends, or NotFound.
func (s *Service) Head(ctx context.Context, who chat.UserID, id chat.ConversationID) (chat.Seq, error) {
	c, err := s.db.Conversation(ctx, id, who)
	return c.Head, err
}

// Resume tells whether a position fits the log. One that does not, or lies more than
// 1,000 events back, is a Reset.
func (s *Service) Resume(ctx context.Context, who chat.UserID, q ResumeQuery) (Resumed, error) {
	c, err := s.db.Conversation(ctx, q.Conversation, who)
	if err != nil {
		return Resumed{}, err
	}
	r := Resumed{Head: c.Head}
	switch {
	case q.Epoch != "" && q.Epoch != s.db.Epoch():
		r.Reset = "epoch"
		return r, nil
	case q.After > c.Head:
		r.Reset = "position"
		return r, nil
	case c.Head-q.After > chat.MaxReplay:
		r.Reset = "gap"
		return r, nil
	}
	if q.At != 0 && q.After > 0 {
		e, err := s.db.Event(ctx, c, q.After)
		if err != nil && chat.CodeOf(err) != chat.NotFound {
			return Resumed{}, err
		}
		if err != nil || e.At.UnixMilli() != q.At {
			r.Reset = "position"
			return r, nil
		}
	}
	return r, nil
}

// Missing returns the events of a conversation behind after, at most limit: for a
// resume, and for a connection that saw a later one first. Of a message that who has deleted for
// themselves they tell the place alone.
func (s *Service) Missing(ctx context.Context, who chat.UserID, id chat.ConversationID, after chat.Seq, limit int) ([]chat.Event, error) {
	c, err := s.db.Conversation(ctx, id, who)
	if err != nil {
		return nil, err
	}
	return s.db.As(who).EventsAfter(ctx, c, after, limit)
}
