package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// sqliteLine is the writing connection below database/sql, held for a shared commit of messages:
// rows are written one by one without a set to take apart, and nothing is started for a transaction.
type sqliteLine struct {
	held *sql.Conn
	on   *sqliteConn
	tx   driver.Tx
}

// beginOn waits for the connection of db, and begins a transaction that holds it until end is called.
func beginOn(ctx context.Context, db *sql.DB) (l sqliteLine, err error) {
	if l.held, err = db.Conn(ctx); err != nil {
		return l, err
	}
	err = l.held.Raw(func(on any) (err error) {
		l.on = on.(*sqliteConn)
		l.tx, err = l.on.BeginTx(ctx, driver.TxOptions{})
		return err
	})
	if err != nil {
		return l, errors.Join(err, l.held.Close())
	}
	return l, nil
}

// end gives the connection back, behind COMMIT or ROLLBACK.
func (l sqliteLine) end() error { return l.held.Close() }

// values are arguments of a statement: each an int64, a string or bytes. They count until the next
// call.
func (c *sqliteConn) values(all ...driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range all {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}

// write runs a statement that returns no rows.
func (l sqliteLine) write(ctx context.Context, query string, args ...driver.Value) (driver.Result, error) {
	return l.on.ExecContext(ctx, query, l.on.values(args...))
}

// writeSet runs a statement with a set as JSON.
func (l sqliteLine) writeSet(ctx context.Context, query string, set any) error {
	data, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = l.write(ctx, query, string(data))
	return err
}

// read runs a statement with a set as JSON, and calls scan for each row.
func (l sqliteLine) read(ctx context.Context, query string, set any, scan func(scanner) error) (err error) {
	data, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	rows, err := l.on.QueryContext(ctx, query, l.on.values(string(data)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make(sqliteRow, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := scan(row); err != nil {
			return err
		}
	}
}

// sqliteRow is a row as the driver returns it.
type sqliteRow []driver.Value

// Scan takes the columns into what dest points to, as sql.Rows does. It knows what the columns of
// this package are: whole numbers, truth, text, bytes, and types that scan themselves.
func (r sqliteRow) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("%d columns for %d places", len(r), len(dest))
	}
	for i, d := range dest {
		if err := take(d, r[i]); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func take(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *int64:
		if n, ok := v.(int64); ok {
			*d = n
			return nil
		}
	case *string:
		if s, ok := v.(string); ok {
			*d = s
			return nil
		}
	case *bool:
		if n, ok := v.(int64); ok {
			*d = n != 0
			return nil
		}
	case *[]byte:
		if b, ok := v.([]byte); ok {
			*d = b
			return nil
		}
	case sql.Scanner:
		return d.Scan(v)
	default:
		to := reflect.ValueOf(dest).Elem()
		switch v := v.(type) {
		case int64:
			if to.CanInt() && !to.OverflowInt(v) {
				to.SetInt(v)
				return nil
			}
		case string:
			if to.Kind() == reflect.String {
				to.SetString(v)
				return nil
			}
		}
	}
	return fmt.Errorf("a %T is no %T", v, dest)
}
