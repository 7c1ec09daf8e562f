package store

import (
	"fmt"

	"swapnest/internal/chat"
)

// eventKey is the place of an event in its conversation.
type eventKey struct {
	conversation chat.ConversationID
	seq          chat.Seq
}

// clientKey is what makes a command unique.
type clientKey struct {
	conversation chat.ConversationID
	actor        chat.UserID
	client       string
	about        bool // it changes a message
}

func (c *call) key() clientKey { return clientKey{c.Conversation, c.Actor, c.ClientID, c.About != 0} }

// The columns that scanThread and scanKnown read, for both engines.
const (
	threadColumns = `c.id, c.listing_id, c.title, c.buyer_id, c.seller_id, c.head, c.last_seq, c.last_at, c.buyer_sent, c.seller_sent, c.closed_at,
			b.username, b.name, b.closed_at <> 0, s.username, s.name, s.closed_at <> 0`
	knownColumns = `m.conversation_id, m.sender_id, m.client_id, m.digest, m.id, m.seq, m.body, m.attachments, m.created_at, ` + quoteColumns
)

// scanner is what the rows of both drivers have in common.
type scanner interface{ Scan(dest ...any) error }

// threadFields take threadColumns.
func threadFields(t *chat.Thread) []any {
	return []any{
		// As whole numbers: of types of their own the drivers make a detour by reflection.
		(*int64)(&t.ID), (*int64)(&t.Listing), &t.Title, (*int64)(&t.BuyerID), (*int64)(&t.SellerID), (*int64)(&t.Head), (*int64)(&t.LastSeq),
		microsInto{&t.LastAt},
		&t.BuyerSent, &t.SellerSent,
		microsInto{&t.ClosedAt},
		&t.Buyer.Username, &t.Buyer.Name, &t.Buyer.Former, &t.Seller.Username, &t.Seller.Name, &t.Seller.Former,
	}
}

// scanThread reads a thread.
func (s *state) scanThread(row scanner) error {
	t := new(chat.Thread)
	if err := row.Scan(threadFields(t)...); err != nil {
		return err
	}
	t.Buyer.ID, t.Seller.ID = t.BuyerID, t.SellerID
	s.threads[t.ID] = t
	return nil
}

// scanKnown reads a message that a command of the batch has stored before. The
// threads have been read.
func (s *state) scanKnown(row scanner) error {
	var m chat.Message
	var digest []byte
	fields := []any{&m.Conversation, &m.Sender.ID, &m.ClientID, &digest, &m.ID, &m.Seq, &m.Text, attachmentsInto{&m.Attachments}, microsInto{&m.SentAt}}
	if err := row.Scan(append(fields, quoteFields(&m.ReplyTo)...)...); err != nil {
		return err
	}
	if len(digest) != 32 {
		return fmt.Errorf("message %d has a digest of %d bytes", m.ID, len(digest))
	}
	t := s.thread(m.Conversation)
	m.Sender, m.ReplyTo = t.Author(m.Sender.ID), attributed(m.ReplyTo, t)
	s.known[clientKey{m.Conversation, m.Sender.ID, m.ClientID, false}] = knownCommand{
		digest: [32]byte(digest),
		event: &chat.Event{
			Conversation: m.Conversation, Seq: m.Seq, Kind: chat.MessagePosted, Actor: m.Sender.ID, At: m.SentAt,
			BuyerID: t.BuyerID, SellerID: t.SellerID, Message: m,
		},
	}
	return nil
}
