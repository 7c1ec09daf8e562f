package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"swapnest/internal/testkit"
)

// wire is a socket to a node that is a process of its own.
type wire struct {
	net.Conn
	in *bufio.Reader
}

func (w *wire) Read(p []byte) (int, error) { return w.in.Read(p) }

// socket opens one conversation's socket.
func (n *node) socket(t *testing.T, conversation any) *wire {
	t.Helper()
	dialer := ws.Dialer{
		Header:  ws.HandshakeHeaderHTTP{"Origin": {n.url}, "Cookie": {"swapnest_session=" + n.token}},
		Timeout: 10 * time.Second,
	}
	conn, reader, _, err := dialer.Dial(context.Background(), fmt.Sprintf("ws%s/ws/chat/%v/", strings.TrimPrefix(n.url, "http"), conversation))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the node may have done so
	if reader == nil {
		reader = bufio.NewReader(conn)
	}
	w := &wire{conn, reader}
	// hello has come: the node knows of this socket.
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	header, err := ws.ReadHeader(w)
	if err == nil {
		_, err = readFull(w, make([]byte, header.Length))
	}
	if err == nil {
		err = conn.SetReadDeadline(time.Time{})
	}
	if err != nil || header.OpCode != ws.OpText {
		t.Fatalf("no hello: %v, %v", header, err)
	}
	return w
}

// heard is what a socket has got to its end.
type heard struct {
	acked map[string]bool
	bye   bool
	retry float64
	code  ws.StatusCode
}

// listen reads until the node closes. It makes room for another message with each ack.
func (w *wire) listen(room chan<- struct{}) heard {
	h := heard{acked: map[string]bool{}}
	for {
		header, err := ws.ReadHeader(w)
		if err != nil {
			return h
		}
		payload := make([]byte, header.Length)
		if _, err := readFull(w, payload); err != nil {
			return h
		}
		var f struct {
			Type     string  `json:"type"`
			ClientID string  `json:"client_id"`
			Retry    float64 `json:"retry_after_ms"`
		}
		switch {
		case header.OpCode == ws.OpClose:
			h.code, _ = ws.ParseCloseFrameData(payload)
			return h
		case header.OpCode != ws.OpText || json.Unmarshal(payload, &f) != nil:
		case f.Type == "ack":
			h.acked[f.ClientID] = true
			select {
			case room <- struct{}{}:
			default:
			}
		case f.Type == "bye":
			h.bye, h.retry = true, f.Retry
		}
	}
}

func readFull(w *wire, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = w.Read(p[n:])
		n += m
	}
	return n, err
}

// talk registers two people and begins a conversation, as the buyer.
func (n *node) talk(t *testing.T) (conversation any) {
	t.Helper()
	n.do("POST", "/users", object{"username": "meera", "password": "long enough"})
	_, made := n.do("POST", "/listings", object{
		"title": "Hero cycle", "description": "", "price": object{"amount": 850000, "currency": "INR"}, "category": "cycles", "condition": "good",
	})
	n.do("POST", "/users", object{"username": "aarav", "password": "long enough"})
	status, first := n.do("POST", "/conversations", object{"listing_id": made["listing"].(object)["id"], "client_id": "one", "message": "Is it there?"})
	if status != http.StatusCreated {
		t.Fatalf("start: %d %v", status, first)
	}
	return first["conversation"].(object)["id"]
}

