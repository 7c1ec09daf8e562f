package store

import (
	"context"
	"fmt"

	"swapnest/internal/chat"
)

// visible is whether somebody, a value, sees a message of the conversation $1; 0 sees all.
func visible(m, value string) string {
	return `(` + m + `.seq > COALESCE((SELECT own.cleared_seq FROM member own WHERE own.conversation_id = $1 AND own.user_id = ` + value + `), 0)
		AND ` + unhidden(m, value) + `)`
}

// unhidden is whether somebody has not deleted a message for themselves.
func unhidden(m, value string) string {
	return `NOT EXISTS (SELECT 1 FROM message_hidden hid WHERE hid.user_id = ` + value + ` AND hid.message_id = ` + m + `.id)`
}

// lastVisible is the id of the last message of the conversation c that a member sees.
func lastVisible(m string) string {
	return `(SELECT x.id FROM message x WHERE x.conversation_id = c.id AND x.seq > ` + m + `.cleared_seq AND ` + unhidden("x", m+".user_id") + `
		ORDER BY x.seq DESC LIMIT 1)`
}

// unreadOf is how many unread messages of the other side a member sees, given that side's
// total. What was deleted before it was read is none of them, and is not read by that either.
func unreadOf(m, sent string) string {
	return `(` + sent + ` - ` + m + `.read_sent - CASE WHEN ` + sent + ` > ` + m + `.read_sent THEN ` + hiddenUnread(m) + ` ELSE 0 END)`
}

// unread is whether a member has something unread, given the other side's total.
func unread(m, sent string) string {
	return `(` + m + `.marked_unread OR ` + sent + ` > ` + m + `.read_sent AND ` + sent + ` - ` + m + `.read_sent > ` + hiddenUnread(m) + `)`
}

// waiting is whether a member has a message of the other side's still to read that lies at a seq, a value, or before
// it. It counts, as unread does: of the messages between it looks at none.
func waiting(m, value string) string {
	return `(COALESCE((SELECT CASE WHEN cw.buyer_id = ` + m + `.user_id THEN w.seller_sent ELSE w.buyer_sent END
			FROM message w JOIN conversation cw ON cw.id = w.conversation_id
			WHERE w.conversation_id = ` + m + `.conversation_id AND w.seq <= ` + value + ` ORDER BY w.seq DESC LIMIT 1), 0)
		- ` + m + `.read_sent > ` + hiddenUnreadWhere(m, ` AND x.seq <= `+value) + `)`
}

// hiddenUnread is how many messages a member has deleted for themselves before reading them. Ids rise with seq
// within a conversation, so it looks at none of those that were read; and most have hidden nothing there.
func hiddenUnread(m string) string { return hiddenUnreadWhere(m, ``) }

// hiddenUnreadWhere is hiddenUnread of those messages x alone of which part holds.
func hiddenUnreadWhere(m, part string) string {
	where := `hid.user_id = ` + m + `.user_id AND hid.conversation_id = ` + m + `.conversation_id`
	return `CASE WHEN EXISTS (SELECT 1 FROM message_hidden hid WHERE ` + where + `) THEN (
		SELECT count(*) FROM message_hidden hid JOIN message x ON x.id = hid.message_id
		WHERE ` + where + ` AND hid.message_id > COALESCE((SELECT r.id FROM message r WHERE r.conversation_id = ` + m + `.conversation_id
				AND r.seq <= ` + m + `.read_seq ORDER BY r.seq DESC LIMIT 1), 0)
			AND x.sender_id <> ` + m + `.user_id AND x.seq > ` + m + `.read_seq` + part + `) ELSE 0 END`
}

// Message returns a message that is seen in a conversation, or NotFound.
func (r Reader) Message(ctx context.Context, id chat.ConversationID, message chat.MessageID) (chat.Message, error) {
	found, err := r.messages(ctx, messagesFor("$3")+`WHERE m.id = $2 AND m.conversation_id = $1 AND `+visible("m", "$3"), id, message, r.viewer)
	if err == nil && len(found) == 0 {
		err = chat.ErrNotFound("message")
	}
	if err != nil {
		return chat.Message{}, err
	}
	return found[0], nil
}

// Hidden returns the messages of a conversation that somebody has deleted for themselves, the
// newest first, at most limit.
func (r Reader) Hidden(ctx context.Context, id chat.ConversationID, who chat.UserID, limit int) ([]chat.MessageID, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT hid.message_id FROM message_hidden hid
		WHERE hid.user_id = $2 AND hid.conversation_id = $1 ORDER BY hid.message_id DESC LIMIT $3`, id, who, limit)
	if err != nil {
		return nil, fmt.Errorf("read what is hidden in conversation %d: %w", id, err)
	}
	return collect(rows, func(m *chat.MessageID) []any { return []any{m} })
}

// Hide has somebody see a message no longer, or again, and tells whether that is new. Their
// Keeping has been read in the transaction, so that nobody clears the conversation meanwhile.
func (tx *Tx) Hide(ctx context.Context, m chat.Message, who chat.UserID, hide bool) (bool, error) {
	query := `INSERT INTO message_hidden (conversation_id, user_id, message_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	if !hide {
		query = `DELETE FROM message_hidden WHERE conversation_id = $1 AND user_id = $2 AND message_id = $3`
	}
	n, err := tx.changed(ctx, "hide a message", query, m.Conversation, who, m.ID)
	return n > 0, err
}

// HiddenBy returns how many messages of a conversation somebody has deleted for themselves, without what the conversation was
// cleared of. Their Keeping has been read in the transaction, so nobody hides another one meanwhile.
func (tx *Tx) HiddenBy(ctx context.Context, id chat.ConversationID, who chat.UserID) (int, error) {
	var n int
	err := tx.q.QueryRowContext(ctx, `SELECT count(*) FROM message_hidden hid WHERE hid.user_id = $2 AND hid.conversation_id = $1`, id, who).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what is hidden in conversation %d: %w", id, err)
	}
	return n, nil
}

// Clear stores that a member has deleted a conversation for themselves: how they keep it by now,
// and that all which the other side has sent counts no more. What they were told of it, and
// which of its messages they had hidden, is deleted. The read cursor, of which the other person
// knows, stays where it is. It tells whether a notice is gone.
func (tx *Tx) Clear(ctx context.Context, c chat.Conversation, who chat.UserID, k chat.Keeping) (bool, error) {
	if err := tx.SetKeeping(ctx, c.ID, who, k); err != nil {
		return false, err
	}
	role, _ := c.Role(c.Other(who))
	const counts = `UPDATE member SET read_sent = $3 WHERE conversation_id = $1 AND user_id = $2 AND read_sent < $3`
	if _, err := tx.changed(ctx, "clear a conversation", counts, c.ID, who, c.Sent(role)); err != nil {
		return false, err
	}
	const hides = `DELETE FROM message_hidden WHERE conversation_id = $1 AND user_id = $2
		AND message_id IN (SELECT m.id FROM message m WHERE m.conversation_id = $1 AND m.seq <= $3)`
	if _, err := tx.changed(ctx, "clear a conversation", hides, c.ID, who, k.ClearedSeq); err != nil {
		return false, err
	}
	n, err := tx.changeNotices(ctx, who, `DELETE FROM notice WHERE user_id = $1 AND conversation_id = $2 AND conversation_id > 0 AND seq <= $3`, c.ID, k.ClearedSeq)
	return n > 0, err
}
