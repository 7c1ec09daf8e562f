package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// beside is a connection to a database of PostgreSQL that a test holds locks with.
type beside struct {
	*sql.Conn
	t *testing.T
}

func connect(t *testing.T, d *testkit.Database) beside {
	t.Helper()
	db, err := sql.Open("pgx", d.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // nothing is lost with it
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return beside{conn, t}
}

func (b beside) do(statements ...string) {
	b.t.Helper()
	for _, statement := range statements {
		if _, err := b.ExecContext(b.t.Context(), statement); err != nil {
			b.t.Fatalf("%s: %v", statement, err)
		}
	}
}

func (b beside) number(query string) (n int64) {
	b.t.Helper()
	if err := b.QueryRowContext(b.t.Context(), query).Scan(&n); err != nil {
		b.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// until waits for a number above 0.
func (b beside) until(query string) {
	b.t.Helper()
	tick, deadline := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for b.number(query) == 0 {
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("waited in vain for %s", query)
		}
	}
}

// The lock that stops a move in the middle, for as long as the test holds it.
const (
	hold    = `SELECT pg_advisory_lock(42)`
	release = `SELECT pg_advisory_unlock(42)`
	waits   = `SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	// others are the connections of the move.
	others    = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'swapnest'`
	stopAt    = `CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_lock(42); PERFORM pg_advisory_unlock(42); RETURN NEW; END $$`
	dontStop  = `DROP FUNCTION IF EXISTS stop CASCADE`
	terminate = `SELECT count(pg_terminate_backend(pid)) ` + others
)

// TestAMoveThatWasKilledIsRunAgain kills the process at several places. No node takes what is
// there for a marketplace, and the same command ends with the same result.
func TestAMoveThatWasKilledIsRunAgain(t *testing.T) {
	from := testkit.SQLite(t)
	n := startNode(t, from, "--demo")
	n.stop(t)
	reference := testkit.PostgreSQL(t)
	want := table(moved(t, from, reference))

	for _, test := range []struct {
		name    string
		prepare []string // what has the move wait
		release string
		dies    bool // the server rolls back, as it does when it sees that nobody is there
		again   string
	}{
		{name: "before anything is noted", prepare: []string{`BEGIN`, `LOCK TABLE goose_db_version`}, release: `ROLLBACK`},
		{name: "in the first table", prepare: []string{hold, stopAt, `CREATE TRIGGER stop BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION stop()`}, release: release, again: "begins anew"},
		{
			name:    "in the middle of the messages",
			prepare: []string{hold, stopAt, `CREATE TRIGGER stop BEFORE INSERT ON message FOR EACH ROW WHEN (NEW.id = 300) EXECUTE FUNCTION stop()`}, release: release, again: "begins anew",
		},
		{
			name:    "after the log",
			prepare: []string{hold, stopAt, `CREATE TRIGGER stop BEFORE INSERT ON wish FOR EACH ROW EXECUTE FUNCTION stop()`}, release: release, again: "begins anew",
		},
		{
			name:    "in the commit, which does not take place",
			prepare: []string{hold, stopAt, `CREATE CONSTRAINT TRIGGER stop AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stop()`},
			release: release, dies: true, again: "begins anew",
		},
		{
			name:    "in the commit, which takes place",
			prepare: []string{hold, stopAt, `CREATE CONSTRAINT TRIGGER stop AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stop()`},
			release: release, again: "were moved there on",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			to := testkit.PostgreSQL(t)
			b := connect(t, to)
			b.do(test.prepare...)
			c := command(t, "migrate", "--from", from.Dir(), "--to", to.URL())
			var said bytes.Buffer
			c.Stdout, c.Stderr = &said, &said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			b.until(waits)
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait() // the status says that it was killed
			if test.dies {
				b.number(terminate)
			}
			b.do(test.release)
			b.until(`SELECT CAST(count(*) = 0 AS INT) ` + others)
			b.do(dontStop)

			if test.again == "begins anew" {
				serving := command(t, "serve", "--listen", "127.0.0.1:0", "--data-dir", t.TempDir(), "--database-url", to.URL())
				var said bytes.Buffer
				serving.Stdout, serving.Stderr = &said, &said
				if err := serving.Start(); err != nil {
					t.Fatal(err)
				}
				// One that serves all the same would do so for ever.
				patience := time.AfterFunc(20*time.Second, func() { _ = serving.Process.Kill() })
				err := serving.Wait()
				patience.Stop()
				if err == nil || !strings.Contains(said.String(), "has ended in the middle: run swapnest migrate") || strings.Count(said.String(), "\n") != 1 {
					t.Errorf("serving what is there: %v, said %q", err, said.String())
				}
				if n := b.number(`SELECT count(*) FROM users`); n > 0 {
					t.Errorf("%d people are there", n)
				}
			}
			again := moved(t, from, to)
			if !strings.Contains(again, test.again) || strings.Contains(again, "begins anew") != (test.again == "begins anew") {
				t.Errorf("run again it said %q, want %q in it", again, test.again)
			}
			if diff := cmp.Diff(want, table(again)); diff != "" {
				t.Errorf("what is there (-without a kill +with):\n%s", diff)
			}
			node := behind(t, from, to, "--demo")
			if status, answer := node.do("POST", "/session", object{"username": "meera_k", "password": "swapnest-demo"}); status != http.StatusOK {
				t.Errorf("sign-in: %d %v", status, answer)
			}
			node.kill()
		})
	}
}

// table returns the lines about tables of what a move says.
func table(said string) (lines []string) {
	_, said, _ = strings.Cut(said, "SHA-256 OF BOTH\n")
	said, _, _ = strings.Cut(said, "All ")
	return strings.Split(said, "\n")
}

// TestNobodyIsToldTwiceBehindAMove moves a message that nobody was told of yet, and one whose
// notice was deleted: it would come back if its message were looked at once more.
func TestNobodyIsToldTwiceBehindAMove(t *testing.T) {
	from, to := testkit.SQLite(t), testkit.PostgreSQL(t)
	n := startNode(t, from)
	n.do("POST", "/users", object{"username": "meera", "password": "long enough"})
	seller := n.token
	var listings [3]any
	for i := range listings {
		_, made := n.do("POST", "/listings", object{
			"title": fmt.Sprint("Hero cycle ", i), "description": "", "price": object{"amount": 850000, "currency": "INR"}, "category": "cycles", "condition": "good",
		})
		listings[i] = made["listing"].(object)["id"]
	}
	n.token = ""
	n.do("POST", "/users", object{"username": "aarav", "password": "long enough"})
	buyer := n.token
	ask := func(n *node, i int) string {
		t.Helper()
		n.token = buyer
		status, answer := n.do("POST", "/conversations", object{"listing_id": listings[i], "client_id": fmt.Sprint("ask-", i), "message": "Is it there?"})
		if status != http.StatusCreated {
			t.Fatalf("asking: %d %v", status, answer)
		}
		return fmt.Sprint(answer["conversation"].(object)["id"])
	}
	// told waits until the seller was told of a conversation. The log is looked at in its order,
	// so nothing is to come by then, and what the seller has are notices of these.
	told := func(n *node, newest string, all ...string) {
		t.Helper()
		n.token = seller
		tick, deadline := time.NewTicker(50*time.Millisecond), time.After(20*time.Second)
		defer tick.Stop()
		for {
			_, page := n.do("GET", "/notifications", nil)
			var of []string
			for _, notice := range page["notifications"].([]any) {
				of = append(of, fmt.Sprint(notice.(object)["conversation_id"]))
			}
			if slices.Contains(of, newest) {
				if diff := cmp.Diff(append([]string{newest}, all...), of); diff != "" {
					t.Errorf("notices of the conversations (-want +got):\n%s", diff)
				}
				return
			}
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("nothing is told of the conversation %s: %v", newest, page)
			}
		}
	}
	deleted := ask(n, 0)
	told(n, deleted)
	_, page := n.do("GET", "/notifications", nil)
	if status, answer := n.do("DELETE", fmt.Sprint("/notifications/", page["notifications"].([]any)[0].(object)["id"]), nil); status != http.StatusNoContent {
		t.Fatalf("deleting: %d %v", status, answer)
	}
	waiting := ask(n, 1)
	n.kill() // before the next look

	moved(t, from, to)
	again := behind(t, from, to)
	told(again, ask(again, 2), waiting)
}

