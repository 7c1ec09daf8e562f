//go:build race

package corpus_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMain has these tests run by a program without the race detector, which takes much of the
// memory and the time that they measure. Nothing here is shared but what the tests of internal/picture
// and internal/feature/uploads look at with it.
func TestMain(*testing.M) {
	code, err := plain()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func plain() (int, error) {
	dir, err := os.MkdirTemp("", "swapnest-corpus-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "corpus.test")
	if out, err := exec.Command("go", "test", "-c", "-ldflags=-s -w", "-o", program, ".").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the tests: %w\n%s", err, out)
	}
	c := exec.Command(program, os.Args[1:]...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	err = c.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return failed.ExitCode(), nil
	}
	return 0, err
}
