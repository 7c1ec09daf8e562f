package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/google/go-cmp/cmp"

	"swapnest/internal/testkit"
)

// stop ends a node as an operator does.
func (n *node) stop(t *testing.T) {
	t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Wait(); err != nil {
		t.Fatalf("after SIGTERM: %v: %s", err, n.stderr)
	}
}

// moved runs the command that moves a database, and returns what it says.
func moved(t *testing.T, from, to *testkit.Database) string {
	t.Helper()
	out, err := command(t, "migrate", "--from", from.Dir(), "--to", to.URL()).CombinedOutput()
	if err != nil {
		t.Fatalf("moving: %v: %s", err, out)
	}
	return string(out)
}

// behind is the PostgreSQL database with the data directory of another one: photos stay there.
func behind(t *testing.T, from, to *testkit.Database, args ...string) *node {
	t.Helper()
	return startNode(t, from, append(args, "--database-url", to.URL())...)
}

// fetch asks a node for a page or a call, as whoever has the session.
func (n *node) fetch(t *testing.T, path, session string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "swapnest_session", Value: session})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(response.StatusCode, " ", response.Header.Get("Location"), "\n", string(body))
	return changing.ReplaceAllString(strings.ReplaceAll(text, n.url, "http://SITE"), "")
}

// caughtUp waits until the followers have dealt with all that there is: a page shows what they make.
func (n *node) caughtUp(t *testing.T) {
	t.Helper()
	for range 300 {
		lags := lag.FindAllStringSubmatch(n.fetch(t, "/metrics", ""), -1)
		if len(lags) > 0 && !slices.ContainsFunc(lags, func(m []string) bool { return m[1] != "0" }) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the followers are behind after 30 s")
}

var lag = regexp.MustCompile(`(?m)^swapnest_follower_lag_seconds\{[^}]*\} (\S+)$`)

// changing is what differs from one answer to the next: the name of the history, that of the
// request, what a form calls the message that is written in it, and how long ago something was.
var changing = regexp.MustCompile(`"f\.[A-Z0-9]{26}"|[A-Z0-9]{16}|data-age>[^<]*<`)

var (
	link    = regexp.MustCompile(`(?:href|src)="(/[^"]*)"`)
	aNumber = regexp.MustCompile(`\{[a-z_]+\}`)
)

// everything is all that somebody can look at: the calls of the API, and the pages from the
// first one on as far as links lead.
func (n *node) everything(t *testing.T, session string) map[string]string {
	t.Helper()
	var document struct{ Paths map[string]map[string]any }
	_, text, _ := strings.Cut(n.fetch(t, "/api/v1/openapi.json", ""), "\n")
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	next := []string{
		"/", "/chat/", "/notifications/", "/notifications/preferences/", "/accounts/profile/", "/accounts/my-products/", "/accounts/my-wishlist/",
		"/api/v1/listings?sort=title", "/api/v1/listings?sort=price", "/shop/?q=cycle", "/chat/search/?q=the",
	}
	for path, methods := range document.Paths {
		if methods["get"] == nil {
			continue
		}
		for i := range 12 {
			next = append(next, "/api/v1"+aNumber.ReplaceAllString(path, fmt.Sprint(i+1)))
		}
	}
	seen := map[string]string{}
	for len(next) > 0 && len(seen) < 400 {
		path := next[0]
		next = next[1:]
		if _, ok := seen[path]; ok || strings.HasPrefix(path, "/static/") {
			continue
		}
		seen[path] = n.fetch(t, path, session)
		for _, m := range link.FindAllStringSubmatch(seen[path], -1) {
			to, _, _ := strings.Cut(strings.ReplaceAll(m[1], "&amp;", "&"), "#")
			next = append(next, to)
		}
	}
	return seen
}

// A move tells where photos and files are afterwards: in the same bucket, which is not asked for anything.
func TestAMoveLeavesPhotosInTheirBucket(t *testing.T) {
	from, to := testkit.SQLite(t), testkit.EmptyPostgreSQL(t)
	if err := from.Open(t, nil).Close(); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, "migrate", "--from", from.Dir(), "--to", to.URL(), "--blob-url", "s3://key:secret-word@127.0.0.1:1/swapnest/town?insecure=true").CombinedOutput()
	if err != nil {
		t.Fatalf("moving: %v: %s", err, out)
	}
	said := string(out)
	if !strings.Contains(said, "Photos and files stay in s3://127.0.0.1:1/swapnest/town. Serve with the same SWAPNEST_BLOB_URL:\n  swapnest serve --data-dir "+from.Dir()+" --database-url") ||
		strings.Contains(said, "secret-word") || strings.Contains(said, "--blob-dir") {
		t.Errorf("said %s", said)
	}
}