func TestAMoveTellsHowFarItIs(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	steps := []struct {
		after time.Duration
		store.MoveProgress
	}{
		{0, store.MoveProgress{Stage: store.MoveAnew}},
		{0, store.MoveProgress{Stage: store.MoveCopy, Table: "message", Rows: 1000, Of: 3000}},
		{time.Millisecond, store.MoveProgress{Stage: store.MoveCopy, Table: "message", Rows: 2000, Of: 3000}},
		{time.Second, store.MoveProgress{Stage: store.MoveCopy, Table: "message", Rows: 2500, Of: 3000}},
		{0, store.MoveProgress{Stage: store.MoveCopy, Table: "message", Rows: 3000, Of: 3000}},
		{0, store.MoveProgress{Stage: store.MoveCompare, Table: "message", Rows: 3000, Of: 3000}},
		{moveReport, store.MoveProgress{Stage: store.MoveCompare, Table: "wish", Rows: 1000, Of: 3000}},
	}
	const anew = "An earlier run has ended in the middle. Nothing of it is left in the target: this one begins anew.\n"
	for _, test := range []struct {
		name string
		live bool
		want string
	}{
		{"on a terminal", true, anew + "\r\x1b[Kcopying message: 1000 of 3000 rows\r\x1b[Kcopying message: 2500 of 3000 rows\r\x1b[Kcopying message: 3000 of 3000 rows" +
			"\r\x1b[Kcomparing message: 3000 of 3000 rows\r\x1b[Kcomparing wish: 1000 of 3000 rows\r\x1b[K"},
		{"in a file", false, anew + "copying message: 1000 of 3000 rows\ncopying message: 3000 of 3000 rows\ncomparing wish: 1000 of 3000 rows\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			line := &moveLine{out: &out, live: test.live, now: func() time.Time { return now }}
			for _, s := range steps {
				now = now.Add(s.after)
				line.tell(s.MoveProgress)
			}
			line.end()
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
}
