//go:build unix

package testkit_test

import (
	"os"
	"testing"

	"swapnest/internal/testkit"
)

// A copy of the template is as new as a file that its opener has migrated: empty, and with a name of
// its own, or a test of two histories would not tell them apart.
func TestEachSQLiteDatabaseIsNew(t *testing.T) {
	migrated, one, two := testkit.EmptySQLite(t), testkit.SQLite(t), testkit.SQLite(t)
	if files, err := os.ReadDir(migrated.Dir()); err != nil || len(files) > 0 {
		t.Errorf("the empty one has %v (%v)", files, err)
	}
	epochs := map[string]bool{}
	for _, d := range []*testkit.Database{migrated, one, two} {
		db := d.Open(t, nil)
		epochs[db.Epoch()] = true
		if all, err := d.Changes(t.Context()); err != nil || len(all) > 0 {
			t.Errorf("there are changes: %v (%v)", all, err)
		}
		testkit.Populate(t, db)
	}
	if len(epochs) != 3 {
		t.Errorf("three databases have %d epochs", len(epochs))
	}
}
