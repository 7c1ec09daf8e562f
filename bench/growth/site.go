package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"swapnest/internal/testkit"
)

// works is where things are built and run.
type works struct {
	root, dir string
	swapnest  string
	postgres  *testkit.Postgres // nil for SQLite
	made      int               // sites so far
}

func newWorks(ctx context.Context, root, dir string) (*works, error) {
	w := &works{root: root, dir: dir, swapnest: filepath.Join(dir, "swapnest")}
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", w.swapnest, "./cmd/swapnest")
	c.Dir, c.Stderr, c.Env = root, os.Stderr, append(os.Environ(), "CGO_ENABLED=0")
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("build the program: %w", err)
	}
	return w, nil
}

// person is somebody with a session.
type person struct {
	id              int64
	username, token string
}

// site is a database of the program's, and the program while it serves it.
type site struct {
	*works
	name    string
	flags   []string
	people  []person
	filler  filler
	url     string
	process *exec.Cmd
}

// newSite makes an empty site with accounts that have sessions.
func (w *works) newSite(ctx context.Context, people int) (*site, error) {
	w.made++
	s := &site{works: w, name: fmt.Sprintf("site%d", w.made)}
	data := filepath.Join(w.dir, s.name)
	s.flags = []string{"--data-dir", data}
	s.filler = &sqliteFiller{dir: data}
	if w.postgres != nil {
		if err := w.postgres.CreateDatabase(ctx, s.name, ""); err != nil {
			return nil, err
		}
		s.flags = append(s.flags, "--database-url", w.postgres.URL(s.name))
		s.filler = &postgresFiller{url: w.postgres.URL(s.name)}
	}
	file := filepath.Join(w.dir, s.name+".sessions")
	args := append([]string{"user", "create", "--count", strconv.Itoa(people), "--sessions", file}, s.flags...)
	if out, err := exec.CommandContext(ctx, w.swapnest, args...).CombinedOutput(); err != nil { //nolint:gosec // what was built a moment ago
		return nil, fmt.Errorf("make accounts: %w: %s", err, out)
	}
	made, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for row := range strings.Lines(string(made)) {
		username, token, _ := strings.Cut(strings.TrimSpace(row), " ")
		s.people = append(s.people, person{int64(len(s.people) + 1), username, token}) // the ids of an empty database begin at 1
	}
	return s, nil
}

// remove deletes all that there is of a site.
func (s *site) remove(ctx context.Context) error {
	errs := []error{s.stop(), os.RemoveAll(filepath.Join(s.dir, s.name))}
	if s.works.postgres != nil {
		errs = append(errs, s.works.postgres.DropDatabase(ctx, s.name))
	}
	return errors.Join(errs...)
}

// startTimeout is how long the program may take until it listens.
const startTimeout = time.Minute

// serve starts the program.
func (s *site) serve() error {
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--rate-limits", "off", "--log-level", "error"}, s.flags...)
	c := exec.Command(s.swapnest, args...) //nolint:gosec,noctx // what was built a moment ago; it is ended by stop
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("start the program: %w", err)
	}
	s.process = c
	late := time.AfterFunc(startTimeout, func() { _ = c.Process.Kill() }) // its output ends with it
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			s.url = url
			go func() { _, _ = io.Copy(io.Discard, out) }() // nobody reads what follows
			return nil
		}
	}
	return errors.New("the program did not start: what it said is above")
}

// stop ends the program, if it runs.
func (s *site) stop() error {
	c := s.process
	if c == nil {
		return nil
	}
	s.process = nil
	_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
	over := make(chan struct{})
	go func() {
		_ = c.Wait() // a signal has ended it
		close(over)
	}()
	select {
	case <-over:
		return nil
	case <-time.After(30 * time.Second):
		_ = c.Process.Kill() // it did not end when it was asked to
		<-over
		return errors.New("the program did not end within 30 seconds")
	}
}

// pids are the processes whose time counts.
func (s *site) pids() []int {
	all := []int{s.process.Process.Pid}
	if s.works.postgres != nil {
		all = append(all, s.works.postgres.PID())
	}
	return all
}
