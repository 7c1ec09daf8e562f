package store

import (
	"context"
	"fmt"

	"swapnest/internal/chat"
)

// Participants returns the two people of a conversation and how far they have come.
func (r Reader) Participants(ctx context.Context, c chat.Conversation) ([]chat.Participant, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT m.read_seq, m.delivered_seq, `+userColumns+`
		FROM member m JOIN users u ON u.id = m.user_id
		WHERE m.conversation_id = $1 ORDER BY u.id`, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	people, err := collect(rows, func(p *chat.Participant) []any {
		return append([]any{&p.ReadSeq, &p.DeliveredSeq}, userFields(&p.User)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	for i := range people {
		people[i].Role, _ = c.Role(people[i].User.ID)
		people[i].User = shown(people[i].User)
	}
	return people, nil
}

// MoveRead moves a member's read cursor forward to seq, which lies within the
// log, and remembers how many messages the other side had sent by then. It tells
// whether the cursor moved.
func (tx *Tx) MoveRead(ctx context.Context, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	return tx.moved(ctx, `
		UPDATE member SET
			delivered_seq = CASE WHEN delivered_seq < $3 THEN $3 ELSE delivered_seq END,
			read_seq = $3,
			read_sent = COALESCE((
				SELECT CASE WHEN c.buyer_id = $2 THEN m.seller_sent ELSE m.buyer_sent END
				FROM message m JOIN conversation c ON c.id = m.conversation_id
				WHERE m.conversation_id = $1 AND m.seq <= $3 ORDER BY m.seq DESC LIMIT 1), 0)
		WHERE conversation_id = $1 AND user_id = $2 AND read_seq < $3`, id, who, seq)
}

// MoveDelivered moves a member's delivered cursor forward and tells whether it moved.
func (tx *Tx) MoveDelivered(ctx context.Context, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	return tx.moved(ctx, `
		UPDATE member SET delivered_seq = $3 WHERE conversation_id = $1 AND user_id = $2 AND delivered_seq < $3`, id, who, seq)
}

func (tx *Tx) moved(ctx context.Context, query string, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	result, err := tx.q.ExecContext(ctx, query, id, who, seq)
	if err != nil {
		return false, fmt.Errorf("move a cursor in conversation %d: %w", id, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("move a cursor in conversation %d: %w", id, err)
	}
	return n > 0, nil
}
