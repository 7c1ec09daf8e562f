package store

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date. On PostgreSQL it holds a lock, so that
// several nodes may start at once; a SQLite directory is locked by its process.
// There a statement may take as long as it takes, and waits 3 s for the locks of others.
func (db *DB) migrate(ctx context.Context, address string) error {
	files, err := fs.Sub(migrations, "migrations/"+string(db.d))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	dialects := map[dialect]goose.Dialect{sqlite: goose.DialectSQLite3, postgres: goose.DialectPostgres}
	on := db.write
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if db.d == postgres {
		config, err := moveConfig(address)
		if err != nil {
			return err
		}
		on = stdlib.OpenDB(*config.ConnConfig)
		defer func() { _ = on.Close() }() // it has done its work
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return fmt.Errorf("make the migration lock: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialects[db.d], on, files, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// Lasting returns a random text of 16 characters that is made when it is first asked for
// under this name, and stays: the first node to get here makes it, the others read it.
func (db *DB) Lasting(ctx context.Context, name string) (string, error) {
	_, err := db.write.ExecContext(ctx,
		`INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`, name, lasting())
	if err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	return db.meta(ctx, name)
}

// Secret is Lasting for what nobody may guess: a text of 26 letters and digits, 130 random bits.
// Who can read the database knows it.
func (db *DB) Secret(ctx context.Context, name string) (string, error) {
	_, err := db.write.ExecContext(ctx,
		`INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`, "secret "+name, rand.Text())
	if err != nil {
		return "", fmt.Errorf("make the secret of %s: %w", name, err)
	}
	return db.meta(ctx, "secret "+name)
}

func lasting() string { return rand.Text()[:16] }

func (r Reader) meta(ctx context.Context, key string) (string, error) {
	var value string
	err := r.q.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = $1`, key).Scan(&value)
	if err != nil {
		return "", fmt.Errorf("read meta %s: %w", key, err)
	}
	return value, nil
}
