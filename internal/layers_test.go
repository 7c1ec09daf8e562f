// Package internal holds no code: this test guards who may import whom.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// layers lists the packages from the bottom up. A package imports only from lines
// above its own in this list, that is from earlier ones; packages on one line do not
// know each other. A new package fails the test until it has its place here.
var layers = []string{
	"internal/chat",
	"internal/loadgen",
	"internal/words internal/mark",
	"internal/live/wire internal/limit internal/picture internal/voice internal/filetype internal/scan internal/push internal/outside internal/mail internal/mail/alias internal/mailin internal/store internal/blob internal/live/bus",
	"internal/live/bus/bustest internal/blob/blobtest",
	"internal/http/trace internal/http/auth internal/live/hub internal/live/peers internal/follower",
	"internal/feature/*",
	"internal/follower/outbox",
	"internal/follower/* internal/http/api internal/http/web internal/http/socket internal/http/postbox",
	"internal/http/server",
	"internal/demo internal/testkit",
	"internal/testkit/apptest internal/testkit/door internal/testkit/corpus internal/testkit/pushtest internal/testkit/mailtest internal/torture/checker",
	"internal/torture internal/torture/sim",
	"internal/config",
	"cmd/* examples/* internal/papers",
}

// Packages that only some may import.
var reserved = map[string][]string{
	"internal/config":           {"cmd/swapnest"},
	"internal/demo":             {"cmd/swapnest"},
	"internal/testkit":          {"internal/testkit/apptest", "internal/torture"},
	"internal/testkit/apptest":  {},
	"internal/testkit/corpus":   {},
	"internal/testkit/door":     {},
	"internal/testkit/pushtest": {},
	"internal/testkit/mailtest": {},
	"internal/torture":          {},
	"internal/torture/checker":  {"internal/torture", "internal/torture/sim"},
	"internal/torture/sim":      {},
	"internal/live/bus/bustest": {},
	"internal/blob/blobtest":    {},
}

const module = "swapnest/"

type listed struct {
	ImportPath string
	Imports    []string
}

func TestPackagesImportOnlyFromBelow(t *testing.T) {
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		own := layer(name)
		if own < 0 {
			t.Errorf("%s has no layer: give it one at the top of this file", name)
			continue
		}
		for _, i := range p.Imports {
			imported, ours := strings.CutPrefix(i, module)
			if !ours {
				if own == 0 && strings.Contains(strings.Split(i, "/")[0], ".") {
					t.Errorf("%s imports %s, but is made of the standard library alone", name, i)
				}
				continue
			}
			if layer(imported) >= own {
				t.Errorf("%s imports %s, which is not below it", name, imported)
			}
			if only, ok := reserved[imported]; ok && !contains(only, name) {
				t.Errorf("%s imports %s, which is not for it", name, imported)
			}
		}
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// layer returns the line of a package, or -1.
func layer(name string) int {
	for i, line := range layers {
		for _, pattern := range strings.Fields(line) {
			prefix, all := strings.CutSuffix(pattern, "*")
			if name == pattern || (all && strings.HasPrefix(name, prefix)) {
				return i
			}
		}
	}
	return -1
}

func list(t *testing.T) []listed {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	command.Dir = ".."
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath != module+"internal" {
			all = append(all, p)
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages found", len(all))
	}
	return all
}
