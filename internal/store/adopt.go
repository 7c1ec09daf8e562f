package store

import (
	"context"
	"fmt"
)

const (
	// newestXID is beyond every transaction that a statement can see of its own server.
	newestXID = `CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)`
	ownXID    = `CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)`
	// foreign tells whether a feed holds a row of a transaction that this server has not come to.
	foreign = `SELECT coalesce((SELECT max(xid) FROM event) >= ` + newestXID + `, FALSE)
		OR coalesce((SELECT max(xid) FROM listing_change) >= ` + newestXID + `, FALSE)`
)

// adoption moves followers behind what they have followed, by identities alone, and then
// renumbers. Migration 4 has the same names of followers.
var adoption = []string{
	`UPDATE follower f SET xid = ` + ownXID + `, pos = coalesce(
		(SELECT min(pos) - 1 FROM event WHERE (xid, pos) > (f.xid, f.pos)), (SELECT max(pos) FROM event), 0)
	WHERE name IN ('notices', 'search')`,
	`UPDATE follower f SET xid = ` + ownXID + `, pos = coalesce(
		(SELECT min(pos) - 1 FROM listing_change WHERE (xid, pos) > (f.xid, f.pos)), (SELECT max(pos) FROM listing_change), 0)
	WHERE name IN ('notices of listings', 'shelf')`,
	`UPDATE event SET xid = ` + ownXID,
	`UPDATE listing_change SET xid = ` + ownXID,
}

// adopt takes over feeds that came by a dump from another PostgreSQL: a log is in the order of
// the transactions that wrote it, and this server counts its own. What was written elsewhere
// is then of one transaction, in the order of its identities, and followers go on behind what
// they had followed. Every row is written
// anew, during which no other node writes.
func (db *DB) adopt(ctx context.Context) error {
	if db.d == sqlite {
		return nil
	}
	others, err := ofAnotherServer(ctx, db.write)
	if err != nil || !others {
		return err
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("take over the log of another server: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for _, statement := range []string{
		`SET LOCAL statement_timeout = 0`, `SET LOCAL lock_timeout = 0`,
		`LOCK TABLE event, listing_change, follower IN EXCLUSIVE MODE`,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("take over the log of another server: %w", err)
		}
	}
	// Another node may have done it meanwhile.
	if others, err = ofAnotherServer(ctx, tx); err != nil || !others {
		return err
	}
	db.log.Info("the database was loaded from a dump of another server: its log is renumbered, which takes a while when it is long")
	for _, statement := range adoption {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("take over the log of another server: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("take over the log of another server: %w", err)
	}
	return nil
}

func ofAnotherServer(ctx context.Context, q querier) (others bool, err error) {
	if err := q.QueryRowContext(ctx, foreign).Scan(&others); err != nil {
		return false, fmt.Errorf("look whose log it is: %w", err)
	}
	return others, nil
}
