package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// TestTheOutboxIsReadAndChangedBesideARunningServer has what is written beside it stay unsent, for
// the server has no way to send it.
func TestTheOutboxIsReadAndChangedBesideARunningServer(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		if d.URL() == "" {
			d = testkit.EmptySQLite(t)
		}
		storage := []string{"--data-dir", d.Dir()}
		if d.URL() != "" {
			storage = append(storage, "--database-url", d.URL())
		}
		outbox := func(args ...string) (string, error) {
			out, err := command(t, append(append([]string{"outbox"}, args...), storage...)...).CombinedOutput()
			return string(out), err
		}
		if d.URL() == "" {
			if out, err := outbox(); err == nil || !strings.Contains(out, "there is no database") {
				t.Errorf("without a database: %v, said %q", err, out)
			}
		}
		n := startNode(t, d)
		long := time.Now().Add(-time.Hour).UnixMicro()
		for i, state := range []string{"dead", "dead", "waiting", "sent"} {
			err := d.Exec(t.Context(), fmt.Sprintf(`
				INSERT INTO outbox (channel, kind, state, user_id, note, attempts, fault, created_at, due_at, sent_at)
				VALUES ('mail', 'password', '%s', 7, '{"address":"asha@swap.example"}', %d, 'no route', %d, %d, %d)`, state, i+1, long, time.Now().Add(time.Hour).UnixMicro(), long))
			if err != nil {
				t.Fatal(err)
			}
		}
		out, err := outbox()
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if err != nil || len(lines) != 5 || strings.Contains(out, "@") {
			t.Fatalf("%v: want a heading and four lines without an address:\n%s", err, out)
		}
		for i, want := range []string{"ID CHANNEL KIND STATE", "4 mail password sent 7 4", "3 mail password waiting 7 3", "2 mail password dead 7 2", "1 mail password dead 7 1"} {
			if got := strings.Join(strings.Fields(lines[i]), " "); !strings.HasPrefix(got, want) {
				t.Errorf("line %d: got %q, want %q", i, got, want)
			}
		}
		out, err = outbox("--state", "dead", "--channel", "mail", "--limit", "1", "--format", "json")
		var line outboxLine
		if err != nil || json.Unmarshal([]byte(out), &line) != nil || line.ID != 2 || line.Fault != "no route" || !line.Due.IsZero() {
			t.Errorf("%v: said %q, want delivery 2 alone", err, out)
		}
		for _, c := range []struct {
			want string
			args []string
		}{
			{"1 to be tried again.", []string{"retry", "3"}},
			{"2 to be tried again.", []string{"retry", "--all", "--channel", "mail"}},
			{"0 to be tried again.", []string{"retry", "--all"}},
			{"2 dropped.", []string{"drop", "1", "3", "4", "99"}},
		} {
			if out, err := outbox(c.args...); err != nil || strings.TrimSpace(out) != c.want {
				t.Errorf("%v: %v, said %q, want %q", c.args, err, out, c.want)
			}
		}
		if out, err := outbox("--state", "waiting", "--format", "json"); err != nil || json.Unmarshal([]byte(out), &line) != nil || line.ID != 2 || line.Due.After(time.Now()) {
			t.Errorf("%v: said %q, want delivery 2, due", err, out)
		}
		for _, args := range [][]string{{"retry"}, {"retry", "1", "--all"}, {"retry", "1", "--channel", "mail"}, {"drop"}, {"--limit", "0"}, {"--state", "lost"}} {
			if out, err := outbox(args...); err == nil || !strings.Contains(out, "See swapnest --help") {
				t.Errorf("%v: %v, said %q, want a mistake on the command line", args, err, out)
			}
		}
		// The server has gone on all the while, and what was written beside it counts for it.
		if status, _ := n.do("POST", "/users", object{"username": "meera", "password": "long enough"}); status != 201 {
			t.Errorf("the server afterwards: %d, want 201", status)
		}
		n.kill()
		if out, err := outbox("drop", "2"); err != nil || strings.TrimSpace(out) != "1 dropped." {
			t.Errorf("after the server: %v, said %q", err, out)
		}
	})
}
