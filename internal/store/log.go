package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// Cursor is a place in the log of all conversations. The zero Cursor is before
// the first event.
type Cursor struct{ xid, pos int64 }

// Logged is an event as the log holds it, ids only, and the cursor behind it.
type Logged struct {
	Cursor       Cursor
	Conversation chat.ConversationID
	Seq          chat.Seq
	Kind         chat.EventKind
	Message      chat.MessageID
	Actor        chat.UserID
	At           time.Time
}

// oldestRunning is the oldest transaction on PostgreSQL that has not ended. Identities are
// drawn before COMMIT: what a running transaction may still add lies at its xid or above,
// so a reader that skips nothing stops short of the oldest one.
const oldestRunning = `CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)`

// After returns at most limit events behind the cursor, in a total order that
// skips nothing: whoever goes on from the last one's Cursor sees every event once,
// however late its transaction commits.
func (r Reader) After(ctx context.Context, c Cursor, limit int) ([]Logged, error) {
	query := `SELECT 0, pos, conversation_id, seq, kind, message_id, actor_id, created_at FROM event
		WHERE pos > $2 AND $1 = 0 ORDER BY pos LIMIT $3`
	if r.d == postgres {
		query = `SELECT xid, pos, conversation_id, seq, kind, message_id, actor_id, created_at FROM event
			WHERE (xid, pos) > ($1, $2)
				AND xid < ` + oldestRunning + `
			ORDER BY xid, pos LIMIT $3`
	}
	rows, err := r.q.QueryContext(ctx, query, c.xid, c.pos, limit)
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	return collect(rows, func(l *Logged) []any {
		return []any{&l.Cursor.xid, &l.Cursor.pos, &l.Conversation, &l.Seq, &l.Kind, &l.Message, &l.Actor, microsInto{&l.At}}
	})
}
