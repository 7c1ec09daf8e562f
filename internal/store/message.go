package store

import (
	"context"
	"fmt"
	"slices"

	"swapnest/internal/chat"
)

// readShown is whether the member who did not send a message m of the sender u has read it,
// as both may know: no when one of them keeps to themselves how far they have read.
const readShown = `(NOT u.hides_read AND EXISTS (
			SELECT 1 FROM member o JOIN users x ON x.id = o.user_id
			WHERE o.conversation_id = m.conversation_id AND o.user_id <> m.sender_id AND o.read_seq >= m.seq AND NOT x.hides_read))`

// A message as a member sees it.
const messageColumns = `
	m.id, m.conversation_id, m.seq, m.client_id, m.sender_id, u.username, u.name, u.closed_at <> 0, m.body, m.attachments, m.created_at,
		m.edited_at, m.deleted_at,
		` + readShown + `,
		` + reactionsColumn + `, ` + signedColumns

// messagesFor selects messages of the conversation $1 as a viewer, a value, sees them.
func messagesFor(viewer string) string {
	return `SELECT ` + messageColumns + ` FROM message m JOIN users u ON u.id = m.sender_id` + signedJoin(viewer)
}

func messageFields(m *chat.Message, former *bool) []any {
	return append([]any{
		&m.ID, &m.Conversation, &m.Seq, &m.ClientID, &m.Sender.ID, &m.Sender.Username, &m.Sender.Name, former, &m.Text,
		attachmentsInto{&m.Attachments},
		microsInto{&m.SentAt},
		microsInto{&m.EditedAt},
		microsInto{&m.DeletedAt},
		&m.Read,
		reactionsInto{&m.Reactions},
	}, signedFields(&m.ReplyTo)...)
}

// named returns a message with its sender as others see them.
func named(m chat.Message, former bool) chat.Message {
	if former {
		m.Sender.Name, m.Sender.Username = chat.FormerMember, ""
	}
	return m
}

// messages runs a query that begins with messagesFor.
func (r Reader) messages(ctx context.Context, query string, args ...any) ([]chat.Message, error) {
	rows, err := r.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	type row struct {
		chat.Message
		former bool
	}
	found, err := collect(rows, func(m *row) []any { return messageFields(&m.Message, &m.former) })
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	messages := make([]chat.Message, len(found))
	for i, m := range found {
		messages[i] = named(m.Message, m.former)
	}
	return messages, nil
}

// MessagesBefore returns at most limit messages with a lower seq, in rising seq.
func (r Reader) MessagesBefore(ctx context.Context, id chat.ConversationID, before chat.Seq, limit int) ([]chat.Message, error) {
	found, err := r.messages(ctx, messagesFor("$4")+`WHERE m.conversation_id = $1 AND m.seq < $2 AND `+visible("m", "$4")+` ORDER BY m.seq DESC LIMIT $3`, id, before, limit, r.viewer)
	slices.Reverse(found)
	return found, err
}

// MessagesAfter returns at most limit messages with a higher seq, in rising seq.
func (r Reader) MessagesAfter(ctx context.Context, id chat.ConversationID, after chat.Seq, limit int) ([]chat.Message, error) {
	return r.messages(ctx, messagesFor("$4")+`WHERE m.conversation_id = $1 AND m.seq > $2 AND `+visible("m", "$4")+` ORDER BY m.seq LIMIT $3`, id, after, limit, r.viewer)
}

// MessagesAround returns at most older messages before a seq and at most newer ones from it
// on, in rising seq.
func (r Reader) MessagesAround(ctx context.Context, id chat.ConversationID, seq chat.Seq, older, newer int) ([]chat.Message, error) {
	return r.messages(ctx, messagesFor("$5")+`WHERE m.id IN (
			SELECT id FROM (SELECT a.id FROM message a WHERE a.conversation_id = $1 AND a.seq < $2 AND `+visible("a", "$5")+` ORDER BY a.seq DESC LIMIT $3) AS older
			UNION ALL
			SELECT id FROM (SELECT b.id FROM message b WHERE b.conversation_id = $1 AND b.seq >= $2 AND `+visible("b", "$5")+` ORDER BY b.seq LIMIT $4) AS newer
		) ORDER BY m.seq`, id, seq, older, newer, r.viewer)
}

