package papers_test

import (
	"strings"
	"testing"
)

// TestASiteThatSendsMailStartsAsWritten types the command of docs/operations.md for a site that sends
// mail. Its mail server is not there, and the site starts all the same.
func TestASiteThatSendsMailStartsAsWritten(t *testing.T) {
	t.Parallel()
	fences := fencesFor(t)
	if len(fences) != 1 {
		t.Fatalf("%d fences are for this test, want 1", len(fences))
	}
	here := strings.NewReplacer("10.0.0.11:8000", "127.0.0.1:0", "smtp.example:587", "127.0.0.1:1")
	for _, command := range fences[0].commands() {
		if command = strings.TrimSpace(here.Replace(command)); command != "" {
			password, command, _ := strings.Cut(command, " ")
			askReady(t, serveLine(t, t.TempDir(), command, password), command)
		}
	}
}
