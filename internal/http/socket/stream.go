package socket

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/wire"
	"swapnest/internal/store"
)

// stream is a conversation open on a connection: what the client has been sent,
// and what waits while older events are being read.
type stream struct {
	last    chat.Seq // everything up to here has been queued
	waiting bool     // older events are being read: new ones go to buffer
	more    chat.Seq // the log has events up to here that buffer had no room for
	buffer  []bus.Message
}

// mostBuffered is how many events wait in memory for older ones. What is beyond it is read from
// the log when its turn comes, as fast as the peer takes it.
const mostBuffered = 64

// begin opens a stream, anew if it was open, that buffers until follow. It tells
// false when too many are open.
func (c *conn) begin(id chat.ConversationID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.streams[id]
	if !known && c.only == 0 && len(c.streams) >= chat.MaxOpen {
		return false
	}
	s := &stream{waiting: true}
	if known {
		// What still waits there is lost if this one cannot be answered.
		s.more, s.buffer = before.more, before.buffer
	}
	if c.streams == nil {
		c.streams = make(map[chat.ConversationID]*stream)
	}
	c.streams[id] = s
	return true
}

// end closes a stream.
func (c *conn) end(id chat.ConversationID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.streams, id)
}

// deliverEvent queues a committed event in its place. The caller holds mu.
func (c *conn) deliverEvent(m bus.Message) {
	if c.only != 0 && m.Conversation != c.only {
		return
	}
	s := c.streams[m.Conversation]
	switch {
	case s == nil:
		c.push(m.Frame) // not open here: it moves the list
	case s.waiting:
		if len(s.buffer) >= mostBuffered {
			s.more = max(s.more, m.Seq)
			return
		}
		s.buffer = append(s.buffer, m)
	case m.Seq <= s.last:
	case m.Seq == s.last+1:
		s.last = m.Seq
		c.push(m.Frame)
	default:
		// An event in between was not pushed: the log has it.
		s.waiting, s.more = true, m.Seq
		s.buffer = append(s.buffer, m)
		after := s.last
		c.fills.Go(func() { c.fill(m.Conversation, s, after) })
	}
}

// follow ends the buffering of a stream: everything up to last has been queued,
// and what came meanwhile follows.
func (c *conn) follow(id chat.ConversationID, last chat.Seq) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.streams[id]; s != nil {
		c.flush(id, s, last)
	}
}

// flush queues what was buffered beyond last, and has read from the log what was not, or what
// the queue has no room for: many may have written while one came in, and that is no fault of
// the peer's. The caller holds mu.
func (c *conn) flush(id chat.ConversationID, s *stream, last chat.Seq) {
	s.last = max(s.last, last)
	for i, m := range s.buffer {
		if m.Seq <= s.last {
			continue
		}
		if m.Seq > s.last+1 || c.queue.Push(m.Frame) != nil {
			s.buffer = s.buffer[i:]
			for _, rest := range s.buffer {
				s.more = max(s.more, rest.Seq)
			}
			break
		}
		s.last = m.Seq
	}
	if s.more > s.last {
		after := s.last // read here, under mu
		c.fills.Go(func() { c.fill(id, s, after) })
		return
	}
	s.waiting, s.more, s.buffer = false, 0, nil
}

// askAgain is how long a stream waits for a database that is away, a half of it more by chance,
// before it asks again.
const askAgain = 500 * time.Millisecond

// fill reads what lies behind the stream's last event from the log, a page at a time: flush
// asks for the next. It passes no gate: this is somebody who is there. While the database is away
// the line stays, and what comes waits.
func (c *conn) fill(id chat.ConversationID, s *stream, after chat.Seq) {
	events, err := c.missingNow(id, after)
	for store.Away(err) && c.following(id, s) {
		time.Sleep(askAgain + rand.N(askAgain/2))
		events, err = c.missingNow(id, after)
	}
	if store.Away(err) {
		return // nobody waits for it any more
	}
	if err != nil {
		c.log().Warn("events could not be replayed", "conversation", id, "error", err)
		c.lost()
		return
	}
	last, ok := c.replay(events)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[id] == s {
		c.flush(id, s, last)
	}
}

// following tells whether a stream is still open on a line that is.
func (c *conn) following(id chat.ConversationID, s *stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streams[id] == s && !c.closing.Load()
}

// missingNow is missing for somebody who does not wait at the gate.
func (c *conn) missingNow(id chat.ConversationID, after chat.Seq) ([]chat.Event, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	return c.missing(ctx, id, after)
}

// errNothing says that events which must be there are not.
var errNothing = errors.New("there are no such events")

// missing reads the next events after a seq. A page is small, so that a crowd of peers that
// do not read holds little memory.
func (c *conn) missing(ctx context.Context, id chat.ConversationID, after chat.Seq) ([]chat.Event, error) {
	events, err := c.door.Messages.Missing(ctx, c.who, id, after, replayPage)
	if err == nil && len(events) == 0 {
		err = errNothing
	}
	return events, err
}

// replay queues events as fast as the peer takes them, and returns the last one's seq. A peer
// that is too slow is closed.
func (c *conn) replay(events []chat.Event) (last chat.Seq, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	for _, e := range events {
		if c.queue.PushWait(ctx, wire.Event(e)) != nil {
			c.tooSlow()
			return 0, false
		}
	}
	return events[len(events)-1].Seq, true
}

// resume answers a position: the events behind it and caught_up, or reset. The
// stream has begun, so what happens meanwhile is buffered. There is a place in the gate for
// each page while it is read, and none is held while the peer is waited for. ctx bounds the first
// one: behind it there is an answer.
func (c *conn) resume(ctx context.Context, id chat.ConversationID, p wire.Position) error {
	var r messaging.Resumed
	var events []chat.Event
	err := c.admitted(ctx, func(ctx context.Context) (err error) {
		r, err = c.door.Messages.Resume(ctx, c.who, resumeQuery(id, p))
		if err == nil && r.Reset == "" && p.After < r.Head {
			events, err = c.missing(ctx, id, p.After)
		}
		return err
	})
	if err != nil {
		return err
	}
	if r.Reset != "" {
		c.door.Observer.Resumed("reset_" + r.Reset)
		c.answer(id, wire.Reset(id, r.Reset), r.Head)
		return nil
	}
	after := p.After
	for after < r.Head {
		if events == nil {
			err := c.admitted(context.Background(), func(ctx context.Context) (err error) {
				events, err = c.missing(ctx, id, after)
				return err
			})
			if err != nil {
				return err
			}
		}
		var ok bool
		if after, ok = c.replay(events); !ok {
			return nil
		}
		events = nil
	}
	c.door.Observer.Resumed("caught_up")
	c.answer(id, wire.CaughtUp(id, after), after)
	return nil
}

// answer ends a replay, and goes on with what was buffered beyond head.
func (c *conn) answer(id chat.ConversationID, frame []byte, head chat.Seq) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if c.queue.PushWait(ctx, frame) != nil {
		c.tooSlow()
		return
	}
	c.follow(id, head)
}

// silenceLimit is how long a peer may say nothing before it is asked.
func silenceLimit(r float64) time.Duration {
	return time.Duration(float64(silence) * (0.8 + 0.4*r))
}
