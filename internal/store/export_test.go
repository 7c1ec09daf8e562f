package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"swapnest/internal/words"
)

// What the benchmark's bare loops share with the writers: the statements and the
// connections, so that both use the same drivers with the same settings.
const (
	SQLiteMessage   = sqliteMessage
	SQLiteEvents    = sqliteEvents
	SQLiteHead      = sqliteHead
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

// Asked returns what the index is asked for of a query.
func (db *DB) Asked(q words.Query) string { return db.d.match(nil, q) }

// Queued returns how many calls wait for their writers.
func (db *DB) Queued() (n int) {
	for _, s := range db.shards {
		n += len(s.queue)
	}
	return n
}

// TurnsCap is how many may wait for an Update on SQLite.
const TurnsCap = turnsCap

// WaitingToWrite returns how many wait for their turn to write to SQLite: the writer of messages, and for an Update.
func (db *DB) WaitingToWrite() (messages, updates int) {
	db.turns.mu.Lock()
	defer db.turns.mu.Unlock()
	return db.turns.messages.Len(), db.turns.updates.Len()
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

// Plan returns how the database goes about a query of a Reader whose parameters it does not look at. PostgreSQL can be
// asked to do without some of its ways: it reads small tables from end to end and joins them by hashes.
func Plan(ctx context.Context, db *DB, query string, without ...string) (plan string, err error) {
	arguments := 0
	for _, found := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(query, -1) {
		n, err := strconv.Atoi(found[1])
		if err != nil {
			return "", err
		}
		arguments = max(arguments, n)
	}
	tx, err := db.read.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	explain := `EXPLAIN QUERY PLAN ` + query
	none := make([]any, arguments)
	if db.d == postgres {
		statements := []string{`SET LOCAL plan_cache_mode = force_generic_plan`, `PREPARE planned AS ` + query}
		for _, way := range without {
			statements = append(statements, `SET LOCAL enable_`+way+` = off`)
		}
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return "", err
			}
		}
		explain, none = `EXPLAIN EXECUTE planned(`+strings.TrimSuffix(strings.Repeat(`NULL,`, arguments), `,`)+`)`, nil
	}
	rows, err := tx.QueryContext(ctx, explain, none...)
	if err != nil {
		return "", err
	}
	steps, err := collect(rows, func(step *string) []any {
		if db.d == postgres {
			return []any{step}
		}
		return []any{new(int), new(int), new(int), step}
	})
	if err == nil && db.d == postgres {
		_, err = tx.ExecContext(ctx, `DEALLOCATE planned`)
	}
	return strings.Join(steps, "\n"), err
}
