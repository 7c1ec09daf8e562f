package socket_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/http/socket"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// What is no message costs as much to read as one: fragments and control frames count,
// whatever they hold, and what they are answered with is never larger than they are.
func TestFragmentsAndControlFramesAreCounted(t *testing.T) {
	empty := ws.NewFrame(ws.OpContinuation, false, nil)
	for _, test := range []struct {
		name string
		each func(*apptest.Socket)
	}{
		{"empty fragments", frame(empty)},
		{"fragments of one byte", frame(ws.NewFrame(ws.OpContinuation, false, []byte(" ")))},
		{"empty fragments with pings in between", func(s *apptest.Socket) { s.Write(empty); s.Write(ws.NewPingFrame(nil)) }},
		{"pings as large as they may be", frame(ws.NewPingFrame(make([]byte, 125)))},
		{"pongs that nobody asked for", frame(ws.NewPongFrame(nil))},
	} {
		t.Run(test.name, func(t *testing.T) {
			simulated(t, limited, func(t *testing.T, w *world) {
				s := w.all(w.buyer)
				s.Wait("hello")
				s.Write(ws.NewFrame(ws.OpText, false, nil))
				for range 5000 {
					test.each(s)
				}
				if got := s.Closed(); got != 4429 {
					t.Errorf("closed with %d, want 4429", got)
				}
			})
		})
	}
}

// A slow line is no flood: a message that comes a byte at a time is a message, and one
// that never ends is given up after a while.
func TestAMessageMayComeAByteAtATime(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		data, err := ws.CompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(`{"message":"a byte at a time"}`))))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range data {
			s.Raw([]byte{b})
			time.Sleep(100 * time.Millisecond) // simulated
		}
		if f := s.Wait("message"); f["message"] != "a byte at a time" {
			t.Errorf("got %v", f)
		}
		began := time.Now()
		s.Raw(data[:len(data)-1])
		s.Closed()
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("a frame that did not end was waited for during %s, want 10 s", took)
		}
	})
}

// In simulated time: 20 at once, one a second, and two sockets of one person share them,
// with what they send by other ways.
func TestTwoSocketsShareOnePersonsMessages(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		sockets := []*apptest.Socket{w.one(w.seller, nil), w.all(w.seller)}
		for _, s := range sockets {
			s.Wait("hello")
		}
		var sent [2]int
		try := func(n int) (taken int) {
			for i := range n {
				i %= 2
				s := sockets[i]
				// What was refused comes again under its name before anything that follows it.
				s.Send(`{"type":"send","conversation_id":%d,"client_id":"s%d.%d","message":"hi"}`, w.conversation, i, sent[i])
				if f := s.Wait("ack", "error"); f.Type() == "ack" {
					sent[i]++
					taken++
				} else if f["code"] != "rate_limited" {
					t.Fatalf("got %v", f)
				}
			}
			return taken
		}
		if got := try(50); got != 20 {
			t.Errorf("%d of 50 at once were taken, want 20", got)
		}
		time.Sleep(5 * time.Second)
		if got := try(20); got != 5 {
			t.Errorf("%d were taken after 5 s, want 5", got)
		}
		time.Sleep(time.Hour)
		if got := try(30); got != 20 {
			t.Errorf("%d were taken after an hour, want 20", got)
		}
		// Somebody else has a bucket of their own.
		other := w.one(w.buyer, nil)
		other.Wait("hello")
		other.Send(`{"message":"hi"}`)
		other.Wait("ack")
	})
}

// dial opens a socket and tells what became of it: "hello", or the code with which it was
// closed.
func dial(t *testing.T, app *apptest.App, token string) (*apptest.Socket, int) {
	t.Helper()
	s, err := app.Dial(t, "/ws/", token, nil)
	if err != nil {
		t.Error(err)
		return nil, 0
	}
	select {
	case f, ok := <-s.Frames():
		if ok && f.Type() == "hello" {
			return s, 0
		}
	case <-time.After(20 * time.Second):
		t.Error("no answer within 20 s")
	}
	return s, s.Closed()
}

