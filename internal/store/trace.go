package store

import (
	"context"
	"database/sql"
)

// traced tells of each query before it goes out.
type traced struct {
	querier
	trace func(query string)
}

func (t traced) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	t.trace(query)
	return t.querier.ExecContext(ctx, query, args...)
}

func (t traced) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	t.trace(query)
	return t.querier.QueryContext(ctx, query, args...)
}

func (t traced) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	t.trace(query)
	return t.querier.QueryRowContext(ctx, query, args...)
}
