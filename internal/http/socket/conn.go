package socket

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/live/wire"
)

// The close codes of the protocol beyond the standard's.
const (
	closeRestart    ws.StatusCode = 1012
	closeOverloaded ws.StatusCode = 1013
	closeSlow       ws.StatusCode = 4100
	closeLost       ws.StatusCode = 4101
	closeBad        ws.StatusCode = 4400
	closeSignedOut  ws.StatusCode = 4401
	closeUnknown    ws.StatusCode = 4404
	closeFlood      ws.StatusCode = 4429
)

// Start is what is known of a connection when its handshake is done.
type Start struct {
	Who      auth.Identity
	Err      error               // why nobody is signed in
	Only     chat.ConversationID // 0 for a socket of everything
	Position *wire.Position      // nil without one
	Address  string              // where the handshake came from, see auth.Address

	admitted bool   // it has waited for its turn before
	counted  bool   // among those of its address
	request  string // what the handshake's request was called, see trace.ID
	ahead    []byte // what the HTTP server has read of what follows
}

// conn is one connection. A site has many that say nothing, so this is all that is kept of one: maps
// are made when something is put into them. Its reading goroutine owns it, and there is one at a time;
// Deliver and End come from others.
type conn struct {
	door *Door
	net  net.Conn
	who  chat.UserID
	name string // of that person, as others see it
	only chat.ConversationID
	head chat.Seq // where that ended when hello was made
	// address is the handshake's: a connection keeps it to its end.
	address string
	request string // the handshake's, for the log
	number  uint64 // what the log calls this connection
	queue   *hub.Queue
	done    chan struct{} // closed when all is over; nil if nobody waits
	counted bool          // among the connections of its address
	seat    bool          // counted among the person's connections
	guarded bool          // a fault ends this connection alone
	fills   sync.WaitGroup

	closing atomic.Bool // nothing more is read or carried out
	said    atomic.Bool // a close frame has been queued
	leaving atomic.Bool // the server goes down: the command under way is the last

	mu      sync.Mutex    // guards what follows
	greeted bool          // hello has been queued
	held    []bus.Message // what came before it
	streams map[chat.ConversationID]*stream

	writeBy time.Time // up to when what is written has time; the writing goroutine's

	// The rest is the reader's own.

	session chat.SessionID
	expires time.Time     // when that ends, as far as is known
	came    time.Time     // when hello was queued
	checked time.Time     // when the session was last looked up
	waited  time.Duration // for that, before the frame at hand

	hearing
	flood flood

	late   time.Duration                     // what is read next may have waited so long
	bad    int                               // bad frames in a row
	typing map[chat.ConversationID]time.Time // since when
	behind map[chat.ConversationID][]putOff  // what was put off, in its order
	mark   uint64                            // of the last command that was put off
	marked uint64                            // up to which a ping has been sent
}

func (d *Door) newConn(nc net.Conn, start Start) *conn {
	c := &conn{
		door: d, net: nc, who: start.Who.User.ID, name: start.Who.User.Name, only: start.Only, address: start.Address,
		request: start.request, number: rand.Uint64(), counted: start.counted, session: start.Who.Session.ID, expires: start.Who.Session.ExpiresAt,
	}
	c.ahead = start.ahead
	c.queue = hub.NewQueue(c.write)
	return c
}

// Deliver implements hub.Session.
func (c *conn) Deliver(m bus.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.greeted:
		c.deliver(m)
	case len(c.held) < hub.QueueFrames:
		c.held = append(c.held, m)
	default:
		c.lost()
	}
}

// deliver queues a message in its place. The caller holds mu.
func (c *conn) deliver(m bus.Message) {
	switch {
	case m.Seq > 0:
		c.deliverEvent(m)
	case c.only != 0 && (m.List || (m.Conversation != 0 && m.Conversation != c.only)):
		// A socket of one conversation hears of nothing else.
	case m.Latest:
		// Nobody says it again before the next hello, so it waits for room.
		if c.queue.PushLatest(m.Frame) {
			c.door.Observer.Dropped()
		}
	default:
		// A hint that finds no room is dropped; the next event ends the connection.
		if c.queue.Push(m.Frame) != nil {
			c.door.Observer.Dropped()
		}
	}
}

// End implements hub.Session.
func (c *conn) End(r hub.Reason) {
	switch r {
	case hub.SessionEnded:
		c.close(closeSignedOut, "session ended")
		return
	case hub.Moved:
		c.lost()
		return
	}
	// The reader says goodbye itself, behind the answer to the command that it may be
	// carrying out: what was committed is acknowledged.
	c.leaving.Store(true)
	// A peer that does not read is not waited for as long as at other times. A connection that
	// takes no deadline is broken, and its writer ends by itself.
	_ = c.net.SetWriteDeadline(time.Now().Add(leaveTimeout))
	c.wake()
}

// leave says that the server goes down, and when to come back.
func (c *conn) leave() {
	c.bye("restarting", time.Duration(rand.Int64N(int64(3*time.Second))))
	c.close(closeRestart, "restarting")
}

// crowdedOut sends somebody away for whom there was no place in the gate.
func (c *conn) crowdedOut() {
	c.bye("overloaded", comeBack())
	c.close(closeOverloaded, "too many come at once")
}

func (c *conn) bye(reason string, retryAfter time.Duration) {
	// Without room for it the close code says the same, less precisely.
	_ = c.queue.Push(wire.Bye(reason, retryAfter))
}

// push queues a frame that must not be lost; a peer too slow for it is closed.
func (c *conn) push(frame []byte) bool {
	if c.queue.Push(frame) != nil {
		c.tooSlow()
		return false
	}
	return true
}

// tooSlow gives up on what waits: the peer resumes from where it is.
func (c *conn) tooSlow() {
	c.door.Observer.Slow()
	c.finish(closeFrame(closeSlow, "reading too slowly"), true)
}

// lost closes a connection whose place in the log is gone: the client resumes.
func (c *conn) lost() { c.finish(closeFrame(closeLost, "position lost"), true) }

// close queues a close frame behind what waits. Only the first call counts.
func (c *conn) close(code ws.StatusCode, reason string) {
	c.finish(closeFrame(code, reason), false)
}

// finish ends the queue and wakes the reader. It does not block.
func (c *conn) finish(last []byte, discard bool) {
	if last != nil {
		c.said.Store(true)
	}
	c.queue.End(last, discard)
	c.closing.Store(true)
	c.wake()
}

// wake has the reader look up from waiting for a frame.
func (c *conn) wake() {
	// A connection that takes no deadline is broken, and so is its reader.
	_ = c.net.SetReadDeadline(time.Now())
}

// person is what typing tells of who writes.
func (c *conn) person() chat.User { return chat.User{ID: c.who, Name: c.name} }

// stopTyping tells the others that who has gone writes no more.
func (c *conn) stopTyping() {
	if len(c.typing) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	for id, since := range c.typing {
		if time.Since(since) > chat.TypingExpires || ctx.Err() != nil {
			continue // it expires by itself
		}
		if err := c.door.Presence.Typing(ctx, c.person(), id, false); err != nil {
			c.log().Debug("typing not ended", "error", err)
		}
	}
}
