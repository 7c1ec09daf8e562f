package socket

import (
	"context"
	"errors"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/live/wire"
)

// handle runs one frame and answers it. It tells whether to go on.
func (c *conn) handle(data []byte) bool {
	command, clientID, err := wire.Decode(data, c.only)
	if err != nil {
		return c.refuseBad(err, clientID)
	}
	c.bad = 0
	// Who asks was looked up first, and one answer is waited for and not two.
	ctx, cancel := context.WithTimeout(context.Background(), max(commandTimeout-c.waited-c.late, leastPatience))
	defer cancel()
	began := time.Now()
	err = c.run(ctx, command)
	took := time.Since(began)
	switch {
	case err == nil:
		if asksDatabase(command) {
			c.late = 0
		}
		return true
	case ctx.Err() != nil || took >= leastPatience:
		// Who reads from the database has the deadline of ctx, and may be told a moment before ctx is.
		c.late += c.waited + took
	}
	return c.refuse(err, clientID) && c.asked()
}

// asksDatabase tells whether a command that was carried out shows that the database answers.
func asksDatabase(command wire.Command) bool {
	switch command.(type) {
	case wire.Ping, wire.Typing, wire.Close:
		return false
	}
	return true
}

// leastPatience is what a command gets that has waited behind others which the database did not
// answer: its sender is told soon, too.
const leastPatience = 200 * time.Millisecond

// refuseBad answers a frame that is none, and gives up after too many in a row.
func (c *conn) refuseBad(err error, clientID string) bool {
	if c.bad++; c.bad >= maxBad {
		c.refuse(err, clientID)
		c.close(closeBad, "too many bad frames")
		return false
	}
	return c.refuse(err, clientID)
}

// refuse says why a command was not carried out.
func (c *conn) refuse(err error, clientID string) bool {
	e, ok := errors.AsType[*chat.Error](err)
	if !ok {
		c.log().Error("command failed", "error", err)
		e = errTryAgain
	}
	return c.push(wire.Error(e, clientID))
}

// errTryAgain is the answer when something went wrong that is nobody's business.
var errTryAgain = chat.Errorf(chat.Unavailable, "This could not be done just now. Try again in a moment.")

// run carries a command out.
func (c *conn) run(ctx context.Context, command wire.Command) error {
	who := c.who
	switch m := command.(type) {
	case wire.Send:
		return c.send(ctx, m)
	case wire.Edit:
		return c.revise(ctx, c.door.Messages.Edit, messaging.ReviseCommand{Conversation: m.Conversation, Message: m.ID, ClientID: m.ClientID, Text: m.Message})
	case wire.Delete:
		return c.revise(ctx, c.door.Messages.Delete, messaging.ReviseCommand{Conversation: m.Conversation, Message: m.ID, ClientID: m.ClientID})
	case wire.React:
		return c.react(ctx, m)
	case wire.Open:
		return c.open(ctx, m)
	case wire.Close:
		if c.only == 0 {
			c.end(m.Conversation)
		}
		return nil
	case wire.Typing:
		return c.typed(ctx, m)
	case wire.Read:
		return c.door.Messages.MarkRead(ctx, who, m.Conversation, m.Seq)
	case wire.Delivered:
		return c.door.Messages.MarkDelivered(ctx, who, m.Conversation, m.Seq)
	case wire.Watch:
		return c.watch(ctx, m)
	case wire.Ping:
		c.push(wire.Pong())
		return nil
	}
	return chat.Errorf(chat.UnknownType, "There is no such frame type.")
}

// send posts a message and acknowledges it. The original's frame asks for no
// acknowledgement, and its script takes any frame without trouble, so it gets one.
func (c *conn) send(ctx context.Context, m wire.Send) error {
	delete(c.typing, m.Conversation)
	sent, err := c.door.Messages.Send(ctx, c.who, messaging.SendCommand{
		Conversation: m.Conversation, ClientID: m.ClientID, Text: m.Message, ReplyTo: m.ReplyTo, Attachments: m.Attachments, Address: c.address,
		Behind: c.overtakes(m.Conversation, m.ClientID),
	})
	c.settled(m.Conversation, m.ClientID, err)
	if err != nil {
		return err
	}
	c.door.Observer.Acked(sent.Duplicate)
	c.push(wire.Ack(sent.Message, sent.Duplicate))
	return nil
}

// reviser changes a message.
type reviser func(context.Context, chat.UserID, messaging.ReviseCommand) (messaging.Revised, error)

// revise changes a message and acknowledges it, in one order with what is sent.
func (c *conn) revise(ctx context.Context, do reviser, m messaging.ReviseCommand) error {
	m.Address, m.Behind = c.address, c.overtakes(m.Conversation, m.ClientID)
	done, err := do(ctx, c.who, m)
	c.settled(m.Conversation, m.ClientID, err)
	if err != nil {
		return err
	}
	c.push(wire.Done(done.ClientID, done.Event, done.Duplicate))
	return nil
}

