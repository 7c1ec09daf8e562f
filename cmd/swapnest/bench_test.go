package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"swapnest/internal/loadgen"
	"swapnest/internal/testkit"
)

// TestASiteIsMeasured puts a real node under each kind of load, from accounts that the program has made.
func TestASiteIsMeasured(t *testing.T) {
	d := testkit.SQLite(t)
	sessions := filepath.Join(t.TempDir(), "sessions")
	if out, err := command(t, "user", "create", "--count", "8", "--sessions", sessions, "--data-dir", d.Dir()).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	n := startNode(t, d, "--rate-limits", "off")
	measure := func(args ...string) (string, measured) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "results.json")
		all := append([]string{"bench", "--url", n.url, "--sessions", sessions, "--json", file, "--pid", strconv.Itoa(n.cmd.Process.Pid)}, args...)
		out, err := command(t, all...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var m measured
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		return string(out), m
	}
	// Longer and longer, until there is enough of it: a busy machine takes its time, and a disk that holds a
	// commit up has some messages refused.
	until := func(enough func(*loadgen.Talked) bool, args ...string) (table string, r *loadgen.Talked) {
		t.Helper()
		for long := time.Second; long <= 16*time.Second; long *= 2 {
			var m measured
			table, m = measure(append(args, "--duration", long.String())...)
			if r = m.Talked; r == nil || enough(r) {
				break
			}
		}
		return table, r
	}
	whole := func(r *loadgen.Talked) bool { return r.Acks >= 50 && r.Refused == 0 && r.Unanswered == 0 }
	table, r := until(whole, "--conversations", "3", "--devices", "2", "--in-flight", "6", "--warmup", "100ms")
	if r == nil || !whole(r) || r.Ack.P50 <= 0 || r.Delivery.Count < r.Ack.Count/2 || r.CPU <= 0 || r.Resident <= 0 {
		t.Errorf("a closed loop: %+v", r)
	} else if want := 4 * int64(r.Ack.Count); r.Deliveries > want || r.Deliveries < want*9/10 {
		t.Errorf("%d messages were delivered %d times, want at each of four lines", r.Ack.Count, r.Deliveries)
	}
	for _, want := range []string{"3 conversations, 2 lines a person", "to the acknowledgement  p50", "processor seconds per 1,000 messages"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table does not say %q:\n%s", want, table)
		}
	}
	// Where the process loses its processor as the counting begins, a message of before may be counted.
	paced := func(r *loadgen.Talked) bool {
		return float64(r.Acks) >= 30*r.Seconds && float64(r.Acks) <= 40*r.Seconds+1
	}
	_, r = until(paced, "--conversations", "2", "--rate", "40", "--warmup", "0s")
	if r == nil || !paced(r) || r.InFlight != 0 {
		t.Errorf("40 a second: %+v", r)
	}
	_, r = until(whole, "--conversations", "2", "--original", "--warmup", "0s")
	if r == nil || !whole(r) || r.Delivery.Count < r.Ack.Count/2 {
		t.Errorf("frames of the system before this one: %+v", r)
	}
	table, idle := measure("--idle", "60", "--sources", "127.0.0.2,127.0.0.3", "--hold", "100ms", "--storm")
	if r := idle.Idled; r == nil || r.Broken != 0 || r.Returned != 60 || r.Attempts < 60 || r.Back.Count != 60 || !strings.Contains(table, "60 of 60") {
		t.Errorf("idle lines: %+v\n%s", r, table)
	}
	// What they have said is there, like what people say.
	if n.cmd.ProcessState != nil {
		t.Error("the node has ended")
	}

	n.kill()
	out, err := command(t, "bench", "--url", n.url, "--sessions", sessions, "--conversations", "1").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "connection refused") {
		t.Errorf("a site that is down: %v, said %q", err, out)
	}
}
