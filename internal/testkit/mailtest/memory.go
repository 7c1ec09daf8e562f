package mailtest

import (
	"errors"
	"net"
	"sync"
)

// memory is a listener whose connections never leave the process, so that a server stands in simulated time.
type memory struct {
	come   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemory() *memory { return &memory{come: make(chan net.Conn), closed: make(chan struct{})} }

// Accept implements net.Listener.
func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.come:
		return c, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

// Addr implements net.Listener.
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25} }

// dial connects, or fails when the server has stopped.
func (m *memory) dial() (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case m.come <- there:
		return here, nil
	case <-m.closed:
		return nil, errors.New("connection refused")
	}
}
