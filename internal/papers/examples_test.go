package papers_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds each wait of these tests.
const patience = 40 * time.Second

// exampleClients are the commands of the example clients, of which all take the same arguments.
func exampleClients(t *testing.T) map[string][]string {
	return map[string][]string{
		"Go":         {program(t, "client")},
		"JavaScript": {"node", "--experimental-websocket", filepath.Join(root, "examples", "client.mjs")},
		"Python":     {"/usr/bin/python3", filepath.Join(root, "examples", "client.py")},
	}
}

// TestExampleClientsTalkAndLoseNothing has the three talk with each other about the cycle of the
// demo town. Then every acknowledgement is lost on its way, the server is killed, people write
// while it is gone, and it comes back: each message is there once, for everybody.
func TestExampleClientsTalkAndLoseNothing(t *testing.T) {
	data := t.TempDir()
	s := serveDemo(t, data)
	p := startProxy(t, s.at)
	people := map[string]string{"Go": "aarav", "JavaScript": "meera_k", "Python": "aarav"}
	clients := map[string]*client{}
	for name, command := range exampleClients(t) {
		clients[name] = startClient(t, name, append(command, "http://"+p.at, people[name], "swapnest-demo", "1"))
	}
	var said []string
	say := func(words string) {
		for name, c := range clients {
			text := name + " " + words
			said = append(said, text)
			c.say(t, text)
		}
	}
	everybodySees := func() {
		for _, c := range clients {
			c.waitFor(t, said)
		}
	}
	// A client hears what comes after it has joined, so they join before they talk.
	for _, c := range clients {
		c.say(t, "hello")
		c.waitForLine(t, "acknowledged as ")
	}
	say("asks")
	everybodySees()

	p.deaf.Store(true)
	say("was not acknowledged")
	me := signIn(t, s.at)
	deadline := time.Now().Add(patience)
	for me.count(said) < len(said) {
		if time.Now().After(deadline) {
			t.Fatalf("stored are only %d of %d messages", me.count(said), len(said))
		}
	}
	s.kill()
	p.cut()
	say("writes into the dark")
	say("writes once more")
	p.deaf.Store(false)
	s = serveDemo(t, data)
	p.to.Store(&s.at)
	everybodySees()

	for name, c := range clients {
		if err := c.end(); err != nil {
			t.Errorf("%s: %v: %s", name, err, c.stderr)
		}
		c.check(t, said)
	}
	me.at = s.at
	if got := me.count(said); got != len(said) {
		t.Errorf("%d of the messages are stored, want each of %d once", got, len(said))
	}
}

// TestExampleClientsEndWhereTryingAgainIsNoUse shows that none keeps knocking.
func TestExampleClientsEndWhereTryingAgainIsNoUse(t *testing.T) {
	s := serveDemo(t, t.TempDir())
	for name, command := range exampleClients(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := startClient(t, name, append(command, "http://"+s.at, "aarav", "swapnest-demo", "999999"))
			if err := c.wait(); c.cmd.ProcessState == nil || c.cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("a conversation that is not there: %v, want status 1: %s", err, c.stderr)
			}
		})
	}
}

// TestExampleClientsAreShort counts lines that say something: no imports, comments, blank lines
// and lone brackets.
func TestExampleClientsAreShort(t *testing.T) {
	nothing := regexp.MustCompile(`^\s*(//.*|#.*|[]})]+,?)?$`)
	for _, name := range []string{"examples/go/main.go", "examples/client.mjs", "examples/client.py"} {
		code := read(t, name)
		// What follows the last import.
		imports := regexp.MustCompile(`(?ms)\A.*^(import \(.*?^\)|import [^(\n]*|from [^\n]* import [^\n]*)$`)
		lines := 0
		for line := range strings.Lines(imports.ReplaceAllString(code, "")) {
			if !nothing.MatchString(strings.TrimRight(line, "\n")) {
				lines++
			}
		}
		if lines < 15 || lines > 30 {
			t.Errorf("%s has %d lines of code, want at most 30", name, lines)
		}
	}
}

// client is an example client as a process of its own.
type client struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	stderr *bytes.Buffer
	done   chan struct{} // closed at the end of its output

	mu      sync.Mutex // guards what follows
	lines   []string
	changed chan struct{} // closed when there is another line
}

