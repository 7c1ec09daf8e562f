package socket

import (
	"context"
	"errors"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/wire"
)

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
		c.log().Error("sign-in not checked", "error", start.Err)
		c.close(closeOverloaded, "try again later")
		return false
	}
	if c.door.Limits {
		if c.seat = c.door.people.enter(c.who); !c.seat {
			c.close(closeOverloaded, "too many connections")
			return false
		}
	}
	// The stream of the one conversation is there before the hub can deliver, so
	// that nothing falls between what is read and what is pushed.
	if c.only > 0 {
		c.begin(c.only)
	}
	if !c.door.Hub.Join(ctx, c, start.Who.User, c.session) {
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
	who, err := c.door.Guard.Look(asking, c.session)
	if auth.IsSignedOut(err) {
		c.close(closeSignedOut, "session ended")
		return false
	}
	if err == nil { // nor was it there to be told what its person shows
		c.door.Hub.Keep(c.who, who.User.HidesSeen, c.checked)
	}
	return c.hello(asking, start.Who.User)
}

func (c *conn) hello(ctx context.Context, you chat.User) bool {
	h := wire.Hello{Epoch: c.door.Epoch(), You: you, Media: c.door.Media}
	h.You.Online = true
	if c.only == 0 {
		unread, err := c.door.Inbox.Unread(ctx, c.who)
		if err != nil {
			return c.failed(err)
		}
		h.Unread = &unread
		return c.begun(h)
	}
	details, err := c.door.Inbox.Conversation(ctx, c.who, c.only)
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
	c.door.calm.enter()
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
	c.log().Error("greeting failed", "error", err)
	c.close(closeOverloaded, "try again later")
	return false
}
