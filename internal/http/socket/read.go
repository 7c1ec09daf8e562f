package socket

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
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

// read handles frames until the connection ends.
func (c *conn) read(r *bufio.Reader) {
	for {
		idle := time.Now()
		data, err := c.message(r)
		c.late = max(0, c.late-time.Since(idle))
		if v, ok := errors.AsType[violation](err); ok {
			c.close(v.code, v.reason)
			return
		}
		if err != nil {
			c.ended() // a frame that the shutdown has cut off gets its goodbye, too
			return
		}
		if c.closing.Load() || !c.handle(data) {
			return
		}
	}
}

// stillSignedIn looks the session up again, at most every few seconds: the hub ends
// those that end on this node, and this finds those that ended elsewhere.
func (c *conn) stillSignedIn() bool {
	c.waited = 0
	now := time.Now()
	if now.Sub(c.checked) < checkSession && now.Before(c.who.Session.ExpiresAt) {
		return true
	}
	c.checked = now
	defer func() { c.waited = time.Since(now) }()
	// Like a command, it has what those before it on the line have left of the patience.
	ctx, cancel := context.WithTimeout(context.Background(), max(commandTimeout-c.late, leastPatience))
	defer cancel()
	who, err := c.door.Guard.Look(ctx, c.who.Session.ID)
	if auth.IsSignedOut(err) {
		c.close(closeSignedOut, "session ended")
		return false
	}
	if err == nil {
		c.who.Session = who.Session
	}
	return true
}

// nextCheck is when the session has to be looked up though the peer says nothing: when it
// expires, or somewhat later when that could not be found out then.
func (c *conn) nextCheck() time.Time {
	if end := c.who.Session.ExpiresAt; end.After(c.checked) {
		return end
	}
	return c.checked.Add(checkSession)
}

// message returns the next text message, put together from its fragments. It
// answers control frames on the way.
func (c *conn) message(r *bufio.Reader) ([]byte, error) {
	var text []byte
	var begun bool
	for {
		h, err := c.header(r)
		if err != nil {
			return nil, err
		}
		// Every frame counts, fragments and control frames too: what is no message costs
		// as much to read.
		if c.flood != nil && !c.flood.Allow() {
			c.bye("flooding", 5*time.Second)
			return nil, violation{closeFlood, "flooding"}
		}
		if h.OpCode.IsControl() {
			if err := c.control(r, h); err != nil {
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
		begun = true
		if text, err = c.payload(r, h, text); err != nil {
			return nil, err
		}
		if h.Fin {
			if !utf8.Valid(text) {
				return nil, violation{ws.StatusInvalidFramePayloadData, "not UTF-8"}
			}
			return text, nil
		}
	}
}

// header waits for a frame, asking a silent peer whether it is still there. A session that
// expires meanwhile is looked up at that moment, and not when the peer next says something.
func (c *conn) header(r *bufio.Reader) (ws.Header, error) {
	since := time.Now()
	asked, until := false, since.Add(silenceLimit(rand.Float64()))
	for {
		wake := until
		if end := c.nextCheck(); end.Before(wake) {
			wake = end
		}
		if err := c.net.SetReadDeadline(wake); err != nil {
			return ws.Header{}, err
		}
		// Whoever sets one of these moves the deadline after it, so it is seen here or
		// behind the wait.
		if c.ended() {
			return ws.Header{}, errClosed
		}
		_, err := r.Peek(1)
		if err == nil {
			break
		}
		if c.ended() {
			return ws.Header{}, errClosed
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return ws.Header{}, err
		}
		if !c.stillSignedIn() {
			return ws.Header{}, errClosed
		}
		if time.Now().Before(until) {
			continue // it has slid on
		}
		if asked {
			c.silent = since
			return ws.Header{}, err
		}
		asked, until = true, time.Now().Add(pongTimeout)
		if c.queue.Push(ws.CompiledPing) != nil {
			c.tooSlow()
			return ws.Header{}, errClosed
		}
	}
	// Before each frame, control frames and fragments too: nobody stays by sending
	// what is no command.
	if !c.stillSignedIn() {
		return ws.Header{}, errClosed
	}
	if err := c.net.SetReadDeadline(time.Now().Add(frameTimeout)); err != nil {
		return ws.Header{}, err
	}
	h, err := ws.ReadHeader(r)
	if err != nil {
		return h, err
	}
	switch {
	case h.Rsv != 0:
		return h, violation{ws.StatusProtocolError, "reserved bits are set"}
	case !h.Masked:
		return h, violation{ws.StatusProtocolError, "frames of a client are masked"}
	case h.OpCode.IsReserved():
		return h, violation{ws.StatusProtocolError, "unknown opcode"}
	case h.OpCode.IsControl() && (!h.Fin || h.Length > ws.MaxControlFramePayloadSize):
		return h, violation{ws.StatusProtocolError, "bad control frame"}
	}
	return h, nil
}

// ended tells whether nothing more is to be read, and says goodbye if the server
// goes down.
func (c *conn) ended() bool {
	if c.leaving.Load() {
		c.leave()
	}
	return c.closing.Load()
}

// payload reads the bytes of a frame behind those of the fragments before it.
func (c *conn) payload(r *bufio.Reader, h ws.Header, text []byte) ([]byte, error) {
	start := len(text)
	text = append(text, make([]byte, h.Length)...)
	if _, err := io.ReadFull(r, text[start:]); err != nil {
		return nil, err
	}
	ws.Cipher(text[start:], h.Mask, 0)
	return text, nil
}

// control answers ping and close.
func (c *conn) control(r *bufio.Reader, h ws.Header) error {
	data, err := c.payload(r, h, nil)
	if err != nil {
		return err
	}
	switch h.OpCode {
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
func (c *conn) linger(r *bufio.Reader) {
	if c.net.SetReadDeadline(time.Now().Add(closeTimeout)) != nil {
		return
	}
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		// A peer that has gone needs no goodbye.
		_ = half.CloseWrite()
	}
	// Whatever still comes is of no use; the deadline bounds how long, and the
	// limit how much.
	_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
}

var _ net.Conn = (*buffered)(nil)
