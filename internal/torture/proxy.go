package torture

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// Mischief says what a Proxy does to a connection.
type Mischief struct {
	// Bytes is how many pass in one direction before it strikes, between 1 and so many;
	// 0 is never. It strikes anywhere, also in the middle of a frame.
	Bytes int
	// Stall is how long, at most, it keeps everything back before it cuts the connection;
	// what comes meanwhile is swallowed. Every second time it cuts at once.
	Stall time.Duration
}

// Proxy stands between clients and a node.
type Proxy struct {
	At     string // HOST:PORT
	listen net.Listener
	to     func() string
	over   sync.WaitGroup

	mu       sync.Mutex // guards what follows
	mischief Mischief
	random   *rand.Rand
	open     map[net.Conn]bool
	strikes  int
}

// NewProxy returns a proxy that does no mischief yet. It ends with the test.
func NewProxy(tb testing.TB, seed uint64, to func() string) *Proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It lives as long as the test.
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{
		At: l.Addr().String(), listen: l, to: to, open: make(map[net.Conn]bool),
		random: rand.New(rand.NewPCG(seed, 3)), //nolint:gosec // It repeats what it did.
	}
	p.over.Go(p.accept)
	tb.Cleanup(func() {
		_ = l.Close()
		p.CutAll()
		p.over.Wait()
	})
	return p
}

// Do sets what is done to connections from now on: those that are open are done with at once.
func (p *Proxy) Do(m Mischief) {
	p.mu.Lock()
	p.mischief = m
	p.mu.Unlock()
	p.CutAll()
}

// Strikes is how often it has struck.
func (p *Proxy) Strikes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.strikes
}

// Open is how many connections there are, in both directions.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

// CutAll cuts all connections.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close() // it may be closed already
	}
}

func (p *Proxy) accept() {
	for {
		from, err := p.listen.Accept()
		if err != nil {
			return
		}
		to, err := p.dial()
		if err != nil {
			_ = from.Close()
			continue
		}
		p.mu.Lock()
		p.open[from], p.open[to] = true, true
		p.mu.Unlock()
		p.over.Go(func() {
			var both sync.WaitGroup
			both.Go(func() { p.pass(to, from) })
			both.Go(func() { p.pass(from, to) })
			both.Wait()
			p.mu.Lock()
			delete(p.open, from)
			delete(p.open, to)
			p.mu.Unlock()
		})
	}
}

// dial connects to a node. When there are several, to names another one each time, and one
// that is down is passed over, as by a load balancer.
func (p *Proxy) dial() (to net.Conn, err error) {
	for range 2 {
		if to, err = net.DialTimeout("tcp", p.to(), 5*time.Second); err == nil { //nolint:noctx // A test's.
			return to, nil
		}
	}
	return nil, err
}

// plan is what happens to one direction of a connection: after how many bytes, and how long
// it is silent then.
func (p *Proxy) plan() (bytes int, stall time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mischief.Bytes == 0 {
		return -1, 0
	}
	if p.mischief.Stall > 0 && p.random.IntN(2) == 0 {
		stall = time.Duration(p.random.Int64N(int64(p.mischief.Stall)))
	}
	return 1 + p.random.IntN(p.mischief.Bytes), stall
}

// pass carries one direction to its end, and ends the other one with it.
func (p *Proxy) pass(to, from net.Conn) {
	defer to.Close()   //nolint:errcheck // It ends either way.
	defer from.Close() //nolint:errcheck // It ends either way.
	bytes, stall := p.plan()
	if bytes < 0 {
		// Its end is all there is to know. The kernel's own way of copying would take four more
		// files for each connection.
		_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
		return
	}
	if n, _ := io.CopyN(struct{ io.Writer }{to}, from, int64(bytes)); n < int64(bytes) {
		return
	}
	p.mu.Lock()
	p.strikes++
	p.mu.Unlock()
	if stall > 0 && from.SetReadDeadline(time.Now().Add(stall)) == nil {
		_, _ = io.Copy(io.Discard, from)
	}
}
