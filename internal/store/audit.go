package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// InsertAudit adds an entry to the audit log, in the transaction of what it tells.
func (tx *Tx) InsertAudit(ctx context.Context, e chat.AuditEntry) error {
	_, err := tx.q.ExecContext(ctx, `INSERT INTO audit (at, user_id, action, address, agent, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
		micros(e.At), e.User, e.Action, e.Address, e.Agent, e.Detail)
	if err != nil {
		return fmt.Errorf("insert audit entry: %w", err)
	}
	return nil
}

// Audit returns the newest entries since a time, the newest first and limit at most: of one
// person, or of everybody where who is 0. The zero time is the beginning.
func (r Reader) Audit(ctx context.Context, who chat.UserID, since time.Time, limit int) ([]chat.AuditEntry, error) {
	where, args := `a.at >= $1`, []any{micros(since), limit}
	if who != 0 {
		where, args = where+` AND a.user_id = $3`, append(args, who)
	}
	rows, err := r.q.QueryContext(ctx, `
		SELECT a.id, a.at, a.user_id, COALESCE(u.username, ''), a.action, a.address, a.agent, a.detail
		FROM audit a LEFT JOIN users u ON u.id = a.user_id
		WHERE `+where+` ORDER BY a.at DESC, a.id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return collect(rows, func(e *chat.AuditEntry) []any {
		return []any{&e.ID, microsInto{&e.At}, &e.User, &e.Username, &e.Action, &e.Address, &e.Agent, &e.Detail}
	})
}

// PruneAudit deletes the entries from before a time.
func (tx *Tx) PruneAudit(ctx context.Context, before time.Time) error {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM audit WHERE at < $1`, micros(before)); err != nil {
		return fmt.Errorf("prune the audit log: %w", err)
	}
	return nil
}
