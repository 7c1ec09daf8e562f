package papers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/testkit"
)

// The addresses of the sample files in deploy/.
var sampleNodes = []string{"10.0.0.11:8000", "10.0.0.12:8000"}

// land is a PostgreSQL, a Redis and a folder of photos, on which nodes run as processes.
type land struct {
	t     *testing.T
	dir   string
	env   []string // what each node has
	nodes []*server
}

// newLand makes one in which meera has an account.
func newLand(t *testing.T, env ...string) *land {
	t.Helper()
	if quickLoop() {
		t.Skip("left out, for the quick loop needs nothing but Go")
	}
	postgres, err := testkit.StartPostgres(testkit.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := postgres.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := postgres.CreateDatabase(t.Context(), "swapnest", ""); err != nil {
		t.Fatal(err)
	}
	l := &land{t: t, dir: t.TempDir()}
	l.env = append(env, "SWAPNEST_DATABASE_URL="+postgres.URL("swapnest"), "SWAPNEST_REDIS_URL="+testkit.StartRedis(t).URL(),
		"SWAPNEST_BLOB_DIR="+filepath.Join(l.dir, "blobs"))
	runIn(t, l.dir, l.command("swapnest user create meera"), "long enough\n")
	return l
}

// command is a command line with the environment of a node.
func (l *land) command(line string) string {
	var settings []string
	for _, v := range l.env {
		name, value, _ := strings.Cut(v, "=")
		settings = append(settings, name+"='"+value+"'")
	}
	return strings.Join(settings, " ") + " " + line
}

// start starts node i at the address that it had, or at a free one.
func (l *land) start(i int) {
	l.t.Helper()
	at := "127.0.0.1:0"
	if i < len(l.nodes) {
		at = l.nodes[i].at
	}
	c := exec.CommandContext(context.Background(), program(l.t, "swapnest"), "serve", "--listen", at,
		"--data-dir", filepath.Join(l.dir, fmt.Sprint("node", i)), "--public-url", "https://"+siteName, "--trusted-proxies", "127.0.0.1/32")
	c.Env = environment(l.env...)
	s := started(l.t, c)
	askReady(l.t, s, "a node")
	if i < len(l.nodes) {
		l.nodes[i] = s
	} else {
		l.nodes = append(l.nodes, s)
	}
}

// end has a node end as a service manager does, and waits until it has.
func (l *land) end(i int) {
	l.t.Helper()
	began := time.Now()
	if err := l.nodes[i].cmd.Process.Signal(syscall.SIGTERM); err != nil {
		l.t.Fatal(err)
	}
	if err := l.nodes[i].cmd.Wait(); err != nil {
		l.t.Errorf("node %d: %v: %s", i, err, l.nodes[i].stderr)
	}
	if took := time.Since(began); took > 20*time.Second {
		l.t.Errorf("node %d ended after %s", i, took)
	}
}

var shopped = regexp.MustCompile(`swapnest_http_requests_total\{method="GET",pattern="GET /shop/\{\$\}",status="200"\} (\d+)`)

// visited waits until ten have come to a node by way of the proxy, as docs/scaling.md says.
func (l *land) visited(i int) {
	l.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		r, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, "http://"+l.nodes[i].at+"/metrics", nil)
		if err != nil {
			l.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer a token")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			l.t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			l.t.Fatalf("metrics: %s %v", response.Status, err)
		}
		// One may be somebody who asked the node before it ended, and was heard by the new one.
		if m := shopped.FindSubmatch(text); m != nil && len(m[1]) > 1 {
			return
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("nobody comes to node %d: %s", i, text)
		}
	}
}

// TestTheSampleProxiesServeTwoNodesThroughADeploy starts nginx and Caddy with deploy/nginx.conf and
// deploy/Caddyfile. Pages, calls and sockets go through. Then each node is ended and started again,
// while people read and write: nobody gets an error, and who loses a line has another one at once.
func TestTheSampleProxiesServeTwoNodesThroughADeploy(t *testing.T) {
	t.Parallel()
	l := newLand(t, "SWAPNEST_RATE_LIMITS=off", metricsToken)
	l.start(0)
	l.start(1)
	here := []string{sampleNodes[0], l.nodes[0].at, sampleNodes[1], l.nodes[1].at}
	audit := l.command("swapnest audit --limit 1")
	t.Run("nginx", func(t *testing.T) {
		port, cert := freePort(t), selfSigned(t, l.dir)
		startNginx(t, l.dir, swap(t, read(t, "deploy/nginx.conf"), append(here, "listen 443 ssl", "listen 127.0.0.1:"+port+" ssl", "/etc/swapnest/", l.dir+"/")...))
		g := newGuest(t, port, filepath.Join(l.dir, cert))
		visit(t, g, l.dir, audit)
		deploy(t, l, g, true)
	})
	t.Run("Caddy", func(t *testing.T) {
		port := freePort(t)
		g := newGuest(t, port, startCaddy(t, l.dir, port, swap(t, read(t, "deploy/Caddyfile"), here...)))
		visit(t, g, l.dir, audit)
		deploy(t, l, g, false) // its versions before 2.7 cannot send a body again
	})
}

