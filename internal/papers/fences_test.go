package papers_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Kinds of fences that hold no commands.
var still = []string{
	"text", "json", "console", "go", "js", "javascript", "ts", "python", "html", "css", "http", "sql", "yaml", "toml", "ini",
	"nginx", "caddy", "dockerfile", "systemd", "diff", "mermaid", "promql",
}

// TestEveryCommandIsRunByATest has each fence say what it is. Shell commands say either "run", and
// TestCommandsRun runs them, or "test=NAME", when they take long or need a machine of their own: a
// test takes them from the document, or a target of the Makefile or a stage of scripts/test has them.
func TestEveryCommandIsRunByATest(t *testing.T) {
	known := covering(t)
	for _, d := range documents(t) {
		for _, f := range d.fences {
			switch {
			case !f.isShell() && slices.Contains(still, f.kind()):
			case !f.isShell():
				t.Errorf("%s: a fence says what it holds: sh with run or test=NAME for commands, or one of %v; got %q", f.where, still, f.kind())
			case len(f.info) == 2 && f.info[1] == "run":
			case len(f.info) == 2 && len(f.tests()) > 0:
				checkCovered(t, f, known)
			default:
				t.Errorf("%s: commands are marked with run or with test=NAME, so that they stay true; got %q", f.where, f.info)
			}
		}
	}
}

// checkCovered holds the commands of a fence against the sources of what it names, one of which must
// take all of them from the document, or have their programs, flags and settings.
func checkCovered(t *testing.T, f fence, known map[string]string) {
	t.Helper()
	var missing []string
	for _, name := range f.tests() {
		source, ok := known[name]
		if !ok {
			t.Errorf("%s: there is no test, target or stage of the name %q", f.where, name)
			return
		}
		if strings.Contains(source, "fencesFor(t)") {
			return
		}
		for _, command := range f.commands() {
			for _, word := range says(command) {
				if !strings.Contains(source, word) {
					missing = append(missing, name+" has no "+word)
				}
			}
		}
		if len(missing) == 0 {
			return
		}
	}
	t.Errorf("%s: nothing that is named does what stands there: %v", f.where, missing)
}

// says returns the words of a command that what runs it must have, too: program, flags, settings.
func says(command string) []string {
	var all []string
	words := strings.Fields(command)
	for len(words) > 0 && setting.MatchString(words[0]) {
		all, words = append(all, words[0]), words[1:]
	}
	if len(words) == 0 {
		return all
	}
	if words[0] == "make" {
		all = append(all, words[1]+":")
	} else {
		all = append(all, path.Base(words[0]))
	}
	for _, word := range words[1:] {
		name, _, set := strings.Cut(word, "=")
		switch {
		case strings.HasPrefix(word, "--"):
			all = append(all, name)
		case set && words[0] == "make":
			all = append(all, "$("+name+")")
		}
	}
	return all
}

var (
	testFunction = regexp.MustCompile(`(?ms)^func ((?:Test|Fuzz|Benchmark)\w+)\(.*?^}`)
	makeTarget   = regexp.MustCompile(`(?m)^([a-z0-9]+):.*\n(?:\t.*\n)*`)
	stageName    = regexp.MustCompile(`(?m)stage "([^"]+)".*$`)
	aScript      = regexp.MustCompile(`scripts/[a-z]+`)
	npmScript    = regexp.MustCompile(`(?m)^    "([a-z0-9:]+)": "`)
)

// covering returns the sources of all test functions, targets, and stages (with - for spaces), with
// those of the scripts that they run.
func covering(t *testing.T) map[string]string {
	t.Helper()
	known := map[string]string{}
	for _, folder := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			for _, m := range testFunction.FindAllStringSubmatch(string(data), -1) {
				known[m[1]] = m[0]
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	withScripts := func(source string) string {
		for _, name := range aScript.FindAllString(source, -1) {
			source += read(t, name)
		}
		return source
	}
	for _, m := range makeTarget.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		known[m[1]] = withScripts(m[0])
	}
	for _, m := range stageName.FindAllStringSubmatch(read(t, "scripts/test"), -1) {
		known[strings.ReplaceAll(m[1], " ", "-")] = withScripts(m[0])
	}
	return known
}
