package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// failFsync has each fsync of a running node fail, of each of its threads from the nth on.
func (n *node) failFsync(nth int) {
	n.t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		n.t.Fatal("strace is not installed: run scripts/bootstrap")
	}
	tracer := exec.CommandContext(n.t.Context(), strace, "-f", "-o", os.DevNull, "-e", "trace=fsync,fdatasync",
		"-e", fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d+", nth), "-p", strconv.Itoa(n.cmd.Process.Pid))
	said, err := tracer.StderrPipe()
	if err == nil {
		err = tracer.Start()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		_ = tracer.Process.Kill() // it ends with what it traces
		_ = tracer.Wait()
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "attached") {
			go func() { _, _ = io.Copy(io.Discard, said) }() // one line for each thread
			return
		}
	}
	n.t.Fatal("strace did not attach")
}

// TestAFailedFsyncEndsTheProcess shows contract 22: it is never tried again, the process ends
// and says why, and everything that was acknowledged before is there afterwards.
func TestAFailedFsyncEndsTheProcess(t *testing.T) {
	for _, nth := range []int{1, 4} {
		d := testkit.SQLite(t)
		n := startNode(t, d, "--rate-limits", "off")
		n.do("POST", "/users", object{"username": "meera", "password": "long enough"})
		_, made := n.do("POST", "/listings", object{
			"title": "Hero cycle", "description": "", "price": object{"amount": 850000, "currency": "INR"},
			"category": "cycles", "condition": "good",
		})
		n.do("POST", "/users", object{"username": "aarav", "password": "long enough"})
		status, first := n.do("POST", "/conversations", object{"listing_id": made["listing"].(object)["id"], "client_id": "one", "message": "Is it there?"})
		if status != http.StatusCreated {
			t.Fatalf("start: %d %v", status, first)
		}
		path := fmt.Sprintf("/conversations/%v/messages", first["conversation"].(object)["id"])
		acked := map[string]bool{"one": true}
		for i := range 3 {
			if got := n.try(path, fmt.Sprint("before", i)); got != http.StatusCreated {
				t.Fatalf("before the fault: %d", got)
			}
			acked[fmt.Sprint("before", i)] = true
		}
		n.failFsync(nth)
		last := 0
		for i := range 190 {
			id := fmt.Sprint("m", i)
			if last = n.try(path, id); last != http.StatusCreated {
				break
			}
			acked[id] = true
		}
		if last != http.StatusServiceUnavailable && last != 0 {
			t.Fatalf("the message that met the fault was answered with %d, want 503 or the end of the line", last)
		}
		if got, took := n.ends(20 * time.Second); got != 1 {
			t.Errorf("exit status %d after %s, want 1: %s", got, took, n.stderr)
		}
		lines := strings.Split(strings.TrimSpace(n.stderr.String()), "\n")
		if said := lines[len(lines)-1]; !strings.HasPrefix(said, "swapnest: the disk has failed") || !strings.Contains(said, "SQLITE_IOERR_FSYNC") && !strings.Contains(said, "disk I/O error") {
			t.Errorf("the last line is %q", said)
		}
		again := startNode(t, d)
		again.token = n.token
		_, page := again.do("GET", path+"?limit=200", nil)
		stored := map[string]int{}
		for _, m := range page["messages"].([]any) {
			stored[m.(object)["client_id"].(string)]++
		}
		for id := range acked {
			if stored[id] != 1 {
				t.Errorf("%s was acknowledged, and is there %d times", id, stored[id])
			}
		}
		if len(stored) > len(acked)+1 {
			t.Errorf("%d messages are stored, %d were acknowledged and one was open", len(stored), len(acked))
		}
		if got := again.try(path, "afterwards"); got != http.StatusCreated {
			t.Errorf("a message after the restart: %d", got)
		}
		again.kill()
	}
}

// ends waits for the child's own end, and kills one that does not come to it. It returns the
// exit status and how long it took.
func (n *node) ends(most time.Duration) (status int, took time.Duration) {
	began := time.Now()
	timer := time.AfterFunc(most, func() { _ = n.cmd.Process.Kill() }) // it may have ended meanwhile
	defer timer.Stop()
	_ = n.cmd.Wait() // the status is what is returned
	return n.cmd.ProcessState.ExitCode(), time.Since(began)
}

// try sends a message and returns the status of the answer, 0 when there is none.
func (n *node) try(path, id string) int {
	n.t.Helper()
	body := fmt.Appendf(nil, `{"client_id":%q,"message":"hello"}`, id)
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, n.url+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "swapnest_session", Value: n.token})
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}
