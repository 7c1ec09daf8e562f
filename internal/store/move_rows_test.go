package store_test

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// made is a table of SQLite as a test fills and reads it, found out by other queries than
// those of the move.
type made struct {
	name    string
	columns []string
	kinds   []string          // as they are declared
	parents map[string]string // by column: the table that it names a row of
	names   map[string]string // by column: the column there
	key     []string
}

// madeTables returns the tables of a data directory, those that others refer to first.
func madeTables(t *testing.T, db *sql.DB) []made {
	t.Helper()
	var tables []made
	for _, name := range column(t, db, `SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main'`) {
		if strings.HasPrefix(name, "sqlite_") || name == "goose_db_version" || strings.HasPrefix(name, "message_search") {
			continue
		}
		m := made{
			name: name, parents: map[string]string{}, names: map[string]string{},
			columns: column(t, db, `SELECT name FROM pragma_table_info($1)`, name),
			kinds:   column(t, db, `SELECT type FROM pragma_table_info($1)`, name),
			key:     column(t, db, `SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk`, name),
		}
		for _, key := range column(t, db, `SELECT "from" || ' ' || "table" || ' ' || "to" FROM pragma_foreign_key_list($1)`, name) {
			parts := strings.Fields(key)
			m.parents[parts[0]], m.names[parts[0]] = parts[1], parts[2]
		}
		tables = append(tables, m)
	}
	place := map[string]int{}
	depth := func(m made) (n int) {
		for _, p := range m.parents {
			n = max(n, place[p]+1)
		}
		return n
	}
	for range tables { // deep enough for a chain of all of them
		for _, m := range tables {
			place[m.name] = depth(m)
		}
	}
	slices.SortStableFunc(tables, func(a, b made) int { return place[a.name] - place[b.name] })
	return tables
}

// fill puts rows with a value of its own into each column of each table, so that one that is
// left out or exchanged with another shows.
func fill(t *testing.T, db *sql.DB, tables []made) {
	t.Helper()
	const rows = 4
	serial := int64(1000)
	for _, m := range tables {
		for row := range rows {
			values, places := make([]any, len(m.columns)), make([]string, len(m.columns))
			for i, name := range m.columns {
				serial++
				places[i] = fmt.Sprintf("$%d", i+1)
				switch {
				case m.parents[name] != "":
					key := m.names[name]
					all := column(t, db, `SELECT hex(`+key+`) FROM `+m.parents[name]+` ORDER BY `+key)
					value, err := hex.DecodeString(all[row%len(all)])
					if values[i] = any(value); m.kinds[i] != "BLOB" {
						values[i] = string(value) // hex() takes a number as its text
					}
					if err != nil {
						t.Fatal(err)
					}
				case name == "xid": // there is none on SQLite
					values[i] = 0
				case m.kinds[i] == "BOOLEAN":
					values[i] = (row>>(i%2))&1 == 0
				case m.kinds[i] == "TEXT":
					values[i] = fmt.Sprintf("%s %d ä'\"\\\t\n🚲\u2028ॐ e\u0301 ", []string{"b", "B", "\\N", "ä"}[row], serial)
				case m.kinds[i] == "BLOB" && row == 0:
					values[i] = []byte{}
				case m.kinds[i] == "BLOB":
					values[i] = []byte{0, 255, '\\', byte(row), byte(serial >> 8), byte(serial)}
				default:
					values[i] = serial * []int64{1, -1, 1 << 20, 1}[row]
					if m.kinds[i] == "BIGINT" {
						values[i] = serial << (8 * row)
					}
				}
			}
			statement := `INSERT INTO ` + m.name + ` (` + strings.Join(m.columns, ", ") + `) VALUES (` + strings.Join(places, ", ") + `)`
			if _, err := db.ExecContext(t.Context(), statement, values...); err != nil {
				t.Fatalf("%s: %v", m.name, err)
			}
		}
	}
}

