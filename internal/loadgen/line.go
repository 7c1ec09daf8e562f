package loadgen

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

const (
	dialTimeout  = 30 * time.Second
	writeTimeout = 10 * time.Second
	// silence is how long a line may say nothing: the site pings before.
	silence = 2 * time.Minute
	// longest is a frame that is read at once.
	longest = 64 << 10
)

// line is one WebSocket (RFC 6455). Frames are read by read alone; several may write.
type line struct {
	conn net.Conn
	in   *bufio.Reader

	mu  sync.Mutex // guards out, and keeps frames whole
	out []byte
}

// address is where lines go to.
type address struct {
	host   string // HOST:PORT
	path   string // of the socket
	cookie string // name=value, "" for none
	from   string // the address they come from, "" for any
}

// dial opens a line. What the site says with its first answer is not lost.
func dial(ctx context.Context, a address) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := net.Dialer{}
	if a.from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(a.from)}
	}
	header := http.Header{"Origin": {"http://" + a.host}}
	if a.cookie != "" {
		header.Set("Cookie", a.cookie)
	}
	d := ws.Dialer{NetDial: dialer.DialContext, Header: ws.HandshakeHeaderHTTP(header), ReadBufferSize: 1024, WriteBufferSize: 512}
	conn, in, _, err := d.Dial(ctx, "ws://"+a.host+a.path)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	if in == nil {
		in = bufio.NewReaderSize(conn, 4096)
	}
	return &line{conn: conn, in: in}, nil
}

// errClosed is the end of a line that the site has closed.
var errClosed = errors.New("the site has closed the socket")

// read hands each text frame to heard until the line ends or heard returns an error, which it returns. What it is
// handed is good until it returns.
func (l *line) read(heard func(frame []byte) error) error {
	var big []byte
	for {
		if err := l.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return err
		}
		op, n, err := l.header()
		if err != nil {
			return err
		}
		if n > longest {
			return fmt.Errorf("a frame of %d bytes came", n)
		}
		frame, err := l.in.Peek(n)
		if errors.Is(err, bufio.ErrBufferFull) {
			if cap(big) < n {
				big = make([]byte, n)
			}
			frame = big[:n]
			_, err = io.ReadFull(l.in, frame)
		} else if err == nil {
			// What was peeked at stays where it is until the next read.
			_, err = l.in.Discard(n)
		}
		if err != nil {
			return err
		}
		switch op {
		case ws.OpText:
			err = heard(frame)
		case ws.OpPing:
			err = l.write(ws.OpPong, frame)
		case ws.OpClose:
			err = errClosed
			if n >= 2 {
				err = fmt.Errorf("%w: %d %s", errClosed, binary.BigEndian.Uint16(frame), frame[2:])
			}
		}
		if err != nil {
			return err
		}
	}
}

// header reads the head of a frame; a server's frames are not masked (RFC 6455, 5.1).
func (l *line) header() (op ws.OpCode, length int, err error) {
	head, err := l.in.Peek(2)
	if err != nil {
		return 0, 0, err
	}
	op, length = ws.OpCode(head[0]&0x0f), int(head[1]&0x7f)
	more := 2
	switch length {
	case 126:
		more = 4
	case 127:
		more = 10
	}
	if head, err = l.in.Peek(more); err != nil {
		return 0, 0, err
	}
	switch more {
	case 4:
		length = int(binary.BigEndian.Uint16(head[2:]))
	case 10:
		length = int(min(binary.BigEndian.Uint64(head[2:]), longest+1))
	}
	_, err = l.in.Discard(more)
	return op, length, err
}

// text sends a text frame.
func (l *line) text(data []byte) error { return l.write(ws.OpText, data) }

// write sends a frame, masked by zeros: what a mask is for is between browsers and proxies.
func (l *line) write(op ws.OpCode, data []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out = append(l.out[:0], 0x80|byte(op))
	switch n := len(data); {
	case n < 126:
		l.out = append(l.out, 0x80|byte(n))
	case n <= 0xffff:
		l.out = append(l.out, 0x80|126, byte(n>>8), byte(n))
	default:
		return fmt.Errorf("a frame of %d bytes is too long", n)
	}
	l.out = append(append(l.out, 0, 0, 0, 0), data...)
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := l.conn.Write(l.out)
	return err
}

func (l *line) close() {
	_ = l.conn.Close() // nothing more is said on it
}
