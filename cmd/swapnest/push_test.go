package main

import (
	"encoding/base64"
	"strings"
	"testing"

	"swapnest/internal/testkit"
)

// pushKeys runs list, and returns the words of each line behind the heading.
func pushKeys(t *testing.T, storage []string) (keys [][]string) {
	t.Helper()
	out, err := command(t, append([]string{"push-key", "list"}, storage...)...).CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || !strings.HasPrefix(lines[0], "MADE") {
		t.Fatalf("%v: %s", err, out)
	}
	for _, line := range lines[1:] {
		keys = append(keys, strings.Fields(line))
	}
	return keys
}

func TestThePushKeyIsMadeAtTheFirstStartAndRotated(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		storage := []string{"--data-dir", d.Dir()}
		if d.URL() != "" {
			storage = append(storage, "--database-url", d.URL())
		}
		n := startNode(t, d)
		first := pushKeys(t, storage) // beside the server
		if len(first) != 1 || first[0][1] != "-" || first[0][2] != "0" {
			t.Fatalf("at first there are %v", first)
		}
		if point, err := base64.RawURLEncoding.DecodeString(first[0][3]); err != nil || len(point) != 65 {
			t.Errorf("the public key is %q", first[0][3])
		}
		if _, got := n.do("GET", "/push", nil); got["public_key"] != nil {
			t.Error("the key is told to who is signed out")
		}
		n.do("POST", "/users", object{"username": "aarav", "password": "long enough"})
		if status, got := n.do("GET", "/push", nil); status != 200 || got["public_key"] != first[0][3] {
			t.Errorf("the server has %v, not %v", got["public_key"], first[0][3])
		}
		out, err := command(t, append([]string{"push-key", "rotate"}, storage...)...).CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "Made the key ") {
			t.Fatalf("%v: %s", err, out)
		}
		second := pushKeys(t, storage)
		if len(second) != 1 || second[0][3] == first[0][3] || !strings.Contains(string(out), second[0][3]) {
			t.Errorf("afterwards there are %v, and it said %s", second, out)
		}
		// The server has the new one at once, and after another start.
		if _, got := n.do("GET", "/push", nil); got["public_key"] != second[0][3] {
			t.Errorf("the server has %v, not %v", got["public_key"], second[0][3])
		}
		n.kill()
		startNode(t, d)
		if third := pushKeys(t, storage); len(third) != 1 || third[0][3] != second[0][3] {
			t.Errorf("after another start there are %v", third)
		}
	})
}

func TestWherePushIsOffThereIsNoKey(t *testing.T) {
	d := testkit.SQLite(t)
	n := startNode(t, d, "--push", "off")
	n.do("POST", "/users", object{"username": "aarav", "password": "long enough"})
	if status, got := n.do("GET", "/push", nil); status != 200 || got["public_key"] != "" {
		t.Errorf("%d, %v", status, got)
	}
	if keys := pushKeys(t, []string{"--data-dir", d.Dir()}); len(keys) != 0 {
		t.Errorf("there are %v", keys)
	}
}
