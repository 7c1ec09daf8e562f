package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// lastCall is how long handshakes under way may take once the node ends. With whom the kernel
	// has shaken hands it would cut off with the listener.
	lastCall = 10 * time.Millisecond
	// lastRequests is how long requests of connections that were accepted are waited for, before
	// net/http is told to shut down: from then on it reads requests and closes without an answer.
	lastRequests = time.Second
)

// entrance is where visitors come in. It ends without cutting off anybody who has come: a proxy
// asks another node when it is refused, and gives up on a POST when it is cut off.
type entrance struct {
	net.Listener

	// These belong to Accept, which one goroutine calls.
	over  bool
	queue []net.Conn // who still comes in
	fault error      // of closing the listener

	closing sync.Once
	shut    chan struct{} // closed when nobody is accepted any more
	closed  chan struct{} // closed by Close

	mu   sync.Mutex            // guards busy
	busy map[net.Conn]struct{} // connections that are new, or have a request under way
	rest chan struct{}         // closed when there is none; nil while nobody waits
}

// Listening is how to listen for Serve. Go would listen by MPTCP, which browsers do not speak and
// whose sockets take no filter.
func Listening() net.ListenConfig {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	return c
}

func newEntrance(l net.Listener) *entrance {
	return &entrance{
		Listener: l, shut: make(chan struct{}), closed: make(chan struct{}), busy: map[net.Conn]struct{}{},
	}
}

// Accept implements net.Listener. Behind the last visitor it waits for Close, so that whoever
// serves goes on until they are told to end.
func (e *entrance) Accept() (net.Conn, error) {
	if !e.over {
		conn, err := e.Listener.Accept()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return conn, err
		}
		// At once: who comes between the last look and Close is cut off.
		e.queue = queued(e.Listener)
		e.fault, e.over = e.Listener.Close(), true
	}
	if len(e.queue) > 0 {
		conn := e.queue[0]
		e.queue = e.queue[1:]
		return conn, nil
	}
	close(e.shut) // net/http has told note of all before
	<-e.closed
	return nil, errors.Join(net.ErrClosed, e.fault)
}

// queued takes the connections that the kernel has made and nobody has accepted. A deadline that
// has passed keeps the listener's own Accept from looking.
func queued(l net.Listener) []net.Conn {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	var fds []int
	// It is not blocking: an error says that there is nobody more.
	err = raw.Control(func(listening uintptr) {
		for {
			fd, _, err := syscall.Accept(int(listening))
			if err != nil {
				return
			}
			syscall.CloseOnExec(fd)
			fds = append(fds, fd)
		}
	})
	conns := make([]net.Conn, 0, len(fds))
	for _, fd := range fds {
		file := os.NewFile(uintptr(fd), "")
		conn, connErr := net.FileConn(file)
		err = errors.Join(err, connErr, file.Close()) // conn has a copy
		if connErr == nil {
			conns = append(conns, conn)
		}
	}
	_ = err // who could not be let in is cut off, as they would have been
	return conns
}

// Close implements net.Listener.
func (e *entrance) Close() error {
	err := net.ErrClosed
	e.closing.Do(func() {
		close(e.closed)
		err = e.Listener.Close()
		if errors.Is(err, net.ErrClosed) {
			err = nil // by Accept
		}
	})
	return err
}

// turn lets the last visitors in, and returns when nobody else can come. Somebody accepts.
func (e *entrance) turn() {
	l, ok := e.Listener.(*net.TCPListener)
	if !ok {
		return // it is closed the hard way
	}
	_ = deafen(l) // then the moment between the last look and the end is short, and not none
	if l.SetDeadline(time.Now().Add(lastCall)) != nil {
		return // it is closed
	}
	select {
	case <-e.shut:
	case <-e.closed:
	}
}

// note is http.Server.ConnState.
func (e *entrance) note(conn net.Conn, state http.ConnState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if state == http.StateNew || state == http.StateActive {
		e.busy[conn] = struct{}{}
		return
	}
	delete(e.busy, conn)
	if len(e.busy) == 0 && e.rest != nil {
		close(e.rest)
		e.rest = nil
	}
}

// quiet waits until no request is under way, for lastRequests at most.
func (e *entrance) quiet(ctx context.Context) {
	rest := make(chan struct{})
	e.mu.Lock()
	if len(e.busy) == 0 {
		close(rest)
	} else {
		e.rest = rest
	}
	e.mu.Unlock()
	select {
	case <-rest:
	case <-time.After(lastRequests):
	case <-ctx.Done():
	}
}
