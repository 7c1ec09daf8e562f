package store

import (
	"context"
	"fmt"

	"swapnest/internal/chat"
)

// Said is a message of one of somebody's conversations, with what the conversation is about
// and with whom.
type Said struct {
	chat.Message
	Title string // of the listing, or what it was when it is gone
	Other chat.User
}

// SaidTo returns at most limit messages of somebody's conversations with a lower id, the
// newest first.
func (r Reader) SaidTo(ctx context.Context, who chat.UserID, before chat.MessageID, limit int) ([]Said, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT m.id, m.conversation_id, m.seq, m.sender_id, m.body, m.created_at, COALESCE(l.title, c.title), `+userColumns+`
		FROM message m
		JOIN conversation c ON c.id = m.conversation_id
		JOIN users u ON u.id = CASE WHEN c.buyer_id = $1 THEN c.seller_id ELSE c.buyer_id END
		LEFT JOIN listing l ON l.id = c.listing_id
		WHERE m.conversation_id IN (
			SELECT id FROM conversation WHERE buyer_id = $1 UNION ALL SELECT id FROM conversation WHERE seller_id = $1
		) AND m.id < $2 AND m.deleted_at = 0
		ORDER BY m.id DESC LIMIT $3`, who, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read what was said to user %d: %w", who, err)
	}
	all, err := collect(rows, func(s *Said) []any {
		return append([]any{
			&s.ID, &s.Conversation, &s.Seq, &s.Sender.ID, &s.Text, microsInto{&s.SentAt}, &s.Title,
		}, userFields(&s.Other)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read what was said to user %d: %w", who, err)
	}
	for i := range all {
		all[i].Other = shown(all[i].Other)
	}
	return all, nil
}
