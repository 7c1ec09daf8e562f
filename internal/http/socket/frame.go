package socket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/gobwas/ws"
)

// frameReader reads one frame that has begun to come. Its rest has frameTimeout.
type frameReader struct {
	conn  *conn
	in    *bufio.Reader
	timed bool
}

// errLength says that a frame is longer than there are numbers for it (RFC 6455, 5.2).
var errLength = errors.New("the length of a frame has its first bit set")

// await sets the deadline when n bytes are not there yet.
func (f *frameReader) await(n int) error {
	if f.timed || f.in.Buffered() >= n {
		return nil
	}
	f.timed = true
	return f.conn.arm(time.Now().Add(frameTimeout))
}

// peek returns the next n bytes, which are at most what the buffer holds.
func (f *frameReader) peek(n int) ([]byte, error) {
	if err := f.await(n); err != nil {
		return nil, err
	}
	return f.in.Peek(n)
}

// header reads the head of a frame and looks whether a client may send such a one.
func (f *frameReader) header() (h ws.Header, err error) {
	b, err := f.peek(2)
	if err != nil {
		return h, err
	}
	const mask = 4
	h.Fin, h.Rsv, h.OpCode = b[0]&0x80 != 0, b[0]&0x70>>4, ws.OpCode(b[0]&0x0f)
	h.Masked, h.Length = b[1]&0x80 != 0, int64(b[1]&0x7f)
	size := 2
	switch h.Length {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	length := size
	if h.Masked {
		size += mask
	}
	if b, err = f.peek(size); err != nil {
		return h, err
	}
	switch length {
	case 4:
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		if b[2]&0x80 != 0 {
			return h, errLength
		}
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
	}
	if h.Masked {
		copy(h.Mask[:], b[length:])
	}
	if _, err := f.in.Discard(size); err != nil {
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

// payload reads the bytes of a frame behind those of the fragments before it. What fits into the buffer
// and has none before it stays there, until something else is read.
func (f *frameReader) payload(h ws.Header, before []byte) ([]byte, error) {
	n := int(h.Length)
	if len(before) == 0 && n <= f.in.Size() {
		data, err := f.peek(n)
		if err != nil {
			return nil, err
		}
		ws.Cipher(data, h.Mask, 0)
		_, err = f.in.Discard(n)
		return data, err
	}
	if err := f.await(n); err != nil {
		return nil, err
	}
	start := len(before)
	text := append(before, make([]byte, n)...)
	if _, err := io.ReadFull(f.in, text[start:]); err != nil {
		return nil, err
	}
	ws.Cipher(text[start:], h.Mask, 0)
	return text, nil
}