// TestADeployLosesNothingAndEndsInTime shows contract 19 with a process of its own: SIGTERM comes
// while people write, and one of them does not read. What was acknowledged is there afterwards,
// everybody was told when to come back, and the status is 0.
func TestADeployLosesNothingAndEndsInTime(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		n := startNode(t, d, "--rate-limits", "off")
		conversation := n.talk(t)
		deaf := n.socket(t, conversation)
		for range 2000 { // more than the system's buffers take, of what is answered to it
			if err := wsutil.WriteClientText(deaf, []byte(`{"message":"`+strings.Repeat("deaf ", 300)+`"}`)); err != nil {
				break // it was closed as too slow, and one that stays is opened below
			}
			if err := deaf.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		n.socket(t, conversation) // reads nothing either
		var talking sync.WaitGroup
		all := make([]heard, 10)
		hearing := make(chan struct{}, 1000)
		for i := range all {
			s := n.socket(t, conversation)
			// Sixteen on the line at once: a line that is closed with more unread than the node
			// waits for is reset, and what was said on it at last may not be read any more.
			room := make(chan struct{}, 16)
			for range cap(room) {
				room <- struct{}{}
			}
			talking.Go(func() {
				all[i] = s.listen(room)
				close(room)
			})
			go func() {
				for m := 0; ; m++ {
					if _, on := <-room; !on {
						return
					}
					if wsutil.WriteClientText(s, fmt.Appendf(nil, `{"client_id":"s%d.%d","message":"hi"}`, i, m)) != nil {
						return
					}
					select {
					case hearing <- struct{}{}:
					default:
					}
				}
			}()
		}
		for range 200 { // all are in the middle of it
			<-hearing
		}
		if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if status, took := n.ends(30 * time.Second); status != 0 || took > 20*time.Second {
			t.Errorf("status %d after %s, want 0 within 20 s: %s", status, took, n.stderr)
		}
		talking.Wait()
		acked := 0
		retries := map[float64]bool{}
		again := startNode(t, d)
		again.token = n.token
		stored := again.stored(t, conversation)
		for i, h := range all {
			for id := range h.acked {
				acked++
				if stored[id] != 1 {
					t.Errorf("%s was acknowledged, and is there %d times", id, stored[id])
				}
			}
			if h.code == 4100 {
				continue // it could not keep up with the others, which is no matter of the end
			}
			if h.code != 1012 || !h.bye || h.retry < 0 {
				t.Errorf("socket %d: bye %t, closed with %d", i, h.bye, h.code)
			}
			retries[h.retry] = true
		}
		if acked == 0 || len(retries) < 2 {
			t.Errorf("%d messages were acknowledged, %d different times to come back", acked, len(retries))
		}
	})
}

// stored counts the messages of a conversation by their client id.
func (n *node) stored(t *testing.T, conversation any) map[string]int {
	t.Helper()
	stored := map[string]int{}
	for after := 0.0; ; {
		_, page := n.do("GET", fmt.Sprintf("/conversations/%v/messages?limit=200&after=%v", conversation, int(after)), nil)
		all, _ := page["messages"].([]any)
		for _, m := range all {
			id, _ := m.(object)["client_id"].(string)
			stored[id]++
			after = m.(object)["seq"].(float64)
		}
		if len(all) == 0 {
			return stored
		}
	}
}

// TestADatabaseThatHangsDoesNotKeepTheProcess shows contract 19: nobody has to kill it.
func TestADatabaseThatHangsDoesNotKeepTheProcess(t *testing.T) {
	d, line := testkit.PostgreSQL(t).Through(t)
	n := startNode(t, d)
	conversation := n.talk(t)
	s := n.socket(t, conversation)
	line.Hang()
	if err := wsutil.WriteClientText(s, []byte(`{"client_id":"late","message":"hi"}`)); err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if h := s.listen(nil); h.code != 1012 || !h.bye || len(h.acked) > 0 {
		t.Errorf("the socket was told %+v", h)
	}
	// Twenty seconds are promised for the worst case. Here no request is under way, so that it
	// is the closing alone that takes its time.
	if status, took := n.ends(30 * time.Second); status != 1 || took > 13*time.Second {
		t.Errorf("status %d after %s, want 1 within 13 s: %s", status, took, n.stderr)
	}
	if said := n.stderr.String(); !strings.Contains(said, "swapnest: the database could not be closed in time") {
		t.Errorf("said %s", said)
	}
}
