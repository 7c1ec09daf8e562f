package sim

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/torture/checker"
)

// frame has the fields that a client uses of what the server says.
type frame struct {
	Type         string `json:"type"`
	Conversation int64  `json:"conversation_id"`
	Message      int64  `json:"message_id"`
	Seq          int64  `json:"seq"`
	ClientID     string `json:"client_id"`
	Sender       int64  `json:"sender_id"`
	Text         string `json:"message"`
	At           string `json:"timestamp"`
	Epoch        string `json:"epoch"`
	Head         int64  `json:"head"`
	Reason       string `json:"reason"`
	Code         string `json:"code"`
	Duplicate    bool   `json:"duplicate"`
	Retryable    bool   `json:"retryable"`
	RetryAfter   int64  `json:"retry_after_ms"`
}

func (f frame) entry() checker.Entry {
	return checker.Entry{
		Conversation: f.Conversation, Seq: f.Seq, Message: f.Message, Sender: f.Sender, ClientID: f.ClientID, Text: f.Text, At: f.At,
	}
}

// frameOf decodes a frame of the server.
func frameOf(data []byte) (f frame, err error) {
	err = json.Unmarshal(data, &f)
	return f, err
}

// written is bytes on their way; behind the last ones the line breaks.
type written struct {
	data []byte
	last bool
}

// line is an open socket. One goroutine reads and one writes: nobody waits for a lock while
// simulated time has to go on.
type line struct {
	conn   net.Conn
	frames chan frame // closed when the line is over
	out    chan written
	over   chan struct{}  // closed when nobody takes frames any more
	level  map[int64]bool // conversations that have caught up; the client's own
	quiet  atomic.Int64   // until when nothing is read, in nanoseconds
}

func newLine(conn net.Conn) *line {
	l := &line{
		conn: conn, frames: make(chan frame, 64), out: make(chan written, 256), over: make(chan struct{}), level: make(map[int64]bool),
	}
	go l.read()
	go l.write()
	return l
}

// end closes the line and waits until nobody reads from it.
func (l *line) end() {
	close(l.over)
	_ = l.conn.Close() // it may have gone already
	for range l.frames {
		continue // until the reader has ended
	}
}

func (l *line) read() {
	defer close(l.frames)
	from := bufio.NewReader(l.conn)
	for {
		for {
			wait := l.quiet.Load() - time.Now().UnixNano()
			if wait <= 0 {
				break
			}
			select {
			case <-time.After(time.Duration(wait)):
			case <-l.over:
				return
			}
		}
		h, err := ws.ReadHeader(from)
		if err != nil {
			return
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(from, payload); err != nil {
			return
		}
		switch h.OpCode {
		case ws.OpText:
			f, err := frameOf(payload)
			if err != nil {
				return
			}
			select {
			case l.frames <- f:
			case <-l.over:
				return
			}
		case ws.OpPing:
			l.put(ws.NewPongFrame(payload), false)
		case ws.OpClose:
			return
		}
	}
}

func (l *line) write() {
	for {
		select {
		case w := <-l.out:
			_ = l.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)) // a pipe that is closed says so below
			if _, err := l.conn.Write(w.data); err != nil || w.last {
				_ = l.conn.Close() // which ends the reader, too
				return
			}
		case <-l.over:
			return
		}
	}
}

// say sends a frame; behind it the line breaks if it is the last.
func (l *line) say(f map[string]any, last bool) {
	data, err := json.Marshal(f)
	if err != nil {
		panic("sim: " + err.Error()) // it is made of texts and numbers
	}
	l.put(ws.NewTextFrame(data), last)
}

func (l *line) put(f ws.Frame, last bool) {
	data, err := ws.CompileFrame(ws.MaskFrame(f))
	if err != nil {
		panic("sim: " + err.Error()) // it compiles whatever it holds
	}
	select {
	case l.out <- written{data, last}:
	case <-l.over:
	}
}
