package store

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
)

// SQLite's log is written into the database beside the commits, by a connection of its own, some
// pages at a time: whoever happened to fill the log up would wait for thousands of them. While
// messages come all the time such a checkpoint never meets the end of the log, which would grow for
// ever. So behind fullPages the writing connection writes what is left, and the log begins anew; before
// that, so little is left at a time that this is soon done.
const (
	fullPages  = 4000
	manyPages  = 800
	fewPages   = 100
	nearlyFull = fullPages - 2*manyPages

	// What a transaction, and each message in one, add to the log, about.
	pagesOfUpdate  = 8
	pagesOfMessage = 3
)

// checkpointer writes SQLite's log into the database. The zero value does nothing.
type checkpointer struct {
	db    *DB
	conn  *sql.DB
	pages atomic.Int64 // that commits have added since the last checkpoint, about
	due   atomic.Int64 // how many these are to be
	wake  chan struct{}
	end   context.CancelFunc
	done  sync.WaitGroup
}

// start begins to write the log of the database at dsn.
func (c *checkpointer) start(db *DB, dsn string) {
	c.db, c.conn, c.wake = db, openSQLite(dsn), make(chan struct{}, 1)
	c.conn.SetMaxOpenConns(1)
	c.due.Store(manyPages)
	ctx, cancel := context.WithCancel(context.Background())
	c.end = cancel
	c.done.Go(func() {
		for {
			select {
			case <-c.wake:
				c.run(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
}

// added says that a commit has added about so many pages to the log. It does not block.
func (c *checkpointer) added(pages int) {
	if c.wake == nil || c.pages.Add(int64(pages)) < c.due.Load() {
		return
	}
	c.pages.Store(0)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *checkpointer) run(ctx context.Context) {
	if c.db.damaged.Load() {
		return
	}
	var busy, log, written int64
	err := c.conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &log, &written)
	switch {
	case err != nil && ctx.Err() == nil:
		c.db.examine(err)
		c.db.log.Warn("the log of SQLite was not written into the database", "error", err)
	case log >= nearlyFull:
		c.due.Store(fewPages)
	default:
		c.due.Store(manyPages)
	}
}

// stop ends it; the log is written when the last connection is closed.
func (c *checkpointer) stop() error {
	if c.end == nil {
		return nil
	}
	c.end()
	c.done.Wait()
	return c.conn.Close()
}
