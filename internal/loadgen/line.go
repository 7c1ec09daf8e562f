package loadgen

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
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
	// ahead is what has come and is no whole frame yet.
	ahead []byte
	heard time.Time // when the deadline of reading was moved

	mu   sync.Mutex // guards what follows, and keeps frames whole
	out  []byte
	said time.Time // when the deadline of writing was moved
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
	l := &line{conn: conn}
	if in != nil {
		came, _ := in.Peek(in.Buffered()) // it is there
		l.ahead = bytes.Clone(came)
	}
	return l, nil
}

// errClosed is the end of a line that the site has closed.
var errClosed = errors.New("the site has closed the socket")

// scratch is what frames are read into. A line that is quiet holds none.
var scratch = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// read hands each text frame to hear until the line ends or hear returns an error, which it returns. What it is
// handed is good until it returns. Hear may write on the line, and may not close it.
//
// It asks the kernel once for what has come, and again only when there may be more: reading by net.Conn asks
// a second time to learn that there is nothing, and these calls are most of what a load costs. A line
// that ends in the very moment in which something comes is noticed after silence.
func (l *line) read(hear func(frame []byte) error) error {
	conn, ok := l.conn.(syscall.Conn)
	if !ok {
		return fmt.Errorf("a line on a %T cannot be read", l.conn)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	if err := l.awaits(time.Now()); err != nil {
		return err
	}
	if l.ahead, err = l.frames(l.ahead, hear); err != nil {
		return err
	}
	var ended error
	err = raw.Read(func(fd uintptr) (over bool) {
		for more := true; more; {
			if more, ended = l.come(int(fd), hear); ended != nil {
				return true
			}
		}
		return false
	})
	return errors.Join(ended, err)
}

// come reads once, and hands on the frames that are whole; more tells that there may be more to read.
func (l *line) come(fd int, hear func([]byte) error) (more bool, err error) {
	buffer := scratch.Get().(*[]byte)
	defer scratch.Put(buffer)
	into := *buffer
	if len(l.ahead) > len(into)/2 {
		into = make([]byte, 2*len(l.ahead)+len(into))
	}
	kept := copy(into, l.ahead)
	n, err := syscall.Read(fd, into[kept:])
	switch {
	case errors.Is(err, syscall.EINTR):
		return true, nil
	case errors.Is(err, syscall.EAGAIN):
		return false, nil
	case err != nil:
		return false, err
	case n == 0:
		return false, io.EOF
	}
	if err := l.awaits(time.Now()); err != nil {
		return false, err
	}
	rest, err := l.frames(into[:kept+n], hear)
	l.ahead = append(l.ahead[:0], rest...)
	return n == len(into)-kept, err
}

// awaits moves the deadline of reading on, now and then.
func (l *line) awaits(now time.Time) error {
	if now.Sub(l.heard) < silence/8 {
		return nil
	}
	l.heard = now
	return l.conn.SetReadDeadline(now.Add(silence))
}

// frames hands on what is whole, and returns the rest.
func (l *line) frames(data []byte, hear func([]byte) error) (rest []byte, err error) {
	for {
		op, head, length := header(data)
		if length > longest {
			return nil, fmt.Errorf("a frame of %d bytes came", length)
		}
		if head == 0 || len(data)-head < length {
			return data, nil
		}
		frame := data[head : head+length]
		data = data[head+length:]
		switch op {
		case ws.OpText:
			err = hear(frame)
		case ws.OpPing:
			err = l.write(ws.OpPong, frame)
		case ws.OpClose:
			err = errClosed
			if length >= 2 {
				err = fmt.Errorf("%w: %d %s", errClosed, binary.BigEndian.Uint16(frame), frame[2:])
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

// header reads the head of a frame, of so many bytes, or 0 while it is not whole; a server's frames are not
// masked (RFC 6455, 5.1).
func header(data []byte) (op ws.OpCode, head, length int) {
	if len(data) < 2 {
		return 0, 0, 0
	}
	op, length = ws.OpCode(data[0]&0x0f), int(data[1]&0x7f)
	switch {
	case length < 126:
		return op, 2, length
	case length == 126 && len(data) >= 4:
		return op, 4, int(binary.BigEndian.Uint16(data[2:]))
	case length == 127 && len(data) >= 10:
		return op, 10, int(min(binary.BigEndian.Uint64(data[2:]), longest+1))
	}
	return 0, 0, 0
}

// text sends a text frame.
func (l *line) text(data []byte) error { return l.write(ws.OpText, data) }

// texts sends text frames, one after the other.
func (l *line) texts(all []string) error {
	for _, data := range all {
		if err := l.text([]byte(data)); err != nil {
			return err
		}
	}
	return nil
}

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
	if now := time.Now(); now.Sub(l.said) > writeTimeout/8 {
		l.said = now
		if err := l.conn.SetWriteDeadline(now.Add(writeTimeout)); err != nil {
			return err
		}
	}
	_, err := l.conn.Write(l.out)
	return err
}

func (l *line) close() {
	_ = l.conn.Close() // nothing more is said on it
}
