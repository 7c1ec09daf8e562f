package main

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
	"strings"
	"syscall"
	"testing"

	"swapnest/internal/testkit"
)

// TestMain lets the test binary be the command: a child with this variable runs it.
func TestMain(m *testing.M) {
	if os.Getenv("SWAPNEST_TEST_COMMAND") == "1" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testkit.Main(m)
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(context.Background(), os.Args[0], args...)
	c.Env = append(os.Environ(), "SWAPNEST_TEST_COMMAND=1")
	c.Dir = t.TempDir()
	return c
}

// node is a running child process.
type node struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	stderr *bytes.Buffer
	token  string
}

// serve starts a node and waits until it says where it listens.
func startNode(t *testing.T, d *testkit.Database, args ...string) *node {
	t.Helper()
	return startProgram(t, "", d, args...)
}

// startProgram is startNode with another program than this one; "" is this one.
func startProgram(t *testing.T, program string, d *testkit.Database, args ...string) *node {
	t.Helper()
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", d.Dir()}, args...)
	if d.URL() != "" {
		args = append(args, "--database-url", d.URL())
	}
	n := &node{t: t, cmd: command(t, args...), stderr: &bytes.Buffer{}}
	if program != "" {
		n.cmd.Path = program
	}
	n.cmd.Stderr = n.stderr
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.kill)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			n.url = url
			go func() { _, _ = io.Copy(io.Discard, out) }() // nobody reads what follows
			return n
		}
	}
	t.Fatalf("the node did not start: %s", n.stderr)
	return nil
}

// kill ends the child as kill -9 does. A second call does nothing.
func (n *node) kill() {
	if n.cmd.ProcessState == nil {
		_ = n.cmd.Process.Kill() // it may have ended by itself
		_ = n.cmd.Wait()         // the status says that it was killed
	}
}

// do calls the API with the node's cookie, and remembers a new one.
func (n *node) do(method, path string, body any) (int, map[string]any) {
	n.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		n.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(n.t.Context(), method, n.url+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "swapnest_session", Value: n.token})
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer response.Body.Close()
	for _, c := range response.Cookies() {
		if c.Name == "swapnest_session" {
			n.token = c.Value
		}
	}
	var answer map[string]any
	if data, err = io.ReadAll(response.Body); err != nil {
		n.t.Fatal(err)
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &answer); err != nil {
			n.t.Fatalf("%s: %v", data, err)
		}
	}
	return response.StatusCode, answer
}

type object = map[string]any

// TestARetryAfterKill9AnswersTheFirstMessage shows contract 2, 3 and 15: after kill -9 what was
// acknowledged is there, a retry gets the first answer, and nobody has to begin anew.
func TestARetryAfterKill9AnswersTheFirstMessage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		n := startNode(t, d)
		n.do("POST", "/users", object{"username": "meera", "password": "long enough"})
		_, made := n.do("POST", "/listings", object{
			"title": "Hero cycle", "description": "", "price": object{"amount": 850000, "currency": "INR"},
			"category": "cycles", "condition": "good",
		})
		listing := made["listing"].(object)["id"]
		n.do("POST", "/users", object{"username": "aarav", "password": "long enough"})
		start := object{"listing_id": listing, "client_id": "one", "message": "Is it there?"}
		status, first := n.do("POST", "/conversations", start)
		if status != http.StatusCreated {
			t.Fatalf("start: %d %v", status, first)
		}
		path := fmt.Sprintf("/conversations/%v/messages", first["conversation"].(object)["id"])
		status, sent := n.do("POST", path, object{"client_id": "two", "message": "I can come at six"})
		if status != http.StatusCreated {
			t.Fatalf("send: %d %v", status, sent)
		}
		_, before := n.do("GET", path, nil)
		n.kill()

		again := startNode(t, d)
		again.token = n.token
		for _, test := range []struct {
			name string
			path string
			body object
			want int
		}{
			{"the start again", "/conversations", start, 200},
			{"the message again", path, object{"client_id": "two", "message": "I can come at six"}, 200},
			{"another text under the same id", path, object{"client_id": "two", "message": "At seven"}, 409},
			{"a new one", path, object{"client_id": "three", "message": "At seven"}, 201},
		} {
			status, answer := again.do("POST", test.path, test.body)
			if status != test.want {
				t.Errorf("%s: %d %v, want %d", test.name, status, answer, test.want)
			}
			if test.name == "the message again" && fmt.Sprint(answer["message"]) != fmt.Sprint(sent["message"]) {
				t.Errorf("%s: %v, want %v", test.name, answer["message"], sent["message"])
			}
		}
		_, page := again.do("GET", path, nil)
		if page["epoch"] != before["epoch"] {
			t.Errorf("epoch %v after the restart, before it %v: everybody would begin anew", page["epoch"], before["epoch"])
		}
		if page["head"] != 3.0 || len(page["messages"].([]any)) != 3 {
			t.Errorf("messages after the restart: %v", page)
		}
	})
}

