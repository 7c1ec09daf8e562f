package papers_test

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between the clients and the server, which it may hide.
type proxy struct {
	at   string
	to   atomic.Pointer[string]
	deaf atomic.Bool // what the server says is dropped

	mu    sync.Mutex // guards what follows
	conns []net.Conn
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{at: l.Addr().String()}
	p.to.Store(&to)
	t.Cleanup(func() { l.Close(); p.cut() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go p.join(from)
		}
	}()
	return p
}

// join passes on what two connections say until one of them ends.
func (p *proxy) join(from net.Conn) {
	defer from.Close()
	to, err := new(net.Dialer).DialContext(context.Background(), "tcp", *p.to.Load())
	if err != nil {
		return
	}
	defer to.Close()
	p.mu.Lock()
	p.conns = append(p.conns, from, to)
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(to, from) // the end of either is the end of both
		to.Close()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := to.Read(buffer)
		if n > 0 && !p.deaf.Load() {
			_, _ = from.Write(buffer[:n]) // a client that has gone needs no answer
		}
		if err != nil {
			return
		}
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}
