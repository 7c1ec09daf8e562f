package torture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/jackc/pgx/v5"

	"swapnest/internal/testkit"
)

var (
	crowdLines = flag.Int("lines", 500, "how many lines BenchmarkLines opens")
	pairs      = flag.Int("pairs", 32, "how many pairs of people write to each other in BenchmarkMessages")
)

// BenchmarkLines measures what a quiet line costs a node: bytes of memory that are the process's own
// and file descriptors, alone and with a Redis. Each line is another person's, and there is one node.
func BenchmarkLines(b *testing.B) {
	for _, kind := range []string{"alone", "redis"} {
		b.Run(kind, func(b *testing.B) {
			d := testkit.PostgreSQL(b)
			var flags []string
			var redis *testkit.Redis
			if kind == "redis" {
				redis = testkit.StartRedis(b)
				flags = []string{"--redis-url", redis.URL()}
			}
			n := NewNode(b, plain, d, flags...)
			w := &World{tb: b, Node: n}
			w.accounts(*crowdLines)
			n.MustStart()
			at := func(int) string { return n.At }
			kept := 0.0
			if redis != nil {
				kept = memoryOf(b, redis)
			}
			// A node has grown to its size when some are there.
			some := len(w.People) / 4
			first := openAll(b, w.People[:some], at)
			before, files := n.resident(b), n.files(b)
			for b.Loop() {
				lines := openAll(b, w.People[some:], at)
				each := func(all float64) float64 { return all / float64(len(lines)) }
				b.ReportMetric(each(float64(n.resident(b)-before)/1024), "KiB/line")
				b.ReportMetric(each(float64(n.files(b)-files)), "files/line")
				if redis != nil {
					b.ReportMetric((memoryOf(b, redis)-kept)/1024/float64(len(w.People)), "redis-KiB/line")
				}
				for _, l := range append(lines, first...) {
					_ = l.Close() // nothing more is said on it
				}
			}
		})
	}
}

// BenchmarkMessages measures how many messages a second pairs of people send and get, who each wait
// for the acknowledgement before the next: all at one node, or at two with each pair's two at
// different ones. PostgreSQL writes to the disk. Nodes, PostgreSQL, Redis and the clients share the
// machine. Both are measured in turns, and their ratio depends less on it.
func BenchmarkMessages(b *testing.B) {
	server, err := testkit.StartPostgres(testkit.PostgresOptions{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			b.Error(err)
		}
	}()
	d, redis := testkit.PostgreSQLOn(b, server), testkit.StartRedis(b)
	var nodes []*Node
	for range 2 {
		nodes = append(nodes, NewNode(b, plain, d, "--redis-url", redis.URL(), "--data-dir", b.TempDir()))
	}
	w := &World{tb: b, Node: nodes[0]}
	w.accounts(2 * *pairs)
	for _, n := range nodes {
		n.MustStart()
	}
	conversations := make([]int64, *pairs)
	for i := range conversations {
		conversations[i] = w.pair(i)
	}
	one := openAll(b, w.People, func(int) string { return nodes[0].At })
	two := openAll(b, w.People, func(i int) string { return nodes[(i+i/2)%2].At })
	var took [2]time.Duration
	var sent [2]int
	for b.Loop() {
		for i, lines := range [][]*quiet{one, two} {
			began := time.Now()
			sent[i] += talk(b, lines, conversations, 3*time.Second)
			took[i] += time.Since(began)
		}
	}
	rate := func(i int) float64 { return float64(sent[i]) / took[i].Seconds() }
	b.ReportMetric(rate(0), "msg/s-one-node")
	b.ReportMetric(rate(1), "msg/s-two-nodes")
	b.ReportMetric(rate(1)/rate(0), "ratio")
	b.ReportMetric(float64(connections(b, d.URL()))/2, "connections/node")
}

