//go:build unix

package testkit_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("SWAPNEST_TESTKIT_ORPHAN"); dir != "" {
		leaveServerBehind(dir)
	}
	testkit.Main(m)
}

// A server starts, has databases made from a template, answers and is gone
// after Stop, with its folder.
func TestPostgresLivesUntilItIsStopped(t *testing.T) {
	dir := openDir(t)
	p, err := testkit.StartPostgres(testkit.PostgresOptions{Dir: dir, Settings: map[string]string{"work_mem": "5MB"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if err := p.CreateDatabase(ctx, "form", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := query(ctx, p.URL("form"), "CREATE TABLE town (name text); INSERT INTO town VALUES ('Zürich'); SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if err := p.CreateDatabase(ctx, "copy", "form"); err != nil {
		t.Fatal(err)
	}
	for statement, want := range map[string]string{
		"SELECT CAST(1 AS text)":                    "1",
		"SELECT name FROM town":                     "Zürich",
		"SHOW fsync":                                "off",
		"SHOW work_mem":                             "5MB",
		"SHOW server_encoding":                      "UTF8",
		"SELECT CAST(pg_backend_pid() > 0 AS text)": "true",
	} {
		got, err := query(ctx, p.URL("copy"), statement)
		if err != nil {
			t.Errorf("%s: %v", statement, err)
		}
		if got != want {
			t.Errorf("%s answers %q, want %q", statement, got, want)
		}
	}

	if err := p.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("stop again: %v", err)
	}
	if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("signalling process %d after Stop gives %v, want that there is no such process", p.PID(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("after Stop the folder holds %v (%v), want nothing", left, err)
	}
}

func TestDurablePostgresWritesToDisk(t *testing.T) {
	p, err := testkit.StartPostgres(testkit.PostgresOptions{Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		if got, err := query(t.Context(), p.URL("postgres"), "SHOW "+name); err != nil || got != "on" {
			t.Errorf("%s is %q (%v), want on", name, got, err)
		}
	}
}

func TestSharedPostgresIsOneServer(t *testing.T) {
	if a, b := testkit.SharedPostgres(t), testkit.SharedPostgres(t); a != b {
		t.Errorf("two calls give servers %d and %d, want one", a.PID(), b.PID())
	}
}

func TestPostgresThatCannotStartSaysWhy(t *testing.T) {
	dir := openDir(t)
	_, err := testkit.StartPostgres(testkit.PostgresOptions{Dir: dir, Settings: map[string]string{"shared_buffers": "many"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers"`) {
		t.Errorf("got %v, want PostgreSQL's own words", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("afterwards the folder holds %v (%v), want nothing", left, err)
	}
}

// A test process that is killed leaves neither a server nor its folder behind.
func TestPostgresEndsWithAKilledTestProcess(t *testing.T) {
	dir := openDir(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "SWAPNEST_TESTKIT_ORPHAN="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the other process says %q: %v", line, err)
	}
	address, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := query(t.Context(), address.String(), "SELECT CAST(1 AS text)"); err != nil || got != "1" {
		t.Fatalf("before the kill the server answers %q (%v), want 1", got, err)
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // It was killed, and says so.

	// Removing the folder is the last thing that the watchdog does.
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("20 s after the kill the folder of the server is still there")
		}
		if left, err := filepath.Glob(filepath.Join(dir, "*")); err == nil && len(left) == 0 {
			break
		}
	}
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address.Host); err == nil {
		t.Errorf("after the kill something still accepts at %s", address.Host)
		_ = conn.Close()
	}
}

// leaveServerBehind is the other process of the test above.
func leaveServerBehind(dir string) {
	p, err := testkit.StartPostgres(testkit.PostgresOptions{Dir: dir})
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString(p.URL("postgres") + "\n")
	select {} // Until it is killed.
}

// openDir returns a folder that the server's user can reach, unlike t.TempDir.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "swapnest-testkit-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	// Only passing through is given, not reading.
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // See above.
		t.Fatal(err)
	}
	return dir
}

// query returns the one text that the last of the statements answers.
func query(ctx context.Context, address, statements string) (string, error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }() // Nothing is pending.
	results, err := conn.PgConn().Exec(ctx, statements).ReadAll()
	if err != nil {
		return "", err
	}
	last := results[len(results)-1]
	if len(last.Rows) != 1 || len(last.Rows[0]) != 1 {
		return "", errors.New("not one value")
	}
	return string(last.Rows[0][0]), nil
}
