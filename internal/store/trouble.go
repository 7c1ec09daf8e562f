package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// TellTrouble says to all nodes on this database that what one of them hands to the bus may
// reach nobody. It returns what Trouble is from then on.
func (db *DB) TellTrouble(ctx context.Context) (word string, err error) {
	word = lasting()
	_, err = db.write.ExecContext(ctx,
		`INSERT INTO meta (key, value) VALUES ('trouble', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, word)
	if err != nil {
		return "", fmt.Errorf("tell of trouble: %w", err)
	}
	return word, nil
}

// Trouble returns a word that is another one after each TellTrouble, "" before the first.
func (r Reader) Trouble(ctx context.Context) (string, error) {
	word, err := r.meta(ctx, "trouble")
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return word, err
}
