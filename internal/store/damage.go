package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"swapnest/internal/chat"
)

// errDamaged refuses what would be written behind a fault that damaging tells of.
var errDamaged = &chat.Error{
	Code:   chat.Unavailable,
	Detail: "Nothing can be stored here at the moment. It is safe to send it again.",
}

// damaging tells whether err leaves in doubt what is on the disk, so that nothing more may be
// written by this process.
//
// A failed fsync is one: the system forgets which pages it could not write, and the next
// fsync says that all is well while a hole stays in the middle of the log. So is a database
// that SQLite finds malformed, or no database at all: each further write may be made from a
// wrong page. A failed or refused write (no room, a quota, a bad sector) is none: SQLite has
// told nobody that it was done, and writes it anew.
func damaging(err error) bool {
	e, ok := errors.AsType[*modernc.Error](err)
	if !ok {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC, sqlite3.SQLITE_IOERR_DIR_CLOSE,
		sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_IOERR_DATA:
		return true
	}
	const primary = 0xff // of an extended code
	switch e.Code() & primary {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// examine looks at the error of a write. Behind a damaging one nothing is written any more,
// and whoever opened the database is told, once.
func (db *DB) examine(err error) {
	if !damaging(err) || !db.damaged.CompareAndSwap(false, true) {
		return
	}
	db.log.Error("the disk has failed, nothing is written any more", "error", err)
	db.broken(err)
}

// finish commits, unless the disk has failed meanwhile: the next one waits for the connection
// already when a COMMIT fails, and was let in before that was known. pages is about how many the
// transaction adds to SQLite's log.
func (db *DB) finish(tx driver.Tx, pages int) error {
	if db.d == postgres {
		return tx.Commit()
	}
	db.last.Lock()
	defer db.last.Unlock()
	if db.damaged.Load() {
		// Nothing is on the disk but at the end of the log, where nobody reads it.
		_ = tx.Rollback()
		return errDamaged
	}
	err := tx.Commit() // the driver rolls back what has failed
	db.examine(err)
	db.written.added(pages)
	return err
}

// settleWAL writes what SQLite's log holds into the database and empties the log, before
// anything is added to it. A process before this one may have ended because an fsync failed:
// what it then left in the log is read from memory, may not be on the disk, and would be a
// hole before all that follows. Here it is written once more and synced, or the start fails.
func (db *DB) settleWAL(ctx context.Context) error {
	var busy, frames, copied int
	if err := db.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &copied); err != nil {
		return fmt.Errorf("settle the log of SQLite: %w", err)
	}
	if busy != 0 {
		// It was waited for as long as for any lock.
		db.log.Warn("SQLite's log was not emptied at the start, another process reads the database", "frames", frames, "copied", copied)
	}
	return nil
}
