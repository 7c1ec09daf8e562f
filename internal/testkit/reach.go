package testkit

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"swapnest/internal/chat"
)

// Device has somebody signed in, for 30 days, in a browser that takes push messages, and returns
// that. Nothing answers at its endpoint.
func (d *Database) Device(tb testing.TB, who chat.UserID) (id chat.PushDeviceID) {
	tb.Helper()
	hash := make([]byte, 32)
	_, _ = rand.Read(hash) // it never fails
	now := time.Now()
	d.apart(tb, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO session (token_hash, user_id, agent, created_at, expires_at) VALUES ($1, $2, 'Chrome', $3, $4)`,
			hash, who, now.UnixMicro(), now.Add(30*24*time.Hour).UnixMicro())
		if err != nil {
			return err
		}
		var key int64
		err = tx.QueryRowContext(ctx, `
			INSERT INTO push_key (public_key, private_key, created_at) VALUES ($1, 'd', $2) RETURNING id`, rand.Text(), now.UnixMicro()).Scan(&key)
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `
			INSERT INTO push_device (user_id, token_hash, endpoint, p256dh, auth, key_id, agent, created_at)
			VALUES ($1, $2, $3, 'p', 'a', $4, 'Chrome', $5) RETURNING id`,
			who, hash, "https://push.example/"+rand.Text(), key, now.UnixMicro()).Scan(&id)
	})
	return id
}

// Verify gives somebody an address that has been found to be theirs.
func (d *Database) Verify(tb testing.TB, who chat.UserID) {
	tb.Helper()
	address := fmt.Sprintf("person%d@swap.example", who)
	d.apart(tb, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE users SET email = $2, email_key = $2, email_verified_at = $3 WHERE id = $1`,
			who, address, time.Now().UnixMicro())
		return err
	})
}

// apart writes on a connection of its own, beside the store.
func (d *Database) apart(tb testing.TB, write func(context.Context, *sql.Tx) error) {
	tb.Helper()
	db, err := d.beside()
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }() // what counts is committed
	tx, err := db.BeginTx(tb.Context(), nil)
	if err == nil {
		if err = write(tb.Context(), tx); err == nil {
			err = tx.Commit()
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
}
