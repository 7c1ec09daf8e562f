package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/socket"
	"swapnest/internal/live/wire"
	"swapnest/internal/torture/checker"
)

// client is one tab with an outbox. One goroutine owns it; others read what is atomic.
type client struct {
	world         *world
	tab           checker.Tab
	plan          Tab
	who           auth.Identity
	conversations []int64
	random        *rand.Rand // of its waits

	outbox map[int64][]*command
	holds  map[int64][]checker.Entry
	marked map[int64]int64
	serial int
	steps  []Step
	epoch  string
	number int // of the line
	line   *line
	ready  bool // hello has come
	losing bool // the line breaks behind the next command
	lying  bool // the next position fits nothing

	dial, next, again *time.Timer
	stop, gone        chan struct{}
	idle              atomic.Bool  // no step and no command is left
	has               atomic.Int64 // how many messages it holds
}

// command is a message that has not been confirmed.
type command struct {
	conversation int64
	id, text     string
	post         bool
	flying       bool
	again        time.Time // not before
}

func (o *command) entry() checker.Entry {
	return checker.Entry{Conversation: o.conversation, ClientID: o.id, Text: o.text}
}

// newClient returns a client that runs once it is told to.
func newClient(w *world, number int, plan Tab) *client {
	c := &client{
		world: w, tab: checker.Tab(fmt.Sprint("t", number)), plan: plan, who: w.people[plan.Person], steps: plan.Steps,
		random: w.plan.chance("client", number),
		outbox: make(map[int64][]*command), holds: make(map[int64][]checker.Entry), marked: make(map[int64]int64),
		stop: make(chan struct{}), gone: make(chan struct{}),
	}
	for _, i := range conversationsOf(plan.Person, w.plan.People) {
		c.conversations = append(c.conversations, w.talks[i])
	}
	if plan.Only >= 0 {
		c.conversations = c.conversations[plan.Only : plan.Only+1]
	}
	return c
}

// run lives the client's life until it is stopped.
func (c *client) run() {
	defer close(c.gone)
	began := time.Now()
	c.dial, c.again, c.next = time.NewTimer(0), time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	wait := func() {
		if len(c.steps) > 0 {
			c.next.Reset(c.steps[0].At - time.Since(began))
		}
	}
	wait()
	for {
		var frames chan frame
		if c.line != nil {
			frames = c.line.frames
		}
		select {
		case <-c.stop:
			c.hangUp()
			return
		case f, ok := <-frames:
			if !ok || !c.take(f) {
				c.hangUp()
				c.dial.Reset(time.Duration(1+c.random.IntN(500)) * time.Millisecond)
			}
		case <-c.dial.C:
			c.connect()
		case <-c.next.C:
			step := c.steps[0]
			c.steps = c.steps[1:]
			c.do(step)
			wait()
		case <-c.again.C:
		}
		c.flush()
		c.tell()
	}
}

// tell lets others see how far the client is.
func (c *client) tell() {
	waiting, has := 0, 0
	for _, all := range c.outbox {
		waiting += len(all)
	}
	for _, held := range c.holds {
		has += len(held)
		if len(held) > 0 {
			has += int(held[0].Seq) - 1 // what a reset has left out
		}
	}
	c.idle.Store(waiting == 0 && len(c.steps) == 0)
	c.has.Store(int64(has))
}

func (c *client) record(r checker.Record) {
	r.Tab, r.Line = c.tab, c.number
	c.world.history.Add(r)
}

// do takes a step.
func (c *client) do(s Step) {
	id := c.conversations[s.Conversation]
	switch s.Action {
	case Say, Lose, Post:
		c.losing = c.losing || s.Action == Lose
		c.serial++
		name := fmt.Sprintf("%s.%d", c.tab, c.serial)
		c.outbox[id] = append(c.outbox[id], &command{conversation: id, id: name, text: "I say " + name, post: s.Action == Post && c.plan.Window == 1})
	case Cut:
		if c.line != nil {
			_ = c.line.conn.Close() // it may have gone
		}
	case Stall:
		if c.line != nil {
			c.line.quiet.Store(time.Now().Add(s.For).UnixNano())
		}
	case Read:
		if c.ready {
			c.line.say(map[string]any{"type": "read", "conversation_id": id, "seq": c.head(id)}, false)
		}
	case Mark:
		seq := c.head(id)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if c.world.service(c.number).MarkRead(ctx, c.who.User.ID, chat.ConversationID(id), chat.Seq(seq)) == nil {
			c.marked[id] = max(c.marked[id], seq)
		}
	case Reopen:
		if c.ready {
			c.open(id)
		}
	case Lie:
		c.lying = true
		if c.line != nil {
			_ = c.line.conn.Close()
		}
	}
}

// head is the seq of the last message that the client has.
func (c *client) head(id int64) int64 {
	if held := c.holds[id]; len(held) > 0 {
		return held[len(held)-1].Seq
	}
	return 0
}

