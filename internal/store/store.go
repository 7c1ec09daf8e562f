// Package store is the only place with SQL. It keeps the marketplace in SQLite or
// PostgreSQL, commits durably, and hands committed events on. It decides nothing:
// rules come in as pure functions of package chat.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"swapnest/internal/chat"
)

// Options say where the data is and who is told of committed events.
type Options struct {
	// URL is a postgres:// address. Empty means SQLite in Dir.
	URL string
	// Dir holds swapnest.db when URL is empty, and the watermark in any case; "" keeps none.
	// The caller has locked it (LockDir).
	Dir string
	// Publish is told of each event after its commit, in the order of seq within a
	// conversation. It is called by several goroutines and must not block for long:
	// the acknowledgements of later batches wait behind it. Nil tells nobody.
	Publish func(chat.Event)
	// Fed is called after each commit that has added to the listings' feed. It must not
	// block. Nil is called by nobody.
	Fed func()
	// Due is called after each commit that has put something into the outbox. It must not block.
	// Nil is called by nobody.
	Due func()
	// Trace is told of each query of a Reader or an Update before it goes out, by whichever
	// goroutine sends it: it shows what a page costs. Nil is told nothing.
	Trace func(query string)
	// Batched is told of each shared commit that was tried: how many calls it held, how long
	// it took from taking them up to COMMIT, and whether it failed. It must not block. Nil is
	// told nothing.
	Batched func(calls int, took time.Duration, failed bool)
	// Moved is called when the epoch has changed while the database was open: another server
	// has taken over that had fallen behind. What clients know is void. It must not block.
	// Nil is called by nobody.
	Moved func()
	// Broken is called once, when the disk has failed in a way after which nothing may be
	// written: whoever gets it ends the process. From then on every write is refused with
	// Unavailable, and Close leaves the files as they are. It must not block. Nil is called by
	// nobody.
	Broken func(error)
	// Log gets what an operator should know. Nil discards it.
	Log *slog.Logger
}

// DB is the database: its Reader reads committed data, Update and Append write.
type DB struct {
	Reader

	write   *sql.DB
	read    *sql.DB // the same as write on PostgreSQL
	trace   func(query string)
	node    string          // which of several this is
	pools   []*pgxpool.Pool // none on SQLite; the last one is the writers'
	shards  []*shard
	publish func(chat.Event)
	fed     func()
	due     func()
	batched func(calls int, took time.Duration, failed bool)
	log     *slog.Logger
	epoch   atomic.Pointer[string]
	keeper  *keeper
	broken  func(error)
	damaged atomic.Bool // the disk has failed
	written checkpointer
	last    sync.Mutex // held from asking whether it has, over a COMMIT of SQLite, to knowing it
	turns   turns      // of those who write to SQLite
}

// Reader reads. It works alike on committed data and inside an Update.
type Reader struct {
	q querier
	d dialect
	// viewer is whose view of messages is read; 0 for what is there.
	viewer chat.UserID
}

// As returns a reader of messages and events as a member sees them: without what they have
// deleted for themselves.
func (r Reader) As(who chat.UserID) Reader {
	r.viewer = who
	return r
}

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Tx is an Update under way.
type Tx struct {
	Reader
	fed bool // it has added to the listings' feed
	due bool // it has put something into the outbox
}

// Open connects, brings the schema up to date and starts the writers. Close ends them.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Publish == nil {
		o.Publish = func(chat.Event) {}
	}
	if o.Fed == nil {
		o.Fed = func() {}
	}
	if o.Due == nil {
		o.Due = func() {}
	}
	if o.Batched == nil {
		o.Batched = func(int, time.Duration, bool) {}
	}
	if o.Moved == nil {
		o.Moved = func() {}
	}
	if o.Broken == nil {
		o.Broken = func(error) {}
	}
	db := &DB{node: nodeName(o.Dir), broken: o.Broken, batched: o.Batched, publish: o.Publish, fed: o.Fed, due: o.Due, trace: o.Trace, log: o.Log}
	db.keeper = newKeeper(db, o)
	if err := db.open(ctx, o); err != nil {
		// The first error is the one to tell.
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, o Options) error {
	if err := db.connect(ctx, o); err != nil {
		return err
	}
	if err := db.migrate(ctx, o.URL); err != nil {
		return err
	}
	if err := db.adopt(ctx); err != nil {
		return err
	}
	if err := db.keeper.open(ctx); err != nil {
		return err
	}
	if err := db.refold(ctx); err != nil {
		return err
	}
	if err := db.reindex(ctx); err != nil {
		return err
	}
	if db.d == sqlite {
		db.written.start(db, sqliteDSN(filepath.Join(o.Dir, "swapnest.db"), false))
	}
	db.startWriters()
	return nil
}

