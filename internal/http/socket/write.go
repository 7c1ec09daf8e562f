package socket

import (
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// closeFrame marks a frame so that write does not take it for text.
func closeFrame(code ws.StatusCode, reason string) []byte {
	frame, err := ws.CompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason)))
	if err != nil {
		// A close frame of a fixed reason always compiles.
		panic("socket: " + err.Error())
	}
	return frame
}

// pingFrame is a ping with something to bring back.
func pingFrame(data string) []byte {
	frame, err := ws.CompileFrame(ws.NewPingFrame([]byte(data)))
	if err != nil {
		// A frame in memory always compiles.
		panic("socket: " + err.Error())
	}
	return frame
}

var pool = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

// write sends frames in one piece. Text begins with '{'; what does not is a
// control frame that has its header already.
func (c *conn) write(frames [][]byte) error {
	buffer := pool.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= 64<<10 {
			*buffer = (*buffer)[:0]
			pool.Put(buffer)
		}
	}()
	for _, f := range frames {
		if f[0] == '{' {
			*buffer = appendHeader(*buffer, len(f))
		}
		*buffer = append(*buffer, f...)
	}
	if err := c.limitWrite(); err != nil {
		return c.broken(err)
	}
	if _, err := c.net.Write(*buffer); err != nil {
		return c.broken(err)
	}
	return nil
}

// limitWrite sees that a write has writeTimeout at most and half of it at least: a deadline that is set
// for each write costs as much as the frame that is written.
func (c *conn) limitWrite() error {
	now, timeout := time.Now(), writeTimeout
	switch {
	case c.leaving.Load():
		timeout = leaveTimeout
	case c.writeBy.Sub(now) >= writeTimeout/2:
		return nil
	}
	c.writeBy = now.Add(timeout)
	return c.net.SetWriteDeadline(c.writeBy)
}

// broken ends the reading of a connection that cannot be written to.
func (c *conn) broken(err error) error {
	_ = c.net.Close() // the error that matters is the one that led here
	return err
}

// appendHeader appends the header of an unmasked text frame (RFC 6455, 5.2).
func appendHeader(b []byte, n int) []byte {
	const text = 0x81
	switch {
	case n < 126:
		return append(b, text, byte(n))
	case n < 1<<16:
		return append(b, text, 126, byte(n>>8), byte(n))
	default:
		return append(b, text, 127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}
