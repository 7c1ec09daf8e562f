package store

import (
	"fmt"

	"swapnest/internal/chat"
)

// What commands about messages read and write besides. A batch without one costs what it did
// when there were none: it runs none of the statements that use these.
const (
	// aboutColumns are those of a message that a command is about.
	aboutColumns = `m.id, m.conversation_id, m.seq, m.client_id, m.sender_id, m.body, m.attachments, m.created_at, m.edited_at, m.deleted_at,
			(SELECT ` + readShown + ` FROM users u WHERE u.id = m.sender_id),
			` + reactionsColumn + `, ` + quoteColumns
	// revisedColumns are those of an event that a command about a message has stored before.
	revisedColumns = `e.actor_id, e.client_id, e.digest, e.kind, e.seq, e.created_at, ` + aboutColumns
)

func aboutFields(m *chat.Message) []any {
	return append([]any{
		&m.ID, &m.Conversation, &m.Seq, &m.ClientID, &m.Sender.ID, &m.Text,
		attachmentsInto{&m.Attachments},
		microsInto{&m.SentAt},
		microsInto{&m.EditedAt},
		microsInto{&m.DeletedAt},
		&m.Read,
		reactionsInto{&m.Reactions},
	}, quoteFields(&m.ReplyTo)...)
}

// abouts returns the calls that are about a message.
func abouts(calls []*call) (about []*call) {
	for _, c := range calls {
		if c.About != 0 {
			about = append(about, c)
		}
	}
	return about
}

// looked returns the messages that calls are about, or answer: each once.
func looked(calls []*call) (ids []chat.MessageID) {
	var seen map[chat.MessageID]struct{}
	for _, c := range calls {
		for _, id := range [...]chat.MessageID{c.About, c.Answers} {
			if _, again := seen[id]; again || id == 0 {
				continue
			}
			if seen == nil {
				seen = make(map[chat.MessageID]struct{})
			}
			seen[id] = struct{}{}
			ids = append(ids, id)
		}
	}
	return ids
}

// scanAbout reads a message that calls are about, or answer. The threads have been read.
func (s *state) scanAbout(row scanner) error {
	var m chat.Message
	if err := row.Scan(aboutFields(&m)...); err != nil {
		return err
	}
	if t := s.threads[m.Conversation]; t != nil { // else it is about no message of its conversation
		m.Sender, m.ReplyTo = t.Author(m.Sender.ID), attributed(m.ReplyTo, *t)
		s.messages[m.ID] = m
	}
	return nil
}

// scanRevised reads an event that a command about a message has stored before.
func (s *state) scanRevised(row scanner) error {
	var e chat.Event
	var client string
	var digest []byte
	if err := row.Scan(append([]any{&e.Actor, &client, &digest, &e.Kind, &e.Seq, microsInto{&e.At}}, aboutFields(&e.Message)...)...); err != nil {
		return err
	}
	if len(digest) != 32 {
		return fmt.Errorf("event %d of conversation %d has a digest of %d bytes", e.Seq, e.Message.Conversation, len(digest))
	}
	t := s.thread(e.Message.Conversation)
	e.Conversation, e.BuyerID, e.SellerID = t.ID, t.BuyerID, t.SellerID
	e.Message.Sender, e.Message.ReplyTo = t.Author(e.Message.Sender.ID), attributed(e.Message.ReplyTo, t)
	s.known[clientKey{t.ID, e.Actor, client, true}] = knownCommand{digest: [32]byte(digest), event: &e}
	return nil
}

// version is a text that a message had before the event at seq.
type version struct {
	message chat.MessageID
	seq     chat.Seq
	at      int64 // of the event, in microseconds
	body    string
}

// revise splits the events of a batch: those that bring messages, what becomes of the messages
// whose text others change, each once, and the texts that these had.
func revise(events []*call) (posted []*call, revisions []chat.Message, versions []version) {
	place := make(map[chat.MessageID]int)
	posted, revisions, versions = make([]*call, 0, len(events)), make([]chat.Message, 0, len(events)), make([]version, 0, len(events))
	for _, c := range events {
		e := &c.result.Event
		switch e.Kind {
		case chat.MessagePosted:
			posted = append(posted, c)
			continue
		case chat.MessageReacted:
			continue
		}
		versions = append(versions, version{c.About, e.Seq, micros(e.At), c.before})
		if i, again := place[c.About]; again {
			revisions[i] = e.Message
			continue
		}
		place[c.About] = len(revisions)
		revisions = append(revisions, e.Message)
	}
	return posted, revisions, versions
}

// command returns what an event's row keeps of the command that made it: nothing of one that
// brings a message, whose row has it.
func (c *call) command() (clientID string, digest []byte) {
	if c.result.Event.Kind == chat.MessagePosted {
		return "", []byte{}
	}
	return c.ClientID, c.Digest[:]
}
