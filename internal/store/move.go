package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// MoveOptions say what is moved where.
type MoveOptions struct {
	// Dir is the data directory of the source; nobody else may use it meanwhile.
	Dir string
	// URL is the address of the target, postgres://.
	URL string
	// Progress is told how far the move is, often. It must not block. Nil is told nothing.
	Progress func(MoveProgress)
}

// MoveStage is what a move is doing.
type MoveStage string

// A move looks whether an earlier one was interrupted, copies, and compares what it has copied.
const (
	MoveAnew    MoveStage = "anew" // an earlier run has ended in the middle; this one begins from the beginning
	MoveCopy    MoveStage = "copying"
	MoveCompare MoveStage = "comparing"
)

// MoveProgress says that so many rows of a table are done.
type MoveProgress struct {
	Stage    MoveStage
	Table    string
	Rows, Of int64
}

// Moved is what both databases hold, once they are known to be the same.
type Moved struct {
	Tables []MovedTable
	// Before is when an earlier run has moved the same data; then this one has changed
	// nothing. Zero for what was moved by this run.
	Before time.Time
}

// MovedTable is a table, with a SHA-256 over its rows in the order of their keys.
type MovedTable struct {
	Name string
	Rows int64
	Sum  [sha256.Size]byte
}

// sum is one checksum of all tables.
func (m Moved) sum() string {
	h := sha256.New()
	for _, t := range m.Tables {
		h.Write(append(binary.BigEndian.AppendUint64([]byte(t.Name+"\x00"), uint64(t.Rows)), t.Sum[:]...)) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Move copies a SQLite database into an empty PostgreSQL one, which then has the same rows
// under a new epoch. The source is only read. The target is written in one transaction: until
// its commit there is nothing but an empty schema and a note that a move was begun, which
// Open refuses. Whoever runs an interrupted move again ends with the same result.
func Move(ctx context.Context, o MoveOptions) (_ Moved, err error) {
	if err := checkURL(o.URL); err != nil {
		return Moved{}, err
	}
	m := &move{progress: o.Progress}
	if m.progress == nil {
		m.progress = func(MoveProgress) {}
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.openSource(ctx, o.Dir); err != nil {
		return Moved{}, err
	}
	if err := m.openTarget(ctx, o.URL); err != nil {
		return Moved{}, err
	}
	before, err := m.admit(ctx)
	if err != nil {
		return Moved{}, err
	}
	if before != nil {
		return m.repeat(ctx, *before)
	}
	if err := makeSchema(ctx, o.URL); err != nil {
		return Moved{}, err
	}
	plan, err := m.plan(ctx, m.target)
	if err != nil {
		return Moved{}, err
	}
	if err := m.begin(ctx); err != nil {
		return Moved{}, err
	}
	return m.run(ctx, plan)
}

// move is one under way.
type move struct {
	progress func(MoveProgress)

	lock   io.Closer
	beside *DB
	source *sql.Tx // one state of the source, however long it takes
	epoch  string  // of the source: the name of its history
	tables []string

	target *pgx.Conn // holds the lock on the target
}

// openSource locks the data directory, so that no server runs, and opens its database for
// reading alone.
func (m *move) openSource(ctx context.Context, dir string) error {
	// Locking would make a directory that is missing.
	if _, err := os.Stat(filepath.Join(dir, "swapnest.db")); err != nil {
		return fmt.Errorf("there is no database: %w", err)
	}
	var err error
	if m.lock, err = LockDir(dir); err != nil {
		return err
	}
	m.beside = &DB{}
	if err := m.beside.connectBeside(ctx, Options{Dir: dir}, true); err != nil {
		return err
	}
	if m.source, err = m.beside.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return fmt.Errorf("read the data directory: %w", err)
	}
	if m.epoch, err = (Reader{q: m.source, d: sqlite}).meta(ctx, "epoch"); err != nil {
		return fmt.Errorf("read the data directory: %w", err)
	}
	schema, err := sqliteSchema(ctx, m.source)
	if err != nil {
		return err
	}
	m.tables = append(schema.names(), derived) // which is a table of PostgreSQL, too
	return nil
}

// close lets go of both databases. The target's lock is given back first: whoever starts a
// node right behind this finds it free.
func (m *move) close() error {
	var errs []error
	if m.target != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		// The connection may be broken already; its end frees the lock as well.
		_, _ = m.target.Exec(ctx, `SELECT pg_advisory_unlock_all()`)
		_ = m.target.Close(ctx)
	}
	if m.source != nil {
		// Nothing was written, so there is nothing to roll back.
		_ = m.source.Rollback()
	}
	if m.beside != nil {
		errs = append(errs, m.beside.disconnect())
	}
	if m.lock != nil {
		errs = append(errs, m.lock.Close())
	}
	return errors.Join(errs...)
}

// run copies all tables, compares them, and commits.
func (m *move) run(ctx context.Context, plan []plannedTable) (Moved, error) {
	tx, err := m.target.Begin(ctx)
	if err != nil {
		return Moved{}, fmt.Errorf("begin to copy: %w", err)
	}
	// Behind a commit this does nothing; before it, the error that led here is the one to tell.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	c := &copying{source: m.source, target: tx, progress: m.progress}
	if err := tx.QueryRow(ctx, `SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)`).Scan(&c.xid); err != nil {
		return Moved{}, fmt.Errorf("begin to copy: %w", err)
	}
	// A start has left these there: the source has its own.
	if _, err := tx.Exec(ctx, `DELETE FROM meta WHERE key <> $1`, movingKey); err != nil {
		return Moved{}, fmt.Errorf("begin to copy: %w", err)
	}
	var moved Moved
	for _, t := range plan {
		done, err := c.copy(ctx, t)
		if err != nil {
			return Moved{}, err
		}
		moved.Tables = append(moved.Tables, done)
	}
	for i, t := range plan {
		there, err := c.compare(ctx, t, moved.Tables[i].Rows)
		if err != nil {
			return Moved{}, err
		}
		if there != moved.Tables[i] {
			return Moved{}, fmt.Errorf("the copy of %s is not like its source (%d rows there, %d here): nothing was moved",
				t.name, there.Rows, moved.Tables[i].Rows)
		}
	}
	if err := m.finish(ctx, tx, moved); err != nil {
		return Moved{}, err
	}
	return moved, nil
}

// finish turns the note of a move that was begun into that of one that is done, draws a new
// epoch, and commits.
func (m *move) finish(ctx context.Context, tx pgx.Tx, moved Moved) error {
	note, err := json.Marshal(movedNote{Source: m.epoch, Sum: moved.sum(), At: micros(time.Now())})
	if err != nil {
		return fmt.Errorf("note the move: %w", err)
	}
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM meta WHERE key = $1`, movingKey)
	batch.Queue(`INSERT INTO meta (key, value) VALUES ($1, $2)`, movedKey, string(note))
	batch.Queue(`UPDATE meta SET value = $1 WHERE key = 'epoch'`, lasting())
	batch.Queue(`DELETE FROM follower WHERE name = $1`, Searchable) // the index stays behind, and is made anew
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("note the move: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit the copy, which may have taken place (run the same command again to see): %w", err)
	}
	return nil
}

// repeat answers a move that was done before: the source is read once more, and nothing is
// written.
func (m *move) repeat(ctx context.Context, before movedNote) (Moved, error) {
	plan, err := m.plan(ctx, m.target)
	if err != nil {
		return Moved{}, err
	}
	c := &copying{source: m.source, progress: m.progress}
	moved := Moved{Before: fromMicros(before.At)}
	for _, t := range plan {
		// The rows of then had the number of that transaction; it is left out of the sums.
		done, err := c.sumOf(ctx, t)
		if err != nil {
			return Moved{}, err
		}
		moved.Tables = append(moved.Tables, done)
	}
	if moved.sum() != before.Sum {
		return Moved{}, fmt.Errorf("the data was moved there on %s, and the source has changed since: nothing was changed, and what is new here is not there",
			moved.Before.Format(time.RFC3339))
	}
	return moved, nil
}
