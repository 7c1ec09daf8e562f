package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// TokenPurpose says what a mailed link is for. Its text stands in the database.
type TokenPurpose string

// The purposes of mailed links.
const (
	TokenVerify TokenPurpose = "verify" // shows that an address is somebody's
	TokenReset  TokenPurpose = "reset"  // sets a new password

	// tokenVerified is a TokenVerify that was used: it opens nothing, and whoever clicks a second
	// time is known by it.
	tokenVerified TokenPurpose = "verified"
)

// AccountToken is a link that was mailed to somebody, by the hash of its secret. It counts for
// who has the address to which it was mailed, as long as they have it.
type AccountToken struct {
	Hash     [32]byte
	User     chat.UserID
	Purpose  TokenPurpose
	EmailKey string // chat.EmailKey of the address
	Created  time.Time
	Expires  time.Time
}

// InsertAccountToken stores a link. Those from before stay: two mails may cross.
func (tx *Tx) InsertAccountToken(ctx context.Context, t AccountToken) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO account_token (token_hash, user_id, purpose, email_key, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		t.Hash[:], t.User, t.Purpose, t.EmailKey, micros(t.Created), micros(t.Expires))
	if err != nil {
		return fmt.Errorf("insert account token: %w", err)
	}
	return nil
}

// AccountToken returns whose link it is; NotFound when it was used, has expired at now, is for
// something else, was mailed to another address than they have now, or never was.
func (r Reader) AccountToken(ctx context.Context, hash [32]byte, purpose TokenPurpose, now time.Time) (chat.User, error) {
	var u chat.User
	err := r.q.QueryRowContext(ctx, `
		SELECT `+userColumns+` FROM account_token t JOIN users u ON u.id = t.user_id
		WHERE t.token_hash = $1 AND t.purpose = $2 AND t.expires_at > $3 AND t.email_key = u.email_key AND u.closed_at = 0`,
		hash[:], purpose, micros(now)).Scan(userFields(&u)...)
	if err != nil {
		return chat.User{}, fmt.Errorf("read account token: %w", missing(err, "link"))
	}
	return u, nil
}

// UsedToVerify returns whose address a link has verified before; NotFound as with AccountToken, and when
// the address is no longer verified.
func (r Reader) UsedToVerify(ctx context.Context, hash [32]byte, now time.Time) (chat.User, error) {
	u, err := r.AccountToken(ctx, hash, tokenVerified, now)
	if err == nil && u.EmailVerified.IsZero() {
		err = chat.ErrNotFound("link")
	}
	return u, err
}

// RedeemAccountToken uses a link up, and with it all others of this person and purpose. It
// returns the person, locked until the end of the transaction, or NotFound as Reader.AccountToken
// does: of two at once one gets it.
func (tx *Tx) RedeemAccountToken(ctx context.Context, hash [32]byte, purpose TokenPurpose, now time.Time) (chat.User, error) {
	u, err := tx.AccountToken(ctx, hash, purpose, now)
	if err != nil {
		return chat.User{}, err
	}
	if err := tx.LockUser(ctx, u.ID); err != nil {
		return chat.User{}, err
	}
	// Whoever had the lock before may have used it up, or changed the address.
	if u, err = tx.AccountToken(ctx, hash, purpose, now); err != nil {
		return chat.User{}, err
	}
	return u, tx.DeleteAccountTokens(ctx, u.ID, purpose)
}

// RememberVerified keeps a redeemed link in mind until it would have expired, and forgets others.
func (tx *Tx) RememberVerified(ctx context.Context, t AccountToken) error {
	if err := tx.DeleteAccountTokens(ctx, t.User, tokenVerified); err != nil {
		return err
	}
	t.Purpose = tokenVerified
	return tx.InsertAccountToken(ctx, t)
}

// DeleteAccountTokens voids somebody's links for a purpose.
func (tx *Tx) DeleteAccountTokens(ctx context.Context, who chat.UserID, purpose TokenPurpose) error {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM account_token WHERE user_id = $1 AND purpose = $2`, who, purpose); err != nil {
		return fmt.Errorf("delete account tokens of user %d: %w", who, err)
	}
	return nil
}

// PruneAccountTokens deletes those that have expired at now.
func (tx *Tx) PruneAccountTokens(ctx context.Context, now time.Time) error {
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM account_token WHERE expires_at <= $1`, micros(now)); err != nil {
		return fmt.Errorf("prune account tokens: %w", err)
	}
	return nil
}

// UserByEmail returns the open account that has an address, by its chat.EmailKey; NotFound when
// there is none.
func (r Reader) UserByEmail(ctx context.Context, email string) (chat.User, error) {
	var u chat.User
	err := r.q.QueryRowContext(ctx, `
		SELECT `+userColumns+` FROM users u WHERE u.email_key = $1 AND u.email_key <> '' AND u.closed_at = 0`, chat.EmailKey(email)).Scan(userFields(&u)...)
	if err != nil {
		return chat.User{}, fmt.Errorf("look whose an address is: %w", missing(err, "person"))
	}
	return u, nil
}

// EmailProven tells whether somebody has ever shown that an address is theirs, be it the one that they have
// now or one of before; NotFound when the account is closed.
func (r Reader) EmailProven(ctx context.Context, who chat.UserID) (bool, error) {
	var at int64
	err := r.q.QueryRowContext(ctx, `SELECT email_proven_at FROM users WHERE id = $1 AND closed_at = 0`, who).Scan(&at)
	if err != nil {
		return false, fmt.Errorf("look whether user %d has verified an address: %w", who, missing(err, "person"))
	}
	return at != 0, nil
}

// VerifyEmail notes that an address, named by its chat.EmailKey, is somebody's, and that mail
// reaches it; NotFound when they have another one by now.
func (tx *Tx) VerifyEmail(ctx context.Context, who chat.UserID, emailKey string, at time.Time) error {
	result, err := tx.q.ExecContext(ctx, `
		UPDATE users SET email_verified_at = $3, email_proven_at = $3, email_bounced_at = 0
		WHERE id = $1 AND email_key = $2 AND email_key <> '' AND closed_at = 0`, who, emailKey, micros(at))
	if err == nil {
		var n int64
		if n, err = result.RowsAffected(); err == nil && n == 0 {
			err = chat.ErrNotFound("address")
		}
	}
	if err != nil {
		return fmt.Errorf("verify the address of user %d: %w", who, err)
	}
	return nil
}

// EmailBounced notes that mail to an address came back for good, where it is still somebody's as it
// is written here: of one in other letters nothing is known. Nothing goes there until they have verified it again.
func (tx *Tx) EmailBounced(ctx context.Context, who chat.UserID, email string, at time.Time) error {
	_, err := tx.q.ExecContext(ctx, `
		UPDATE users SET email_bounced_at = $3 WHERE id = $1 AND email = $2 AND email <> '' AND closed_at = 0`,
		who, email, micros(at))
	if err != nil {
		return fmt.Errorf("note a bounce of user %d: %w", who, err)
	}
	return nil
}
