package postbox

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/mail/alias"
)

// pipes is a listener of lines that are no sockets, so that time is simulated.
type pipes struct {
	lines chan net.Conn
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	if c, ok := <-p.lines; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.lines) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestSlowLinesAreClosed(t *testing.T) {
	book := alias.New("a secret of the tests", "reply.swap.example")
	const reply = "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<"
	for _, c := range []struct {
		name, first, again string
		every, within      time.Duration
	}{
		{"says nothing", "", "", time.Hour, idleTime},
		{"stops in a command", "EHLO x\r\nMAIL", "", time.Hour, idleTime},
		{"a byte of a command now and then", "EHLO x\r\n", "N", 50 * time.Second, dataTime},
		{"a byte of a mail now and then", reply + book.Address(1, 2) + ">\r\nDATA\r\n", "x", 50 * time.Second, 2 * slowTime},
		{"stops in a mail", reply + book.Address(1, 2) + ">\r\nDATA\r\nFrom: x", "", time.Hour, idleTime},
		{"a command now and then", "EHLO x\r\n", "NOOP\r\n", 50 * time.Second, lineLife},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box := New(Options{Book: book, Site: func() string { return "" }, Log: slog.New(slog.DiscardHandler)})
				l := &pipes{lines: make(chan net.Conn)}
				served := make(chan error, 1)
				go func() { served <- box.Serve(l) }()
				here, there := net.Pipe()
				l.lines <- there
				begin := time.Now()
				closed := make(chan string, 1)
				go func() {
					all, _ := io.ReadAll(bufio.NewReader(here)) // until it is closed
					closed <- string(all)
				}()
				_, _ = here.Write([]byte(c.first))
				ticker := time.NewTicker(c.every)
				defer ticker.Stop()
				var said string
				for said == "" {
					select {
					case <-ticker.C:
						if time.Since(begin) > 2*time.Hour {
							t.Fatal("it is open behind two hours")
						}
						_, _ = here.Write([]byte(c.again)) // it may be closed by now
					case said = <-closed:
					}
				}
				if took := time.Since(begin); took > c.within+time.Second || took < c.within-time.Minute {
					t.Errorf("closed after %v, want %v: %q", took, c.within, said)
				}
				if !strings.HasPrefix(said, "220 ") {
					t.Errorf("said %q", said)
				}
				if err := box.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if err := <-served; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestADoorThatWasClosedBeforeItOpenedServesNobody(t *testing.T) {
	box := New(Options{Book: alias.New("a secret of the tests", "reply.swap.example"), Log: slog.New(slog.DiscardHandler)})
	if err := box.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := box.Serve(&pipes{lines: make(chan net.Conn)}); err != nil {
		t.Error(err)
	}
}

func TestLinesAreCountedByNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:25": "192.0.2.7", "[::ffff:192.0.2.7]:25": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:25": "2001:db8:1:2::/64", "[fe80::1%1]:25": "fe80::/64",
	} {
		a, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := network(a); got != want {
			t.Errorf("%s is of %s, want %s", address, got, want)
		}
	}
}

func TestAMailForWhichThereIsNoRoomIsCountedAndComesAgain(t *testing.T) {
	var seen []string
	box := New(Options{
		Book: alias.New("a secret of the tests", "reply.swap.example"), Log: slog.New(slog.DiscardHandler),
		Seen: func(outcome string) { seen = append(seen, outcome) },
	})
	box.memory.held = mostInMemory
	if _, _, err := (&session{box: box}).read(strings.NewReader("Subject: x\r\n\r\n")); !errors.Is(err, errBusy) {
		t.Errorf("got %v", err)
	}
	if len(seen) != 1 || seen[0] != "later" || !slices.Contains(Outcomes, seen[0]) {
		t.Errorf("counted %q, want later", seen)
	}
	if n := box.memory.held; n != mostInMemory {
		t.Errorf("%d bytes are held, want %d", n, mostInMemory)
	}
}
