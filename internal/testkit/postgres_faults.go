//go:build unix

package testkit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// OwnPostgres starts a server that one test may end, hang and put back. It is gone when the
// test ends. What was committed with synchronous_commit, which is off unless it is asked for,
// survives a Crash, though not a power cut: the kernel keeps it.
func OwnPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	p, err := StartPostgres(PostgresOptions{Settings: map[string]string{"full_page_writes": "on"}})
	if err != nil {
		tb.Fatalf("start a PostgreSQL server for the test: %v", err)
	}
	tb.Cleanup(func() {
		if err := p.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return p
}

// Crash ends the server at once (its "immediate" shutdown): the next start recovers from the
// log of writes, as after the death of its process. Start brings it back.
func (p *Postgres) Crash() error { return p.quit(syscall.SIGQUIT) }

// Shutdown ends the server properly, and sends its clients away (its "fast" shutdown).
func (p *Postgres) Shutdown() error { return p.quit(syscall.SIGINT) }

// Start starts a server that is down, on the port and the data that it had.
func (p *Postgres) Start() error {
	if p.up {
		return errors.New("postgres is to be started, and is up")
	}
	// The port was free a moment ago, and may belong to a connection of somebody's for a moment.
	for try := 1; ; try++ {
		err := p.launch()
		if err == nil || try == 20 || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
		if err := p.quit(syscall.SIGQUIT); err != nil && p.up {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Hang stops the server's processes, all of them, until Resume: it accepts, and says nothing.
func (p *Postgres) Hang() error {
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("hang postgres: %w", err)
	}
	p.hung = true
	// It makes no more processes once it stands still.
	for deadline := time.Now().Add(postgresStop); ; time.Sleep(time.Millisecond) {
		if _, state, err := process(p.PID()); err != nil {
			return err
		} else if state == "T" {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres %d does not stand still after %s", p.PID(), postgresStop)
		}
	}
	return p.children(syscall.SIGSTOP)
}

// Resume lets a hung server go on.
func (p *Postgres) Resume() error {
	p.hung = false
	if err := p.children(syscall.SIGCONT); err != nil {
		return err
	}
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("resume postgres: %w", err)
	}
	return nil
}

// children signals the processes that the server has made: each is the leader of a group of
// its own.
func (p *Postgres) children(signal syscall.Signal) error {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	signalled := 0
	for _, dir := range all {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		// One that has ended meanwhile is not the server's any more.
		if parent, _, err := process(pid); err == nil && parent == p.PID() {
			_ = syscall.Kill(pid, signal)
			signalled++
		}
	}
	if signalled == 0 {
		return fmt.Errorf("postgres %d has no processes in /proc: hanging a server needs Linux", p.PID())
	}
	return nil
}

// process returns the parent and the state, such as T for one that was stopped, of a process.
func process(pid int) (parent int, state string, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, "", err
	}
	// The name in parentheses may hold anything.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 2 {
		return 0, "", fmt.Errorf("process %d is described as %q", pid, data)
	}
	parent, err = strconv.Atoi(fields[1])
	return parent, fields[0], err
}

// Copy copies the data of a server that is down, as an operator does who keeps a backup of
// the folder. What it returns puts the copy in the place of the data, again while the server
// is down, and may be called several times.
func (p *Postgres) Copy() (restore func() error, err error) {
	data, kept := filepath.Join(p.dir, "data"), filepath.Join(p.dir, "copy")
	copied := func(from, to string) error {
		if p.up {
			return errors.New("the data of a PostgreSQL server that is up was to be copied: end it before")
		}
		if err := os.RemoveAll(to); err != nil {
			return err
		}
		if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil { //nolint:noctx // A folder of some megabytes.
			return fmt.Errorf("copy the data of postgres: %w: %s", err, out)
		}
		return nil
	}
	return func() error { return copied(kept, data) }, copied(data, kept)
}
