package papers_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"swapnest/internal/testkit"
)

// metricsToken is what the operator of these tests has in the environment.
const metricsToken = "SWAPNEST_METRICS_TOKEN=a token"

// TestOperatorsCommandsRun types the commands of docs/operations.md that need a machine of their
// own: one folder with the data of a site that runs, free ports in place of those of the net.
func TestOperatorsCommandsRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	site := serveDemo(t, filepath.Join(dir, "swapnest-data"), metricsToken)
	signIn(t, site.at) // which the audit log tells of
	selfSigned(t, dir)
	ports := strings.NewReplacer("0.0.0.0:443", "127.0.0.1:0", "0.0.0.0:80", "127.0.0.1:0", "127.0.0.1:6060", "127.0.0.1:"+freePort(t),
		"/etc/swapnest/", dir+"/", "https://swap.example/", "http://"+site.at+"/")
	fences := fencesFor(t)
	if len(fences) < 7 {
		t.Fatalf("%d fences are for this test, want at least 7", len(fences))
	}
	for _, f := range fences {
		t.Run(f.where, func(t *testing.T) {
			if strings.Contains(f.text, "cp -a swapnest-data ") { // which is for a server that has ended
				site.kill()
				if err := os.Rename(filepath.Join(dir, "backup"), filepath.Join(dir, "backup-of-a-running-server")); err != nil {
					t.Fatal(err)
				}
				checkCopy(t, dir, "backup-of-a-running-server")
			}
			for _, command := range f.commands() {
				command = ports.Replace(command)
				switch {
				case strings.TrimSpace(command) == "":
				case strings.HasPrefix(command, "swapnest serve "):
					askReady(t, serveLine(t, dir, command, "SWAPNEST_LISTEN=127.0.0.1:0", "SWAPNEST_DATA_DIR="+t.TempDir()), command)
				default:
					if said := runIn(t, dir, command, ""); said == "" && !slices.Contains([]string{"mkdir", "cp", "sqlite3"}, strings.Fields(command)[0]) {
						t.Errorf("%s says nothing", command)
					}
				}
			}
		})
	}
	checkCopy(t, dir, "backup")
}

// checkCopy looks for what was done at the site in a copy of its data.
func checkCopy(t *testing.T, dir, name string) {
	t.Helper()
	if said := runIn(t, dir, "swapnest audit --data-dir "+name, ""); !strings.Contains(said, "signed_in") {
		t.Errorf("%s knows nothing of the sign-in: %s", name, said)
	}
}

// askReady asks a server whether it is ready. One that has its certificate from an authority of the
// net cannot be asked here.
func askReady(t *testing.T, s *server, command string) {
	t.Helper()
	scheme := "http://"
	if strings.Contains(command, "--acme") {
		return
	}
	if strings.Contains(command, "--tls-cert") {
		scheme = "https://"
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // of a moment ago
	defer client.CloseIdleConnections()
	response, err := client.Get(scheme + s.at + "/readyz")
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("%s: %v %v: %s", command, response, err, s.stderr)
	}
}

// fencesFor returns the fences that name the test that asks.
func fencesFor(t *testing.T) []fence {
	t.Helper()
	var own []fence
	for _, d := range documents(t) {
		for _, f := range d.fences {
			if f.isShell() && slices.Contains(f.tests(), t.Name()) {
				own = append(own, f)
			}
		}
	}
	return own
}

// snippet returns the one fence of a kind in docs/operations.md.
func snippet(t *testing.T, kind string) string {
	t.Helper()
	d, err := parse("docs/operations.md", read(t, "docs/operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(d.fences, func(f fence) bool { return f.kind() == kind })
	if i < 0 {
		t.Fatalf("%s has no fence with %s", d.name, kind)
	}
	return d.fences[i].text
}

// swap replaces pairs in a text, each of which must be there.
func swap(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("there is no %q in %s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// runIn types a command in a folder, with what is typed into it, and returns what it says.
func runIn(t *testing.T, dir, command, input string) string {
	t.Helper()
	program(t, "swapnest") // which is then found
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", command)
	c.Dir, c.Stdin = dir, strings.NewReader(input)
	c.Env = environment("TMPDIR="+dir, "PPROF_TMPDIR="+dir, metricsToken)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

// serveLine starts a server by a command line in a folder.
func serveLine(t *testing.T, dir, command string, env ...string) *server {
	t.Helper()
	program(t, "swapnest") // which is then found
	c := exec.CommandContext(context.Background(), "bash", "-c", "exec "+command)
	c.Dir, c.Env = dir, environment(env...)
	return started(t, c)
}

func freePort(t *testing.T) string {
	t.Helper()
	port, err := testkit.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
