package socket

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
	"golang.org/x/time/rate"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/trace"
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

	admitted bool // it has waited for its turn before
}

// conn is one connection. Its reading goroutine owns it; Deliver and End come from
// others.
type conn struct {
	door *Door
	net  net.Conn
	who  auth.Identity
	only chat.ConversationID
	head chat.Seq // where that ended when hello was made
	// address is the handshake's: a connection keeps it to its end.
	address string
	queue   *hub.Queue
	log     *slog.Logger
	flood   *rate.Limiter
	seat    bool // counted among the person's connections
	fills   sync.WaitGroup

	closing atomic.Bool // nothing more is read or carried out
	said    atomic.Bool // a close frame has been queued
	leaving atomic.Bool // the server goes down: the command under way is the last

	mu      sync.Mutex    // guards what follows
	greeted bool          // hello has been queued
	held    []bus.Message // what came before it
	streams map[chat.ConversationID]*stream

	came    time.Time     // when hello was queued; the reader's own
	checked time.Time     // when the session was last looked up; the reader's own
	waited  time.Duration // for that, before the frame at hand; the same
	silent  time.Time     // since when nothing was heard of a peer that has not answered either; the same

	late   time.Duration                     // what is read next may have waited so long; the reader's own
	bad    int                               // bad frames in a row; the reader's own
	typing map[chat.ConversationID]time.Time // since when; the reader's own
	behind map[chat.ConversationID][]putOff  // what was put off, in its order; the reader's own
	mark   uint64                            // of the last command that was put off; the reader's own
	marked uint64                            // up to which a ping has been sent; the reader's own
}

// Serve runs a connection until it ends. The handshake is done.
func (d *Door) Serve(nc net.Conn, start Start) {
	d.conns.Add(1) // the door has counted it before, where it came through it
	defer d.conns.Done()
	c := &conn{
		door: d, net: nc, who: start.Who, only: start.Only, address: start.Address, log: d.Log.With("user", start.Who.User.ID, "connection", trace.New()),
		streams: make(map[chat.ConversationID]*stream),
		typing:  make(map[chat.ConversationID]time.Time),
		behind:  make(map[chat.ConversationID][]putOff),
	}
	if d.Limits {
		c.flood = rate.NewLimiter(floodPerSecond, floodBurst)
	}
	c.queue = hub.NewQueue(c.write)
	r := bufio.NewReaderSize(nc, 1024)
	d.Observer.Opened()
	// Deferred, so that a fault in handling one frame leaves nothing behind either.
	defer d.Observer.Closed()
	defer c.over(r)
	if c.greet(start) && c.catchUp(start) {
		c.read(r)
	}
}

// over ends a connection, whatever brought it to its end.
func (c *conn) over(r *bufio.Reader) {
	if c.silent.IsZero() {
		c.door.Hub.Leave(c)
	} else {
		c.door.Hub.LeaveSince(c, c.silent)
	}
	if c.seat {
		c.door.people.leave(c.who.User.ID)
	}
	c.stopTyping()
	c.mu.Lock()
	c.streams = nil // from here on no gap is filled any more
	c.mu.Unlock()
	// Whatever ended the connection, its queue ends now if it has not before.
	c.finish(nil, true)
	<-c.queue.Idle()
	if c.said.Load() {
		c.linger(r)
	}
	// The connection is over: an error of closing it changes nothing.
	_ = c.net.Close()
	c.fills.Wait()
}

// greet joins the hub and sends hello, or says by a close code why not.
func (c *conn) greet(start Start) bool {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	switch {
	case auth.IsSignedOut(start.Err):
		c.close(closeSignedOut, "not signed in")
		return false
	case errors.Is(start.Err, errClosing):
		c.leave()
		return false
	case errors.Is(start.Err, errOverflow):
		c.crowdedOut()
		return false
	case errors.Is(start.Err, errCrowded):
		c.close(closeOverloaded, "too many connections")
		return false
	case start.Err != nil:
		c.log.Error("sign-in not checked", "error", start.Err)
		c.close(closeOverloaded, "try again later")
		return false
	}
	if c.door.Limits {
		if c.seat = c.door.people.enter(c.who.User.ID); !c.seat {
			c.close(closeOverloaded, "too many connections")
			return false
		}
	}
	// The stream of the one conversation is there before the hub can deliver, so
	// that nothing falls between what is read and what is pushed.
	if c.only > 0 {
		c.begin(c.only)
	}
	if !c.door.Hub.Join(ctx, c, c.who.User, c.who.Session.ID) {
		c.close(closeRestart, "restarting")
		return false
	}
	// What follows asks the database, and so needs a place in the gate. The bus before it may
	// be slow, and holds none.
	if err := c.door.gate.enter(context.Background(), start.admitted); err != nil {
		return c.failed(err)
	}
	defer c.door.gate.leave()
	asking, done := context.WithTimeout(context.Background(), commandTimeout)
	defer done()
	// A session that ended before Join was not there to be ended by the hub.
	c.checked = time.Now()
	who, err := c.door.Guard.Look(asking, c.who.Session.ID)
	if auth.IsSignedOut(err) {
		c.close(closeSignedOut, "session ended")
		return false
	}
	if err == nil { // nor was it there to be told what its person shows
		c.door.Hub.Keep(c.who.User.ID, who.User.HidesSeen)
	}
	return c.hello(asking)
}

func (c *conn) hello(ctx context.Context) bool {
	h := wire.Hello{Epoch: c.door.Epoch(), You: c.who.User, Media: c.door.Media}
	h.You.Online = true
	if c.only == 0 {
		unread, err := c.door.Inbox.Unread(ctx, c.who.User.ID)
		if err != nil {
			return c.failed(err)
		}
		h.Unread = &unread
		return c.begun(h)
	}
	details, err := c.door.Inbox.Conversation(ctx, c.who.User.ID, c.only)
	if err != nil {
		return c.failed(err)
	}
	c.head = details.Entry.Conversation.Head
	h.Entry, h.Participants, h.Head = &details.Entry, details.Participants, &c.head
	return c.begun(h)
}

// catchUp goes on behind hello with what the client has missed.
func (c *conn) catchUp(start Start) bool {
	switch {
	case c.only == 0:
		return true
	case start.Position == nil:
		c.follow(c.only, c.head)
		return true
	}
	if err := c.resume(context.Background(), c.only, *start.Position); err != nil {
		return c.failed(err)
	}
	return true
}

// begun queues hello, and behind it what came while it was being made.
func (c *conn) begun(h wire.Hello) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.push(h.Encode()) {
		return false
	}
	c.greeted, c.came = true, time.Now()
	for _, m := range c.held {
		c.deliver(m)
	}
	c.held = nil
	return true
}

// failed closes a connection that could not be greeted.
func (c *conn) failed(err error) bool {
	switch {
	case errors.Is(err, errClosing):
		c.leave()
		return false
	case errors.Is(err, errOverflow):
		c.crowdedOut()
		return false
	}
	if chat.CodeOf(err) == chat.NotFound {
		c.close(closeUnknown, "no such conversation")
		return false
	}
	c.log.Error("greeting failed", "error", err)
	c.close(closeOverloaded, "try again later")
	return false
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

// stopTyping tells the others that who has gone writes no more.
func (c *conn) stopTyping() {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	for id, since := range c.typing {
		if time.Since(since) > chat.TypingExpires || ctx.Err() != nil {
			continue // it expires by itself
		}
		if err := c.door.Presence.Typing(ctx, c.who.User, id, false); err != nil {
			c.log.Debug("typing not ended", "error", err)
		}
	}
}
