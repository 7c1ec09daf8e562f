package papers_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// TestTheClusterOfTheDocumentsRuns types `make cluster` as it stands there: two people talk by two
// nodes, one of which is restarted as the script says, and Ctrl-C leaves nothing behind.
func TestTheClusterOfTheDocumentsRuns(t *testing.T) {
	if quickLoop() {
		t.Skip("left out, for the quick loop needs nothing but Go")
	}
	t.Parallel()
	fences := fencesFor(t)
	if len(fences) == 0 {
		t.Fatal("no document starts the cluster")
	}
	for _, f := range fences {
		if strings.TrimSpace(f.text) != "make cluster" {
			t.Errorf("%s has %q", f.where, f.text)
		}
	}
	// PostgreSQL runs as somebody else when the tests are root's, and gets to no folder of the test's.
	tmp, err := os.MkdirTemp("", "swapnest-papers-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // it is in the folder for temporary files
	if err := os.Chmod(tmp, 0o711); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(context.Background(), "bash", "-c", "exec "+fences[0].text)
	c.Dir, c.Env = root, environment("TMPDIR="+tmp)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as of a terminal, whose Ctrl-C reaches make and the script
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGINT) // it has ended, unless the test failed
		_, _ = io.Copy(io.Discard, out)
		_ = c.Wait() // once more
	}()
	said, lines := "", bufio.NewScanner(out)
	until := func(words string) {
		t.Helper()
		for lines.Scan() {
			said += lines.Text() + "\n"
			if strings.Contains(lines.Text(), words) {
				return
			}
		}
		t.Fatalf("it did not say %q: %s\n%s", words, said, &stderr)
	}
	until("listening on ")
	_, at, _ := strings.Cut(strings.TrimSpace(said[strings.LastIndex(said, "listening on "):]), "http://")
	nodes := regexp.MustCompile(`two nodes +http://(\S+) and http://(\S+);`).FindStringSubmatch(said)
	restart := regexp.MustCompile(`restart one +(kill .+)`).FindStringSubmatch(said)
	if nodes == nil || restart == nil || !strings.Contains(said, "username aarav") || !strings.Contains(said, "username meera_k") {
		t.Fatalf("it does not say where to look and what to do: %s", said)
	}

	me := signIn(t, at)
	asked := map[string]bool{} // nodes
	for range 4 {
		asked[get(t, me, "/shop/").Header.Get("X-Node")] = true
	}
	if !asked[nodes[1]] || !asked[nodes[2]] {
		t.Errorf("answers come from %v, want both of %q", asked, nodes[1:])
	}
	one, two := openSocket(t, nodes[1], me.cookie), openSocket(t, nodes[2], me.cookie)
	for i, way := range [][2]socketOf{{one, two}, {two, one}} {
		text := fmt.Sprintf("across %d", i)
		if err := wsutil.WriteClientText(way[0], []byte(fmt.Sprintf(`{"type":"send","client_id":"c%d","message":%q}`, i, text))); err != nil {
			t.Fatal(err)
		}
		for got := ""; !strings.Contains(got, `"type":"message"`) || !strings.Contains(got, text); {
			data, err := wsutil.ReadServerText(way[1])
			if err != nil {
				t.Fatalf("%q did not come: %v", text, err)
			}
			got = string(data)
		}
	}

	over, asking := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-over:
				asking <- n
				return
			default:
			}
			if response := get(t, me, "/api/v1/me"); response.StatusCode != http.StatusOK {
				t.Errorf("while a node restarts: %s", response.Status)
			}
		}
	}()
	runIn(t, tmp, restart[1], "")
	until(" is back")
	close(over)
	if n := <-asking; n < 10 {
		t.Errorf("only %d requests were made meanwhile", n)
	}

	ids := map[string]string{} // of processes, by name
	found, err := filepath.Glob(filepath.Join(tmp, "*", "*.pid"))
	if err != nil || len(found) != 5 {
		t.Fatalf("it runs %v: %v", found, err)
	}
	for _, name := range found {
		id, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		ids[filepath.Base(name)] = strings.TrimSpace(string(id))
	}
	if err := syscall.Kill(-c.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	until("ending")
	for lines.Scan() { // until all that have its output have gone
	}
	_ = c.Wait() // make says that it was interrupted
	if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
		t.Errorf("it has left %v behind: %v", left, err)
	}
	for name, id := range ids {
		if _, err := os.Stat("/proc/" + id); err == nil {
			t.Errorf("%s goes on as %s", name, id)
		}
	}
}

// socketOf is a connection to read from and to write to.
type socketOf = io.ReadWriteCloser

// openSocket opens conversation 1 at a node, and waits for the greeting.
func openSocket(t *testing.T, at, cookie string) socketOf {
	t.Helper()
	dialer := ws.Dialer{Timeout: patience, Header: ws.HandshakeHeaderHTTP{"Origin": {"http://" + at}, "Cookie": {cookie}}}
	conn, ahead, _, err := dialer.Dial(t.Context(), "ws://"+at+"/ws/chat/1/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	l := line{conn, conn}
	if ahead != nil {
		l.ahead = ahead
	}
	// Who has not been greeted may come too late for what is said.
	if data, err := wsutil.ReadServerText(l); err != nil || !bytes.Contains(data, []byte(`"type":"hello"`)) {
		t.Fatalf("the socket at %s says %s, %v", at, data, err)
	}
	return l
}

// get asks as somebody who has signed in. The answer's body is read.
func get(t *testing.T, who *reader, path string) *http.Response {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+who.at+path, nil)
	if err != nil {
		t.Error(err)
		return &http.Response{}
	}
	r.Header.Set("Cookie", who.cookie)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return &http.Response{}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // the status counts
	return response
}
