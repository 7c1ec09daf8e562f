package main

import (
	"encoding/json"
	"strings"
	"testing"

	"swapnest/internal/testkit"
)

func TestTheAuditLogIsReadBesideARunningServer(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		if d.URL() == "" {
			d = testkit.EmptySQLite(t)
		}
		storage := []string{"--data-dir", d.Dir()}
		if d.URL() != "" {
			storage = append(storage, "--database-url", d.URL())
		}
		audit := func(args ...string) (string, error) {
			out, err := command(t, append(append([]string{"audit"}, args...), storage...)...).CombinedOutput()
			return string(out), err
		}
		if out, err := audit(); err == nil && d.URL() == "" || err != nil && !strings.Contains(out, "there is no database") {
			t.Errorf("without a database: %v, said %q", err, out)
		}
		create := command(t, append([]string{"user", "create", "meera"}, storage...)...)
		create.Stdin = strings.NewReader("long enough\n")
		if out, err := create.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		n := startNode(t, d)
		n.do("POST", "/session", object{"username": "meera", "password": "wrong word"})
		n.do("POST", "/session", object{"username": "meera", "password": "long enough"})
		n.do("POST", "/users", object{"username": "aarav", "password": "long enough"})

		out, err := audit()
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if err != nil || len(lines) != 7 {
			t.Fatalf("%v: want a heading and six lines:\n%s", err, out)
		}
		for i, want := range []string{"ACTION", "meera signed_out 127.0.0.1", "aarav signed_in 127.0.0.1", "aarav registered", "meera signed_in 127.0.0.1", "meera sign_in_failed 127.0.0.1", "meera registered - - by the operator"} {
			if got := strings.Join(strings.Fields(lines[i]), " "); !strings.Contains(got, want) {
				t.Errorf("line %d: got %q, want %q in it", i, got, want)
			}
		}
		out, err = audit("--user", "MEERA", "--since", "1h", "--limit", "2", "--format", "json")
		lines = strings.Split(strings.TrimSpace(out), "\n")
		if err != nil || len(lines) != 2 {
			t.Fatalf("%v: want two lines:\n%s", err, out)
		}
		var newest auditLine
		if err := json.Unmarshal([]byte(lines[0]), &newest); err != nil || newest.Action != "signed_out" || newest.Username != "meera" || newest.UserID == 0 {
			t.Errorf("%v: got %+v, want the sign-out of meera", err, newest)
		}
		if out, err := audit("--user", "nobody"); err == nil || !strings.Contains(out, "no such person") {
			t.Errorf("about nobody: %v, said %q", err, out)
		}
		// The server has gone on all the while.
		if status, _ := n.do("GET", "/me", nil); status != 200 {
			t.Errorf("the server afterwards: %d, want 200", status)
		}
		n.kill()
		if out, err := audit("--limit", "1"); err != nil || !strings.Contains(strings.Join(strings.Fields(out), " "), "meera signed_out") {
			t.Errorf("after the server: %v, said %q", err, out)
		}
		// A program that knows more than the database says so, and changes nothing.
		if err := d.Exec(t.Context(), `DELETE FROM goose_db_version WHERE version_id >= 5`); err != nil {
			t.Fatal(err)
		}
		if out, err := audit(); err == nil || !strings.Contains(out, "earlier version") {
			t.Errorf("with an earlier database: %v, said %q", err, out)
		}
	})
}