func (db *DB) connect(ctx context.Context, o Options) error {
	if o.URL == "" {
		path := filepath.Join(o.Dir, "swapnest.db")
		db.write, db.read = openSQLite(sqliteDSN(path, false)), openSQLite(sqliteDSN(path, true))
		// SQLite has one writer at a time; turns makes a fair queue of them.
		db.write.SetMaxOpenConns(1)
		db.read.SetMaxOpenConns(sqliteReaders)
		db.read.SetMaxIdleConns(sqliteReaders)
		db.Reader = db.reader(db.read, sqlite)
		if err := db.write.PingContext(ctx); err != nil {
			return fmt.Errorf("open %s: %w", path, err)
		}
		return db.settleWAL(ctx)
	}
	if err := checkURL(o.URL); err != nil {
		return err
	}
	for _, configure := range []func(string) (*pgxpool.Config, error){postgresConfig, writerConfig} {
		config, err := configure(o.URL)
		if err != nil {
			return err
		}
		config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			db.keeper.freeze()
			knowColumns(conn.TypeMap())
			return share(ctx, conn)
		}
		pool, err := pgxpool.NewWithConfig(ctx, config)
		if err != nil {
			return fmt.Errorf("connect to PostgreSQL: %w", err)
		}
		db.pools = append(db.pools, pool)
	}
	db.write = stdlib.OpenDBFromPool(db.pools[0])
	db.read = db.write
	db.Reader = db.reader(db.read, postgres)
	ping, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := db.pools[0].Ping(ping); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return Reader{q: db.read, d: postgres}.checkMoved(ping)
}

// checkURL refuses addresses of other databases.
func checkURL(address string) error {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return errors.New("the database URL must begin with postgres://")
	}
	return nil
}

func (db *DB) reader(q querier, d dialect) Reader {
	if db.trace != nil {
		q = traced{q, db.trace}
	}
	return Reader{q: q, d: d}
}

// Close commits what waits in the queues, publishes it, and disconnects. Calls that
// come later get Unavailable. After a fault of the disk nothing is committed, and the
// writing connection stays: closing it would have SQLite write what is in its log.
func (db *DB) Close() error {
	for _, s := range db.shards {
		s.stop()
	}
	db.keeper.stop()
	return db.disconnect()
}

func (db *DB) disconnect() error {
	errs := []error{db.written.stop()}
	if db.read != nil && db.read != db.write {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil && !db.damaged.Load() {
		errs = append(errs, db.write.Close())
	}
	for _, pool := range db.pools {
		pool.Close()
	}
	return errors.Join(errs...)
}

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	if err := db.q.QueryRowContext(ctx, `SELECT 1`).Scan(&one); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// Epoch is an opaque name of this history. It is drawn anew when the database turns out to
// be another one than before, or an older copy: whatever somebody knows under another epoch
// counts for nothing. Ask for it before reading what is to be told under it, since it may
// change at any time.
func (db *DB) Epoch() string { return *db.epoch.Load() }

// Update runs fn in a transaction of its own, for everything that is not a
// conversation's event. An error of fn rolls back and is returned as it is. fn does
// nothing but read and write through its Tx: on SQLite everybody else's writes wait, in the order in which
// they came, and where too many do the next one is refused with Unavailable.
// When ctx ends during the commit, its outcome is unknown.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if db.damaged.Load() {
		return errDamaged
	}
	leave, err := db.turn(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	commits := false
	defer func() {
		if !commits { // or fn panics
			leave()
		}
	}()
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		db.examine(err)
		return fmt.Errorf("begin: %w", err)
	}
	update := &Tx{Reader: db.reader(tx, db.d)}
	if err := fn(update); err != nil {
		// The rollback's own error adds nothing: the connection is discarded with it.
		_ = tx.Rollback()
		db.examine(err)
		return err
	}
	commits = true
	if db.d == postgres || ctx.Done() == nil {
		return db.commit(tx, update, leave)
	}
	// A disk that hangs knows no context: the commit goes on, and nobody waits for it. fn
	// has returned, so nothing that its caller owns is touched any more.
	done := make(chan error, 1)
	go func() { done <- db.commit(tx, update, leave) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("commit: %w", ctx.Err())
	}
}

func (db *DB) commit(tx *sql.Tx, update *Tx, leave func()) error {
	err := db.finish(tx, pagesOfUpdate)
	leave()
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if update.fed {
		db.fed()
	}
	if update.due {
		db.due()
	}
	return nil
}

// PoolState is how many connections of a pool are in use and idle, and how often somebody has
// waited for one.
type PoolState struct {
	InUse, Idle int
	Waits       int64
}

// Pools returns the state of the connection pools, by what they are for: on SQLite write and
// read, on PostgreSQL messages, which are those of the writers, and all for all else.
func (db *DB) Pools() map[string]PoolState {
	if db.d == postgres {
		states := make(map[string]PoolState, len(db.pools))
		for i, name := range []string{"all", "messages"} {
			s := db.pools[i].Stat()
			states[name] = PoolState{InUse: int(s.AcquiredConns()), Idle: int(s.IdleConns()), Waits: s.EmptyAcquireCount()}
		}
		return states
	}
	states := make(map[string]PoolState)
	for name, pool := range map[string]*sql.DB{"write": db.write, "read": db.read} {
		s := pool.Stats()
		states[name] = PoolState{InUse: s.InUse, Idle: s.Idle, Waits: s.WaitCount}
	}
	write := states["write"]
	write.Waits += db.turns.waited()
	states["write"] = write
	return states
}

// Dialect returns the name of the database in use, "sqlite" or "postgres".
func (db *DB) Dialect() string { return string(db.d) }

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// missing turns the absence of a row into the answer that people get.
func missing(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return chat.ErrNotFound(what)
	}
	return err
}
