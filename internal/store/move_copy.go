package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// tellEvery is after how many rows somebody is told how far a table is.
const tellEvery = 1000

// copying writes into one transaction of the target.
type copying struct {
	source   *sql.Tx
	target   pgx.Tx
	xid      int64 // of that transaction
	progress func(MoveProgress)
}

// copy copies a table, a row at a time, and sets its identities behind the largest one that
// there ever was.
func (c *copying) copy(ctx context.Context, t plannedTable) (MovedTable, error) {
	f, err := c.read(ctx, t, MoveCopy)
	if err != nil {
		return MovedTable{}, err
	}
	defer f.rows.Close()
	names := make([]string, len(t.columns))
	for i, column := range t.columns {
		names[i] = column.name
	}
	if _, err := c.target.CopyFrom(ctx, pgx.Identifier{t.name}, names, f); err != nil {
		// What the server says of a source that has given up is not the reason.
		if f.err != nil {
			err = f.err
		}
		return MovedTable{}, fmt.Errorf("copy %s: %w", t.name, err)
	}
	if err := c.setIdentity(ctx, t, f.largest); err != nil {
		return MovedTable{}, fmt.Errorf("copy %s: %w", t.name, err)
	}
	// A planner that knows nothing of a table may read all of it again and again.
	if _, err := c.target.Exec(ctx, `ANALYZE `+quoted(t.name)); err != nil {
		return MovedTable{}, fmt.Errorf("analyse %s: %w", t.name, err)
	}
	return f.result(), nil
}

// setIdentity has the next row of a table get an id that no row has had: conversations, for
// example, outlive the listing that they name.
func (c *copying) setIdentity(ctx context.Context, t plannedTable, largest int64) error {
	i := slices.IndexFunc(t.columns, func(column schemaColumn) bool { return column.identity })
	if i < 0 {
		return nil
	}
	var used int64
	err := c.source.QueryRowContext(ctx, `SELECT seq FROM sqlite_sequence WHERE name = $1`, t.name).Scan(&used)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the last id: %w", err)
	}
	if largest = max(largest, used); largest < 1 {
		return nil
	}
	_, err = c.target.Exec(ctx, `SELECT setval(pg_get_serial_sequence($1, $2), $3)`, quoted(t.name), t.columns[i].name, largest)
	if err != nil {
		return fmt.Errorf("set the next id: %w", err)
	}
	return nil
}

// read begins to read a table of the source.
func (c *copying) read(ctx context.Context, t plannedTable, stage MoveStage) (*feed, error) {
	n := len(t.columns)
	f := &feed{t: t, xid: c.xid, sum: newRowSum(t, stage, c.progress), values: make([]any, n), into: make([]any, n), fit: make([]any, n)}
	for i := range f.values {
		f.into[i] = &f.values[i]
	}
	if err := c.source.QueryRowContext(ctx, `SELECT count(*) FROM `+quoted(t.name)).Scan(&f.sum.of); err != nil {
		return nil, fmt.Errorf("count %s: %w", t.name, err)
	}
	var err error
	if f.rows, err = c.source.QueryContext(ctx, t.rowsOf(sqlite)); err != nil { //nolint:rowserrcheck // Next asks for it.
		return nil, fmt.Errorf("read %s: %w", t.name, err)
	}
	return f, nil
}

// sumOf returns the sum of a table of the source.
func (c *copying) sumOf(ctx context.Context, t plannedTable) (MovedTable, error) {
	f, err := c.read(ctx, t, MoveCompare)
	if err != nil {
		return MovedTable{}, err
	}
	defer f.rows.Close()
	for f.Next() { // it adds to the sum
	}
	if f.err != nil {
		return MovedTable{}, f.err
	}
	return f.result(), nil
}

// compare returns the sum of what has come into the target.
func (c *copying) compare(ctx context.Context, t plannedTable, of int64) (MovedTable, error) {
	rows, err := c.target.Query(ctx, t.rowsOf(postgres))
	if err != nil {
		return MovedTable{}, fmt.Errorf("compare %s: %w", t.name, err)
	}
	defer rows.Close()
	sum := newRowSum(t, MoveCompare, c.progress)
	sum.of = of
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return MovedTable{}, fmt.Errorf("compare %s: %w", t.name, err)
		}
		for i, column := range t.columns {
			if column.name == stamp && values[i] != c.xid {
				return MovedTable{}, fmt.Errorf("compare %s: a row was written by another transaction", t.name)
			}
		}
		if err := sum.add(values); err != nil {
			return MovedTable{}, err
		}
	}
	if err := rows.Err(); err != nil {
		return MovedTable{}, fmt.Errorf("compare %s: %w", t.name, err)
	}
	return sum.result(), nil
}

// feed is a table of the source as the rows of a COPY: each is read, added to the sum as it
// is, and converted.
type feed struct {
	t       plannedTable
	rows    *sql.Rows
	xid     int64
	sum     *rowSum
	values  []any // as they are
	into    []any // where they are read to
	fit     []any // as PostgreSQL takes them
	largest int64 // identity
	err     error
}

