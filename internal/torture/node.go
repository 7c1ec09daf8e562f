package torture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// Node is the program as a process on one data directory and one address, which it keeps
// over restarts.
type Node struct {
	tb       testing.TB
	program  string
	database *testkit.Database
	more     []string // further flags
	wrap     []string // what the program is run by, as strace

	// At is HOST:PORT, "" before the first start. It stays the same from then on.
	At string

	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended

	mu  sync.Mutex // guards log
	log bytes.Buffer
}

// NewNode returns a node that has not been started. It ends with the test.
func NewNode(tb testing.TB, program func() (string, error), d *testkit.Database, flags ...string) *Node {
	tb.Helper()
	path, err := program()
	if err != nil {
		tb.Fatal(err)
	}
	n := &Node{tb: tb, program: path, database: d, more: flags}
	tb.Cleanup(n.Kill)
	return n
}

// storage are the flags that say where the data is.
func (n *Node) storage() []string {
	flags := []string{"--data-dir", n.database.Dir()}
	if n.database.URL() != "" {
		flags = append(flags, "--database-url", n.database.URL())
	}
	return flags
}

// Run runs another command of the program to its end, while the node is down.
func (n *Node) Run(args ...string) {
	n.tb.Helper()
	c := exec.CommandContext(context.Background(), n.program, append(args, n.storage()...)...) //nolint:gosec // It was built here.
	if out, err := c.CombinedOutput(); err != nil {
		n.tb.Fatalf("%v: %v: %s", args, err, out)
	}
}

// Start starts the process with more in its environment and waits until it listens. It
// returns an error when the process ends before.
func (n *Node) Start(environment ...string) error {
	at := n.At
	if at == "" {
		port, err := testkit.FreePort() // one that is free still whenever it is started again
		if err != nil {
			return err
		}
		at = fmt.Sprint("127.0.0.1:", port)
	}
	args := append(append(append([]string{}, n.wrap...), n.program, "serve", "--listen", at, "--rate-limits", "off"), n.storage()...)
	args = append(args, n.more...)
	n.cmd = exec.CommandContext(context.Background(), args[0], args[1:]...) //nolint:gosec // It was built here.
	n.cmd.Env = append(os.Environ(), environment...)
	n.cmd.Stderr = writer{n}
	// What it starts ends with it, and it ends with this process.
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.cmd.Start(); err != nil {
		return err
	}
	listening, exited, cmd := make(chan string, 1), make(chan struct{}), n.cmd
	n.exited = exited
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if at, ok := strings.CutPrefix(lines.Text(), "listening on http://"); ok {
				listening <- at
			}
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // how it ended is in ProcessState
		close(exited)
	}()
	select {
	case at = <-listening:
		return n.is(at)
	case <-exited:
		select {
		case at = <-listening: // it listened, and was ended at once
			return n.is(at)
		default:
		}
		return fmt.Errorf("it ended with %v before it listened: %s", n.cmd.ProcessState, n.Log())
	case <-time.After(time.Minute):
		n.Kill()
		return errors.New("it did not listen within a minute")
	}
}

// is notes where the process listens: clients read that while it is started again.
func (n *Node) is(at string) error {
	if n.At == "" {
		n.At = at
	}
	if n.At != at {
		return fmt.Errorf("it listens on %s, and was to do so on %s", at, n.At)
	}
	return nil
}

// MustStart is Start that ends the test when it fails.
func (n *Node) MustStart(environment ...string) {
	n.tb.Helper()
	if err := n.Start(environment...); err != nil {
		n.tb.Fatal(err)
	}
}

// Signal sends a signal to the process.
func (n *Node) Signal(s syscall.Signal) {
	if n.cmd != nil && n.cmd.Process != nil {
		_ = syscall.Kill(-n.cmd.Process.Pid, s) // it may have ended
	}
}

// Kill ends the process without a warning and waits until it has gone.
func (n *Node) Kill() {
	if n.exited == nil {
		return
	}
	n.Signal(syscall.SIGKILL)
	<-n.exited
}

// Exited is closed when the process of the last Start has ended.
func (n *Node) Exited() <-chan struct{} { return n.exited }

// ExitCode is how the process ended; -1 by a signal.
func (n *Node) ExitCode() int { return n.cmd.ProcessState.ExitCode() }

// Log is what the process has written to its standard error, over all starts.
func (n *Node) Log() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

// metric reads one of the node's metrics.
func (n *Node) metric(tb testing.TB, name string) float64 {
	tb.Helper()
	answer, err := caller.Get("http://" + n.At + "/metrics") //nolint:noctx // It has a timeout.
	if err != nil {
		tb.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // It has been read.
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			f, err := strconv.ParseFloat(value, 64)
			if err != nil {
				tb.Fatal(err)
			}
			return f
		}
	}
	tb.Fatalf("there is no metric %s", name)
	return 0
}

// writer collects what a process says.
type writer struct{ n *Node }

func (w writer) Write(p []byte) (int, error) {
	w.n.mu.Lock()
	defer w.n.mu.Unlock()
	return w.n.log.Write(p)
}
