package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect names a database. In what the two differ stands in this file, in append_*.go, log.go,
// search.go and migrations, in some lines of feed.go, lease.go and keeper.go, and where store.go and
// migrate.go connect.
type dialect string

const (
	sqlite   dialect = "sqlite"
	postgres dialect = "postgres"
)

// Pool settings. Readers of SQLite are few because each keeps a page cache; PostgreSQL
// gets connections for the writer and for everything else. One writer is cheaper than two: what waits
// shares one commit, and a node has fewer locks at a time for which others wait.
const (
	sqliteReaders   = 4
	postgresWriters = 1
	postgresConns   = 14
)

// contains is the condition that a text is within a column. LIKE takes ten times as long and more where much of what is
// looked for fits again and again, which strangers can bring about.
func (d dialect) contains(column, text string) string {
	if d == postgres {
		return `strpos(` + column + `, ` + text + `) > 0`
	}
	return `instr(` + column + `, ` + text + `) > 0`
}

// connectTimeout bounds connecting to PostgreSQL, and what each connection begins with.
const connectTimeout = 5 * time.Second

// sqliteDSN opens path in WAL mode with synchronous=FULL: COMMIT returns after the
// log is on the disk. Writers say BEGIN IMMEDIATE, since a read transaction that
// turns into a write fails at once when somebody wrote in between.
func sqliteDSN(path string, readOnly bool) string {
	q := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"temp_store(MEMORY)", "cache_size(-4000)",
	}}
	if readOnly {
		q.Add("_pragma", "query_only(ON)")
	} else {
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "wal_autocheckpoint("+strconv.Itoa(fullPages)+")")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// postgresConfig bounds every wait and asks for durable commits, whatever the
// server's defaults are.
func postgresConfig(address string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(address)
	if err != nil {
		// pgx masks the password in its error.
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	c.MaxConns = postgresConns
	c.ConnConfig.ConnectTimeout = connectTimeout
	for k, v := range map[string]string{
		"application_name": "swapnest", "synchronous_commit": "on", "statement_timeout": "5000",
		"lock_timeout": "3000", "idle_in_transaction_session_timeout": "10000", "timezone": "UTC",
		// Pages are in memory, or on a disk that has no arm. It matters for the lists of conversations: with a dearer page
		// PostgreSQL, which keeps one plan for all people, of whom most have few, reads and sorts all of somebody's for each page.
		"random_page_cost": "1",
		"jit":              "off", // no statement takes as long as it takes to compile it
		// A search for the beginning of words gathers all that have one of them, of which with less than this only the
		// pages are remembered, and each message there is read. Nothing else takes as much.
		"work_mem": "32MB",
	} {
		c.ConnConfig.RuntimeParams[k] = v
	}
	return c, nil
}

// writerConfig is postgresConfig for the writers, which have connections of their
// own: no crowd of readers keeps them waiting. Their few statements are planned once,
// for index look-ups, rather than anew for each batch.
func writerConfig(address string) (*pgxpool.Config, error) {
	c, err := postgresConfig(address)
	if err != nil {
		return nil, err
	}
	c.MaxConns = postgresWriters
	c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	return c, nil
}

// unique tells whether err is a violated unique key of the table.column in name.
func (d dialect) unique(err error, table, column string) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505" && e.TableName == table && strings.Contains(e.ConstraintName, column)
	}
	if e, ok := errors.AsType[*modernc.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE && strings.Contains(e.Error(), table+"."+column)
	}
	return false
}

// Away tells whether err means that the database is not there, or cannot do anything at the
// moment: the same call may work later, and nobody has made a mistake.
func Away(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Connections, resources, and an operator who ends the server.
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "53") || strings.HasPrefix(e.Code, "57")
	}
	if e, ok := errors.AsType[*modernc.Error](err); ok {
		switch e.Code() & 0xff { // the primary code
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
			return true
		}
		return false
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, speaking := errors.AsType[net.Error](err) // an end of time among them
	return connecting || speaking || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn)
}

// orphan tells whether err is a row that would refer to one that is gone.
func (d dialect) orphan(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23503"
	}
	e, ok := errors.AsType[*modernc.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}

