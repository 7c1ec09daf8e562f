package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"swapnest/internal/chat"
)

const userColumns = `u.id, u.username, u.name, u.email, u.city, u.about, u.demo, u.created_at, u.last_seen, u.closed_at,
	u.hides_read, u.hides_seen, u.email_verified_at, u.email_bounced_at`

func userFields(u *chat.User) []any {
	return []any{
		&u.ID, &u.Username, &u.Name, &u.Email, &u.City, &u.About, &u.Demo,
		microsInto{&u.CreatedAt},
		microsInto{&u.LastSeen},
		microsInto{&u.ClosedAt},
		&u.HidesRead, &u.HidesSeen,
		microsInto{&u.EmailVerified},
		microsInto{&u.EmailBounced},
	}
}

// microsInto scans microseconds into a time; 0 and NULL become the zero time.
type microsInto struct{ t *time.Time }

// Scan implements sql.Scanner.
func (m microsInto) Scan(src any) error {
	var n sql.NullInt64
	if err := n.Scan(src); err != nil {
		return err
	}
	*m.t = fromMicros(n.Int64)
	return nil
}

// ScanInt64 implements pgtype.Int64Scanner, which the driver of PostgreSQL asks first.
func (m microsInto) ScanInt64(n pgtype.Int8) error {
	*m.t = fromMicros(n.Int64)
	return nil
}

// shown is how a closed account looks to others.
func shown(u chat.User) chat.User {
	if !u.ClosedAt.IsZero() {
		u.Name, u.Username, u.Email, u.City, u.About = chat.FormerMember, "", "", "", ""
		u.EmailVerified, u.EmailBounced = time.Time{}, time.Time{}
	}
	return u
}

// User returns an account by its id, or NotFound.
func (r Reader) User(ctx context.Context, id chat.UserID) (chat.User, error) {
	var u chat.User
	err := r.q.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id).Scan(userFields(&u)...)
	if err != nil {
		return chat.User{}, fmt.Errorf("read user %d: %w", id, missing(err, "person"))
	}
	return u, nil
}

// Credentials returns the account of a username, whatever its case, and the hash
// of its password; NotFound when there is none.
func (r Reader) Credentials(ctx context.Context, username string) (chat.User, string, error) {
	var u chat.User
	var hash string
	err := r.q.QueryRowContext(ctx, `SELECT `+userColumns+`, u.password_hash FROM users u WHERE u.username_key = $1`,
		chat.UsernameKey(username)).Scan(append(userFields(&u), &hash)...)
	if err != nil {
		return chat.User{}, "", fmt.Errorf("read credentials: %w", missing(err, "person"))
	}
	return u, hash, nil
}

// PasswordHash returns the hash of a person's password, or NotFound.
func (r Reader) PasswordHash(ctx context.Context, id chat.UserID) (string, error) {
	var hash string
	if err := r.q.QueryRowContext(ctx, `SELECT password_hash FROM users WHERE id = $1 AND closed_at = 0`, id).Scan(&hash); err != nil {
		return "", fmt.Errorf("read the credentials of user %d: %w", id, missing(err, "person"))
	}
	return hash, nil
}

// LockPasswordHash is Reader.PasswordHash, and nobody changes it until the end of the
// transaction.
func (tx *Tx) LockPasswordHash(ctx context.Context, id chat.UserID) (string, error) {
	var hash string
	err := tx.q.QueryRowContext(ctx, `SELECT password_hash FROM users u WHERE id = $1 AND closed_at = 0`+tx.d.forUpdate(), id).Scan(&hash)
	if err != nil {
		return "", fmt.Errorf("lock the credentials of user %d: %w", id, missing(err, "person"))
	}
	return hash, nil
}

// LastSeen returns those of the people that exist and have not closed their
// accounts, with id, last seen and whether they keep that to themselves only.
func (r Reader) LastSeen(ctx context.Context, ids []chat.UserID) ([]chat.User, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("read last seen: %w", err)
	}
	rows, err := r.q.QueryContext(ctx,
		`SELECT id, last_seen, hides_seen FROM users WHERE closed_at = 0 AND `+r.d.among("id", "$1"), string(set))
	if err != nil {
		return nil, fmt.Errorf("read last seen: %w", err)
	}
	return collect(rows, func(u *chat.User) []any { return []any{&u.ID, microsInto{&u.LastSeen}, &u.HidesSeen} })
}

// CountUsers returns how many accounts there are.
func (r Reader) CountUsers(ctx context.Context) (int64, error) {
	var n int64
	if err := r.q.QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count users: %w", err)
	}
	return n, nil
}

// InsertUser stores a new account and returns it with its id. A username or an e-mail
// address that is taken is Conflict.
func (tx *Tx) InsertUser(ctx context.Context, u chat.User, passwordHash string) (chat.User, error) {
	err := tx.q.QueryRowContext(ctx, `
		INSERT INTO users (username, username_key, name, email, email_key, city, about, password_hash, demo, created_at, last_seen, email_verified_at, email_proven_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) RETURNING id`,
		u.Username, chat.UsernameKey(u.Username), u.Name, u.Email, chat.EmailKey(u.Email), u.City, u.About, passwordHash, u.Demo,
		micros(u.CreatedAt), micros(u.LastSeen), micros(u.EmailVerified),
	).Scan(&u.ID)
	if err != nil {
		return chat.User{}, fmt.Errorf("insert user: %w", tx.taken(err))
	}
	return u, nil
}

