package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// Session returns a session that has not expired at now, and its person; NotFound
// when there is none. Sessions of closed accounts are gone.
func (r Reader) Session(ctx context.Context, id chat.SessionID, now time.Time) (chat.Session, chat.User, error) {
	s := chat.Session{ID: id}
	var u chat.User
	err := r.q.QueryRowContext(ctx, `
		SELECT s.user_id, s.created_at, s.expires_at, `+userColumns+`
		FROM session s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.closed_at = 0`, id[:], micros(now),
	).Scan(append([]any{&s.User, microsInto{&s.CreatedAt}, microsInto{&s.ExpiresAt}}, userFields(&u)...)...)
	if err != nil {
		return chat.Session{}, chat.User{}, fmt.Errorf("read session: %w", missing(err, "session"))
	}
	return s, u, nil
}

// Living is a session that has not ended, and its person: only who that is, and what they
// keep to themselves.
type Living struct {
	Session chat.SessionID
	User    chat.User
}

// LivingSessions returns which of some sessions have not ended at now.
func (r Reader) LivingSessions(ctx context.Context, ids []chat.SessionID, now time.Time) ([]Living, error) {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = hex.EncodeToString(id[:])
	}
	list, err := json.Marshal(names)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	rows, err := r.q.QueryContext(ctx, `
		SELECT s.token_hash, u.id, u.hides_read, u.hides_seen FROM session s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash IN `+r.d.hashes("$1")+` AND s.expires_at > $2 AND u.closed_at = 0`, string(list), micros(now))
	if err != nil {
		return nil, fmt.Errorf("read living sessions: %w", err)
	}
	type row struct {
		hash []byte
		chat.User
	}
	found, err := collect(rows, func(r *row) []any { return []any{&r.hash, &r.ID, &r.HidesRead, &r.HidesSeen} })
	if err != nil {
		return nil, fmt.Errorf("read living sessions: %w", err)
	}
	living := make([]Living, len(found))
	for i, r := range found {
		living[i] = Living{chat.SessionID(r.hash), r.User}
	}
	return living, nil
}

// InsertSession stores a sign-in.
func (tx *Tx) InsertSession(ctx context.Context, s chat.Session) error {
	_, err := tx.q.ExecContext(ctx, `INSERT INTO session (token_hash, user_id, agent, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		s.ID[:], s.User, s.Agent, micros(s.CreatedAt), micros(s.ExpiresAt))
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

// ExtendSession moves the end of a session.
func (tx *Tx) ExtendSession(ctx context.Context, id chat.SessionID, expires time.Time) error {
	_, err := tx.q.ExecContext(ctx, `UPDATE session SET expires_at = $2 WHERE token_hash = $1`, id[:], micros(expires))
	if err != nil {
		return fmt.Errorf("extend session: %w", err)
	}
	return nil
}

// DeleteSession ends a session, and tells whether there was one.
func (tx *Tx) DeleteSession(ctx context.Context, id chat.SessionID) (bool, error) {
	result, err := tx.q.ExecContext(ctx, `DELETE FROM session WHERE token_hash = $1`, id[:])
	if err != nil {
		return false, fmt.Errorf("delete session: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("delete session: %w", err)
	}
	return n > 0, nil
}

// SessionsOf returns the sessions of a person that have not expired at now, the newest
// first.
func (r Reader) SessionsOf(ctx context.Context, who chat.UserID, now time.Time) ([]chat.Session, error) {
	type row struct {
		chat.Session
		hash []byte
	}
	rows, err := r.q.QueryContext(ctx, `
		SELECT token_hash, user_id, agent, created_at, expires_at FROM session
		WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at DESC, token_hash`, who, micros(now))
	if err != nil {
		return nil, fmt.Errorf("read sessions of user %d: %w", who, err)
	}
	found, err := collect(rows, func(r *row) []any {
		return []any{&r.hash, &r.User, &r.Agent, microsInto{&r.CreatedAt}, microsInto{&r.ExpiresAt}}
	})
	if err != nil {
		return nil, fmt.Errorf("read sessions of user %d: %w", who, err)
	}
	sessions := make([]chat.Session, len(found))
	for i, r := range found {
		sessions[i] = r.Session
		sessions[i].ID = chat.SessionID(r.hash)
	}
	return sessions, nil
}

// DeleteSessionsOf ends all sessions of a person but one, which may be zero, and returns
// which ones.
func (tx *Tx) DeleteSessionsOf(ctx context.Context, who chat.UserID, but chat.SessionID) ([]chat.SessionID, error) {
	rows, err := tx.q.QueryContext(ctx, `DELETE FROM session WHERE user_id = $1 AND token_hash <> $2 RETURNING token_hash`, who, but[:])
	if err != nil {
		return nil, fmt.Errorf("delete sessions of user %d: %w", who, err)
	}
	hashes, err := collect(rows, func(hash *[]byte) []any { return []any{hash} })
	if err != nil {
		return nil, fmt.Errorf("delete sessions of user %d: %w", who, err)
	}
	ids := make([]chat.SessionID, len(hashes))
	for i, hash := range hashes {
		ids[i] = chat.SessionID(hash)
	}
	return ids, nil
}

// DeleteExpired removes the sessions and tickets that ended before now.
func (tx *Tx) DeleteExpired(ctx context.Context, now time.Time) error {
	for _, query := range []string{
		`DELETE FROM session WHERE expires_at <= $1`,
		`DELETE FROM ticket WHERE expires_at <= $1`,
	} {
		if _, err := tx.q.ExecContext(ctx, query, micros(now)); err != nil {
			return fmt.Errorf("delete what has expired: %w", err)
		}
	}
	return nil
}

// InsertTicket stores a ticket, by its hash, for a session.
func (tx *Tx) InsertTicket(ctx context.Context, ticket [32]byte, session chat.SessionID, expires time.Time) error {
	_, err := tx.q.ExecContext(ctx, `INSERT INTO ticket (ticket_hash, token_hash, expires_at) VALUES ($1, $2, $3)`,
		ticket[:], session[:], micros(expires))
	if err != nil {
		return fmt.Errorf("insert ticket: %w", err)
	}
	return nil
}

// TicketValid tells whether a ticket is there and has not expired.
func (r Reader) TicketValid(ctx context.Context, ticket [32]byte, now time.Time) (valid bool, err error) {
	err = r.q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM ticket WHERE ticket_hash = $1 AND expires_at > $2)`, ticket[:], micros(now)).Scan(&valid)
	if err != nil {
		return false, fmt.Errorf("look for a ticket: %w", err)
	}
	return valid, nil
}

// RedeemTicket uses a ticket up and returns the session it stands for; NotFound
// when it was used before, has expired, or never was.
func (tx *Tx) RedeemTicket(ctx context.Context, ticket [32]byte, now time.Time) (chat.SessionID, error) {
	var hash []byte
	var expires int64
	err := tx.q.QueryRowContext(ctx, `DELETE FROM ticket WHERE ticket_hash = $1 RETURNING token_hash, expires_at`,
		ticket[:]).Scan(&hash, &expires)
	if err != nil {
		return chat.SessionID{}, fmt.Errorf("redeem ticket: %w", missing(err, "ticket"))
	}
	if expires <= micros(now) {
		return chat.SessionID{}, chat.ErrNotFound("ticket")
	}
	return chat.SessionID(hash), nil
}