// forUpdate locks the rows of a SELECT until the end of the transaction. SQLite has one
// writer at a time and needs none.
func (d dialect) forUpdate() string {
	if d == postgres {
		return " FOR UPDATE"
	}
	return ""
}

// skipLockedOf is forUpdate of one table of a join, without the rows that somebody else has locked.
func (d dialect) skipLockedOf(table string) string {
	if d == postgres {
		return " FOR UPDATE OF " + table + " SKIP LOCKED"
	}
	return ""
}

// forNoKeyUpdate is forUpdate for rows that others may refer to meanwhile: a notice that is
// being made for a person does not wait for who changes how they keep a conversation.
func (d dialect) forNoKeyUpdate() string {
	if d == postgres {
		return " FOR NO KEY UPDATE"
	}
	return ""
}

// forShare locks the rows of one table of a SELECT against changes until the end of the
// transaction; see forUpdate.
func (d dialect) forShare(table string) string {
	if d == postgres {
		return " FOR SHARE OF " + table
	}
	return ""
}

// set is a table expression over a JSON array in a parameter: of whole numbers for one
// column, of arrays of them for several.
func (d dialect) set(param string, columns ...string) string {
	each := make([]string, len(columns))
	for i, column := range columns {
		value := "value ->> " + strconv.Itoa(i)
		switch {
		case d == sqlite && len(columns) == 1:
			value = "value"
		case d == postgres && len(columns) == 1:
			value = "CAST(CAST(value AS TEXT) AS BIGINT)"
		case d == postgres:
			value = "CAST(" + value + " AS BIGINT)"
		}
		each[i] = value + " AS " + column
	}
	from := "json_each(" + param + ")"
	if d == postgres {
		from = "json_array_elements(CAST(" + param + " AS JSON)) AS element (value)"
	}
	return "(SELECT " + strings.Join(each, ", ") + " FROM " + from + ")"
}

// among is a condition that column is one of the whole numbers of a JSON array in a parameter. PostgreSQL looks each
// up in the column's index; a set that it joins it takes for a hundred rows of a table that was empty as the query was
// planned, and reads all of the table.
func (d dialect) among(column, param string) string {
	if d == postgres {
		return column + " = ANY(ARRAY(SELECT CAST(CAST(value AS TEXT) AS BIGINT) FROM json_array_elements(CAST(" + param + " AS JSON)) AS element (value)))"
	}
	return column + " IN (SELECT value FROM json_each(" + param + "))"
}

// amongTexts is among for a column of texts.
func (d dialect) amongTexts(column, param string) string {
	if d == postgres {
		return column + " = ANY(ARRAY(SELECT value FROM json_array_elements_text(CAST(" + param + " AS JSON)) AS element (value)))"
	}
	return column + " IN (SELECT value FROM json_each(" + param + "))"
}

// hashes is a list of bytes from a parameter that holds a JSON array of them in hexadecimal.
func (d dialect) hashes(param string) string {
	if d == postgres {
		return "(SELECT decode(value, 'hex') FROM json_array_elements_text(CAST(" + param + " AS JSON)) AS element (value))"
	}
	return "(SELECT unhex(value) FROM json_each(" + param + "))"
}

// lookedUp is the one id that a query of a row finds, for = in the condition of a join. PostgreSQL keeps the plan of
// a query that it knows: one of when a table was empty would read all of it for each row, and of an array it looks
// each up.
func (d dialect) lookedUp(query string) string {
	if d == postgres {
		return "ANY(ARRAY[" + query + "])"
	}
	return query
}

// oneOf joins, as m, the row of a table whose id is a value of each row before it. PostgreSQL looks it up, also by a plan of
// when the table was empty; see lookedUp.
func (d dialect) oneOf(table, m, value string) string {
	if d == postgres {
		return " CROSS JOIN LATERAL (SELECT * FROM " + table + " WHERE id = " + value + " LIMIT 1) AS " + m
	}
	return " CROSS JOIN " + table + " " + m + " ON " + m + ".id = " + value // CROSS has SQLite keep the order
}
