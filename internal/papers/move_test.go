package papers_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"swapnest/internal/testkit"
)

// TestTheMoveOfTheDocumentRuns types what stands under "Moving to PostgreSQL" in a folder with the
// data of a site that has ended, and a server of the test's own in place of the document's.
func TestTheMoveOfTheDocumentRuns(t *testing.T) {
	if quickLoop() {
		t.Skip("left out, for the quick loop needs nothing but Go")
	}
	t.Parallel()
	dir := t.TempDir()
	serveDemo(t, filepath.Join(dir, "swapnest-data")).kill()
	runIn(t, dir, "swapnest user create newcomer", "long enough\n") // who is in no other database
	postgres, err := testkit.StartPostgres(testkit.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := postgres.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := postgres.CreateDatabase(t.Context(), "swapnest", ""); err != nil {
		t.Fatal(err)
	}
	moved, served := 0, 0
	for _, f := range fencesFor(t) {
		for _, command := range f.commands() {
			if command = strings.TrimSpace(command); command == "" {
				continue
			}
			command = swap(t, command, "postgres://swapnest:PASSWORD@db.example/swapnest", "'"+postgres.URL("swapnest")+"'")
			if strings.HasPrefix(command, "swapnest serve ") {
				served++
				s := serveLine(t, dir, command, "SWAPNEST_LISTEN=127.0.0.1:0")
				askReady(t, s, command)
				response, err := http.Post("http://"+s.at+"/api/v1/session", "application/json", strings.NewReader(`{"username":"newcomer","password":"long enough"}`))
				if err != nil {
					t.Fatal(err)
				}
				if response.Body.Close(); response.StatusCode != http.StatusOK {
					t.Errorf("signing in: %s", response.Status)
				}
				continue
			}
			moved++
			if said := runIn(t, dir, command, ""); !strings.Contains(said, "are alike in both databases") {
				t.Errorf("%s says %s", command, said)
			}
		}
	}
	if moved != 1 || served != 1 {
		t.Errorf("%d moves and %d servers are in the document", moved, served)
	}
}
