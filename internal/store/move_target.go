package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What stands in meta of a database into which something is moved: which source, while that
// is under way, and movedNote once it is done.
const (
	movingKey = "moving"
	movedKey  = "moved"
)

// movedNote tells of a move that is done.
type movedNote struct {
	Source string `json:"source"` // the epoch of the source
	Sum    string `json:"sum"`    // of all its tables
	At     int64  `json:"at"`     // in microseconds
}

// Each connection of a node holds the lock for sharing, and a move holds it alone: it waits
// for nobody, since a lock that is waited for keeps others from sharing it.
const (
	lockShared = `SELECT pg_try_advisory_lock_shared(8320225972106654580)` // "swapnest" as a number
	lockAlone  = `SELECT pg_try_advisory_lock(8320225972106654580)`
)

// lockPatience is how long a move waits for one before it that was killed: the server takes
// a moment to see that nobody is there any more.
const lockPatience = 2 * time.Second

var (
	errMoving     = errors.New("another database is being moved into this one: wait until that is done")
	errUnfinished = errors.New("another database was being moved into this one, and that has ended in the middle: run swapnest migrate with --from and --to again, or begin with an empty database")
)

// share has a new connection of a node keep moves out of its database as long as it lives.
func share(ctx context.Context, conn *pgx.Conn) error {
	// Whoever waits for a connection gives up, but the pool would wait for ever.
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var shared bool
	if err := conn.QueryRow(ctx, lockShared, pgx.QueryExecModeSimpleProtocol).Scan(&shared); err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	if !shared {
		return errMoving
	}
	return nil
}

// checkMoved refuses a database into which another one was moved by half.
func (r Reader) checkMoved(ctx context.Context) error {
	var made bool
	if err := r.q.QueryRowContext(ctx, `SELECT to_regclass('meta') IS NOT NULL`).Scan(&made); err != nil || !made {
		return err
	}
	var n int
	if err := r.q.QueryRowContext(ctx, `SELECT count(*) FROM meta WHERE key = $1`, movingKey).Scan(&n); err != nil {
		return fmt.Errorf("look for a move: %w", err)
	}
	if n > 0 {
		return errUnfinished
	}
	return nil
}

// moveConfig is postgresConfig for a move, whose statements take long. A server that hears
// nothing from this machine any more lets go of the lock within a minute or so.
func moveConfig(address string) (*pgxpool.Config, error) {
	c, err := postgresConfig(address)
	if err != nil {
		return nil, err
	}
	c.MaxConns = 2
	for k, v := range map[string]string{
		"statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
		"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
	} {
		c.ConnConfig.RuntimeParams[k] = v
	}
	return c, nil
}

// openTarget connects to the target and locks it.
func (m *move) openTarget(ctx context.Context, address string) error {
	config, err := moveConfig(address)
	if err != nil {
		return err
	}
	if m.target, err = pgx.ConnectConfig(ctx, config.ConnConfig); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	tick := time.NewTicker(lockPatience / 20)
	defer tick.Stop()
	patience := time.NewTimer(lockPatience)
	defer patience.Stop()
	for {
		var locked bool
		if err := m.target.QueryRow(ctx, lockAlone).Scan(&locked); err != nil {
			return fmt.Errorf("lock the target: %w", err)
		}
		if locked {
			return nil
		}
		select {
		case <-tick.C:
		case <-patience.C:
			return m.busy(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// busy says who has the target: what nodes share, this could share with them.
func (m *move) busy(ctx context.Context) error {
	var nodes bool
	if err := m.target.QueryRow(ctx, lockShared).Scan(&nodes); err != nil {
		return fmt.Errorf("lock the target: %w", err)
	}
	if nodes {
		return errors.New("the target is in use by a swapnest server: nothing was changed")
	}
	return errors.New("something else is being moved into the target at this moment: nothing was changed")
}

// admit finds out what the target holds: nothing, what an interrupted run of this move has
// left, or all of it, which it returns the note of. Anything else is refused. It changes
// nothing.
func (m *move) admit(ctx context.Context) (*movedNote, error) {
	there, err := postgresSchema(ctx, m.target)
	if err != nil || len(there) == 0 {
		return nil, err
	}
	if there[gooseTable] == nil {
		return nil, otherData(there.names()[0])
	}
	moving := ""
	if there["meta"] != nil {
		notes := map[string]string{}
		var key, value string
		rows, err := m.target.Query(ctx, `SELECT key, value FROM meta WHERE key IN ($1, $2)`, movingKey, movedKey)
		if err == nil {
			_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error { notes[key] = value; return nil })
		}
		if err != nil {
			return nil, fmt.Errorf("look for an earlier move: %w", err)
		}
		if done, ok := notes[movedKey]; ok {
			return m.done(done)
		}
		moving = notes[movingKey]
	}
	for _, name := range there.names() {
		if name == gooseTable || name == "meta" {
			continue
		}
		full := true // one that nobody knows is somebody's
		if slices.Contains(m.tables, name) {
			if err := m.target.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM `+quoted(name)+`)`).Scan(&full); err != nil {
				return nil, fmt.Errorf("look into the target: %w", err)
			}
		}
		if full {
			return nil, otherData(name)
		}
	}
	switch moving {
	case "":
	case m.epoch:
		m.progress(MoveProgress{Stage: MoveAnew})
	default:
		return nil, errors.New("another source was being moved into the target, and that has ended in the middle: run that move again, or begin with an empty database; nothing was changed")
	}
	return nil, nil
}

func otherData(table string) error {
	return fmt.Errorf("the target holds other data, in the table %s: give an empty database; nothing was changed", table)
}

// done reads the note of a move that was done, which must be of this source.
func (m *move) done(text string) (*movedNote, error) {
	var note movedNote
	if err := json.Unmarshal([]byte(text), &note); err != nil {
		return nil, fmt.Errorf("read the note of an earlier move: %w", err)
	}
	if note.Source != m.epoch {
		return nil, errors.New("the target holds the data of another source: give an empty database; nothing was changed")
	}
	return &note, nil
}

// makeSchema brings the schema of the target up to date, on connections of its own.
func makeSchema(ctx context.Context, address string) error {
	db := &DB{Reader: Reader{d: postgres}}
	return db.migrate(ctx, address)
}

// begin notes which source is being moved, before a row of it is there.
func (m *move) begin(ctx context.Context) error {
	_, err := m.target.Exec(ctx, `
		INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, movingKey, m.epoch)
	if err != nil {
		return fmt.Errorf("note the move: %w", err)
	}
	return nil
}
