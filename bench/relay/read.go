package main

import (
	"bufio"
	"fmt"
	"io"
	"net"

	"github.com/gobwas/ws"
)

// reader reads frames into one buffer.
type reader struct {
	in   *bufio.Reader
	data []byte
}

func newReader(conn net.Conn) *reader { return &reader{in: bufio.NewReaderSize(conn, 1024)} }

// next returns a frame, good until the next one.
func (r *reader) next() ([]byte, ws.OpCode, error) {
	h, err := ws.ReadHeader(r.in)
	if err != nil {
		return nil, 0, err
	}
	if h.Length > 64<<10 {
		return nil, 0, fmt.Errorf("a frame of %d bytes", h.Length)
	}
	if int64(cap(r.data)) < h.Length {
		r.data = make([]byte, h.Length)
	}
	r.data = r.data[:h.Length]
	if _, err := io.ReadFull(r.in, r.data); err != nil {
		return nil, 0, err
	}
	ws.Cipher(r.data, h.Mask, 0)
	return r.data, h.OpCode, nil
}
