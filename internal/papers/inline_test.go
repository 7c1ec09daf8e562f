package papers_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// proof says what runs a command that stands between `…` in the prose. A command that is also a line
// of a fence needs none: the fence is run.
type proof struct {
	command string

	typed string // TestCommandsOfTheProseRun types this, at a site of its own and in this order
	input string // what is typed into it
	says  string // and it says this

	stage string // or this stage of scripts/test runs
	runs  string // this, which is also what make does for the command
}

// prose has the commands of the prose.
var prose = []proof{
	{command: "swapnest version", typed: "swapnest version", says: "swapnest devel"},
	{command: "swapnest migrate", typed: "swapnest migrate"},
	{command: "swapnest user create", typed: "swapnest user create meera", input: "long enough\n", says: "meera"},
	{command: "swapnest user password", typed: "swapnest user password meera", input: "another one\n", says: "meera"},
	{command: "swapnest user password NAME", typed: "swapnest user password meera", input: "a third one\n", says: "meera"},
	{command: "swapnest ready", typed: "swapnest ready", says: `"status":"ok"`},
	{command: "swapnest bench", typed: "swapnest bench --help", says: "Put a site under load"}, // with people and a site: TestAMachineIsMeasuredAsWritten
	{command: "swapnest serve", typed: "swapnest serve"},
	{command: "swapnest serve --demo", typed: "swapnest serve --demo"},
	{command: "make help", typed: "make help", says: "make bench"},
	{command: "make format", typed: "make -o bootstrap format"}, // what it needs is there, or the test is left out
	{command: "make build", stage: "make build", runs: "make build"},
	{command: "make gobench", stage: "benchmarks, once each", runs: "make gobench BENCHTIME=1x"},
	{command: "make fuzz", stage: "fuzz targets", runs: "scripts/fuzz"},
	{command: "make e2e", stage: "browser tests", runs: "npm run --silent e2e"},
	{command: `make e2e ARGS="FILE"`, stage: "browser tests", runs: "npm run --silent e2e"},
	{command: "npm run test:js", stage: "JavaScript unit tests", runs: "npm run --silent test:js"},
}

// TestEveryCommandOfTheProseIsRun has each command between `…` in the table above or in a fence, and
// each entry of the table in a document.
func TestEveryCommandOfTheProseIsRun(t *testing.T) {
	inFences, found := map[string]bool{}, map[string]bool{}
	for _, d := range documents(t) {
		for _, f := range d.fences {
			for _, command := range f.commands() {
				inFences[strings.TrimSpace(command)] = f.isShell()
			}
		}
	}
	for _, d := range documents(t) {
		for _, text := range d.inline() {
			if !isCommand(text) || inFences[text] {
				continue
			}
			found[text] = true
			if !slices.ContainsFunc(prose, func(p proof) bool { return p.command == text }) {
				t.Errorf("%s: nothing runs `%s`: give it a place in the table of inline_test.go, or say it in words", d.name, text)
			}
		}
	}
	stages := stageCommands(t)
	for _, p := range prose {
		switch {
		case !found[p.command]:
			t.Errorf("no document has `%s`, which is in the table", p.command)
		case p.typed != "":
		case !strings.HasPrefix(stages[p.stage], p.runs):
			t.Errorf("`%s` is said to be run by the stage %q, which runs %q", p.command, p.stage, stages[p.stage])
		case strings.HasPrefix(p.runs, p.command):
		case strings.HasPrefix(p.command, "make "):
			out, err := makeSays(t, "-n", strings.Fields(p.command)[1])
			if err != nil || !strings.Contains(out, p.runs) {
				t.Errorf("`%s` does not do what the stage %q does, but %s %v", p.command, p.stage, out, err)
			}
		case strings.ReplaceAll(p.runs, " --silent", "") != p.command:
			t.Errorf("`%s` is not what the stage %q runs: %s", p.command, p.stage, p.runs)
		}
	}
}

// isCommand tells whether a text between `…` is one: a program with something behind it.
func isCommand(text string) bool {
	words := strings.Fields(text)
	for len(words) > 0 && (words[0] == "sudo" || setting.MatchString(words[0])) {
		words = words[1:]
	}
	return len(words) > 1 && (isOther(words[0]) || slices.Contains([]string{
		"caddy", "chmod", "chown", "cp", "gofumpt", "golangci-lint", "kill", "mkdir", "mv", "rm", "swapnest",
	}, path.Base(words[0])))
}

var stageCall = regexp.MustCompile(`(?m)stage "([^"]+)" (.*)$`)

// stageCommands returns what the stages of scripts/test run.
func stageCommands(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, m := range stageCall.FindAllStringSubmatch(read(t, "scripts/test"), -1) {
		all[m[1]] = m[2]
	}
	return all
}