// connect opens a line.
func (c *client) connect() {
	c.number++
	here, there := net.Pipe()
	start := socket.Start{Who: c.who}
	if c.plan.Only >= 0 {
		start.Only = chat.ConversationID(c.conversations[0])
		p := c.position(c.conversations[0])
		start.Position = &wire.Position{After: chat.Seq(p.after), Epoch: p.epoch}
		if p.at != "" {
			at, err := wire.ParseTime(p.at)
			if err != nil {
				panic("sim: " + err.Error()) // the server has written it
			}
			start.Position.At = at
		}
	}
	c.world.serve(c.number+int(c.random.Int64N(nodes)), there, start)
	c.line, c.ready = newLine(here), false
}

// hangUp ends the line, and notes that the outcome of what was on it is open.
func (c *client) hangUp() {
	if c.line == nil {
		return
	}
	c.line.end()
	c.line, c.ready = nil, false
	for _, all := range c.outbox {
		for _, one := range all {
			if one.flying {
				one.flying = false
				c.record(checker.Record{Kind: checker.Doubted, Entry: one.entry(), Note: "the line has gone"})
				if c.world.plan.Flaw == NewNames {
					one.id += "x"
				}
			}
		}
	}
}

// position is from where the client goes on.
type position struct {
	after     int64
	at, epoch string
}

// position tells where the client is, or a lie, and notes that it goes on from there.
func (c *client) position(id int64) position {
	p := position{epoch: c.epoch}
	if held := c.holds[id]; len(held) > 0 {
		last := held[len(held)-1]
		p.after, p.at = last.Seq, last.At
	}
	c.record(checker.Record{Kind: checker.Began, Entry: checker.Entry{Conversation: id, Seq: p.after}})
	if c.lying {
		c.lying = false
		if c.random.IntN(2) == 0 {
			return position{after: p.after + 1000, epoch: c.epoch}
		}
		p.epoch = "another"
	}
	return p
}

// open asks for what is behind what the client has.
func (c *client) open(id int64) {
	p := c.position(id)
	open := map[string]any{"type": "open", "conversation_id": id, "after": p.after, "epoch": p.epoch}
	if p.at != "" {
		open["at"] = p.at
	}
	c.line.level[id] = false
	c.line.say(open, false)
}

// take handles a frame, and tells whether the line is still of use.
func (c *client) take(f frame) bool {
	switch f.Type {
	case "hello":
		c.epoch, c.ready = f.Epoch, true
		for _, id := range c.conversations {
			if c.plan.Only < 0 {
				c.open(id)
			}
		}
	case "message":
		return c.saw(f.entry())
	case "caught_up":
		c.record(checker.Record{Kind: checker.CaughtUp, Entry: checker.Entry{Conversation: f.Conversation, Seq: f.Head}})
		c.line.level[f.Conversation] = true
		return c.head(f.Conversation) >= f.Head
	case "reset":
		c.record(checker.Record{Kind: checker.Reset, Entry: checker.Entry{Conversation: f.Conversation}, Note: f.Reason})
		return c.reload(f.Conversation)
	case "ack":
		e := f.entry()
		if one := c.settle(f.Conversation, f.ClientID); one != nil {
			e.Text = one.text
		}
		c.record(checker.Record{Kind: checker.Acked, Entry: e, Duplicate: f.Duplicate})
	case "error":
		return c.refused(f)
	}
	return true
}

// saw takes a message if it is the next one. One further on shows a gap: it is ignored
// while what is behind the position is still coming, and ends the line otherwise.
func (c *client) saw(e checker.Entry) bool {
	if !slices.Contains(c.conversations, e.Conversation) {
		return true // it moves the list, which this client does not show
	}
	c.record(checker.Record{Kind: checker.Saw, Entry: e})
	last := c.head(e.Conversation)
	if e.Seq == last+1 {
		c.holds[e.Conversation] = append(c.holds[e.Conversation], e)
	}
	return e.Seq <= last+1 || !c.line.level[e.Conversation]
}

// reload forgets a conversation and takes its newest page.
func (c *client) reload(id int64) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	page, err := c.world.service(c.number).Messages(ctx, c.who.User.ID, messaging.MessagesQuery{Conversation: chat.ConversationID(id)})
	if err != nil {
		return false
	}
	c.holds[id] = nil
	for _, m := range page.Messages {
		e := entryOf(m)
		c.holds[id] = append(c.holds[id], e)
		c.record(checker.Record{Kind: checker.Loaded, Entry: e})
	}
	at := checker.Entry{Conversation: id, Seq: int64(page.Head)}
	c.record(checker.Record{Kind: checker.Began, Entry: at})
	c.record(checker.Record{Kind: checker.CaughtUp, Entry: at})
	c.line.level[id] = true
	return true
}
