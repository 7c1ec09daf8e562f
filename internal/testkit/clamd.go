//go:build unix

package testkit

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Harmful is what the scanner of the tests calls harmful, as Harmful.Test: its own list of
// patterns holds nothing else.
const Harmful = "SWAPNEST-TEST-FILE-THAT-A-SCANNER-FINDS"

// clamdStart bounds how long a scanner may take until it answers: it reads one pattern.
const clamdStart = 30 * time.Second

// Clamd is a virus scanner, Debian's clamd, that belongs to one test alone.
type Clamd struct {
	tb       testing.TB
	dir      string
	port     int
	most     int64
	cmd      *exec.Cmd
	watchdog *watchdog
}

// StartClamd starts a scanner that takes so many bytes of a file at most. It listens on a port
// of 127.0.0.1 and on a socket in a folder of its own, and is gone when the test ends, or its
// process does. Where clamd is missing, the test fails, or in the quick loop is left out.
func StartClamd(tb testing.TB, most int64) *Clamd {
	tb.Helper()
	c := &Clamd{tb: tb, most: most}
	program := findClamd(tb)
	var err error
	if c.dir, err = os.MkdirTemp("", "swapnest-clamd-"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		c.Kill()
		if err := os.RemoveAll(c.dir); err != nil {
			tb.Error(err)
		}
	})
	if c.port, err = FreePort(); err != nil {
		tb.Fatal(err)
	}
	conf := fmt.Sprintf("Foreground yes\nDatabaseDirectory %s\nTemporaryDirectory %s\nLogFile %s/log\nLocalSocket %s/socket\nTCPSocket %d\nTCPAddr 127.0.0.1\nStreamMaxLength %d\nMaxThreads 4\n",
		c.dir, c.dir, c.dir, c.dir, c.port, most)
	pattern := "Harmful.Test:0:*:" + hex.EncodeToString([]byte(Harmful)) + "\n"
	for name, text := range map[string]string{"clamd.conf": conf, "test.ndb": pattern} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	if c.watchdog, err = startWatchdog(c.dir, "KILL"); err != nil {
		tb.Fatal(err)
	}
	c.cmd = exec.Command(program, "--config-file", filepath.Join(c.dir, "clamd.conf")) //nolint:noctx // It outlives this call; Kill ends it.
	c.cmd.Dir = c.dir
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.cmd.Start(); err != nil {
		tb.Fatalf("start a scanner for the tests: %v", err)
	}
	if err := c.watchdog.guard(c.cmd.Process.Pid); err != nil {
		tb.Fatal(err)
	}
	for deadline := time.Now().Add(clamdStart); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", c.Host(), time.Second) //nolint:noctx // It has a deadline of its own.
		if err == nil {
			_ = conn.Close() // nothing was said
			return c
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(filepath.Join(c.dir, "log")) // Without its words the error still stands.
			tb.Fatalf("clamd did not answer within %s: %v\n%s", clamdStart, err, said)
		}
	}
}

// findClamd returns where clamd is: in PATH, or where scripts/bootstrap has put it.
func findClamd(tb testing.TB) string {
	tb.Helper()
	program, err := exec.LookPath("clamd")
	_, here, _, _ := runtime.Caller(0)
	for _, other := range []string{filepath.Join(filepath.Dir(here), "../../.tools/bin/clamd"), "/usr/sbin/clamd"} {
		if _, missing := os.Stat(other); err != nil && missing == nil {
			program, err = other, nil
		}
	}
	if err != nil {
		if os.Getenv("SWAPNEST_TEST_DATABASES") == "sqlite" {
			tb.Skipf("left out, for the quick loop needs nothing but Go: %v", err)
		}
		tb.Fatalf("%v: scripts/bootstrap brings it", err)
	}
	return program
}

// Host is where it listens.
func (c *Clamd) Host() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)) }

// URL is its address for --scanner.
func (c *Clamd) URL() string { return "tcp://" + c.Host() }

// SocketURL is the address of its socket.
func (c *Clamd) SocketURL() string { return "unix://" + c.dir + "/socket" }

// Kill ends it. One that has ended is no error.
func (c *Clamd) Kill() {
	c.tb.Helper()
	if c.cmd == nil || c.cmd.Process == nil {
		return
	}
	// It may have gone; Wait tells that it was killed, which is what was wanted.
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	c.cmd = nil
	if err := c.watchdog.dismiss(); err != nil {
		c.tb.Error(err)
	}
}

// Hang stops its process until Resume: it accepts, and says nothing.
func (c *Clamd) Hang() { c.signal(syscall.SIGSTOP) }

// Resume lets it go on.
func (c *Clamd) Resume() { c.signal(syscall.SIGCONT) }

func (c *Clamd) signal(s syscall.Signal) {
	c.tb.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.tb.Fatal(err)
	}
}
