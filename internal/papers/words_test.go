package papers_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var linked = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"`)

// TestLinksLeadSomewhere follows the links within the repository, with their anchors, and looks for
// the pictures.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, d := range documents(t) {
		for _, m := range linked.FindAllStringSubmatch(d.prose, -1) {
			to := m[1] + m[2]
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			name, anchor, _ := strings.Cut(to, "#")
			file := d.name
			if name != "" {
				file = path.Join(path.Dir(d.name), name)
			}
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s links to %s: %v", d.name, to, err)
				continue
			}
			if anchor != "" {
				other, err := parse(file, read(t, file))
				if err != nil || !other.anchors()[anchor] {
					t.Errorf("%s links to %s, where there is no such heading", d.name, to)
				}
			}
		}
	}
}

var (
	named     = regexp.MustCompile(`^(?:internal|cmd|docs|e2e|scripts|examples|deploy|tools|\.ci)/[\w./*-]+$`)
	aTest     = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)[A-Z]\w+$`)
	makeCall  = regexp.MustCompile(`(?m)(?:^|&& |; )make ([a-z0-9]+)`)
	npmCall   = regexp.MustCompile(`npm run (?:--silent )?([a-z0-9:]+)`)
	dashes    = regexp.MustCompile(`(?:^|[\s("'=|])(--[a-z][a-z0-9-]*)`)
	separator = regexp.MustCompile(`\|\||&&|[|;]`)
	setting   = regexp.MustCompile(`^[A-Z_]+=`)
)

// TestWhatIsNamedIsThere looks for the files, tests, targets and scripts that stand between `…`, and
// for the targets and scripts in commands.
func TestWhatIsNamedIsThere(t *testing.T) {
	known := covering(t)
	scripts := map[string]bool{"test": true, "ci": true}
	for _, m := range npmScript.FindAllStringSubmatch(read(t, "package.json"), -1) {
		scripts[m[1]] = true
	}
	for _, d := range documents(t) {
		texts := d.inline()
		for _, f := range d.fences {
			if f.isShell() {
				texts = append(texts, f.commands()...)
			}
		}
		for _, text := range texts {
			if named.MatchString(text) {
				if found, err := filepath.Glob(filepath.Join(root, text)); err != nil || len(found) == 0 {
					t.Errorf("%s names %s, which is not there", d.name, text)
				}
			}
			if aTest.MatchString(text) && known[text] == "" {
				t.Errorf("%s names the test %s, which is not there", d.name, text)
			}
			for _, m := range makeCall.FindAllStringSubmatch(text, -1) {
				if known[m[1]] == "" {
					t.Errorf("%s names `make %s`, which is not there", d.name, m[1])
				}
			}
			for _, m := range npmCall.FindAllStringSubmatch(text, -1) {
				if !scripts[m[1]] {
					t.Errorf("%s names `npm run %s`, which is not there", d.name, m[1])
				}
			}
		}
	}
}

// Flags of other programs that a document names without the program.
var othersFlags = []string{"--go-only", "--bench", "--experimental-websocket", "--headed"}

// TestFlagsAreThoseOfTheProgram reads the real --help of every command. Each flag of serve is
// explained, and no document speaks of one that is not there.
func TestFlagsAreThoseOfTheProgram(t *testing.T) {
	serve, all := flags(t)
	explained := read(t, "README.md")
	if data, err := os.ReadFile(filepath.Join(root, "docs", "operations.md")); err == nil {
		explained += string(data)
	}
	for _, flag := range serve {
		if flag != "--help" && !strings.Contains(explained, "`"+flag+"`") {
			t.Errorf("%s is explained neither in README.md nor in docs/operations.md", flag)
		}
	}
	for _, d := range documents(t) {
		texts := append(d.inline(), strings.Split(inlineCode.ReplaceAllString(d.prose, ""), "\n")...)
		for _, f := range d.fences {
			for _, command := range f.commands() {
				// In a fence, only what is behind this program's name is for it.
				texts = append(texts, ours.FindString(command))
			}
		}
		for _, flag := range speaksOf(texts) {
			if !slices.Contains(all, flag) && !slices.Contains(othersFlags, flag) {
				t.Errorf("%s speaks of %s, which is in no --help", d.name, flag)
			}
		}
	}
}

// speaksOf returns the flags in texts, without those that a command gives to another program.
func speaksOf(texts []string) []string {
	var found []string
	for _, text := range texts {
		for _, command := range separator.Split(text, -1) {
			words := strings.Fields(command) // of which the first is the program
			for len(words) > 0 && (words[0] == "sudo" || words[0] == "env" || words[0] == "$" || setting.MatchString(words[0])) {
				words = words[1:]
			}
			if len(words) > 0 && isOther(words[0]) {
				// From where it calls this program on, if it does.
				command = ours.FindString(command)
			}
			for _, m := range dashes.FindAllStringSubmatch(command, -1) {
				found = append(found, m[1])
			}
		}
	}
	return found
}

// ours is a call of this program within another's, such as go run's.
var ours = regexp.MustCompile(`swapnest (?:serve|migrate|user|version|audit|outbox|ready)\b.*`)

// isOther tells whether a word is another program. Whatever begins with none is prose, whose flags
// are ours.
func isOther(word string) bool {
	return strings.HasPrefix(word, "scripts/") || strings.HasPrefix(word, "examples/") || slices.Contains([]string{
		"apt-get", "bash", "certbot", "curl", "docker", "git", "go", "install", "journalctl", "jq", "make", "nginx", "node", "npm",
		"npx", "openssl", "pg_dump", "pg_restore", "podman", "psql", "python3", "rclone", "restic", "rsync", "sqlite3", "ssh", "systemctl",
		"tar", "useradd",
	}, path.Base(word))
}

var (
	helpFlag    = regexp.MustCompile(`(?m)^ +(?:-\w, +)?(--[a-z][a-z0-9-]*)`)
	helpCommand = regexp.MustCompile(`(?m)^  ([a-z-]+(?: [a-z-]+)*)(?: +[<\[].*)?(?:  |$)`)
)

// flags returns those of serve and those of all commands.
func flags(t *testing.T) (serve, all []string) {
	t.Helper()
	help := func(args ...string) string {
		c := exec.CommandContext(context.Background(), program(t, "swapnest"), append(args, "--help")...)
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v --help: %v", args, err)
		}
		return string(out)
	}
	_, commands, _ := strings.Cut(help(), "Commands:\n")
	for _, m := range helpCommand.FindAllStringSubmatch(commands, -1) {
		var own []string
		for _, f := range helpFlag.FindAllStringSubmatch(help(strings.Fields(m[1])...), -1) {
			own = append(own, f[1])
		}
		if m[1] == "serve" {
			serve = own
		}
		all = append(all, own...)
	}
	if len(serve) < 5 || len(all) < 15 {
		t.Fatalf("only these flags were found: %v, %v", serve, all)
	}
	return serve, all
}

// TestFramesShownAreThoseOfTheWire holds the frames in docs/socket.md against the golden ones.
func TestFramesShownAreThoseOfTheWire(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "internal", "live", "wire", "testdata", "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	golden := map[any][]any{} // by type
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var frame map[string]any
		if err := json.Unmarshal(data, &frame); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden[frame["type"]] = append(golden[frame["type"]], frame)
	}
	socket, err := parse("docs/socket.md", read(t, "docs/socket.md"))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, f := range socket.fences {
		if f.kind() != "json" {
			continue
		}
		var shown map[string]any
		if err := json.Unmarshal([]byte(f.text), &shown); err != nil {
			t.Errorf("%s: %v", f.where, err)
			continue
		}
		var misfit error
		for _, frame := range golden[shown["type"]] {
			if misfit = fits(shown, frame, ""); misfit == nil {
				break
			}
		}
		// A notification's frame comes with the notifications.
		if misfit != nil || (golden[shown["type"]] == nil && shown["type"] != "notification") {
			t.Errorf("%s: no golden frame is like it: %v", f.where, misfit)
		}
		compared++
	}
	if compared < 8 {
		t.Errorf("only %d frames are shown", compared)
	}
}
