//go:build unix

package testkit_test

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

func TestRedisLivesUntilItIsKilledAndStartsAgain(t *testing.T) {
	server := testkit.StartRedis(t)
	if got := strings.TrimSpace(server.Do("SET", "town", "Zürich")); got != "OK" {
		t.Errorf("SET answers %q", got)
	}
	server.Kill()
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Host()); err == nil {
		_ = conn.Close()
		t.Errorf("after Kill something accepts at %s", server.Host())
	}
	server.Start()
	if got := strings.TrimSpace(server.Do("EXISTS", "town")); got != "0" {
		t.Errorf("a server that keeps nothing answers %q", got)
	}
}

// A test process that is killed leaves neither a server nor its folder behind.
func TestRedisEndsWithAKilledTestProcess(t *testing.T) {
	if os.Getenv("SWAPNEST_TESTKIT_REDIS_ORPHAN") != "" {
		fmt.Println("at", testkit.StartRedis(t).URL())
		select {} // Until it is killed.
	}
	dir := openDir(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestRedisEndsWithAKilledTestProcess$")
	cmd.Env = append(os.Environ(), "SWAPNEST_TESTKIT_REDIS_ORPHAN=1", "TMPDIR="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var address *url.URL
	for lines := bufio.NewScanner(out); address == nil && lines.Scan(); {
		if at, ok := strings.CutPrefix(lines.Text(), "at "); ok {
			if address, err = url.Parse(at); err != nil {
				t.Fatal(err)
			}
		}
	}
	if address == nil {
		t.Fatal("the other process started no server")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // It was killed, and says so.
	// Removing the folder is the last thing that the watchdog does.
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if left, err := filepath.Glob(filepath.Join(dir, "swapnest-redis-*")); err == nil && len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("20 s after the kill the folder of the server is still there")
		}
	}
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address.Host); err == nil {
		_ = conn.Close()
		t.Errorf("after the kill something still accepts at %s", address.Host)
	}
}