// react puts an emoji to a message, or takes it back, and acknowledges it. It waits behind nothing that
// was put off, and nothing waits behind it: what it says does not depend on what was said before.
func (c *conn) react(ctx context.Context, m wire.React) error {
	done, err := c.door.Messages.React(ctx, c.who, messaging.ReactCommand{
		Conversation: m.Conversation, Message: m.ID, ClientID: m.ClientID, Emoji: m.Emoji, On: m.On, Address: c.address,
	})
	if err != nil {
		return err
	}
	c.push(wire.Done(done.ClientID, done.Event, done.Duplicate))
	return nil
}

// open starts or restarts a stream. A crowd does so when it comes back: what the database is
// asked for it, it is asked with a place in the gate. Who finds none and has just come is told when
// to come back, as at the gate before; who has been there keeps their line, with what else goes
// over it, and is refused.
func (c *conn) open(ctx context.Context, m wire.Open) error {
	if c.only == 0 && !c.begin(m.Conversation) {
		return &chat.Error{Code: chat.Forbidden, Field: "conversation_id", Detail: "At most 20 conversations can be open at once. Close one first."}
	}
	comes := time.Since(c.came) < comingFor
	if c.only != 0 {
		c.begin(c.only)
		comes = true // such a line carries nothing else, and ends without an answer
	}
	if comes {
		ctx = context.Background()
	}
	var err error
	if m.Position != nil {
		err = c.resume(ctx, m.Conversation, *m.Position)
	} else {
		err = c.openAtEnd(ctx, m.Conversation)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errClosing): // the reader says goodbye
		return nil
	case !errors.Is(err, errOverflow):
	case comes:
		c.crowdedOut()
		return nil
	default:
		err = errTryAgain
	}
	c.abandon(m.Conversation)
	return err
}

func (c *conn) openAtEnd(ctx context.Context, id chat.ConversationID) error {
	var head chat.Seq
	err := c.admitted(ctx, func(ctx context.Context) (err error) {
		head, err = c.door.Messages.Head(ctx, c.who, id)
		return err
	})
	if err == nil {
		c.answer(id, wire.CaughtUp(id, head), head)
	}
	return err
}

// admitted runs what asks the database for somebody who comes, with a place in the gate. What
// stands behind it on the line is not kept waiting for each question anew that finds no answer.
func (c *conn) admitted(ctx context.Context, ask func(context.Context) error) error {
	err := c.door.gate.enter(ctx, false)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		c.door.Observer.Refused()
		return errOverflow
	case err != nil:
		return err
	}
	defer c.door.gate.leave()
	ctx, cancel := context.WithTimeout(ctx, max(commandTimeout-c.late, leastPatience))
	defer cancel()
	return ask(ctx)
}

// abandon drops a stream that could not be answered. A socket of one conversation
// cannot do without it.
func (c *conn) abandon(id chat.ConversationID) {
	if c.only != 0 {
		c.lost()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[id]
	delete(c.streams, id)
	if s == nil {
		return
	}
	// What came meanwhile comes as it does to a conversation that is not open: it may have been
	// open before, for a client that asked twice, and these are then the next events.
	for _, m := range s.buffer {
		c.push(m.Frame)
	}
	if s.more > 0 {
		c.lost() // the log has more of them, and nobody reads it for a stream that is gone
	}
}

func resumeQuery(id chat.ConversationID, p wire.Position) messaging.ResumeQuery {
	q := messaging.ResumeQuery{Conversation: id, After: p.After, Epoch: p.Epoch}
	if !p.At.IsZero() {
		q.At = p.At.UnixMilli()
	}
	return q
}

// typingEvery is how often typing is passed on: the original says it at each key.
const typingEvery = 2 * time.Second

// typed passes typing on; what says nothing new is dropped silently.
func (c *conn) typed(ctx context.Context, m wire.Typing) error {
	since, writing := c.typing[m.Conversation]
	if writing == m.On && (!m.On || time.Since(since) < typingEvery) {
		return nil
	}
	if err := c.door.Presence.Typing(ctx, c.person(), m.Conversation, m.On); err != nil {
		return err
	}
	if m.On && (writing || len(c.typing) < chat.MaxOpen) {
		if c.typing == nil {
			c.typing = make(map[chat.ConversationID]time.Time)
		}
		c.typing[m.Conversation] = time.Now()
	} else {
		delete(c.typing, m.Conversation)
	}
	return nil
}

// watch tells of the presence of people, now and from now on.
func (c *conn) watch(ctx context.Context, m wire.Watch) error {
	states, err := c.door.Presence.Watch(ctx, c, c.who, m.Users)
	if err != nil {
		return err
	}
	for _, s := range states {
		// A hint: the next change is told again.
		_ = c.queue.Push(wire.Signal(s))
	}
	c.door.Presence.Elsewhere(ctx, states)
	return nil
}
