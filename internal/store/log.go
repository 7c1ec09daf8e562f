package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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

// Waiting returns when the oldest event behind the cursor was written, zero for none: also
// one that After holds back, because a transaction before it is still running.
func (r Reader) Waiting(ctx context.Context, c Cursor) (time.Time, error) {
	query := `SELECT created_at FROM event WHERE pos > $2 AND $1 = 0 ORDER BY pos LIMIT 1`
	if r.d == postgres {
		query = `SELECT created_at FROM event WHERE (xid, pos) > ($1, $2) ORDER BY xid, pos LIMIT 1`
	}
	return r.oldest(ctx, query, c)
}

func (r Reader) oldest(ctx context.Context, query string, c Cursor) (time.Time, error) {
	var at time.Time
	err := r.q.QueryRowContext(ctx, query, c.xid, c.pos).Scan(microsInto{&at})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("read how far a follower is behind: %w", err)
	}
	return at, nil
}

// End returns the cursor of a reader that has seen all that is in the log by now. What a
// running transaction adds lies behind it.
func (r Reader) End(ctx context.Context) (Cursor, error) {
	query := `SELECT 0, coalesce(max(pos), 0) FROM event`
	if r.d == postgres {
		query = `SELECT ` + oldestRunning + ` - 1, CAST(9223372036854775807 AS BIGINT)`
	}
	var c Cursor
	if err := r.q.QueryRowContext(ctx, query).Scan(&c.xid, &c.pos); err != nil {
		return Cursor{}, fmt.Errorf("read the end of the log: %w", err)
	}
	return c, nil
}

// PeopleOf returns buyer and seller of conversations.
func (r Reader) PeopleOf(ctx context.Context, ids []chat.ConversationID) (map[chat.ConversationID][2]chat.UserID, error) {
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	rows, err := r.q.QueryContext(ctx, `
		SELECT c.id, c.buyer_id, c.seller_id FROM conversation c WHERE `+r.d.among("c.id", "$1"), string(set))
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	type row struct {
		id     chat.ConversationID
		people [2]chat.UserID
	}
	found, err := collect(rows, func(r *row) []any { return []any{&r.id, &r.people[0], &r.people[1]} })
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	people := make(map[chat.ConversationID][2]chat.UserID, len(found))
	for _, r := range found {
		people[r.id] = r.people
	}
	return people, nil
}

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