func TestDemoOpensAndEndsOnSIGTERM(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		n := startNode(t, d, "--demo")
		if status, answer := n.do("POST", "/session", object{"username": "meera_k", "password": "swapnest-demo"}); status != http.StatusOK {
			t.Errorf("a demo sign-in: %d %v", status, answer)
		}
		if _, list := n.do("GET", "/conversations", nil); len(list["conversations"].([]any)) == 0 {
			t.Error("the demo person has no conversations")
		}
		if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := n.cmd.Wait(); err != nil {
			t.Errorf("after SIGTERM: %v: %s", err, n.stderr)
		}
		// Without the flag its people are locked out, with the cookie they have too.
		plain := startNode(t, d)
		plain.token = n.token
		if status, _ := plain.do("GET", "/me", nil); status != http.StatusUnauthorized {
			t.Errorf("a demo session without --demo: %d, want 401", status)
		}
		if status, _ := plain.do("POST", "/session", object{"username": "meera_k", "password": "swapnest-demo"}); status != http.StatusUnauthorized {
			t.Errorf("a demo sign-in without --demo: %d, want 401", status)
		}
	})
}

func TestMistakesEndWithOneSentence(t *testing.T) {
	d := testkit.SQLite(t)
	n := startNode(t, d)
	busy := strings.TrimPrefix(n.url, "http://")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("SWAPNEST_SMTP_PASSWORD", "")
	closed, s3 := closedPort(t), testkit.StartS3(t)
	idle := testkit.SQLite(t)
	if err := idle.Open(t, nil).Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		want int
		says string
	}{
		{"the data directory is in use", []string{"serve", "--listen", "127.0.0.1:0", "--data-dir", d.Dir()}, 1, "is in use by another swapnest process"},
		{"the port is busy", []string{"serve", "--listen", busy}, 1, "address already in use"},
		{"no database server", []string{"serve", "--listen", "127.0.0.1:0", "--database-url", "postgres://u:secret-word@" + closed + "/x"}, 1, "connect to PostgreSQL"},
		{"Redis with SQLite", []string{"serve", "--redis-url", "redis://:secret-word@localhost"}, 2, "--redis-url joins several nodes on one PostgreSQL"},
		{"another bus", []string{"serve", "--database-url", "postgres://x", "--redis-url", "amqp://:secret-word@localhost"}, 2, "--redis-url needs an address such as redis://host:6379"},
		{"sentinels without a master", []string{"serve", "--database-url", "postgres://x", "--redis-url", "redis+sentinel://:secret-word@localhost/1"}, 2, "--redis-url needs the sentinels of a master and its name"},
		{"a folder and a bucket", []string{"serve", "--blob-dir", "blobs", "--blob-url", "s3://key:secret-word@localhost/bucket"}, 2, "--blob-dir (SWAPNEST_BLOB_DIR) and --blob-url (SWAPNEST_BLOB_URL) are two places for photos and files"},
		{"another store", []string{"serve", "--blob-url", "gs://key:secret-word@localhost/bucket"}, 2, "--blob-url needs the host of an S3 service and a bucket, such as s3://"},
		{"a slash in a secret", []string{"migrate", "--blob-url", "s3://key:secret-word/1@localhost/bucket"}, 2, "--blob-url needs the host of an S3 service and a bucket"},
		{"a bucket without credentials", []string{"user", "create", "meera", "--blob-url", "s3://localhost/bucket"}, 2, "--blob-url has no credentials: put them into the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
		{"a password, and no key", []string{"user", "password", "meera", "--blob-url", "s3://:secret-word@localhost/bucket"}, 2, "--blob-url has no credentials"},
		{"many people, and no bucket", []string{"user", "create", "--count", "2", "--blob-url", "s3://localhost"}, 2, "--blob-url needs"},
		{"no service of a bucket", []string{"serve", "--listen", "127.0.0.1:0", "--blob-url", "s3://key:secret-word@" + closed + "/bucket?insecure=true"}, 1, "the bucket s3://" + closed + "/bucket cannot be used: the service cannot be reached"},
		{"another secret of a bucket", []string{"serve", "--listen", "127.0.0.1:0", "--blob-url", strings.Replace(s3.URL(s3.Host(), ""), s3.Secret, "secret-word", 1)}, 1, "cannot be used: the secret is not the one of this key"},
		{"another bucket", []string{"serve", "--listen", "127.0.0.1:0", "--blob-url", strings.Replace(s3.URL(s3.Host(), ""), "/swapnest", "/elsewhere", 1)}, 1, "cannot be used: there is no bucket of this name"},
		{"another database", []string{"migrate", "--database-url", "mysql://x"}, 1, "postgres://"},
		{"a move to nowhere", []string{"migrate", "--from", d.Dir()}, 2, "--to"},
		{"a move from nowhere", []string{"migrate", "--to", "postgres://x"}, 2, "--from"},
		{"a move of nothing", []string{"migrate", "--from", "nowhere", "--to", "postgres://u@" + closed + "/x"}, 1, "there is no database"},
		{"a move to another database", []string{"migrate", "--from", d.Dir(), "--to", "mysql://x"}, 1, "postgres://"},
		{"a move while the server runs", []string{"migrate", "--from", d.Dir(), "--to", "postgres://u:secret-word@" + closed + "/x"}, 1, "is in use by another swapnest process"},
		{"a move to no server", []string{"migrate", "--from", idle.Dir(), "--to", "postgres://u:secret-word@" + closed + "/x"}, 1, "connect to PostgreSQL"},
		{"no such flag", []string{"serve", "--nonsense"}, 2, "--nonsense"},
		{"no command", nil, 2, "swapnest --help"},
		{"no port", []string{"serve", "--listen", "localhost"}, 2, "HOST:PORT"},
		{"beyond loopback without a public URL", []string{"serve", "--listen", "0.0.0.0:0"}, 2, "--public-url"},
		{"the demo beyond loopback", []string{"serve", "--listen", "0.0.0.0:0", "--demo"}, 2, "--allow-public-demo"},
		{"a picture of no size", []string{"serve", "--max-image-mb", "0"}, 2, "--max-image-mb needs a number from 1 to 50"},
		{"a file larger than the parts it comes in", []string{"serve", "--max-file-mb", "2001"}, 2, "--max-file-mb needs a number from 1 to 2000"},
		{"more files than a message can have", []string{"serve", "--max-files", "31"}, 2, "--max-files needs a number from 1 to 30"},
		{"mail from nobody", []string{"serve", "--smtp-url", "smtp://us:secret-word@smtp.example"}, 2, "--smtp-url needs --mail-from"},
		{"mail by nobody", []string{"serve", "--mail-from", "hello@swap.example"}, 2, "--mail-from does nothing without --smtp-url"},
		{"mail by another way", []string{"serve", "--smtp-url", "http://us:secret-word@smtp.example", "--mail-from", "hello@swap.example"}, 2, "--smtp-url begins with smtp://"},
		{"mail with a broken password", []string{"serve", "--smtp-url", "smtp://us:secret-word%zz@smtp.example", "--mail-from", "hello@swap.example"}, 2, "--smtp-url needs an address"},
		{"mail without a password", []string{"serve", "--smtp-url", "smtp://us@smtp.example", "--mail-from", "hello@swap.example"}, 2, "set SWAPNEST_SMTP_PASSWORD"},
		{"mail from two", []string{"serve", "--smtp-url", "smtp://smtp.example", "--mail-from", "a@swap.example, b@swap.example"}, 2, "--mail-from needs one address"},
		{"mail before it happens", []string{"serve", "--mail-delay=-1s"}, 2, "--mail-delay needs a time from 0s to 168h"},
		{"mail without end", []string{"serve", "--mail-per-day", "100000"}, 2, "--mail-per-day needs a number from 1 to 1000"},
		{"a scanner at no address", []string{"serve", "--scanner", "localhost:3310"}, 2, "neither tcp://host:port nor unix:///path/of/socket"},
		{"less for a day than for a file", []string{"serve", "--daily-upload-mb", "24"}, 2, "--daily-upload-mb is less than one file may have"},
		{"answers by mail without a domain", []string{"serve", "--reply-listen", "127.0.0.1:0"}, 2, "need --reply-domain"},
		{"answers by mail to no mails", []string{"serve", "--reply-domain", "reply.swap.example", "--reply-listen", "127.0.0.1:0"}, 2, "--reply-domain needs --smtp-url"},
		{"answers by mail to no domain", []string{"serve", "--reply-domain", "localhost"}, 2, "--reply-domain needs a domain such as reply.swap.example"},
		{"answers by mail at no port", []string{"serve", "--reply-domain", "reply.swap.example", "--reply-listen", "localhost"}, 2, "--reply-listen needs HOST:PORT"},
		{"answers by mail by another protocol", []string{"serve", "--reply-domain", "reply.swap.example", "--reply-protocol", "uucp"}, 2, "--reply-protocol"},
		{"trust in no name", []string{"serve", "--reply-domain", "reply.swap.example", "--reply-trusts", "a b;"}, 2, "--reply-trusts needs a name"},
		{"trust in whoever connects", []string{"serve", "--reply-domain", "reply.swap.example", "--reply-listen", "0.0.0.0:25", "--reply-trusts", "mx.swap.example"}, 2, "whoever connects"},
		{"LMTP for everybody", []string{"serve", "--reply-domain", "reply.swap.example", "--reply-listen", ":24", "--reply-protocol", "lmtp"}, 2, "listen on loopback"},
		{"a scanner that is none", []string{"serve", "--scanner", "http://localhost"}, 2, "--scanner"},
		{"no limits beyond loopback", []string{"serve", "--listen", "0.0.0.0:0", "--rate-limits", "off", "--public-url", "https://x.example"}, 2, "--rate-limits"},
		{"a public URL with a path", []string{"serve", "--public-url", "https://x.example/shop"}, 2, "--public-url"},
		{"a proxy that is no network", []string{"serve", "--trusted-proxies", "10.0.0.0/8,proxy.example"}, 2, "--trusted-proxies"},
		{"everybody as a proxy", []string{"serve", "--trusted-proxies", "0.0.0.0/0"}, 2, "--trusted-proxies"},
		{"a certificate without its key", []string{"serve", "--tls-cert", "c.pem"}, 2, "--tls-key"},
		{"TLS without an origin", []string{"serve", "--tls-cert", "c.pem", "--tls-key", "k.pem"}, 2, "--public-url"},
		{"ACME and files", []string{"serve", "--acme", "--tls-cert", "c.pem", "--tls-key", "k.pem", "--public-url", "https://x.example"}, 2, "--acme"},
		{"ACME's settings alone", []string{"serve", "--acme-email", "o@x.example"}, 2, "--acme"},
		{"no certificate there", []string{"serve", "--listen", "127.0.0.1:0", "--tls-cert", "c.pem", "--tls-key", "k.pem", "--public-url", "https://x.example"}, 1, "c.pem"},
		{"push services on this machine, for everybody", []string{"serve", "--listen", "0.0.0.0:0", "--public-url", "https://swap.example", "--push-loopback"}, 2, "--push-loopback"},
		{"a contact without a scheme", []string{"serve", "--push-contact", "hello@swap.example"}, 2, "--push-contact"},
		{"a contact by http", []string{"serve", "--push-contact", "http://swap.example"}, 2, "--push-contact"},
		{"a contact that is no address", []string{"serve", "--push-contact", "mailto:hello"}, 2, "--push-contact"},
		{"push neither on nor off", []string{"serve", "--push", "maybe"}, 2, "--push"},
		{"debugging for everybody", []string{"serve", "--debug-listen", "0.0.0.0:6060"}, 2, "--debug-listen"},
		{"no such log format", []string{"serve", "--log-format", "xml"}, 2, "--log-format"},
		{"measuring without people", []string{"bench"}, 2, "--sessions"},
		{"measuring somebody else's site", []string{"bench", "--sessions", "s", "--url", "http://swap.example"}, 2, "swap.example is not on this machine"},
		{"measuring through TLS", []string{"bench", "--sessions", "s", "--url", "https://localhost"}, 2, "--url needs an origin such as http://127.0.0.1:8000"},
		{"a storm of nothing", []string{"bench", "--sessions", "s", "--storm"}, 2, "--storm and --sources go with --idle"},
		{"people who are no sessions", []string{"bench", "--sessions", "nowhere.txt"}, 1, "read the sessions"},
		{"nobody is ready", []string{"ready", "--listen", closed}, 1, "ask the node: "},
		{"ready without a port", []string{"ready", "--listen", "localhost"}, 2, "HOST:PORT"},
		{"a password too short", []string{"user", "create", "meera"}, 1, "at least 8"},
		{"nobody of that name", []string{"user", "password", "nobody"}, 1, "no such person"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := command(t, test.args...)
			c.Stdin = strings.NewReader("short\n")
			out, _ := c.CombinedOutput() // the status is compared below
			if got := c.ProcessState.ExitCode(); got != test.want {
				t.Errorf("status %d, want %d: %s", got, test.want, out)
			}
			said := strings.TrimSpace(string(out))
			if !strings.HasPrefix(said, "swapnest: ") || strings.Contains(said, "\n") || !strings.Contains(said, test.says) {
				t.Errorf("said %q, want one line with %q", said, test.says)
			}
			if strings.Contains(said, "secret-word") || strings.Contains(said, s3.Secret) || strings.Contains(said, "goroutine") {
				t.Errorf("said %q", said)
			}
		})
	}
}