// readAll returns the rows of a table as text, sorted.
func readAll(t *testing.T, db *sql.DB, m made) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT `+strings.Join(m.columns, ", ")+` FROM `+m.name)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		values, into := make([]any, len(m.columns)), make([]any, len(m.columns))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			switch value := v.(type) {
			case []byte:
				v = hex.EncodeToString(value)
			case bool: // which is a number to SQLite
				v = map[bool]int{false: 0, true: 1}[value]
			}
			texts[i] = fmt.Sprintf("%s=%v", m.columns[i], v)
			if m.columns[i] == "xid" {
				texts[i] = "xid" // which PostgreSQL gives
			}
		}
		all = append(all, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// TestEveryColumnOfEveryTableIsMoved fills whatever the migrations have made, so that a table or
// a column that a later one adds is looked at, too.
func TestEveryColumnOfEveryTableIsMoved(t *testing.T) {
	from, to := testkit.SQLite(t), emptied(t)
	begun(t, from)
	source := look(t, from)
	tables := madeTables(t, source)
	if len(tables) < 26 {
		t.Fatalf("only %d tables were found", len(tables))
	}
	fill(t, source, tables)
	// Servers order texts by their language, in which b comes before B and ä before both.
	begun(t, to)
	for _, key := range []string{`meta ALTER key`, `follower ALTER name`, `upload ALTER blob_key`, `attachment ALTER id`} {
		mustExec(t, to, `ALTER TABLE `+key+` TYPE TEXT COLLATE "und-x-icu"`)
	}
	moved := mustMove(t, from, to)
	target := look(t, to)
	for _, m := range tables {
		want, got := readAll(t, source, m), readAll(t, target, m)
		if m.name == "meta" { // the note of the move is the target's own, and its epoch
			own := func(row string) bool {
				return strings.HasPrefix(row, "key=moved|") || strings.HasPrefix(row, "key=epoch|")
			}
			want, got = slices.DeleteFunc(want, own), slices.DeleteFunc(got, own)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) < 4 {
			t.Errorf("%s (-source +target):\n%s", m.name, diff)
		}
		if !slices.ContainsFunc(moved.Tables, func(done store.MovedTable) bool { return done.Name == m.name }) {
			t.Errorf("nothing is said of %s", m.name)
		}
	}
	if len(moved.Tables) != len(tables) {
		t.Errorf("%d tables were moved, want %d", len(moved.Tables), len(tables))
	}
}

// TestAMigrationThatForgetsTheMoveIsNoticed plays migrations that add something to one database
// alone, or of a kind that nobody converts.
func TestAMigrationThatForgetsTheMoveIsNoticed(t *testing.T) {
	for _, test := range []struct{ name, onSQLite, onPostgreSQL, says string }{
		{"a table", `CREATE TABLE bidding (id INTEGER PRIMARY KEY)`, ``, "the table bidding is in SQLite alone"},
		{"a column", `ALTER TABLE users ADD COLUMN birthday BIGINT NOT NULL DEFAULT 0`, ``, "the column users.birthday is in SQLite alone"},
		{"a column there", ``, `ALTER TABLE users ADD COLUMN birthday BIGINT NOT NULL DEFAULT 0`, "the column users.birthday is in PostgreSQL alone"},
		{
			"a type", `ALTER TABLE users ADD COLUMN height REAL NOT NULL DEFAULT 0`,
			`ALTER TABLE users ADD COLUMN height DOUBLE PRECISION NOT NULL DEFAULT 0`, "the column users.height is of the type double precision",
		},
		{"a key", `ALTER TABLE wish RENAME COLUMN user_id TO person_id`, `ALTER TABLE wish RENAME COLUMN user_id TO person_id; ALTER TABLE wish DROP CONSTRAINT wish_pkey`, "the table wish has the key"},
		{"a circle", ``, `ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES conversation (id)`, "tables refer to each other in a circle"},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to := testkit.SQLite(t), emptied(t)
			begin(t, from, 3)
			begun(t, to)
			if test.onSQLite != "" {
				mustExec(t, from, test.onSQLite)
			}
			if test.onPostgreSQL != "" {
				mustExec(t, to, test.onPostgreSQL)
			}
			before := contents(t, to)
			refused(t, from, to, test.says)
			if diff := cmp.Diff(before, contents(t, to)); diff != "" {
				t.Errorf("the target has changed (-before +after):\n%s", diff)
			}
		})
	}
}

// TestARowThatPostgreSQLCannotHoldIsNamed shows that nothing is moved then, and all of it once
// the row is right.
func TestARowThatPostgreSQLCannotHoldIsNamed(t *testing.T) {
	for _, test := range []struct{ name, statement, repair, says string }{
		{
			"a NUL", `UPDATE message SET body = 'a' || char(0) || 'b' WHERE seq = 2`, `UPDATE message SET body = 'ab' WHERE seq = 2`,
			"copy message: the column body of the row (id = 2) holds a NUL",
		},
		{
			"a text that is none", `UPDATE message SET body = CAST(x'61ff' AS TEXT) WHERE seq = 2`, `UPDATE message SET body = 'ab' WHERE seq = 2`,
			"copy message: the column body of the row (id = 2) holds a text that is no UTF-8",
		},
		{
			"bytes in a text", `UPDATE meta SET value = x'00ff' WHERE key = 'folding'`, `UPDATE meta SET value = '' WHERE key = 'folding'`,
			`copy meta: the column value of the row (key = "folding") holds something of another kind`,
		},
		{
			"a text in a number", `UPDATE conversation SET closed_at = 'never'`, `UPDATE conversation SET closed_at = 0`,
			"copy conversation: the column closed_at of the row (id = 1) holds something of another kind",
		},
		{
			"neither true nor false", `UPDATE users SET demo = 'perhaps' WHERE id = 3`, `UPDATE users SET demo = FALSE WHERE id = 3`,
			"copy users: the column demo of the row (id = 3) holds something of another kind",
		},
		{
			"a number that is too large", `INSERT INTO photo VALUES (1, 1, 'key', 1 << 40, 1, 'key')`, `UPDATE photo SET width = 1`,
			"copy photo: the column width of the row (listing_id = 1, position = 1) holds a number that is too large",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to := testkit.SQLite(t), emptied(t)
			begin(t, from, 3)
			mustExec(t, from, test.statement)
			refused(t, from, to, test.says)
			if people := column(t, look(t, to), `SELECT username FROM users`); len(people) > 0 {
				t.Errorf("%v were moved", people)
			}
			const says = "has ended in the middle: run swapnest migrate"
			if _, err := store.Open(t.Context(), store.Options{URL: to.URL()}); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("opening what is there: %v", err)
			}
			if _, _, err := store.OpenBeside(t.Context(), store.Options{URL: to.URL()}); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("reading what is there: %v", err)
			}
			mustExec(t, from, test.repair)
			if _, anew, err := moving(t, from, to); err != nil || !anew {
				t.Errorf("again: %v, begun anew %t", err, anew)
			}
		})
	}
}

// TestACopyThatIsNotLikeItsSourceIsAnError has the server change what it is given.
func TestACopyThatIsNotLikeItsSourceIsAnError(t *testing.T) {
	for _, test := range []struct{ name, body, says string }{
		{"a row is lost", `IF NEW.seq = 2 THEN RETURN NULL; END IF; RETURN NEW;`, "the copy of message is not like its source (2 rows there, 3 here)"},
		{"a text is another", `NEW.body := upper(NEW.body); RETURN NEW;`, "the copy of message is not like its source (3 rows there, 3 here)"},
		{"two columns are exchanged", `NEW.buyer_sent := NEW.seller_sent; RETURN NEW;`, "the copy of message is not like its source"},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, to := testkit.SQLite(t), emptied(t)
			begin(t, from, 3)
			begun(t, to)
			mustExec(t, to, `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN `+test.body+` END $$`)
			mustExec(t, to, `CREATE TRIGGER spoil BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION spoil()`)
			refused(t, from, to, test.says)
			if people := column(t, look(t, to), `SELECT username FROM users`); len(people) > 0 {
				t.Errorf("%v were moved", people)
			}
			mustExec(t, to, `DROP TRIGGER spoil ON message`)
			if _, anew, err := moving(t, from, to); err != nil || !anew {
				t.Errorf("again: %v, begun anew %t", err, anew)
			}
		})
	}
}