// Next implements pgx.CopyFromSource.
func (f *feed) Next() bool {
	if f.err != nil || !f.rows.Next() {
		if f.err == nil {
			f.err = f.rows.Err()
		}
		return false
	}
	if f.err = f.rows.Scan(f.into...); f.err != nil {
		return false
	}
	if f.err = f.sum.add(f.values); f.err != nil {
		return false
	}
	for i, column := range f.t.columns {
		if column.identity {
			if id, ok := f.values[i].(int64); ok {
				f.largest = max(f.largest, id)
			}
		}
		value, err := convert(column, f.values[i])
		if column.name == stamp && err == nil {
			if value != int64(0) {
				err = errors.New("names a transaction, which SQLite has none of")
			}
			value = f.xid
		}
		if err != nil {
			f.err = fmt.Errorf("the column %s of the row (%s) %w", column.name, f.key(), err)
			return false
		}
		f.fit[i] = value
	}
	return true
}

// Values implements pgx.CopyFromSource.
func (f *feed) Values() ([]any, error) { return f.fit, nil }

// Err implements pgx.CopyFromSource.
func (f *feed) Err() error { return f.err }

func (f *feed) result() MovedTable { return f.sum.result() }

// key names the row.
func (f *feed) key() string {
	var parts []string
	for i, column := range f.t.columns {
		if !slices.Contains(f.t.keyOf(sqlite), column.name) {
			continue
		}
		value := "?"
		switch v := f.values[i].(type) {
		case int64:
			value = strconv.FormatInt(v, 10)
		case string:
			value = strconv.Quote(v)
		case []byte:
			value = hex.EncodeToString(v)
		}
		parts = append(parts, column.name+" = "+value)
	}
	return strings.Join(parts, ", ")
}

// rowSum adds up the rows of a table, whichever database they come from.
type rowSum struct {
	t        plannedTable
	stage    MoveStage
	hash     hash.Hash
	buffer   []byte
	rows, of int64
	progress func(MoveProgress)
}

func newRowSum(t plannedTable, stage MoveStage, progress func(MoveProgress)) *rowSum {
	return &rowSum{t: t, stage: stage, hash: sha256.New(), progress: progress}
}

// add adds a row. Each value is written with its kind and length, so that no two rows look
// alike; stamps are left out, since they are not the source's.
func (s *rowSum) add(values []any) error {
	s.buffer = s.buffer[:0]
	for i, column := range s.t.columns {
		if column.name == stamp {
			continue
		}
		var err error
		if s.buffer, err = appendValue(s.buffer, values[i]); err != nil {
			return fmt.Errorf("add up %s.%s: %w", s.t.name, column.name, err)
		}
	}
	s.rows++
	s.hash.Write(s.buffer) // a hash takes everything
	if s.rows%tellEvery == 0 {
		s.tell()
	}
	return nil
}

func (s *rowSum) tell() {
	s.progress(MoveProgress{Stage: s.stage, Table: s.t.name, Rows: s.rows, Of: s.of})
}

func (s *rowSum) result() MovedTable {
	s.of = s.rows
	s.tell()
	return MovedTable{Name: s.t.name, Rows: s.rows, Sum: [sha256.Size]byte(s.hash.Sum(nil))}
}

// appendValue writes a value. Truth is a number to SQLite, and the widths of numbers are its
// own, so they all look alike.
func appendValue(b []byte, value any) ([]byte, error) {
	number := func(n int64) []byte { return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(n)) }
	switch v := value.(type) {
	case nil:
		return append(b, 'n'), nil
	case int64:
		return number(v), nil
	case int32:
		return number(int64(v)), nil
	case bool:
		if v {
			return number(1), nil
		}
		return number(0), nil
	case string:
		return append(binary.BigEndian.AppendUint64(append(b, 't'), uint64(len(v))), v...), nil
	case []byte:
		return append(binary.BigEndian.AppendUint64(append(b, 'b'), uint64(len(v))), v...), nil
	default:
		return nil, fmt.Errorf("a value of the kind %T is unknown", value)
	}
}

var errKind = errors.New("holds something of another kind, which PostgreSQL does not take")

// converters make what PostgreSQL takes of what SQLite holds, by PostgreSQL's types. SQLite
// keeps anything in any column.
var converters = map[string]func(any) (any, error){
	"bigint": func(v any) (any, error) {
		if n, ok := v.(int64); ok {
			return n, nil
		}
		return nil, errKind
	},
	"integer": func(v any) (any, error) {
		n, ok := v.(int64)
		if !ok {
			return nil, errKind
		}
		if n < math.MinInt32 || n > math.MaxInt32 {
			return nil, errors.New("holds a number that is too large for PostgreSQL's")
		}
		return int32(n), nil
	},
	"boolean": func(v any) (any, error) {
		switch v := v.(type) {
		case bool:
			return v, nil
		case int64:
			if v == 0 || v == 1 {
				return v == 1, nil
			}
		}
		return nil, errKind
	},
	"text": func(v any) (any, error) {
		s, ok := v.(string)
		switch {
		case !ok:
			return nil, errKind
		case strings.ContainsRune(s, 0):
			return nil, errors.New("holds a NUL, which PostgreSQL does not take")
		case !utf8.ValidString(s):
			return nil, errors.New("holds a text that is no UTF-8, which PostgreSQL does not take")
		}
		return s, nil
	},
	"bytea": func(v any) (any, error) {
		b, ok := v.([]byte)
		if !ok {
			return nil, errKind
		}
		if b == nil {
			b = []byte{} // nil would be NULL
		}
		return b, nil
	},
}

// convert makes a value of a column fit for PostgreSQL.
func convert(c schemaColumn, value any) (any, error) {
	if value == nil {
		if c.required {
			return nil, errors.New("holds nothing")
		}
		return nil, nil
	}
	return converters[c.kind](value)
}
