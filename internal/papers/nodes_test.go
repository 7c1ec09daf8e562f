package papers_test

import (
	"strings"
	"testing"

	"swapnest/internal/testkit"
)

// TestANodeOfSeveralStartsAsWritten types the command of docs/operations.md for a node among
// others, with a database and a Redis of its own in place of those of the net.
func TestANodeOfSeveralStartsAsWritten(t *testing.T) {
	t.Parallel()
	fences := fencesFor(t)
	if len(fences) != 1 {
		t.Fatalf("%d fences are for this test, want 1", len(fences))
	}
	postgres, err := testkit.StartPostgres(testkit.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := postgres.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if err := postgres.CreateDatabase(t.Context(), "swapnest", ""); err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("/var/lib/swapnest", t.TempDir(), "/srv/swapnest/blobs", t.TempDir(), "10.0.0.11:8000", "127.0.0.1:0",
		"postgres://swapnest@db/swapnest", "'"+postgres.URL("swapnest")+"'", "redis://:password@redis:6379", testkit.StartRedis(t).URL())
	for _, command := range fences[0].commands() {
		if command = strings.TrimSpace(here.Replace(command)); command != "" {
			t.Run("serve", func(t *testing.T) { askReady(t, serveLine(t, t.TempDir(), command), command) })
		}
	}
}
