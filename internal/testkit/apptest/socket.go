package apptest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/http/socket"
)

// Frame is a frame of the server, decoded.
type Frame map[string]any

// Type is the frame's type.
func (f Frame) Type() string { s, _ := f["type"].(string); return s }

// Socket is the client's side of a connection. It reads all the time unless it
// is paused.
type Socket struct {
	tb     testing.TB
	conn   net.Conn
	reader *bufio.Reader

	frames chan Frame
	done   chan struct{} // closed when the server has closed
	code   ws.StatusCode
	pings  chan struct{}

	mute   atomic.Bool // answers no pings
	mu     sync.Mutex  // guards paused
	paused chan struct{}
}

// Pipe opens a socket over net.Pipe, without a handshake: it works in simulated time.
func (a *App) Pipe(tb testing.TB, start socket.Start) *Socket {
	tb.Helper()
	here, there := net.Pipe()
	go a.Sockets.Serve(there, start)
	return newSocket(tb, here, bufio.NewReader(here))
}

// Dial opens a socket over TCP with a handshake. The error of a refused handshake
// holds the HTTP status.
func (a *App) Dial(tb testing.TB, path, token string, header http.Header) (*Socket, error) {
	tb.Helper()
	if header == nil {
		header = http.Header{"Origin": {a.URL}}
	}
	if token != "" {
		header.Set("Cookie", a.Guard.CookieName()+"="+token)
	}
	dialer := ws.Dialer{Header: ws.HandshakeHeaderHTTP(header), Timeout: 10 * time.Second}
	u, err := url.Parse(a.URL)
	if err != nil {
		tb.Fatal(err)
	}
	conn, reader, _, err := dialer.Dial(context.Background(), "ws://"+u.Host+path)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	if reader == nil {
		reader = bufio.NewReader(conn)
	}
	return newSocket(tb, conn, reader), nil
}

func newSocket(tb testing.TB, conn net.Conn, reader *bufio.Reader) *Socket {
	s := &Socket{
		tb: tb, conn: conn, reader: reader,
		frames: make(chan Frame, 10_000), done: make(chan struct{}), pings: make(chan struct{}, 100),
	}
	go s.read()
	tb.Cleanup(s.Drop)
	return s
}

func (s *Socket) read() {
	defer close(s.done)
	defer close(s.frames)
	for {
		s.mu.Lock()
		paused := s.paused
		s.mu.Unlock()
		if paused != nil {
			<-paused
		}
		frame, err := s.frame()
		if err != nil {
			return
		}
		switch frame.Header.OpCode {
		case ws.OpClose:
			s.code, _ = ws.ParseCloseFrameData(frame.Payload)
			s.answer(ws.NewCloseFrame(frame.Payload))
			return
		case ws.OpPing:
			select {
			case s.pings <- struct{}{}:
			default:
			}
			if !s.mute.Load() {
				s.answer(ws.NewPongFrame(frame.Payload))
			}
		case ws.OpText:
			var f Frame
			if err := json.Unmarshal(frame.Payload, &f); err != nil {
				s.tb.Errorf("the server sent %q", frame.Payload)
				return
			}
			s.frames <- f
		}
	}
}

// frame reads one frame of a server that is trusted to send no huge ones.
func (s *Socket) frame() (ws.Frame, error) {
	h, err := ws.ReadHeader(s.reader)
	if err != nil {
		return ws.Frame{}, err
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(s.reader, payload)
	return ws.Frame{Header: h, Payload: payload}, err
}

func (s *Socket) answer(f ws.Frame) { s.Write(f) }

// Pause stops reading until the returned function is called.
func (s *Socket) Pause() (resume func()) {
	c := make(chan struct{})
	s.mu.Lock()
	s.paused = c
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		s.paused = nil
		s.mu.Unlock()
		close(c)
	}
}

// Mute stops answering pings.
func (s *Socket) Mute() { s.mute.Store(true) }

// Pings receives once a ping of the server.
func (s *Socket) Pings() <-chan struct{} { return s.pings }

// Frames receives the frames of the server, and is closed behind the last one.
func (s *Socket) Frames() <-chan Frame { return s.frames }

// Send writes a text frame.
func (s *Socket) Send(format string, args ...any) {
	s.tb.Helper()
	s.Write(ws.NewTextFrame([]byte(fmt.Sprintf(format, args...))))
}

// Write writes a frame, masked, in one piece: pings are answered meanwhile. An error is no
// fault: the server may have closed.
func (s *Socket) Write(f ws.Frame) {
	data, err := ws.CompileFrame(ws.MaskFrame(f))
	if err != nil {
		s.tb.Errorf("frame: %v", err)
		return
	}
	_, _ = s.conn.Write(data)
}

// Raw writes bytes as they are.
func (s *Socket) Raw(data []byte) { _, _ = s.conn.Write(data) }

// Next returns the next frame; the test fails when there is none within 30 s.
func (s *Socket) Next() Frame {
	s.tb.Helper()
	select {
	case f, ok := <-s.frames:
		if !ok {
			s.tb.Fatalf("the connection was closed with %d", s.code)
		}
		return f
	case <-time.After(30 * time.Second):
		s.tb.Fatal("no frame within 30 s")
		return nil
	}
}

// Wait returns the next frame of one of the types, and drops what comes before.
func (s *Socket) Wait(types ...string) Frame {
	s.tb.Helper()
	for {
		f := s.Next()
		for _, t := range types {
			if f.Type() == t {
				return f
			}
		}
	}
}

// Until returns the frames before the first that is the last one, and 0. When the server
// closes earlier, it returns those that have come and the code; 1006 when it broke off.
func (s *Socket) Until(last func(Frame) bool) (before []Frame, code int) {
	s.tb.Helper()
	for {
		select {
		case f, ok := <-s.frames:
			switch {
			case !ok && s.code == 0:
				return before, int(ws.StatusAbnormalClosure)
			case !ok:
				return before, int(s.code)
			case last(f):
				return before, 0
			}
			before = append(before, f)
		case <-time.After(30 * time.Second):
			s.tb.Fatalf("after %v no last frame within 30 s", before)
		}
	}
}

// Rest returns what has come by now, in simulated time after everything is quiet.
func (s *Socket) Rest() []Frame {
	var all []Frame
	for {
		select {
		case f, ok := <-s.frames:
			if !ok {
				return all
			}
			all = append(all, f)
		default:
			return all
		}
	}
}

// Types are the types of frames.
func Types(frames []Frame) string {
	names := make([]string, len(frames))
	for i, f := range frames {
		names[i] = f.Type()
	}
	return strings.Join(names, " ")
}

// Closed waits until the server closes, and returns its code; 0 when it broke off.
func (s *Socket) Closed() int {
	s.tb.Helper()
	select {
	case <-s.done:
		return int(s.code)
	case <-time.After(60 * time.Second):
		s.tb.Fatal("not closed within 60 s")
		return 0
	}
}

// Drop breaks the line without a goodbye.
func (s *Socket) Drop() {
	s.mu.Lock()
	if s.paused != nil {
		close(s.paused)
		s.paused = nil
	}
	s.mu.Unlock()
	// It may be closed already.
	_ = s.conn.Close()
	for range s.frames { // until read has ended
	}
	<-s.done
}
