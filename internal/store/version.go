package store

import (
	"context"
	"time"
)

// PruneVersions deletes at most limit of the texts that messages had until before a time, and
// returns how many that were.
func (tx *Tx) PruneVersions(ctx context.Context, before time.Time, limit int) (int64, error) {
	return tx.changed(ctx, "prune earlier texts", `
		DELETE FROM message_version WHERE (message_id, seq) IN (
			SELECT message_id, seq FROM message_version WHERE at < $1 ORDER BY at LIMIT $2)`, micros(before), limit)
}