// TestTheDemoTownMovesToPostgreSQL shows contract 15 behind a move: nobody sees a difference but
// clients, which are told to begin anew. Every page and every call answers as before, with the
// session of before.
func TestTheDemoTownMovesToPostgreSQL(t *testing.T) {
	from, to := testkit.SQLite(t), testkit.PostgreSQL(t)
	n := startNode(t, from, "--demo", "--rate-limits", "off")
	sessions := map[string]string{"": ""}
	for _, who := range []string{"aarav", "meera_k", "lin_jiahui"} {
		n.token = ""
		if status, answer := n.do("POST", "/session", object{"username": who, "password": "swapnest-demo"}); status != http.StatusOK {
			t.Fatalf("%s: %d %v", who, status, answer)
		}
		sessions[who] = n.token
	}
	n.token = sessions["aarav"]
	_, page := n.do("GET", "/conversations/1/messages", nil)
	n.caughtUp(t)
	before := map[string]map[string]string{}
	for who, session := range sessions {
		before[who] = n.everything(t, session)
	}
	n.stop(t)

	said := moved(t, from, to)
	for _, want := range []string{"copying message: ", "message ", "tables are alike in both databases", "Photos and files stay in " + from.Dir()} {
		if !strings.Contains(said, want) {
			t.Errorf("said %q, want %q in it", said, want)
		}
	}
	u, err := url.Parse(to.URL())
	if err != nil {
		t.Fatal(err)
	}
	if password, _ := u.User.Password(); strings.Contains(said, password) {
		t.Errorf("said the password: %s", said)
	}

	again := behind(t, from, to, "--demo", "--rate-limits", "off")
	again.caughtUp(t)
	for who, session := range sessions {
		different, chats := 0, 0
		for path, want := range before[who] {
			if got := again.fetch(t, path, session); got != want {
				if different++; different < 4 {
					t.Errorf("%s at %s (-before +after):\n%s", who, path, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
				}
			}
			if strings.HasPrefix(path, "/chat/conversation/") && strings.HasPrefix(want, "200") {
				chats++
			}
		}
		if different > 0 || len(before[who]) < 60 || (who == "aarav" && chats < 3) {
			t.Errorf("%s: %d of %d answers are different, %d of them conversations", who, different, len(before[who]), chats)
		}
	}

	again.token = sessions["aarav"]
	messages, _ := page["messages"].([]any)
	last := messages[len(messages)-1].(object)
	position := url.Values{"after": {fmt.Sprint(last["seq"])}, "at": {fmt.Sprint(last["timestamp"])}, "epoch": {fmt.Sprint(page["epoch"])}}
	if types := again.comesBack(t, position); !slices.Contains(types, "reset epoch") {
		t.Errorf("a client that comes back with its position of before gets %v", types)
	}
	_, fresh := again.do("GET", "/conversations/1/messages", nil)
	if diff := cmp.Diff(page["messages"], fresh["messages"]); diff != "" || fresh["epoch"] == page["epoch"] {
		t.Errorf("epoch %v, before it was %v; messages (-before +after):\n%s", fresh["epoch"], page["epoch"], diff)
	}
	position.Set("epoch", fmt.Sprint(fresh["epoch"]))
	if types := again.comesBack(t, position); !slices.Contains(types, "caught_up") {
		t.Errorf("a client that has begun anew gets %v", types)
	}
}

// comesBack opens a conversation's socket at a position, and returns the types of what comes
// until it is known what becomes of it.
func (n *node) comesBack(t *testing.T, position url.Values) (types []string) {
	t.Helper()
	dialer := ws.Dialer{
		Header:  ws.HandshakeHeaderHTTP{"Origin": {n.url}, "Cookie": {"swapnest_session=" + n.token}},
		Timeout: 10 * time.Second,
	}
	conn, reader, _, err := dialer.Dial(context.Background(), "ws"+strings.TrimPrefix(n.url, "http")+"/ws/chat/1/?"+position.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if reader == nil {
		reader = bufio.NewReader(conn)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		data, _, err := wsutil.ReadServerData(struct {
			io.Reader
			io.Writer
		}{reader, conn})
		if err != nil {
			t.Fatalf("after %v: %v", types, err)
		}
		var frame struct{ Type, Reason string }
		if err := json.Unmarshal(bytes.TrimSpace(data), &frame); err != nil {
			t.Fatal(err)
		}
		types = append(types, strings.TrimSpace(frame.Type+" "+frame.Reason))
		if frame.Type == "reset" || frame.Type == "caught_up" {
			return types
		}
	}
}
