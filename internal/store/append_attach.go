package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"swapnest/internal/chat"
)

// The statements of a batch in which a message brings attachments, or one that has some is deleted. A
// batch without either runs none of them. What can be taken up is locked behind the conversations and
// in the order of ids; a row that is in a message already is locked by no sender, so who deletes that
// message waits for none.
const (
	ownAttachments = `a.owner_id, ` + attachmentColumns
	free           = `a.state = 'ready' AND a.message_id = 0`

	postgresOwn = `
		SELECT ` + ownAttachments + `
		FROM unnest($1::TEXT[], $2::BIGINT[], $3::BIGINT[]) AS j (id, owner_id, now)
		JOIN attachment a ON a.id = j.id AND a.owner_id = j.owner_id
		WHERE ` + free + ` AND a.expires_at > j.now ORDER BY a.id FOR UPDATE OF a`
	postgresAttach = `
		WITH m AS (
			UPDATE message SET attachments = j.attachments
			FROM unnest($1::BIGINT[], $2::BIGINT[], $3::TEXT[]) AS j (conversation_id, seq, attachments)
			WHERE message.conversation_id = j.conversation_id AND message.seq = j.seq
			RETURNING message.id, message.conversation_id, message.seq
		)
		UPDATE attachment SET conversation_id = m.conversation_id, message_id = m.id, expires_at = 0
		FROM unnest($4::TEXT[], $5::BIGINT[], $6::BIGINT[]) AS j (id, conversation_id, seq)
		JOIN m ON m.conversation_id = j.conversation_id AND m.seq = j.seq
		WHERE attachment.id = j.id`
	postgresDetach = `
		WITH a AS (
			UPDATE attachment SET expires_at = j.at FROM unnest($1::BIGINT[], $2::BIGINT[]) AS j (message_id, at)
			WHERE attachment.message_id = j.message_id AND attachment.message_id > 0
		)
		UPDATE message SET attachments = '' WHERE id = ANY($1::BIGINT[])`

	sqliteOwn = `
		SELECT ` + ownAttachments + `
		FROM json_each($1) j
		JOIN attachment a ON a.id = j.value ->> 0 AND a.owner_id = j.value ->> 1
		WHERE ` + free + ` AND a.expires_at > j.value ->> 2`
	sqliteAttach = `
		UPDATE message SET attachments = j.value ->> 1 FROM json_each($1) j WHERE message.id = j.value ->> 0`
	sqliteTake = `
		UPDATE attachment SET conversation_id = j.value ->> 1, message_id = j.value ->> 2, expires_at = 0
		FROM json_each($1) j WHERE attachment.id = j.value ->> 0`
	sqliteDetach = `
		UPDATE message SET attachments = '' WHERE id IN (SELECT value ->> 0 FROM json_each($1))`
	sqliteExpire = `
		UPDATE attachment SET expires_at = j.value ->> 1
		FROM json_each($1) j WHERE attachment.message_id = j.value ->> 0 AND attachment.message_id > 0`
)

// ownAttachment is an attachment that its owner may send.
type ownAttachment struct {
	chat.Attachment
	owner chat.UserID
}

// scanOwn reads an attachment that a call may take up.
func (s *state) scanOwn(row scanner) error {
	var a ownAttachment
	if err := row.Scan(append([]any{&a.owner}, attachmentFields(&a.Attachment)...)...); err != nil {
		return err
	}
	if s.own == nil {
		s.own = make(map[chat.AttachmentID]ownAttachment)
	}
	s.own[a.ID] = a
	return nil
}

// attachable returns what a call may attach of what it names.
func (s *state) attachable(c *call) (all []chat.Attachment) {
	for _, id := range c.Attachments {
		if a, ok := s.own[id]; ok && a.owner == c.Actor {
			all = append(all, a.Attachment)
		}
	}
	return all
}

// take keeps later calls of the batch from what a message brings.
func (s *state) take(all []chat.Attachment) {
	for _, a := range all {
		delete(s.own, a.ID)
	}
}

// naming returns the attachments that calls name, each with who names it, and when.
func naming(calls []*call) (ids []string, owners []chat.UserID, times []int64) {
	for _, c := range calls {
		for _, id := range c.Attachments {
			ids, owners, times = append(ids, string(id)), append(owners, c.Actor), append(times, micros(c.Now))
		}
	}
	return ids, owners, times
}

