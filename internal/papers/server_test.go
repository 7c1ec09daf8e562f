// Package papers holds no code: its tests keep what is written about SwapNest true. They run the
// commands in the documents and the example clients against a demo server, as readers would.
package papers_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// root is the repository, seen from this package.
const root = "../.."

// built is the folder of the two programs below, made by the first test that needs it.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built) // it is in the folder for temporary files
	}
	os.Exit(code)
}

// build makes the program and the example client in Go as everybody builds them.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "swapnest-papers")
	if err != nil {
		return "", err
	}
	built = dir
	// What a child process reads is unknown to the cache of test results, so the folders that
	// these tests depend on are looked through here.
	for _, folder := range []string{"cmd", "internal", "examples"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(_ string, _ os.DirEntry, err error) error { return err })
		if err != nil {
			return "", err
		}
	}
	for name, from := range map[string]string{"swapnest": "./cmd/swapnest", "client": "./examples/go"} {
		c := exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(dir, name), from)
		c.Dir = root
		if out, err := c.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w: %s", from, err, out)
		}
	}
	return dir, nil
})

// program returns the path of "swapnest" or "client".
func program(t *testing.T, name string) string {
	t.Helper()
	dir, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

// server is a demo server as a process of its own.
type server struct {
	cmd    *exec.Cmd
	at     string // HOST:PORT
	stderr *said
}

// said is what a process has printed so far; it may still print.
type said struct {
	mu   sync.Mutex // guards what follows
	text bytes.Buffer
}

// Write implements io.Writer.
func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// serveDemo starts a demo server on a data directory. It ends with the test.
func serveDemo(t *testing.T, data string, env ...string) *server {
	t.Helper()
	c := exec.CommandContext(context.Background(), program(t, "swapnest"), "serve", "--demo", "--listen", "127.0.0.1:0", "--data-dir", data)
	c.Env = environment(env...)
	return started(t, c)
}

// started starts a server and waits until it listens. It ends with the test.
func started(t *testing.T, c *exec.Cmd) *server {
	t.Helper()
	s := &server{cmd: c, stderr: &said{}}
	s.cmd.Stderr = s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			_, s.at, _ = strings.Cut(url, "://")
			go func() { _, _ = io.Copy(io.Discard, out) }() // nobody reads what follows
			return s
		}
	}
	t.Fatalf("the server did not start: %s", s.stderr)
	return nil
}

// kill ends the server as kill -9 does. A second call does nothing.
func (s *server) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill() // it may have ended by itself
		_ = s.cmd.Wait()         // the status says that it was killed
	}
}

// environment is the one of the tests, with the tools that the project brings along, without
// anything that would have the program or a client behave in another way.
func environment(more ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "SWAPNEST_") && !strings.HasSuffix(strings.ToLower(name), "_proxy") && name != "PATH" {
			env = append(env, v)
		}
	}
	tools, _ := filepath.Abs(filepath.Join(root, ".tools", "bin")) // "" finds nothing
	return append(append(env, "PATH="+built+":"+tools+":"+os.Getenv("PATH")), more...)
}