// closedPort returns an address at which nobody listens, and nobody can until the test ends.
func closedPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) }) // it has served
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint("127.0.0.1:", at.(*syscall.SockaddrInet4).Port)
}

func TestAccountsFromTheCommandLine(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		storage := []string{"--data-dir", d.Dir()}
		if d.URL() != "" {
			storage = append(storage, "--database-url", d.URL())
		}
		sessions := filepath.Join(t.TempDir(), "sessions")
		for _, args := range [][]string{
			{"migrate"},
			{"user", "create", "meera", "--name", "Meera K."},
			{"user", "password", "meera"},
			{"user", "create", "--count", "3", "--sessions", sessions},
		} {
			c := command(t, append(args, storage...)...)
			c.Stdin = strings.NewReader("the long password\n")
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v: %v: %s", args, err, out)
			}
		}
		n := startNode(t, d)
		if status, answer := n.do("POST", "/session", object{"username": "MEERA", "password": "the long password"}); status != http.StatusOK {
			t.Errorf("sign-in: %d %v", status, answer)
		}
		lines, err := os.ReadFile(sessions)
		if err != nil {
			t.Fatal(err)
		}
		ready := strings.Fields(string(lines))
		if len(ready) != 6 {
			t.Fatalf("%d words in the file of sessions, want 6", len(ready))
		}
		n.token = ready[5]
		if status, me := n.do("GET", "/me", nil); status != http.StatusOK || me["user"].(object)["username"] != ready[4] {
			t.Errorf("with a ready session: %d %v", status, me)
		}
	})
}

func TestVersionAndHelp(t *testing.T) {
	for _, test := range []struct{ arg, says string }{{"version", "swapnest devel"}, {"--help", "Usage: swapnest"}} {
		out, err := command(t, test.arg).Output()
		if err != nil || !strings.Contains(string(out), test.says) {
			t.Errorf("%s: %v, said %q", test.arg, err, out)
		}
	}
}
