package store_test

import (
	"testing"

	"swapnest/internal/testkit"
)

// TestCommitsAreDurable shows contract 2: a commit returns when it is on the disk, whatever the
// server's own default is. That of the tests' server is another one.
func TestCommitsAreDurable(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		plain, writers := db.WriteConnections()
		want := map[string]string{"SHOW synchronous_commit": "on"}
		if d.Name == "sqlite" {
			want = map[string]string{"PRAGMA synchronous": "2", "PRAGMA journal_mode": "wal"}
		}
		for question, answer := range want {
			var got string
			if err := plain.QueryRowContext(t.Context(), question).Scan(&got); err != nil || got != answer {
				t.Errorf("%s is %q (%v), want %q", question, got, err, answer)
			}
			if writers == nil {
				continue
			}
			if err := writers.QueryRow(t.Context(), question).Scan(&got); err != nil || got != answer {
				t.Errorf("%s of the writers is %q (%v), want %q", question, got, err, answer)
			}
		}
	})
}
