package socket

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
)

// violation is a breach of RFC 6455 that ends the connection with a code.
type violation struct {
	code   ws.StatusCode
	reason string
}

func (v violation) Error() string { return v.reason }

// errClosed says that the peer has sent a close frame.
var errClosed = errors.New("closed by the peer")

// hearing is what a connection's reader keeps between two frames.
type hearing struct {
	ahead  []byte   // what was read before there was a buffer
	little [16]byte // where that is read to while the line rests
	fault  error    // what reading has ended with then

	armed  time.Time // the deadline of reading that was set last
	rests  time.Time // from when on nobody waits for more with a buffer
	listen bool      // a frame is waited for; what follows is of this wait
	since  time.Time // from when on
	until  time.Time // when the peer is asked whether it is there, or is gone if it was
	pinged bool

	silent time.Time // since when nothing was heard of a peer that has not answered either
}

// intake reads what a connection has ahead, and then from the line.
type intake conn

func (c *intake) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		if c.ahead = c.ahead[n:]; len(c.ahead) == 0 {
			c.ahead = nil
		}
		return n, nil
	}
	if err := c.fault; err != nil {
		c.fault = nil
		return 0, err
	}
	return c.net.Read(p)
}

// readers are buffers of those connections that say something.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4096) }}

// restAfter is how long a line that has said something keeps its buffer and its goroutine, at least.
const restAfter = time.Second

// errRest says that nothing comes just now.
var errRest = errors.New("nothing is said")

// rest waits for what comes next, with as little memory as that takes: this goroutine has done
// nothing else before, and what it reads is some bytes that have their place in c.
func (c *conn) rest() {
	n, err := c.net.Read(c.little[:])
	c.ahead, c.fault = c.little[:n], err
	c.goOn(nil)
}

// read handles frames until the connection ends, or rests.
func (c *conn) read() (rests bool) {
	r := readers.Get().(*bufio.Reader)
	r.Reset((*intake)(c))
	defer func() {
		r.Reset(nil)
		readers.Put(r)
	}()
	for {
		idle := time.Now()
		data, err := c.message(r)
		c.late = max(0, c.late-time.Since(idle))
		if errors.Is(err, errRest) {
			return true
		}
		if v, ok := errors.AsType[violation](err); ok {
			c.close(v.code, v.reason)
			return false
		}
		if err != nil {
			c.ended() // a frame that the shutdown has cut off gets its goodbye, too
			return false
		}
		if c.closing.Load() || !c.handle(data) {
			return false
		}
		c.rests = time.Now().Add(restAfter)
	}
}

// stillSignedIn looks the session up again, at most every few seconds: the hub ends
// those that end on this node, and this finds those that ended elsewhere.
func (c *conn) stillSignedIn() bool {
	c.waited = 0
	now := time.Now()
	if now.Sub(c.checked) < checkSession && now.Before(c.expires) {
		return true
	}
	c.checked = now
	defer func() { c.waited = time.Since(now) }()
	// Like a command, it has what those before it on the line have left of the patience.
	ctx, cancel := context.WithTimeout(context.Background(), max(commandTimeout-c.late, leastPatience))
	defer cancel()
	who, err := c.door.Guard.Look(ctx, c.session)
	if auth.IsSignedOut(err) {
		c.close(closeSignedOut, "session ended")
		return false
	}
	if err == nil {
		c.expires = who.Session.ExpiresAt
	}
	return true
}

// nextCheck is when the session has to be looked up though the peer says nothing: when it
// expires, or somewhat later when that could not be found out then.
func (c *conn) nextCheck() time.Time {
	if end := c.expires; end.After(c.checked) {
		return end
	}
	return c.checked.Add(checkSession)
}

