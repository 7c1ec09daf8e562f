package papers_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestAMachineIsMeasuredAsWritten types the commands of docs/operations.md that measure, for a second
// each and at a free port.
func TestAMachineIsMeasuredAsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	port := freePort(t)
	said := ""
	var site *server
	for _, f := range fencesFor(t) {
		for _, command := range f.commands() {
			command = strings.ReplaceAll(command, "127.0.0.1:8001", "127.0.0.1:"+port)
			if site != nil {
				command = strings.ReplaceAll(command, `"$(pidof swapnest)"`, strconv.Itoa(site.cmd.Process.Pid))
			}
			switch {
			case strings.HasPrefix(command, "swapnest serve "):
				site = serveLine(t, dir, command)
			case strings.HasPrefix(command, "swapnest bench "):
				said += runIn(t, dir, command+" --warmup 0s --duration 1s --hold 0s", "")
			default:
				runIn(t, dir, command, "")
			}
		}
	}
	for _, want := range []string{"100 in flight", "500 a second", "1000 of 1000", "processor seconds per 1,000 messages"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing says %q:\n%s", want, said)
		}
	}
	var results struct {
		Talked struct{ Acks int }
	}
	data, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err == nil {
		err = json.Unmarshal(data, &results)
	}
	if err != nil || results.Talked.Acks < 400 {
		t.Errorf("results.json: %v: %s", err, data)
	}
}
