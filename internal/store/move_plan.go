package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// gooseTable holds which migrations were made: each database has its own.
const gooseTable = "goose_db_version"

// stamp is the column of PostgreSQL that holds the number of the transaction which wrote a
// row of the log or a follower's place in it. On SQLite it is 0 or not there. All that is
// moved is written by one transaction, so that its order among itself stays that of pos.
const stamp = "xid"

// derived begins the names of what is not moved: the search index, which a follower makes of
// the log at the target.
const derived = "message_search"

// schema is what a database holds, by the names of its tables.
type schema map[string]*schemaTable

type schemaTable struct {
	columns []schemaColumn
	key     []string // of the primary key, in its order
	parents []string // tables that rows refer to; of PostgreSQL alone
}

type schemaColumn struct {
	name     string
	kind     string // as PostgreSQL calls it
	required bool
	identity bool
}

// names returns the tables in order of their names.
func (s schema) names() []string {
	var all []string
	for name := range s {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func (s schema) table(name string) *schemaTable {
	if s[name] == nil {
		s[name] = &schemaTable{}
	}
	return s[name]
}

func (t *schemaTable) column(name string) (schemaColumn, bool) {
	i := slices.IndexFunc(t.columns, func(c schemaColumn) bool { return c.name == name })
	if i < 0 {
		return schemaColumn{}, false
	}
	return t.columns[i], true
}

// sqliteSchema reads which tables and columns there are. Those of SQLite itself, and what
// goose keeps, are left out.
func sqliteSchema(ctx context.Context, q querier) (schema, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT t.name, c.name, c.pk FROM sqlite_schema t JOIN pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND t.name <> $1 ORDER BY t.name, c.cid`, gooseTable)
	if err != nil {
		return nil, fmt.Errorf("read the schema of SQLite: %w", err)
	}
	type row struct {
		table, column string
		pk            int // its place in the primary key, from 1; 0 for none
	}
	found, err := collect(rows, func(r *row) []any { return []any{&r.table, &r.column, &r.pk} })
	if err != nil {
		return nil, fmt.Errorf("read the schema of SQLite: %w", err)
	}
	all := schema{}
	for _, r := range found {
		t := all.table(r.table)
		t.columns = append(t.columns, schemaColumn{name: r.column})
	}
	slices.SortStableFunc(found, func(a, b row) int { return a.pk - b.pk })
	for _, r := range found {
		if r.pk > 0 {
			all[r.table].key = append(all[r.table].key, r.column)
		}
	}
	return all, nil
}

// asker is what a connection of pgx and its transaction have in common.
type asker interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// ours are the tables of the schema in which tables are looked for first.
const ours = `c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`

// postgresSchema is sqliteSchema for PostgreSQL, but for goose's table, which is among them.
func postgresSchema(ctx context.Context, q asker) (schema, error) {
	all := schema{}
	var table string
	var column schemaColumn
	for _, ask := range []struct {
		query string
		into  []any
		each  func()
	}{
		{
			`SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity <> ''
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
			WHERE ` + ours + ` AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`,
			[]any{&table, &column.name, &column.kind, &column.required, &column.identity},
			func() { all.table(table).columns = append(all.table(table).columns, column) },
		},
		{
			`SELECT c.relname, a.attname
			FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
			JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place) ON TRUE
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
			WHERE ` + ours + ` ORDER BY c.relname, k.place`,
			[]any{&table, &column.name},
			func() { all.table(table).key = append(all.table(table).key, column.name) },
		},
		{
			`SELECT c.relname, p.relname
			FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
			WHERE ` + ours + ` AND k.contype = 'f' ORDER BY 1, 2`,
			[]any{&table, &column.name},
			func() { all.table(table).parents = append(all.table(table).parents, column.name) },
		},
	} {
		rows, err := q.Query(ctx, ask.query)
		if err != nil {
			return nil, fmt.Errorf("read the schema of PostgreSQL: %w", err)
		}
		if _, err := pgx.ForEachRow(rows, ask.into, func() error { ask.each(); return nil }); err != nil {
			return nil, fmt.Errorf("read the schema of PostgreSQL: %w", err)
		}
	}
	return all, nil
}

// plannedTable is a table that both databases have.
type plannedTable struct {
	name     string
	columns  []schemaColumn // in PostgreSQL's order
	onSQLite map[string]bool
	key      []string // of PostgreSQL, a stamp among them where it has one
}

// plan compares the two schemas, and returns all tables in an order in which a row comes
// behind those that it refers to. What only one of them has, a migration has added without a
// thought of the move: then nothing is moved.
func (m *move) plan(ctx context.Context, target asker) ([]plannedTable, error) {
	from, err := sqliteSchema(ctx, m.source)
	if err != nil {
		return nil, err
	}
	to, err := postgresSchema(ctx, target)
	if err != nil {
		return nil, err
	}
	return planned(from, to)
}

func planned(from, to schema) ([]plannedTable, error) {
	var errs []error
	delete(to, gooseTable)
	for _, s := range []schema{from, to} {
		maps.DeleteFunc(s, func(name string, _ *schemaTable) bool { return strings.HasPrefix(name, derived) })
	}
	for _, name := range to.names() {
		if from[name] == nil {
			errs = append(errs, fmt.Errorf("the table %s is in PostgreSQL alone", name))
		}
	}
	var plan []plannedTable
	for _, name := range from.names() {
		if to[name] == nil {
			errs = append(errs, fmt.Errorf("the table %s is in SQLite alone", name))
			continue
		}
		t, err := pair(name, from[name], to[name])
		plan, errs = append(plan, t), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("the two databases are not made alike: %w", err)
	}
	return sorted(plan, to)
}

// pair holds the columns of a table in both databases against each other.
func pair(name string, from, to *schemaTable) (plannedTable, error) {
	t := plannedTable{name: name, columns: to.columns, onSQLite: map[string]bool{}, key: to.key}
	var errs []error
	for _, c := range from.columns {
		t.onSQLite[c.name] = true
		if _, ok := to.column(c.name); !ok {
			errs = append(errs, fmt.Errorf("the column %s.%s is in SQLite alone", name, c.name))
		}
	}
	for _, c := range to.columns {
		switch _, known := converters[c.kind]; {
		case !t.onSQLite[c.name] && c.name != stamp:
			errs = append(errs, fmt.Errorf("the column %s.%s is in PostgreSQL alone", name, c.name))
		case !known:
			errs = append(errs, fmt.Errorf("the column %s.%s is of the type %s, which nobody converts", name, c.name, c.kind))
		}
	}
	if key := t.keyOf(sqlite); len(key) == 0 || !slices.Equal(key, from.key) {
		errs = append(errs, fmt.Errorf("the table %s has the key (%s) in SQLite and (%s) in PostgreSQL", name, strings.Join(from.key, ", "), strings.Join(to.key, ", ")))
	}
	return t, errors.Join(errs...)
}

// keyOf returns the columns by which rows are ordered in one of the databases.
func (t plannedTable) keyOf(d dialect) []string {
	return slices.DeleteFunc(slices.Clone(t.key), func(name string) bool { return d == sqlite && !t.onSQLite[name] })
}

// sorted puts tables behind those that they refer to.
func sorted(plan []plannedTable, to schema) ([]plannedTable, error) {
	var order []plannedTable
	done := map[string]bool{}
	for len(order) < len(plan) {
		before := len(order)
		for _, t := range plan {
			ready := !slices.ContainsFunc(to[t.name].parents, func(p string) bool { return p != t.name && !done[p] })
			if !done[t.name] && ready {
				order, done[t.name] = append(order, t), true
			}
		}
		if len(order) == before {
			return nil, errors.New("the two databases are not made alike: tables refer to each other in a circle")
		}
	}
	return order, nil
}

// quoted is a list of names of tables or columns, which are those of the schema.
func quoted(names ...string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(all, ", ")
}

// rowsOf reads a table in the order of its key, which is the same in both databases: that of
// numbers and bytes, whatever the collation.
func (t plannedTable) rowsOf(d dialect) string {
	columns, keys := make([]string, len(t.columns)), t.keyOf(d)
	for i, c := range t.columns {
		columns[i] = quoted(c.name)
		if d == sqlite && !t.onSQLite[c.name] {
			columns[i] = "0"
		}
	}
	for i, name := range keys {
		keys[i] = quoted(name)
		if c, _ := t.columnOf(name); d == postgres && c.kind == "text" {
			keys[i] += ` COLLATE "C"`
		}
	}
	where := ""
	if d == postgres && t.name == "meta" {
		where = " WHERE key <> '" + movingKey + "'"
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + quoted(t.name) + where + " ORDER BY " + strings.Join(keys, ", ")
}

func (t plannedTable) columnOf(name string) (schemaColumn, bool) {
	return (&schemaTable{columns: t.columns}).column(name)
}
