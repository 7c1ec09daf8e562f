package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	modernc "modernc.org/sqlite"
)

// openSQLite opens a database with connections that keep their statements prepared.
func openSQLite(dsn string) *sql.DB { return sql.OpenDB(sqliteConnector(dsn)) }

// sqliteConnector makes connections to the database that it names.
type sqliteConnector string

// Connect implements driver.Connector.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(string(c))
	if err != nil {
		return nil, err
	}
	return &sqliteConn{sqliteDriverConn: conn.(sqliteDriverConn), kept: make(map[string]*sqliteStatement)}, nil
}

// Driver implements driver.Connector.
func (sqliteConnector) Driver() driver.Driver { return &modernc.Driver{} }

// sqliteDriverConn is what database/sql makes use of in the driver's connection.
type sqliteDriverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keptStatements is how many statements a connection keeps prepared, each with some kilobytes. The
// queries of this package are a hundred or two. Those that are put together of what somebody
// searches for come beyond: for them go those that were longest not used.
const keptStatements = 384

// sqliteConn is a connection that prepares each query once: parsing and planning cost as much as
// running most of them. It belongs to one goroutine at a time, as database/sql has it.
type sqliteConn struct {
	sqliteDriverConn
	kept map[string]*sqliteStatement
	uses int64               // of kept statements
	args []driver.NamedValue // of write and read
}

// sqliteStatement is a prepared query.
type sqliteStatement struct {
	driver.Stmt
	busy bool  // somebody reads its rows
	used int64 // uses of its connection when it was asked for last
}

// unkept at the end of a query says that it is one of a great many, for which those that are asked again and again
// should not have to go.
const unkept = ` -- unkept`

// keepable tells whether a query is one statement that does nothing while it is prepared, as some
// PRAGMAs do, and no schema's.
func keepable(query string) bool {
	query = strings.TrimLeft(query, " \t\n")
	verb, _, _ := strings.Cut(query, " ")
	switch strings.ToUpper(strings.TrimSpace(verb)) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return !strings.Contains(query, ";") && !strings.HasSuffix(query, unkept)
	}
	return false
}

// statement returns a query, prepared; nil when it is not kept, or is being read from already.
func (c *sqliteConn) statement(ctx context.Context, query string) (*sqliteStatement, error) {
	s, there := c.kept[query]
	switch {
	case there && s.busy, !there && !keepable(query):
		return nil, nil
	case there:
		c.uses++
		s.used = c.uses
		return s, nil
	}
	if len(c.kept) >= keptStatements && !c.evict() {
		return nil, nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.uses++
	s = &sqliteStatement{Stmt: prepared, used: c.uses}
	c.kept[strings.Clone(query)] = s
	return s, nil
}

// evict makes room for a statement: the one goes that was longest not used. It tells false when all are being
// read from. To look at all of them takes less than to prepare the other one.
func (c *sqliteConn) evict() bool {
	var oldest string
	var of *sqliteStatement
	for query, s := range c.kept {
		if !s.busy && (of == nil || s.used < of.used) {
			oldest, of = query, s
		}
	}
	if of == nil {
		return false
	}
	delete(c.kept, oldest)
	_ = of.Close() // SQLite says what was wrong with its last run, which was told then
	return true
}

// ExecContext implements driver.ExecerContext.
func (c *sqliteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.sqliteDriverConn.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *sqliteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.sqliteDriverConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &sqliteRows{rows, s}, nil
}

// Close implements driver.Conn: with a statement left, SQLite would keep the database open.
func (c *sqliteConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.Close())
	}
	c.kept = nil
	return errors.Join(append(errs, c.sqliteDriverConn.Close())...)
}

// sqliteRows are rows of a kept statement, which is free again when they are closed.
type sqliteRows struct {
	driver.Rows
	of *sqliteStatement
}

// Close implements driver.Rows.
func (r *sqliteRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