func TestConnectionsOfOnePersonAreCapped(t *testing.T) {
	app := apptest.Start(t, testkit.SQLite(t), limited)
	_, token := app.SignIn(t, testkit.Populate(t, app.DB).Buyer)
	var in, out atomic.Int64
	var crowd sync.WaitGroup
	var last atomic.Pointer[apptest.Socket]
	for range 130 { // all at once, so that many find the last place free
		crowd.Go(func() {
			switch s, code := dial(t, app, token); code {
			case 0:
				in.Add(1)
				last.Store(s)
			case 1013:
				out.Add(1)
			default:
				t.Errorf("closed with %d, want 1013", code)
			}
		})
	}
	crowd.Wait()
	if in.Load() != 100 || out.Load() != 30 {
		t.Errorf("%d came in and %d were refused, want 100 and 30", in.Load(), out.Load())
	}
	last.Load().Drop()
	comesIn(t, app, "/ws/", token)
}

func TestConnectionsFromOneAddressAreCapped(t *testing.T) {
	app := apptest.Start(t, testkit.SQLite(t), func(o *server.Options) { o.RateLimits = true })
	var tokens []string
	for _, name := range []string{"anna", "berta", "carla", "dora"} {
		_, token, err := app.Accounts.Register(t.Context(), accounts.RegisterCommand{Username: name, Password: secret, Origin: accounts.Origin{Address: "192.0.2.1"}})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	var all []*apptest.Socket
	for i := range 300 {
		s, code := dial(t, app, tokens[i%4])
		if code != 0 {
			t.Fatalf("socket %d: closed with %d", i, code)
		}
		all = append(all, s)
	}
	ticket, err := app.Accounts.Ticket(t.Context(), session(t, app, tokens[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a cookie": "/ws/", "a ticket": "/ws/?ticket=" + ticket, "a conversation": "/ws/chat/1/"} {
		s, err := app.Dial(t, path, tokens[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		if code := s.Closed(); code != 1013 {
			t.Errorf("one more with %s: closed with %d, want 1013", name, code)
		}
	}
	// A place that is left can be taken, and the ticket has not been used up.
	all[0].Drop()
	comesIn(t, app, "/ws/?ticket="+ticket, "")
}

// comesIn waits until a place that has been left can be taken.
func comesIn(t *testing.T, app *apptest.App, path, token string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		s, err := app.Dial(t, path, token, nil)
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := <-s.Frames(); ok && f.Type() == "hello" {
			return
		}
	}
	t.Error("the place that was left cannot be taken")
}

// session returns the one of a token.
func session(t *testing.T, app *apptest.App, token string) (id chat.SessionID) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, app.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: app.Guard.CookieName(), Value: token})
	who, err := app.Guard.Who(r)
	if err != nil {
		t.Fatal(err)
	}
	return who.Session.ID
}

// Whoever is not signed in keeps nothing: the server closes at once, and does not wait
// for the other side to do so.
func TestASocketOfNobodyIsClosedAtOnce(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		began := time.Now()
		here, there := net.Pipe()
		defer here.Close()
		over := make(chan struct{})
		go func() {
			w.Sockets.Serve(there, socket.Start{Err: auth.ErrSignedOut})
			close(over)
		}()
		// The close frame is taken and not answered.
		if _, err := here.Read(make([]byte, 256)); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
		<-over
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("kept for %s, want 10 s at most and better at once", took)
		}
	})
}

// The library takes a connection from the HTTP server before it looks at the handshake:
// whoever sent none would have kept the connection for good.
func TestAHandshakeThatIsNoneKeepsNoConnection(t *testing.T) {
	app := apptest.Start(t, testkit.SQLite(t), nil)
	host := strings.TrimPrefix(app.URL, "http://")
	const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	for name, test := range map[string]struct{ lines, want string }{
		"no upgrade":         {"Connection: close\r\n", "426"},
		"another protocol":   {"Connection: close, Upgrade\r\nUpgrade: h2c\r\n", "426"},
		"no key":             {upgrade + "Sec-WebSocket-Version: 13\r\n", "400"},
		"a short key":        {upgrade + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n", "400"},
		"an unknown version": {upgrade + "Sec-WebSocket-Version: 99\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "426"},
	} {
		c, err := net.DialTimeout("tcp", host, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(5 * time.Second)) // a connection takes one
		if _, err := io.WriteString(c, "GET /ws/ HTTP/1.1\r\nHost: "+host+"\r\nOrigin: "+app.URL+"\r\n"+test.lines+"\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+test.want) {
			t.Errorf("%s: %v after %.60q, want %s and the end of the connection", name, err, answer, test.want)
		}
	}
}
