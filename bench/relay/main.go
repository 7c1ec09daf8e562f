// Command relay is what a site would be that costs nothing but its sockets: it reads a message, answers
// that it has it, and hands it to the lines of both people, by the same WebSocket library as SwapNest
// and from and to memory alone. It speaks as much of the wire as swapnest bench needs.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// town knows who talks with whom.
type town struct {
	mu       sync.RWMutex // guards what follows
	sellers  []string     // of listings
	talks    [][2]string  // people of conversations
	lines    map[string][]*line
	messages int64
}

// line is an open socket.
type line struct {
	conn net.Conn
	mu   sync.Mutex // keeps frames whole
}

func (l *line) write(data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)) // reading tells that it is over
	_, _ = l.conn.Write(data)
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address")
	flag.Parse()
	t := &town{lines: make(map[string][]*line)}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	log.Fatal(http.Serve(l, t.handler()))
}

func (t *town) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/listings", t.list)
	mux.HandleFunc("POST /api/v1/conversations", t.begin)
	mux.HandleFunc("GET /ws/", t.serve)
	return mux
}

// who is the person of a request, by their cookie.
func who(r *http.Request) string { return r.Header.Get("Cookie") }

func (t *town) list(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sellers = append(t.sellers, who(r))
	fmt.Fprintf(w, `{"listing":{"id":%d}}`, len(t.sellers))
}

func (t *town) begin(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Listing int `json:"listing_id"`
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil || in.Listing < 1 || in.Listing > len(t.sellers) {
		http.Error(w, "there is no such listing", http.StatusNotFound)
		return
	}
	t.talks = append(t.talks, [2]string{who(r), t.sellers[in.Listing-1]})
	fmt.Fprintf(w, `{"conversation":{"id":%d}}`, len(t.talks))
}

func (t *town) serve(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	l := &line{conn: conn}
	t.mu.Lock()
	t.lines[who(r)] = append(t.lines[who(r)], l)
	t.mu.Unlock()
	l.write(ws.MustCompileFrame(ws.NewTextFrame([]byte(`{"type":"hello","epoch":"relay"}`))))
	name := who(r)
	// From here on it is the socket's own goroutine: that of the request, and what it holds, goes.
	go func() {
		t.read(l)
		t.mu.Lock()
		t.lines[name] = slices.DeleteFunc(t.lines[name], func(one *line) bool { return one == l })
		t.mu.Unlock()
		_ = conn.Close() // it is over
	}()
}

func (t *town) read(l *line) {
	in := newReader(l.conn)
	for {
		frame, op, err := in.next()
		if err != nil || op == ws.OpClose {
			return
		}
		if op == ws.OpText {
			t.relay(l, frame)
		}
	}
}

// relay acknowledges a message and hands it on, each to one write.
func (t *town) relay(from *line, frame []byte) {
	conversation, _ := strconv.Atoi(string(value(frame, `"conversation_id":`, ",")))
	id, text := value(frame, `"client_id":"`, `"`), value(frame, `"message":"`, `"`)
	t.mu.Lock()
	if conversation < 1 || conversation > len(t.talks) {
		t.mu.Unlock()
		return
	}
	t.messages++
	n, talk := t.messages, t.talks[conversation-1]
	both := append(slices.Clone(t.lines[talk[0]]), t.lines[talk[1]]...)
	t.mu.Unlock()
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"ack","client_id":"%s","conversation_id":%d,"message_id":%d,"seq":%d,"timestamp":%q,"duplicate":false}`, id, conversation, n, n, now)
	from.write(ws.MustCompileFrame(ws.NewTextFrame([]byte(b.String()))))
	b.Reset()
	fmt.Fprintf(&b, `{"type":"message","conversation_id":%d,"message_id":%d,"seq":%d,"client_id":"%s","sender_id":1,"sender_username":"somebody","sender_name":"Somebody","message":"%s","timestamp":%q,"is_read":false}`,
		conversation, n, n, id, text, now)
	data := ws.MustCompileFrame(ws.NewTextFrame([]byte(b.String())))
	for _, to := range both {
		to.write(data)
	}
}

// value is what stands between two pieces of a frame.
func value(frame []byte, before, after string) []byte {
	_, rest, _ := bytes.Cut(frame, []byte(before))
	found, _, _ := bytes.Cut(rest, []byte(after))
	return found
}
