package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// OpenBeside opens the database for reading alone, also while a server uses it: it takes no
// lock on the directory, migrates nothing and starts no writers. The Closer disconnects. A
// database that is not there, or has an earlier schema than this program, is an error.
func OpenBeside(ctx context.Context, o Options) (Reader, io.Closer, error) {
	db := &DB{}
	if err := db.connectBeside(ctx, o, true); err != nil {
		// The first error is the one to tell.
		_ = db.disconnect()
		return Reader{}, nil, err
	}
	return db.Reader, closer(db.disconnect), nil
}

// UpdateBeside runs fn in one transaction of a database as OpenBeside opens it, also while a
// server uses it: for what no server keeps in its memory. Nobody is told of it, so it is seen when
// somebody looks.
func UpdateBeside(ctx context.Context, o Options, fn func(*Tx) error) (err error) {
	db := &DB{fed: func() {}, due: func() {}, broken: func(error) {}, log: slog.New(slog.DiscardHandler)}
	if err := db.connectBeside(ctx, o, false); err != nil {
		// The first error is the one to tell.
		_ = db.disconnect()
		return err
	}
	defer func() { err = errors.Join(err, db.disconnect()) }()
	if db.d == sqlite {
		// Where no server has settled what one before it left in the log, this does.
		if lock, err := LockDir(o.Dir); err == nil {
			defer func() { _ = lock.Close() }() // it is given back with the process, too
			if err := db.settleWAL(ctx); err != nil {
				return err
			}
		}
	}
	return db.Update(ctx, fn)
}

// closer is a function as an io.Closer.
type closer func() error

// Close implements io.Closer.
func (c closer) Close() error { return c() }

func (db *DB) connectBeside(ctx context.Context, o Options, readOnly bool) error {
	if o.URL == "" {
		path := filepath.Join(o.Dir, "swapnest.db")
		// SQLite would say no more than that it is unable to open the file.
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("there is no database: %w", err)
		}
		var err error
		if db.read, err = sql.Open("sqlite", sqliteDSN(path, readOnly)); err != nil {
			return fmt.Errorf("open %s: %w", path, err)
		}
		db.d, db.write = sqlite, db.read
		db.Reader = db.reader(db.read, sqlite)
	} else {
		if err := checkURL(o.URL); err != nil {
			return err
		}
		config, err := postgresConfig(o.URL)
		if err != nil {
			return err
		}
		if readOnly {
			config.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
		} else {
			config.AfterConnect = share // no move takes place meanwhile
		}
		pool, err := pgxpool.NewWithConfig(ctx, config)
		if err != nil {
			return fmt.Errorf("connect to PostgreSQL: %w", err)
		}
		db.pools = append(db.pools, pool)
		db.read = stdlib.OpenDBFromPool(pool)
		db.d, db.write = postgres, db.read
		db.Reader = db.reader(db.read, postgres)
		if err := db.Ping(ctx); err != nil {
			return err
		}
		if err := db.checkMoved(ctx); err != nil {
			return err
		}
	}
	return db.checkSchema(ctx)
}

// checkSchema refuses a database that an earlier version of the program has left behind.
func (db *DB) checkSchema(ctx context.Context) error {
	if err := db.Ping(ctx); err != nil {
		return err
	}
	files, err := migrations.ReadDir("migrations/" + string(db.d))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	want, err := goose.NumericComponent(files[len(files)-1].Name())
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	var got int64
	err = db.q.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&got)
	if err != nil {
		return fmt.Errorf("read the version of the database: %w", err)
	}
	if got < want {
		return errors.New("the database is of an earlier version: swapnest migrate, or starting the server, brings it up to date")
	}
	return nil
}
