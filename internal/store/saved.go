package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// SavedReplies returns what somebody has saved, in their order.
func (r Reader) SavedReplies(ctx context.Context, who chat.UserID) ([]chat.SavedReply, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT id, title, body FROM saved_reply WHERE user_id = $1 ORDER BY place, id`, who)
	if err != nil {
		return nil, fmt.Errorf("read the saved replies of user %d: %w", who, err)
	}
	all, err := collect(rows, func(s *chat.SavedReply) []any { return []any{&s.ID, &s.Title, &s.Text} })
	if err != nil {
		return nil, fmt.Errorf("read the saved replies of user %d: %w", who, err)
	}
	return all, nil
}

// InsertSavedReply stores a reply behind the others of its owner, and returns its id.
func (tx *Tx) InsertSavedReply(ctx context.Context, who chat.UserID, s chat.SavedReply, at time.Time) (chat.SavedReplyID, error) {
	var id chat.SavedReplyID
	err := tx.q.QueryRowContext(ctx, `
		INSERT INTO saved_reply (user_id, place, title, body, created_at)
		VALUES ($1, (SELECT COALESCE(max(place), 0) + 1 FROM saved_reply WHERE user_id = $1), $2, $3, $4) RETURNING id`,
		who, s.Title, s.Text, micros(at)).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert a saved reply of user %d: %w", who, err)
	}
	return id, nil
}

// SetSavedReply stores a reply of its owner at a place; of others it changes none.
func (tx *Tx) SetSavedReply(ctx context.Context, who chat.UserID, s chat.SavedReply, place int) error {
	_, err := tx.q.ExecContext(ctx, `UPDATE saved_reply SET title = $3, body = $4, place = $5 WHERE id = $1 AND user_id = $2`,
		s.ID, who, s.Title, s.Text, place)
	if err != nil {
		return fmt.Errorf("store saved reply %d: %w", s.ID, err)
	}
	return nil
}

// DeleteSavedReply deletes a reply of its owner, or is NotFound.
func (tx *Tx) DeleteSavedReply(ctx context.Context, who chat.UserID, id chat.SavedReplyID) error {
	result, err := tx.q.ExecContext(ctx, `DELETE FROM saved_reply WHERE id = $1 AND user_id = $2`, id, who)
	if err != nil {
		return fmt.Errorf("delete saved reply %d: %w", id, err)
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return chat.ErrNotFound("saved reply")
}