// MessageSeq returns the seq of a message that is seen in a conversation, or NotFound.
func (r Reader) MessageSeq(ctx context.Context, id chat.ConversationID, message chat.MessageID) (chat.Seq, error) {
	var seq chat.Seq
	err := r.q.QueryRowContext(ctx, `SELECT m.seq FROM message m WHERE m.id = $2 AND m.conversation_id = $1 AND `+visible("m", "$3"), id, message, r.viewer).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("read the place of message %d: %w", message, missing(err, "message"))
	}
	return seq, nil
}

// Sent tells whether somebody has sent a message to a conversation under a client id.
func (r Reader) Sent(ctx context.Context, id chat.ConversationID, who chat.UserID, clientID string) (bool, error) {
	var sent bool
	err := r.q.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM message WHERE conversation_id = $1 AND sender_id = $2 AND client_id = $3)`, id, who, clientID).Scan(&sent)
	if err != nil {
		return false, fmt.Errorf("look for a message in conversation %d: %w", id, err)
	}
	return sent, nil
}

// Revised tells whether somebody has changed a message of a conversation under a client id.
func (r Reader) Revised(ctx context.Context, id chat.ConversationID, who chat.UserID, clientID string) (bool, error) {
	var revised bool
	err := r.q.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT 1 FROM event WHERE conversation_id = $1 AND actor_id = $2 AND client_id = $3 AND client_id <> '')`,
		id, who, clientID).Scan(&revised)
	if err != nil {
		return false, fmt.Errorf("look for a change in conversation %d: %w", id, err)
	}
	return revised, nil
}

// EventsAfter returns at most limit events of a conversation with a higher seq, in
// rising seq, each with its message as it is now. None is left out: of what its reader has
// deleted for themselves it tells the place.
func (r Reader) EventsAfter(ctx context.Context, c chat.Conversation, after chat.Seq, limit int) ([]chat.Event, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT e.seq, e.kind, e.actor_id, e.created_at, NOT `+visible("m", "$4")+`, `+messageColumns+`
		FROM event e JOIN message m ON m.id = e.message_id JOIN users u ON u.id = m.sender_id`+signedJoin("$4")+`
		WHERE e.conversation_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3`, c.ID, after, limit, r.viewer)
	if err != nil {
		return nil, fmt.Errorf("read events of conversation %d: %w", c.ID, err)
	}
	type row struct {
		chat.Event
		former, hidden bool
	}
	found, err := collect(rows, func(e *row) []any {
		return append([]any{&e.Seq, &e.Kind, &e.Actor, microsInto{&e.At}, &e.hidden}, messageFields(&e.Message, &e.former)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read events of conversation %d: %w", c.ID, err)
	}
	events := make([]chat.Event, len(found))
	for i, e := range found {
		e.Conversation, e.BuyerID, e.SellerID, e.Message = c.ID, c.BuyerID, c.SellerID, named(e.Message, e.former)
		if e.hidden {
			e.Message = e.Message.Concealed()
		}
		events[i] = e.Event
	}
	return events, nil
}

// Event returns one event of a conversation, or NotFound.
func (r Reader) Event(ctx context.Context, c chat.Conversation, seq chat.Seq) (chat.Event, error) {
	events, err := r.EventsAfter(ctx, c, seq-1, 1)
	if err != nil {
		return chat.Event{}, err
	}
	if len(events) == 0 || events[0].Seq != seq {
		return chat.Event{}, chat.ErrNotFound("event")
	}
	return events[0], nil
}