// bringing returns the events whose message brings attachments, with what the column holds of them.
func bringing(events []*call) (brought []*chat.Event, columns []string, err error) {
	for _, c := range events {
		e := &c.result.Event
		if e.Kind != chat.MessagePosted || len(e.Message.Attachments) == 0 {
			continue
		}
		column, err := attachmentsText(e.Message.Attachments)
		if err != nil {
			return nil, nil, err
		}
		brought, columns = append(brought, e), append(columns, column)
	}
	return brought, columns, nil
}

// letting returns the events that delete a message which had attachments.
func letting(events []*call) (deleted []*chat.Event) {
	for _, c := range events {
		if c.result.Event.Kind == chat.MessageDeleted && c.lets {
			deleted = append(deleted, &c.result.Event)
		}
	}
	return deleted
}

// queueOwn reads what calls name to attach it, and locks it.
func queueOwn(pipeline *pgx.Batch, calls []*call, state *state) {
	ids, owners, times := naming(calls)
	if len(ids) == 0 {
		return
	}
	pipeline.Queue(postgresOwn, ids, owners, times).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := state.scanOwn(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// queueDetached takes the attachments from messages that are deleted.
func queueDetached(pipeline *pgx.Batch, events []*call) {
	deleted := letting(events)
	if len(deleted) == 0 {
		return
	}
	ids, times := make([]chat.MessageID, len(deleted)), make([]int64, len(deleted))
	for i, e := range deleted {
		ids[i], times[i] = e.Message.ID, micros(e.At)
	}
	pipeline.Queue(postgresDetach, ids, times)
}

// queueAttached gives messages that have just been inserted their attachments, and calls wrote when that
// is done. It tells whether there is anything to do.
func queueAttached(pipeline *pgx.Batch, events []*call, wrote func()) (bool, error) {
	brought, columns, err := bringing(events)
	if err != nil || len(brought) == 0 {
		return false, err
	}
	n := len(brought)
	places, seqs := make([]chat.ConversationID, n), make([]chat.Seq, n)
	var (
		ids    []string
		inside []chat.ConversationID
		at     []chat.Seq
	)
	for i, e := range brought {
		places[i], seqs[i] = e.Conversation, e.Seq
		for _, a := range e.Message.Attachments {
			ids, inside, at = append(ids, string(a.ID)), append(inside, e.Conversation), append(at, e.Seq)
		}
	}
	pipeline.Queue(postgresAttach, places, seqs, columns, ids, inside, at).Exec(func(pgconn.CommandTag) error {
		wrote()
		return nil
	})
	return true, nil
}

// loadOwn reads what calls name to attach it.
func (b *sqliteBatch) loadOwn(ctx context.Context, calls []*call, state *state) error {
	ids, owners, times := naming(calls)
	if len(ids) == 0 {
		return nil
	}
	rows := make([][3]any, len(ids))
	for i, id := range ids {
		rows[i] = [3]any{id, owners[i], times[i]}
	}
	if err := b.read(ctx, sqliteOwn, rows, state.scanOwn); err != nil {
		return fmt.Errorf("read attachments: %w", err)
	}
	return nil
}

// attachments gives messages that have just been inserted their attachments.
func (b *sqliteBatch) attachments(ctx context.Context, events []*call) error {
	brought, columns, err := bringing(events)
	if err != nil || len(brought) == 0 {
		return err
	}
	messages := make([][2]any, len(brought))
	var taken [][3]any
	for i, e := range brought {
		messages[i] = [2]any{e.Message.ID, columns[i]}
		for _, a := range e.Message.Attachments {
			taken = append(taken, [3]any{a.ID, e.Conversation, e.Message.ID})
		}
	}
	if err := b.writeSet(ctx, sqliteAttach, messages); err != nil {
		return fmt.Errorf("attach to messages: %w", err)
	}
	if err := b.writeSet(ctx, sqliteTake, taken); err != nil {
		return fmt.Errorf("take attachments up: %w", err)
	}
	return nil
}

// detached takes the attachments from messages that are deleted.
func (b *sqliteBatch) detached(ctx context.Context, events []*call) error {
	deleted := letting(events)
	if len(deleted) == 0 {
		return nil
	}
	rows := make([][2]any, len(deleted))
	for i, e := range deleted {
		rows[i] = [2]any{e.Message.ID, micros(e.At)}
	}
	if err := b.writeSet(ctx, sqliteDetach, rows); err != nil {
		return fmt.Errorf("take attachments from deleted messages: %w", err)
	}
	if err := b.writeSet(ctx, sqliteExpire, rows); err != nil {
		return fmt.Errorf("let attachments of deleted messages go: %w", err)
	}
	return nil
}