func startClient(t *testing.T, name string, command []string) *client {
	t.Helper()
	c := &client{name: name, stderr: &bytes.Buffer{}, done: make(chan struct{}), changed: make(chan struct{})}
	c.cmd = exec.CommandContext(context.Background(), command[0], command[1:]...)
	c.cmd.Env = environment()
	c.cmd.Stderr = c.stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in = in
	if err := c.cmd.Start(); err != nil {
		t.Fatalf("%s: %v: scripts/bootstrap installs what the examples need", name, err)
	}
	t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			_ = c.cmd.Process.Kill() // it may have ended by itself
			_ = c.cmd.Wait()         // the status says that it was killed
		}
	})
	go func() {
		defer close(c.done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.mu.Lock()
			c.lines = append(c.lines, lines.Text())
			close(c.changed)
			c.changed = make(chan struct{})
			c.mu.Unlock()
		}
	}()
	return c
}

func (c *client) say(t *testing.T, text string) {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, text); err != nil {
		t.Fatalf("%s: %v: %s", c.name, err, c.stderr)
	}
}

// until waits for the printed lines to be as they should.
func (c *client) until(t *testing.T, what string, ok func(lines []string) bool) {
	t.Helper()
	late := time.After(patience)
	for {
		c.mu.Lock()
		lines, changed := slices.Clone(c.lines), c.changed
		c.mu.Unlock()
		if ok(lines) {
			return
		}
		select {
		case <-changed:
		case <-c.done:
			t.Fatalf("%s ended before %s: %q %s", c.name, what, lines, c.stderr)
		case <-late:
			t.Fatalf("%s: no %s: %q", c.name, what, lines)
		}
	}
}

func (c *client) waitForLine(t *testing.T, prefix string) {
	t.Helper()
	c.until(t, prefix, func(lines []string) bool {
		return slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, prefix) })
	})
}

func (c *client) waitFor(t *testing.T, said []string) {
	t.Helper()
	for _, text := range said {
		c.until(t, text, func(lines []string) bool {
			return slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, ": "+text) })
		})
	}
}

// wait returns when the client has ended by itself.
func (c *client) wait() error {
	select {
	case <-c.done:
		return c.cmd.Wait()
	case <-time.After(patience):
		return fmt.Errorf("it goes on")
	}
}

// end says that nothing more will be typed.
func (c *client) end() error {
	if err := c.in.Close(); err != nil {
		return err
	}
	return c.wait()
}

// check looks at all that a client has printed: each message once, in the order of a seq without
// gaps, its own words in the order in which they were typed, and an acknowledgement for each.
func (c *client) check(t *testing.T, said []string) {
	t.Helper()
	var last, acknowledged int
	var own []string
	times := map[string]int{}
	for _, line := range c.lines {
		if strings.HasPrefix(line, "acknowledged as ") {
			acknowledged++
			continue
		}
		number, rest, _ := strings.Cut(line, " ")
		seq, err := strconv.Atoi(number)
		if err != nil || (last > 0 && seq != last+1) {
			t.Errorf("%s printed %q behind %d", c.name, line, last)
		}
		last = seq
		_, text, _ := strings.Cut(rest, ": ")
		times[text]++
		if strings.HasPrefix(text, c.name) {
			own = append(own, text)
		}
	}
	var want []string
	for _, text := range said {
		if times[text] != 1 {
			t.Errorf("%s printed %q %d times", c.name, text, times[text])
		}
		if strings.HasPrefix(text, c.name) {
			want = append(want, text)
		}
	}
	if !slices.Equal(own, want) {
		t.Errorf("%s printed its own words as %q, want %q", c.name, own, want)
	}
	if acknowledged != len(want)+1 { // and the one that it began with
		t.Errorf("%s was acknowledged %d times, want %d", c.name, acknowledged, len(want)+1)
	}
}

// reader reads the conversation straight from the server.
type reader struct {
	t      *testing.T
	at     string
	cookie string
}

func signIn(t *testing.T, at string) *reader {
	t.Helper()
	response, err := http.Post("http://"+at+"/api/v1/session", "application/json", strings.NewReader(`{"username":"aarav","password":"swapnest-demo"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cookie, _, _ := strings.Cut(response.Header.Get("Set-Cookie"), ";")
	return &reader{t: t, at: at, cookie: cookie}
}

// count tells how many of the newest messages have one of these texts.
func (r *reader) count(texts []string) int {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.at+"/api/v1/conversations/1/messages?limit=200", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Cookie", r.cookie)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	var page struct{ Messages []struct{ Message string } }
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		r.t.Fatal(err)
	}
	n := 0
	for _, m := range page.Messages {
		if slices.Contains(texts, m.Message) {
			n++
		}
	}
	return n
}

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