// message returns the next text message, put together from its fragments. It is good until the next
// one is asked for. Control frames are answered on the way.
func (c *conn) message(r *bufio.Reader) ([]byte, error) {
	var text []byte
	var begun bool
	for {
		if err := c.await(r, begun); err != nil {
			return nil, err
		}
		// Before each frame, control frames and fragments too: nobody stays by sending
		// what is no command.
		if !c.stillSignedIn() {
			return nil, errClosed
		}
		f := frameReader{conn: c, in: r}
		h, err := f.header()
		if err != nil {
			return nil, err
		}
		// Every frame counts, fragments and control frames too: what is no message costs
		// as much to read.
		if c.door.Limits && !c.flood.allow(time.Since(c.door.began)) {
			c.bye("flooding", 5*time.Second)
			return nil, violation{closeFlood, "flooding"}
		}
		if h.OpCode.IsControl() {
			data, err := f.payload(h, nil)
			if err == nil {
				err = c.control(h.OpCode, data)
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		switch {
		case h.OpCode == ws.OpBinary:
			return nil, violation{ws.StatusUnsupportedData, "text frames only"}
		case begun == (h.OpCode == ws.OpText):
			return nil, violation{ws.StatusProtocolError, "fragments out of order"}
		case h.Length > chat.MaxFrameBytes-int64(len(text)): // the other way round would overflow
			return nil, violation{ws.StatusMessageTooBig, "frames have at most 65,536 bytes"}
		}
		first := len(text) == 0
		if text, err = f.payload(h, text); err != nil {
			return nil, err
		}
		if h.Fin {
			if !utf8.Valid(text) {
				return nil, violation{ws.StatusInvalidFramePayloadData, "not UTF-8"}
			}
			return text, nil
		}
		if first {
			text = slices.Clone(text) // it outlives the buffer that it may be in
		}
		begun = true
	}
}

// await waits for a frame, asking a silent peer whether it is still there. A session that
// expires meanwhile is looked up at that moment, and not when the peer next says something.
// Between messages it returns errRest when there is nothing to wait for with a buffer.
func (c *conn) await(r *bufio.Reader, within bool) error {
	if !c.listen {
		now := time.Now()
		c.listen, c.pinged, c.since, c.until = true, false, now, now.Add(silenceLimit(rand.Float64()))
	}
	for {
		rests, err := c.prepare(r, within)
		switch {
		case err != nil:
			return err
		// Whoever sets one of these moves the deadline after it, so it is seen here or
		// behind the wait.
		case c.ended():
			return errClosed
		case rests:
			return errRest
		}
		_, err = r.Peek(1)
		if err == nil {
			c.listen = false
			return nil
		}
		if c.ended() {
			return errClosed
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		c.armed = time.Time{}
		now := time.Now()
		if now.Before(c.until) && now.Before(c.nextCheck()) {
			continue // it is time to rest, or the deadline was an earlier wait's
		}
		if !c.stillSignedIn() {
			return errClosed
		}
		if time.Now().Before(c.until) {
			continue // it has slid on
		}
		if c.pinged {
			c.silent = c.since
			return err
		}
		c.pinged, c.until = true, time.Now().Add(pongTimeout)
		if c.queue.Push(ws.CompiledPing) != nil {
			c.tooSlow()
			return errClosed
		}
	}
}

// prepare sets the deadline of a wait, and tells whether it is one to rest in. What is at hand is
// not waited for.
func (c *conn) prepare(r *bufio.Reader, within bool) (rests bool, err error) {
	if r.Buffered() > 0 || len(c.ahead) > 0 || c.fault != nil {
		return false, nil
	}
	wake := c.until
	if end := c.nextCheck(); end.Before(wake) {
		wake = end
	}
	now := time.Now()
	if within || now.Before(c.rests) {
		if !within && c.rests.Before(wake) {
			wake = c.rests
		}
		// One that comes earlier does, and costs less than to set it for each frame.
		if now.Before(c.armed) && !c.armed.After(wake) {
			return false, nil
		}
	} else {
		rests = true
	}
	return rests, c.arm(wake)
}

// arm sets the deadline of reading.
func (c *conn) arm(at time.Time) error {
	c.armed = at
	return c.net.SetReadDeadline(at)
}

// ended tells whether nothing more is to be read, and says goodbye if the server
// goes down.
func (c *conn) ended() bool {
	if c.leaving.Load() {
		c.leave()
	}
	return c.closing.Load()
}

// control answers ping and close.
func (c *conn) control(op ws.OpCode, data []byte) error {
	switch op {
	case ws.OpPing:
		frame, err := ws.CompileFrame(ws.NewPongFrame(data))
		if err != nil {
			return err
		}
		if c.queue.Push(frame) != nil {
			c.tooSlow()
			return errClosed
		}
	case ws.OpPong:
		c.answered(data)
	case ws.OpClose:
		code, _ := ws.ParseCloseFrameData(data)
		if len(data) > 0 && ws.CheckCloseFrameData(code, string(data[min(2, len(data)):])) != nil {
			return violation{ws.StatusProtocolError, "bad close frame"}
		}
		if len(data) == 0 {
			code = ws.StatusNormalClosure
		}
		c.close(code, "")
		return errClosed
	}
	return nil
}

// linger reads on for a moment after a close frame was sent, so that the peer gets
// to read it before the connection is reset.
func (c *conn) linger() {
	if c.net.SetReadDeadline(time.Now().Add(closeTimeout)) != nil {
		return
	}
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		// A peer that has gone needs no goodbye.
		_ = half.CloseWrite()
	}
	// Whatever still comes is of no use; the deadline bounds how long, and the
	// limit how much.
	_, _ = io.Copy(io.Discard, io.LimitReader(c.net, 1<<20))
}
