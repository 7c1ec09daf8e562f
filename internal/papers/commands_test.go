package papers_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCommandsRun types the commands of each document, one after the other and in one shell, at a
// demo server of the document's own.
func TestCommandsRun(t *testing.T) {
	for _, d := range documents(t) {
		if !slices.ContainsFunc(d.fences, fence.runs) {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			typeIn(t, d, serveDemo(t, t.TempDir()))
		})
	}
}

func (f fence) runs() bool { return f.isShell() && slices.Contains(f.info, "run") }

// typeIn runs a document's commands, and compares what they say with the answers shown.
func typeIn(t *testing.T, d document, s *server) {
	dir := t.TempDir()
	script := "set -euo pipefail\n"
	for i, f := range d.fences {
		if f.runs() {
			text := strings.NewReplacer("127.0.0.1:8000", s.at, "localhost:8000", s.at).Replace(f.text)
			script += fmt.Sprintf("exec >%s/%d.out 2>%s/%d.err\n%s", dir, i, dir, i, text)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-c", script)
	c.Dir = root
	c.Env = environment("TMPDIR="+dir, "SWAPNEST_LISTEN=127.0.0.1:0", "SWAPNEST_DATA_DIR="+filepath.Join(dir, "swapnest-data"))
	c.WaitDelay = time.Second
	failed := c.Run()
	for i, f := range d.fences {
		if !f.runs() {
			continue
		}
		said, err := os.ReadFile(fmt.Sprintf("%s/%d.out", dir, i))
		if err != nil {
			break // the one before has failed
		}
		if _, err := os.Stat(fmt.Sprintf("%s/%d.out", dir, next(d, i))); failed != nil && err != nil {
			wrong, _ := os.ReadFile(fmt.Sprintf("%s/%d.err", dir, i)) // there is one where there is the other
			t.Fatalf("%s: %v: %s%s", f.where, failed, said, wrong)
		}
		if i+1 < len(d.fences) && d.fences[i+1].behind && d.fences[i+1].kind() == "json" {
			compare(t, d.fences[i+1], said)
		}
	}
	if failed != nil {
		t.Errorf("%s: %v", d.name, failed)
	}
}

// next is the place of the fence that is run after i; -1 for none.
func next(d document, i int) int {
	for n := i + 1; n < len(d.fences); n++ {
		if d.fences[n].runs() {
			return n
		}
	}
	return -1
}

// compare holds an answer that a document shows against the last one that came.
func compare(t *testing.T, shown fence, said []byte) {
	t.Helper()
	var want, got any
	if err := json.Unmarshal([]byte(shown.text), &want); err != nil {
		t.Errorf("%s: %v", shown.where, err)
		return
	}
	for d := json.NewDecoder(strings.NewReader(string(said))); d.More(); {
		if err := d.Decode(&got); err != nil {
			t.Errorf("%s: the command says something else than JSON: %v: %s", shown.where, err, said)
			return
		}
	}
	if err := fits(want, got, ""); err != nil {
		t.Errorf("%s: %v in %s", shown.where, err, said)
	}
}

// fits tells whether all that is shown is there and of the same kind. An answer may have more.
func fits(shown, real any, at string) error {
	if fmt.Sprintf("%T", shown) != fmt.Sprintf("%T", real) && shown != nil && real != nil {
		return fmt.Errorf("%q is shown as %v and is %v", at, shown, real)
	}
	switch shown := shown.(type) {
	case map[string]any:
		real, _ := real.(map[string]any) // nil has nothing
		for name, v := range shown {
			r, ok := real[name]
			if !ok {
				return fmt.Errorf("%q is shown and is not there", at+"."+name)
			}
			if err := fits(v, r, at+"."+name); err != nil {
				return err
			}
		}
	case []any:
		real, _ := real.([]any) // nil has nothing
		for i, v := range shown {
			if len(real) == 0 {
				return fmt.Errorf("%q is shown with entries and has none", at)
			}
			if err := fits(v, real[min(i, len(real)-1)], at+"[]"); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestTheREADMEsFirstCommandServesTheDemo types it as it stands there.
func TestTheREADMEsFirstCommandServesTheDemo(t *testing.T) {
	fences := fencesFor(t)
	first := fences[0]
	if !strings.HasPrefix(first.where, "README.md:") {
		t.Fatalf("%s is not in README.md", first.where)
	}
	for _, f := range fences[1:] {
		if f.text != first.text {
			t.Errorf("%s has another command: %s", f.where, f.text)
		}
	}
	c := exec.CommandContext(context.Background(), "bash", "-c", "exec "+first.text)
	c.Dir = root
	c.Env = environment("SWAPNEST_LISTEN=127.0.0.1:0", "SWAPNEST_DATA_DIR="+t.TempDir())
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run has a child
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // this group is the command's own
		_ = c.Wait()                                      // the status says that it was killed
	}()
	var said string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said += lines.Text() + "\n"
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			response, err := http.Get(url + "/")
			if err != nil || response.StatusCode != http.StatusOK {
				t.Errorf("the shop: %v %v", response, err)
			}
			if !strings.Contains(said, "username aarav") || !strings.Contains(said, "username meera_k") {
				t.Errorf("it does not say who can sign in: %s", said)
			}
			return
		}
	}
	t.Errorf("it did not start: %s", said)
}