// taken turns a violated unique key of an account into the answer that people get.
func (tx *Tx) taken(err error) error {
	switch {
	case tx.d.unique(err, "users", "username_key"):
		return &chat.Error{Code: chat.Conflict, Field: "username", Detail: "This username is taken. Choose another one."}
	case tx.d.unique(err, "users", "email_key"):
		return &chat.Error{Code: chat.Conflict, Field: "email", Detail: "There is an account with this e-mail address already. Log in, or use another one."}
	}
	return err
}

// UpdateUser replaces what a person says of themselves: name, e-mail address, place and
// about. An address that is taken is Conflict. Of another address than before nothing is known,
// and links that were mailed to the one before open nothing any more.
func (tx *Tx) UpdateUser(ctx context.Context, u chat.User) error {
	_, err := tx.q.ExecContext(ctx, `
		UPDATE users SET name = $2, email = $3, email_key = $4, city = $5, about = $6,
			email_verified_at = CASE WHEN email_key = $4 THEN email_verified_at ELSE 0 END,
			email_bounced_at = CASE WHEN email_key = $4 THEN email_bounced_at ELSE 0 END
		WHERE id = $1`,
		u.ID, u.Name, u.Email, chat.EmailKey(u.Email), u.City, u.About)
	if err == nil {
		_, err = tx.q.ExecContext(ctx, `DELETE FROM account_token WHERE user_id = $1 AND email_key <> $2`, u.ID, chat.EmailKey(u.Email))
	}
	if err != nil {
		return fmt.Errorf("update user %d: %w", u.ID, tx.taken(err))
	}
	return nil
}

// EmailTaken tells whether an open account has an e-mail address.
func (r Reader) EmailTaken(ctx context.Context, email string) (bool, error) {
	var n int
	err := r.q.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE email_key = $1 AND email_key <> ''`, chat.EmailKey(email)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for an e-mail address: %w", err)
	}
	return n > 0, nil
}

// SetPassword replaces the hash of a password.
func (tx *Tx) SetPassword(ctx context.Context, id chat.UserID, hash string) error {
	if _, err := tx.q.ExecContext(ctx, `UPDATE users SET password_hash = $2 WHERE id = $1`, id, hash); err != nil {
		return fmt.Errorf("set password of user %d: %w", id, err)
	}
	return nil
}

// SetLastSeen moves when people were last here forward, by a minute or more. At
// most 500 people at once.
func (tx *Tx) SetLastSeen(ctx context.Context, ids []chat.UserID, at time.Time) error {
	set, err := json.Marshal(ids)
	if err == nil {
		_, err = tx.q.ExecContext(ctx,
			`UPDATE users SET last_seen = $1 WHERE last_seen <= $2 AND `+tx.d.among("id", "$3"), micros(at), micros(at.Add(-time.Minute)), string(set))
	}
	if err != nil {
		return fmt.Errorf("set last seen: %w", err)
	}
	return nil
}

// FormerNotices is how many of somebody's notices CloseUser deletes: all, of nearly everybody.
const FormerNotices = 1000

// CloseUser makes an account one of a former member, of whom only the username is kept, so
// that nobody else can take it. What they have written stays; their wishes and saved replies,
// which are bounded, and the first FormerNotices of their notices go. Nobody can see what is left of
// them: PruneNoticesOfFormer deletes it. Their sessions and listings are ended by whoever
// calls.
func (tx *Tx) CloseUser(ctx context.Context, id chat.UserID, at time.Time) error {
	_, err := tx.q.ExecContext(ctx, `
		UPDATE users SET closed_at = $2, name = '', email = '', email_key = '', city = '', about = '', password_hash = '',
			email_verified_at = 0, email_proven_at = 0, email_bounced_at = 0 WHERE id = $1`,
		id, micros(at))
	for _, query := range []string{
		`DELETE FROM wish WHERE user_id = $1`,
		`DELETE FROM preference WHERE user_id = $1`,
		`DELETE FROM saved_reply WHERE user_id = $1`,
		`DELETE FROM unsettled WHERE user_id = $1`,
		`DELETE FROM account_token WHERE user_id = $1`,
		`DELETE FROM known_browser WHERE user_id = $1`,
		`DELETE FROM outbox WHERE user_id = $1 AND channel = 'mail' AND note <> ''`, // with their addresses
	} {
		if err == nil {
			_, err = tx.q.ExecContext(ctx, query, id)
		}
	}
	if err == nil {
		_, err = tx.DeleteNotices(ctx, id, FormerNotices)
	}
	if err != nil {
		return fmt.Errorf("close user %d: %w", id, err)
	}
	return nil
}