func makeSays(t *testing.T, args ...string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "make", args...)
	c.Dir, c.Env = root, environment()
	out, err := c.CombinedOutput()
	return string(out), err
}

var stageEnd = regexp.MustCompile(`(?m)^--- (.+): ok, \d+ s$`)

// TestTheQuickLoopRuns runs `make check`, whose tests are narrowed to one package: the race stage has
// them all. CI begins with this very command, and hands over what it has said: it is not run once more.
func TestTheQuickLoopRuns(t *testing.T) {
	if quickLoop() {
		t.Skip("left out, for this is the quick loop")
	}
	stages := stageCommands(t)
	const command = "check PACKAGES=./internal/limit"
	if want := "make " + command; stages["the quick loop"] != want {
		t.Errorf("scripts/test begins with %q, want %q", stages["the quick loop"], want)
	}
	var out string
	if said := os.Getenv("SWAPNEST_QUICK_LOOP"); said != "" {
		data, err := os.ReadFile(said)
		if err != nil {
			t.Fatal(err)
		}
		out = string(data)
	} else {
		var err error
		if out, err = makeSays(t, strings.Fields(command)...); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	ran := stageEnd.FindAllStringSubmatch(out, -1)
	if len(ran) != 9 || !strings.Contains(out, "\nstages: 9 passed, 0 failed\n") {
		t.Errorf("want gofumpt, vet, golangci-lint, tests, the module of bench and four of JavaScript:\n%s", out)
	}
	for _, m := range ran {
		if _, known := stages[m[1]]; !known {
			t.Errorf("scripts/test has no stage %q", m[1])
		}
	}
}

// TestCommandsOfTheProseRun types those of the table that are quick and harm nothing: the program's
// own at an empty folder, the others in a copy of the repository.
func TestCommandsOfTheProseRun(t *testing.T) {
	t.Parallel()
	site, copied := t.TempDir(), copyOfRepository(t)
	for _, p := range prose {
		if p.typed == "" {
			continue
		}
		t.Run(p.command, func(t *testing.T) {
			switch {
			case strings.HasPrefix(p.typed, "swapnest serve"):
				folder := t.TempDir()
				askReady(t, serveLine(t, folder, p.typed, "SWAPNEST_LISTEN=127.0.0.1:0"), p.typed)
				if _, err := os.Stat(filepath.Join(folder, "swapnest-data", "swapnest.db")); err != nil {
					t.Errorf("where is the data? %v", err)
				}
			case strings.HasPrefix(p.typed, "swapnest ready"):
				at := serveDemo(t, t.TempDir()).at
				if said := runIn(t, site, "SWAPNEST_LISTEN="+at+" "+p.typed, p.input); !strings.Contains(said, p.says) {
					t.Errorf("it says %q, want %q", said, p.says)
				}
			case strings.HasPrefix(p.typed, "swapnest "):
				if said := runIn(t, site, p.typed, p.input); !strings.Contains(said, p.says) {
					t.Errorf("it says %q, want %q", said, p.says)
				}
			default:
				if strings.Contains(p.typed, "format") && quickLoop() {
					t.Skip("left out, for the quick loop needs nothing but Go")
				}
				if said := runIn(t, copied, p.typed, p.input); !strings.Contains(said, p.says) {
					t.Errorf("it says %q, want %q", said, p.says)
				}
			}
		})
	}
	if changed := differences(t, copied); len(changed) > 0 {
		t.Errorf("`make format` changes %v", changed)
	}
}

// quickLoop tells whether these tests are those of `make check`, which needs nothing but Go.
func quickLoop() bool { return os.Getenv("SWAPNEST_TEST_DATABASES") == "sqlite" }

// repositoryFiles are the files of the repository, without what tools and servers leave in it.
func repositoryFiles(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		base := filepath.Base(name)
		switch {
		case err != nil:
			return err
		case e.IsDir() && slices.Contains([]string{".git", ".tools", "node_modules", "bin", "swapnest-data", "test-results", "playwright-report"}, base):
			return filepath.SkipDir
		case e.Type().IsRegular() && base != ".git":
			relative, err := filepath.Rel(root, name)
			all = append(all, relative)
			return err
		}
		return nil
	})
	if err != nil || len(all) < 100 {
		t.Fatalf("%d files: %v", len(all), err)
	}
	return all
}

// copyOfRepository copies the files, and has the tools where they are.
func copyOfRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range repositoryFiles(t) {
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, to, read(t, name))
	}
	for _, tools := range []string{".tools", "node_modules"} {
		from, err := filepath.Abs(filepath.Join(root, tools))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(from, filepath.Join(dir, tools)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// differences returns the files of a copy that are not as they were.
func differences(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for _, name := range repositoryFiles(t) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(data) != read(t, name) {
			all = append(all, name)
		}
	}
	return all
}
