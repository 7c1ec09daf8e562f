package testkit

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Line is a TCP line to a server that a test can have hang, cut, or lose an answer.
type Line struct {
	listener net.Listener
	target   string
	work     sync.WaitGroup

	mu    sync.Mutex // guards what follows
	conns map[net.Conn]struct{}
	hung  chan struct{} // closed when bytes pass again; nil while they do
	down  bool
	lose  []byte // what an answer holds that is to be lost; nil for none
	lost  chan struct{}
	rip   rip
}

// rip is how a connection breaks in the middle of something.
type rip struct {
	after, left int // bytes, and those that still pass
	answers     bool
	times       int // how often it will
}

// NewLine opens a line to host:port; it is closed when the test ends.
func NewLine(tb testing.TB, target string) *Line {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	l := &Line{listener: listener, target: target, conns: make(map[net.Conn]struct{})}
	l.work.Go(l.accept)
	tb.Cleanup(func() {
		l.Resume()
		l.Cut()
		// It is closed once, and nobody is served on it any more.
		_ = l.listener.Close()
		l.work.Wait()
	})
	return l
}

// Addr is where the line begins, as host:port.
func (l *Line) Addr() string { return l.listener.Addr().String() }

// Through is the same database at the other end of a line.
func (d *Database) Through(tb testing.TB) (*Database, *Line) {
	tb.Helper()
	u, err := url.Parse(d.url)
	if err != nil {
		tb.Fatal(err)
	}
	l := NewLine(tb, u.Host)
	u.Host = l.Addr()
	return &Database{Name: d.Name, url: u.String(), dir: d.dir}, l
}

// Hang keeps all bytes back, in both directions, until Resume. Connections are still accepted.
func (l *Line) Hang() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hung == nil {
		l.hung = make(chan struct{})
	}
}

// Resume lets bytes pass again.
func (l *Line) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hung != nil {
		close(l.hung)
		l.hung = nil
	}
}

// Cut breaks all connections, and new ones, until Mend.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for c := range l.conns {
		_ = c.Close() // an end is what is wanted
	}
}

// Mend takes connections again.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

// Lose drops the next answer of the server that holds these bytes, and its connection. The
// channel is closed when that has happened.
func (l *Line) Lose(holding string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose, l.lost = []byte(holding), make(chan struct{})
	return l.lost
}

// Rip breaks a connection when so many more bytes have passed in one direction, that of the server's
// answers or the other one, and begins to count anew, so many times; -1 is always, 0 never.
func (l *Line) Rip(after int, answers bool, times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rip = rip{after: after, left: after, answers: answers, times: times}
}

func (l *Line) accept() {
	for {
		here, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.work.Go(func() { l.serve(here) })
	}
}

func (l *Line) serve(here net.Conn) {
	var dialer net.Dialer
	there, err := dialer.DialContext(context.Background(), "tcp", l.target)
	if err != nil {
		_ = here.Close() // nobody is at the other end
		return
	}
	both := []net.Conn{here, there}
	l.mu.Lock()
	for _, c := range both {
		l.conns[c] = struct{}{}
	}
	down := l.down
	l.mu.Unlock()
	end := func() {
		for _, c := range both {
			_ = c.Close() // by whichever side ends first
		}
	}
	if !down {
		var ways sync.WaitGroup
		ways.Go(func() { defer end(); l.copy(there, here, false) })
		ways.Go(func() { defer end(); l.copy(here, there, true) })
		ways.Wait()
	}
	end()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range both {
		delete(l.conns, c)
	}
}

// copy passes bytes on until one end is gone or an answer is to be lost.
func (l *Line) copy(to, from net.Conn, answers bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			passes, on := l.pass(buffer[:n], answers)
			if _, err := to.Write(buffer[:passes]); err != nil || !on {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits while the line hangs, and tells how many of the bytes pass and whether more may come.
func (l *Line) pass(data []byte, answers bool) (passes int, on bool) {
	l.mu.Lock()
	hung := l.hung
	l.mu.Unlock()
	if hung != nil {
		<-hung
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if answers && l.lose != nil && bytes.Contains(data, l.lose) {
		l.lose = nil
		close(l.lost)
		return 0, false
	}
	if r := &l.rip; r.times != 0 && r.answers == answers {
		if len(data) >= r.left {
			passes, r.left = r.left, r.after
			r.times--
			return passes, false
		}
		r.left -= len(data)
	}
	return len(data), true
}