// deploy ends and starts each node of a land in turn, while a guest and their other devices go on,
// with requests that have a body or without.
func deploy(t *testing.T, l *land, g *guest, bodies bool) {
	t.Helper()
	crowd := newCrowd(t, g, bodies)
	defer crowd.leave()
	for i := range l.nodes {
		// Until both nodes have some of the sockets, there is nothing to see.
		crowd.goOn()
		here := crowd.open()
		l.end(i)
		crowd.goOn() // with one node
		for deadline := time.Now().Add(patience); crowd.open() == here; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("node %d had none of the sockets", i)
			}
		}
		l.start(i)
		l.visited(i) // before that the proxy takes it for gone, and the other one may not end
		crowd.goOn()
	}
	if n := crowd.answers.Load(); n < 500 {
		t.Errorf("only %d requests were made", n)
	}
}

// crowd reads and writes all the time.
type crowd struct {
	t       *testing.T
	g       *guest
	over    chan struct{}
	work    sync.WaitGroup
	answers atomic.Int64 // requests answered, all of them well
	lines   atomic.Int64 // sockets lost, for whom another was opened
}

func newCrowd(t *testing.T, g *guest, bodies bool) *crowd {
	t.Helper()
	c := &crowd{t: t, g: g, over: make(chan struct{})}
	_, made := g.must(http.MethodPost, "/api/v1/listings",
		`{"title":"Hero cycle","description":"","price":{"amount":850000,"currency":"INR"},"category":"cycles","condition":"good"}`)
	var listing struct{ Listing struct{ ID int64 } }
	if err := json.Unmarshal([]byte(made), &listing); err != nil || listing.Listing.ID == 0 {
		t.Fatalf("a listing: %v %s", err, made)
	}
	change := fmt.Sprintf("/api/v1/listings/%d", listing.Listing.ID)
	for i, what := range [][3]string{
		{http.MethodGet, "/shop/", ""},
		{http.MethodGet, "/api/v1/me", ""},
		{http.MethodPatch, change, `{"description":"It rides."}`},
		{http.MethodPost, "/api/v1/ticket", ""},
	} {
		if what[2] != "" && !bodies {
			continue
		}
		c.work.Go(func() {
			for c.goesOn() {
				response, text, err := g.ask(what[0], what[1], what[2])
				if err != nil || response.StatusCode >= 300 {
					t.Errorf("%d: %s %s: %v %v: %.200s", i, what[0], what[1], response, err, text)
					return
				}
				c.answers.Add(1)
			}
		})
	}
	for range 8 {
		l, err := g.socket()
		if err != nil {
			t.Fatal(err)
		}
		c.work.Go(func() { c.hold(l) })
	}
	return c
}

func (c *crowd) goesOn() bool {
	select {
	case <-c.over:
		return false
	default:
		return true
	}
}

// hold reads from a socket, and opens another one when the server says that it goes down. Any other
// end is a fault.
func (c *crowd) hold(l line) {
	for {
		end := make(chan struct{})
		go func() {
			select {
			case <-c.over:
				l.Close()
			case <-end:
			}
		}()
		code, err := untilClosed(l)
		close(end)
		l.Close()
		if !c.goesOn() {
			return
		}
		if code != 1012 {
			c.t.Errorf("a socket ended with %d, %v, want 1012", code, err)
			return
		}
		if l, err = c.g.socket(); err != nil {
			c.t.Errorf("another socket: %v", err)
			return
		}
		c.lines.Add(1)
	}
}

// untilClosed reads to the server's close frame, and returns its code.
func untilClosed(l line) (ws.StatusCode, error) {
	for {
		header, err := ws.ReadHeader(l)
		if err != nil {
			return 0, err
		}
		payload := make([]byte, header.Length) // of our own server
		if _, err := io.ReadFull(l, payload); err != nil {
			return 0, err
		}
		switch header.OpCode {
		case ws.OpClose:
			code, _ := ws.ParseCloseFrameData(payload)
			return code, nil
		case ws.OpPing:
			if err := ws.WriteFrame(l, ws.MaskFrame(ws.NewPongFrame(payload))); err != nil {
				return 0, err
			}
		}
	}
}

// goOn waits for a hundred more answers.
func (c *crowd) goOn() {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for want := c.answers.Load() + 100; c.answers.Load() < want; time.Sleep(time.Millisecond) {
		if c.t.Failed() || time.Now().After(deadline) {
			c.t.Fatal("it does not go on")
		}
	}
}

// open is how many sockets were opened in place of others.
func (c *crowd) open() int64 { return c.lines.Load() }

func (c *crowd) leave() {
	close(c.over)
	c.work.Wait()
}
