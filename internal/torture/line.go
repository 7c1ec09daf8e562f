package torture

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/torture/checker"
)

// frame has the fields that a client uses of what the server says.
type frame struct {
	Type string `json:"type"`
	message
	Place      int64  `json:"message_seq"` // of the message that an event changes
	Changed    string `json:"at"`          // when
	Epoch      string `json:"epoch"`
	Head       int64  `json:"head"`
	Reason     string `json:"reason"`
	Code       string `json:"code"`
	Duplicate  bool   `json:"duplicate"`
	Retryable  bool   `json:"retryable"`
	RetryAfter int64  `json:"retry_after_ms"`

	came time.Time // when it was read
}

// event is what a frame tells, and the time of that.
func (f frame) event() (e checker.Entry, at string) {
	e, at = f.entry(), f.At
	if f.Type != "message" {
		e.Changes, at = f.Place, f.Changed
	}
	return e, at
}

// writeTimeout is how long a client waits for room to write.
const writeTimeout = 5 * time.Second

// narrow bounds what the kernels of both sides keep of what has not been read: by small
// segments, as on a real network, the sender's buffer stays small, too.
func narrow(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = errors.Join(
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 16<<10),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536),
		)
	})
	return errors.Join(err, failed)
}

// line is an open socket.
type line struct {
	conn   net.Conn
	frames chan frame     // closed when the line is over
	why    string         // it is; known when frames is closed
	over   chan struct{}  // closed when nobody takes frames any more
	level  map[int64]bool // conversations that have caught up; the client's own
	did    time.Time      // when a command was last carried out on it; the same

	patience time.Duration
	reopen   *time.Timer // runs out when what was not opened is to be asked for again
}

// read decodes what the server says until the line ends.
func (l *line) read(from *bufio.Reader, gate func(over <-chan struct{})) {
	defer close(l.frames)
	over := func(why ...any) { l.why = fmt.Sprintln(why...) }
	for {
		gate(l.over)
		if err := l.conn.SetReadDeadline(time.Now().Add(l.patience)); err != nil {
			over(err)
			return
		}
		h, err := ws.ReadHeader(from)
		if err != nil {
			over(err)
			return
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(from, payload); err != nil {
			over(err)
			return
		}
		switch h.OpCode {
		case ws.OpText:
			var f frame
			if err := json.Unmarshal(payload, &f); err != nil {
				over(err)
				return
			}
			f.came = time.Now()
			l.frames <- f
		case ws.OpPing:
			l.send(ws.NewPongFrame(payload))
		case ws.OpClose:
			over(ws.ParseCloseFrameData(payload))
			return
		}
	}
}

// write sends a frame, and tells whether it left.
func (l *line) write(f map[string]any) bool {
	data, err := json.Marshal(f)
	if err != nil {
		return false
	}
	return l.send(ws.NewTextFrame(data))
}

// send writes in one piece: the reader answers pings beside the loop.
func (l *line) send(f ws.Frame) bool {
	data, err := ws.CompileFrame(ws.MaskFrame(f))
	if err != nil || l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
		return false
	}
	_, err = l.conn.Write(data)
	return err == nil
}