// connections is how many connections of nodes a PostgreSQL has. They stay for half an hour, so this
// is what was needed at once.
func connections(b *testing.B, address string) (n int) {
	conn, err := pgx.Connect(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(b.Context())) }() // it has done its work
	err = conn.QueryRow(b.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'swapnest'`).Scan(&n)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// pair has person 2i ask person 2i+1 about a thing, and returns the conversation.
func (w *World) pair(i int) int64 {
	w.tb.Helper()
	var thing struct {
		Listing struct {
			ID int64 `json:"id"`
		} `json:"listing"`
	}
	w.must(w.People[2*i+1].call(http.MethodPost, "/listings", map[string]any{
		"title": fmt.Sprintf("Thing %d", i), "description": "", "category": "cycles", "condition": "good",
		"price": map[string]any{"amount": 10000, "currency": "INR"},
	}, &thing))
	var begun struct {
		Conversation struct {
			ID int64 `json:"id"`
		} `json:"conversation"`
	}
	w.must(w.People[2*i].call(http.MethodPost, "/conversations", map[string]any{"listing_id": thing.Listing.ID, "client_id": "first", "message": "Is it there?"}, &begun))
	return begun.Conversation.ID
}

// talk has the even ones write to the odd ones for a while, and returns how many messages were
// acknowledged and got.
func talk(b *testing.B, lines []*quiet, conversations []int64, long time.Duration) (all int) {
	b.Helper()
	var work sync.WaitGroup
	counts := make([]int, len(conversations))
	until := time.Now().Add(long)
	for i, id := range conversations {
		work.Go(func() {
			from, to := lines[2*i], lines[2*i+1]
			for n := 0; time.Now().Before(until); n++ {
				name := fmt.Sprintf("%d.%d", until.UnixNano(), n)
				from.say(b, `{"type":"send","conversation_id":%d,"client_id":%q,"message":"Is it still there, and can I come at six?"}`, id, name)
				if !from.hear(b, "ack", name) || !to.hear(b, "message", name) {
					return
				}
				counts[i]++
			}
		})
	}
	work.Wait()
	for _, n := range counts {
		all += n
	}
	return all
}

// quiet is a line that is read only while something is waited for.
type quiet struct {
	net.Conn
	in *bufio.Reader
}

func (q *quiet) say(b *testing.B, format string, args ...any) {
	data, err := ws.CompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(fmt.Sprintf(format, args...)))))
	if err == nil {
		_, err = q.Write(data)
	}
	if err != nil {
		b.Errorf("write: %v", err)
	}
}

// hear reads to a frame of a type, of the message with a client id; "" is any.
func (q *quiet) hear(b *testing.B, kind, name string) bool {
	for {
		if err := q.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			b.Errorf("waiting for %s: %v", kind, err)
			return false
		}
		h, err := ws.ReadHeader(q.in)
		if err != nil {
			b.Errorf("waiting for %s: %v", kind, err)
			return false
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(q.in, payload); err != nil {
			b.Errorf("waiting for %s: %v", kind, err)
			return false
		}
		var f struct {
			Type     string `json:"type"`
			ClientID string `json:"client_id"`
		}
		if h.OpCode == ws.OpText && json.Unmarshal(payload, &f) == nil && f.Type == kind && (name == "" || f.ClientID == name) {
			return true
		}
	}
}

// openAll opens a line of each person at their node, some at a time, and waits for its greeting.
func openAll(b *testing.B, people []Person, at func(i int) string) []*quiet {
	b.Helper()
	lines, free := make([]*quiet, len(people)), make(chan struct{}, 8)
	var work sync.WaitGroup
	for i, p := range people {
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			dialer := ws.Dialer{Timeout: 30 * time.Second, Header: ws.HandshakeHeaderHTTP{"Origin": {"http://" + at(i)}, "Cookie": {p.cookie()}}}
			conn, in, _, err := dialer.Dial(context.Background(), "ws://"+at(i)+"/ws/")
			if err != nil {
				b.Errorf("a line: %v", err)
				return
			}
			if in == nil {
				in = bufio.NewReader(conn)
			}
			lines[i] = &quiet{conn, in}
			lines[i].hear(b, "hello", "")
		})
	}
	work.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return lines
}

// resident is how many bytes of memory the process has, of its own alone.
func (n *Node) resident(tb testing.TB) int64 {
	tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		tb.Fatal(err)
	}
	return kilobytes(tb, string(data), "RssAnon:")
}

// kilobytes finds a value in what the kernel tells, and returns it in bytes.
func kilobytes(tb testing.TB, text, name string) int64 {
	tb.Helper()
	_, rest, _ := strings.Cut(text, name)
	number, _, ok := strings.Cut(strings.TrimSpace(rest), " kB")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !ok {
		tb.Fatalf("the system does not tell %s", name)
	}
	return n << 10
}

// files is how many file descriptors the process has.
func (n *Node) files(tb testing.TB) int {
	tb.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", n.cmd.Process.Pid))
	if err != nil {
		tb.Fatal(err)
	}
	return len(all)
}

// memoryOf is how many bytes a Redis has in use.
func memoryOf(tb testing.TB, r *testkit.Redis) float64 {
	tb.Helper()
	_, rest, _ := bytes.Cut([]byte(r.Do("INFO", "memory")), []byte("used_memory:"))
	number, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.ParseFloat(strings.TrimSpace(string(number)), 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}
