package socket

import (
	"context"
	"log/slog"
	"net"
	"runtime/debug"
	"strconv"

	"swapnest/internal/http/trace"
)

// Serve runs a connection until it ends. The handshake is done.
func (d *Door) Serve(nc net.Conn, start Start) {
	d.conns.Add(1)
	c := d.newConn(nc, start)
	c.done = make(chan struct{})
	go c.live(start)
	<-c.done
}

// live runs a new connection.
func (c *conn) live(start Start) {
	c.door.Observer.Opened()
	c.goOn(func() bool { return c.greet(start) && c.catchUp(start) })
}

// goOn runs the connection on this goroutine until it ends, or rests: then another one waits for
// what comes. A goroutine's stack grows by what it does and does not shrink again by itself, and
// most connections say nothing most of the time.
func (c *conn) goOn(first func() bool) {
	defer c.caught()
	rests := false
	// Deferred, so that a fault in handling one frame leaves nothing behind either.
	defer func() {
		if !rests {
			c.over()
		}
	}()
	rests = (first == nil || first()) && c.read()
	if rests {
		go c.rest()
	}
}

// caught keeps a mistake in the handling of one connection from ending all the others.
func (c *conn) caught() {
	fault := recover()
	switch {
	case fault == nil:
	case !c.guarded:
		panic(fault)
	default:
		c.log().ErrorContext(trace.With(context.Background(), c.request), "connection failed", "fault", fault, "stack", string(debug.Stack()))
		_ = c.net.Close() // whatever state it is in
	}
}

// log names the connection in what is logged of it, which is little.
func (c *conn) log() *slog.Logger {
	return c.door.Log.With("user", c.who, "connection", strconv.FormatUint(c.number, 36))
}

// over ends a connection, whatever brought it to its end.
func (c *conn) over() {
	defer c.left()
	if c.silent.IsZero() {
		c.door.Hub.Leave(c)
	} else {
		c.door.Hub.LeaveSince(c, c.silent)
	}
	if c.seat {
		c.door.people.leave(c.who)
	}
	c.stopTyping()
	c.mu.Lock()
	c.streams = nil // from here on no gap is filled any more
	c.mu.Unlock()
	// Whatever ended the connection, its queue ends now if it has not before.
	c.finish(nil, true)
	<-c.queue.Idle()
	if c.said.Load() {
		c.linger()
	}
	// The connection is over: an error of closing it changes nothing.
	_ = c.net.Close()
	c.fills.Wait()
}

// left gives back what the door has counted.
func (c *conn) left() {
	c.door.Observer.Closed()
	if c.counted {
		c.door.addresses.leave(c.address)
	}
	c.door.conns.Done()
	if c.done != nil {
		close(c.done)
	}
}
