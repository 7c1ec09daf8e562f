package postbox

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Accept returns the next line that there is room for. The others are told to come again.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l := &line{Conn: c, gate: g, end: time.Now().Add(lineLife)}
		if g.enter(l) {
			return l, nil
		}
		go func() {
			_ = c.SetDeadline(time.Now().Add(time.Second))
			_, _ = c.Write([]byte("421 4.7.0 There are too many connections. Come again in a moment.\r\n"))
			_ = c.Close() // it has been told, or has gone
		}()
	}
}

// enter counts a line in.
func (g *gate) enter(l *line) bool {
	from := network(l.RemoteAddr())
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.lines) >= mostLines || g.from[from] >= mostOfOne || g.draining.Load() {
		return false
	}
	g.lines[l] = from
	g.from[from]++
	return true
}

// leave counts a line out; a second time does nothing.
func (g *gate) leave(l *line) {
	g.mu.Lock()
	defer g.mu.Unlock()
	from, ok := g.lines[l]
	if !ok {
		return
	}
	delete(g.lines, l)
	if g.from[from]--; g.from[from] == 0 {
		delete(g.from, from)
	}
	select {
	case g.changed <- struct{}{}:
	default:
	}
}

// quiet ends the lines on which no mail is under way, and waits for the others.
func (g *gate) quiet(ctx context.Context) error {
	for {
		g.mu.Lock()
		left := len(g.lines)
		for l := range g.lines {
			l.hurry()
		}
		g.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-g.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// network is whose line it is, for the count: an address, or of IPv6 the network of 64 bits.
func network(a net.Addr) string {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// line is a connection with deadlines of its own: for each byte, for a command with the mail
// behind it, and for all.
type line struct {
	net.Conn
	gate *gate
	end  time.Time

	mu      sync.Mutex
	command time.Time // until when the library waits for what it reads
	busy    bool      // a mail is under way
	since   time.Time // it is
	came    int64     // bytes since then
	late    bool      // something did not come in time: nothing more is read
}

// SetReadDeadline notes how long a command may take.
func (l *line) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.command = t
	return nil
}

// Read reads what comes within the deadlines. Behind one that was missed there is nothing more: the
// library would take the rest of a mail for commands.
func (l *line) Read(b []byte) (int, error) {
	l.mu.Lock()
	until := time.Now().Add(idleTime)
	for _, t := range []time.Time{l.command, l.end} {
		if !t.IsZero() && t.Before(until) {
			until = t
		}
	}
	over, late := l.gate.draining.Load() && !l.busy, l.late
	err := l.Conn.SetReadDeadline(until)
	l.mu.Unlock()
	n := 0
	switch {
	case late:
		return 0, io.EOF
	case over:
		err = os.ErrDeadlineExceeded
	case err == nil:
		n, err = l.Conn.Read(b)
		if err == nil && l.slow(n) {
			err = os.ErrDeadlineExceeded
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.mu.Lock()
		l.late = true
		l.mu.Unlock()
	}
	return n, err
}

// slow counts n bytes of a mail, and tells whether it comes at less than slowRate.
func (l *line) slow(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy {
		return false
	}
	l.came += int64(n)
	took := time.Since(l.since)
	return took > slowTime && float64(l.came) < slowRate*took.Seconds()
}

// work says that a mail is under way, until what it returns is called.
func (l *line) work() (done func()) {
	set := func(busy bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.busy, l.since, l.came = busy, time.Now(), 0
	}
	set(true)
	return func() { set(false) }
}

// hurry ends the waiting for a command.
func (l *line) hurry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.busy {
		_ = l.Conn.SetReadDeadline(time.Now()) // a line that is closed needs none
	}
}

// Close closes the line, and counts it out.
func (l *line) Close() error {
	l.gate.leave(l)
	return l.Conn.Close()
}
