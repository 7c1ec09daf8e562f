package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

const (
	lockFill   = `SELECT pg_try_advisory_lock(8320225971938880879)` // "swapdemo" as a number
	unlockFill = `SELECT pg_advisory_unlock(8320225971938880879)`
)

// aloneEvery is how often a node looks whether it is its turn.
const aloneEvery = 50 * time.Millisecond

// Alone runs fn while no other node runs one, for what several that start at once would do
// several times. It waits until ctx ends. A SQLite database belongs to one process anyway.
func (db *DB) Alone(ctx context.Context, fn func() error) (err error) {
	if db.d == sqlite {
		return fn()
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("wait for other nodes: %w", err)
	}
	defer func() { err = errors.Join(err, release(conn)) }()
	for locked := false; ; {
		if err := conn.QueryRowContext(ctx, lockFill).Scan(&locked); err != nil {
			return fmt.Errorf("wait for other nodes: %w", err)
		}
		if locked {
			return fn()
		}
		select {
		case <-time.After(aloneEvery):
		case <-ctx.Done():
			return fmt.Errorf("wait for other nodes: %w", ctx.Err())
		}
	}
}

// release gives a connection back without the lock, or closes it, which ends the lock too.
func release(conn *sql.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	if _, err := conn.ExecContext(ctx, unlockFill); err != nil {
		// The server sees the end of the connection: that is what counts.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return conn.Close()
}
