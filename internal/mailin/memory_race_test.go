//go:build race

package mailin_test

import (
	"os/exec"
	"testing"
)

// TestNoMailTakesMuchMemoryOrTime is run by a program without the race detector, which takes much of the
// memory that is measured: with it, what is kept to be used again is thrown away at random. Nothing in it is shared.
func TestNoMailTakesMuchMemoryOrTime(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count", "1", "-run", "^"+t.Name()+"$", ".").CombinedOutput()
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}
