package store

import (
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// What the benchmark's bare loops share with the writers: the statements and the
// connections, so that both use the same drivers with the same settings.
const (
	SQLiteMessages  = sqliteMessages
	SQLiteEvents    = sqliteEvents
	SQLiteHeads     = sqliteHeads
	PostgresWrite   = postgresWrite
	PostgresWriters = postgresWriters
	BatchCap        = batchCap
)

func (db *DB) WriteConnections() (*sql.DB, *pgxpool.Pool) {
	if db.pools == nil {
		return db.write, nil
	}
	return db.write, db.pools[1]
}

// Damaging tells whether an error ends all writing.
var Damaging = damaging

// Queued returns how many calls wait for their writers.
func (db *DB) Queued() (n int) {
	for _, s := range db.shards {
		n += len(s.queue)
	}
	return n
}

// LeaseWith gives a lease another clock.
func LeaseWith(l *Lease, now func() time.Time) *Lease {
	l.now = now
	return l
}

// ExpireLease has the time of a lease be over.
func ExpireLease(t *testing.T, l *Lease) {
	t.Helper()
	if _, err := l.db.write.ExecContext(t.Context(), `UPDATE lease SET until = `+leaseNow+` - 1 WHERE name = $1`, l.name); err != nil {
		t.Fatal(err)
	}
}
