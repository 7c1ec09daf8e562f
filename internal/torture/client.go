package torture

import (
	"bufio"
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/torture/checker"
)

// Client is one tab of a person: it keeps what it has not been confirmed, sends it again
// under the same client id after every lost line, goes on behind what it has, and records
// all of that. It follows docs/socket.md and nothing else.
type Client struct {
	Tab           checker.Tab
	Person        Person
	Conversations []int64
	history       *checker.History
	window        int           // how many commands of a conversation may be on the line
	byAPI         float64       // the share of commands that go by the API instead
	padding       int           // characters of a message beyond those that make it like no other
	patience      time.Duration // how long the server may say nothing
	narrow        bool          // the kernel keeps at most some kilobytes of what has not been read
	emoji         int           // which of the emojis is its own
	files         *pool         // what the person may attach
	polite        bool          // stays away for as long as the server's goodbye asks
	through       func() string
	random        *rand.Rand // the loop's own

	up            atomic.Bool  // the line has said hello and has not gone
	lines, doubts atomic.Int64 // how many there have been
	slowest       atomic.Int64 // nanoseconds that a command has waited to be put off

	mu     sync.Mutex // guards what follows
	outbox map[int64][]*command
	timed  func(id string, took time.Duration) // told of a command that was carried out
	seen   func(checker.Entry)                 // told of a message that is the next event
	said   func(id string)                     // told of a message that is put into the outbox
	turned func(up bool)                       // told when the line has come or gone
	holds  map[int64][]checker.Entry
	at     map[int64]position
	about  map[int64][]target // the newest of each conversation
	serial int
	conn   net.Conn      // nil while there is no line
	ends   []string      // why each line was over
	kick   chan struct{} // there is something to send
	paused chan struct{} // reads nothing while it is set

	epoch string // the loop's own, like what follows
	line  int
	away  time.Duration
}

// position is where a client is in a conversation: the seq of an event, and its time unless it
// is not known.
type position struct {
	seq int64
	at  string
}

// newClient returns a client that dials the address that through tells.
func newClient(tab checker.Tab, p Person, conversations []int64, h *checker.History, seed uint64, through func() string) *Client {
	return &Client{
		Tab: tab, Person: p, Conversations: conversations, history: h, window: 1, through: through, patience: 30 * time.Second,
		random: rand.New(rand.NewPCG(seed, seed)), //nolint:gosec // It repeats what it did.
		outbox: make(map[int64][]*command), holds: make(map[int64][]checker.Entry),
		at: make(map[int64]position), about: make(map[int64][]target),
		kick: make(chan struct{}, 1),
	}
}

// Holds is what the client has of its conversations.
func (c *Client) Holds() map[int64][]checker.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := make(map[int64][]checker.Entry, len(c.Conversations))
	for _, id := range c.Conversations {
		copied[id] = append([]checker.Entry(nil), c.holds[id]...)
	}
	return copied
}

// head is the seq of the last event that the client has.
func (c *Client) head(conversation int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at[conversation].seq
}

// Cut ends the line, if there is one, without a goodbye.
func (c *Client) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		_ = c.conn.Close() // it may have gone already
	}
}

// Pause stops reading from the line until the returned function is called.
func (c *Client) Pause() (resume func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	paused := make(chan struct{})
	c.paused = paused
	return func() {
		c.mu.Lock()
		c.paused = nil
		c.mu.Unlock()
		close(paused)
	}
}

// pad makes further messages so many characters longer.
func (c *Client) pad(characters int) {
	c.mu.Lock()
	c.padding = characters
	c.mu.Unlock()
}

func (c *Client) record(r checker.Record) {
	if r.Kind == checker.Doubted {
		c.doubts.Add(1)
	}
	r.Tab, r.Line = c.Tab, c.line
	c.history.Add(r)
}

// Run keeps a line up until ctx ends.
func (c *Client) Run(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		if c.connect(ctx) {
			attempt = 0
		}
		c.doubt()
		wait := time.Duration(c.random.Int64N(int64(min(500*time.Millisecond, 20*time.Millisecond<<min(attempt, 5)))))
		if c.polite {
			wait = max(wait, c.away)
		}
		c.away = 0
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// connect opens a line and serves it to its end. It tells whether the server said hello.
func (c *Client) connect(ctx context.Context) (greeted bool) {
	c.line++
	dialer := ws.Dialer{
		Timeout: c.patience,
		Header:  ws.HandshakeHeaderHTTP(http.Header{"Cookie": {c.Person.cookie()}, "Origin": {"http://" + c.Person.node.At}}),
		NetDial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			dialer := net.Dialer{}
			if c.narrow {
				dialer.Control = narrow
			}
			return dialer.DialContext(ctx, network, c.through())
		},
	}
	conn, reader, _, err := dialer.Dial(ctx, "ws://"+c.Person.node.At+"/ws/")
	if err != nil {
		return false
	}
	defer conn.Close() //nolint:errcheck // It may have gone.
	if reader == nil {
		reader = bufio.NewReader(conn)
	}
	c.mu.Lock()
	c.conn = conn
	c.mu.Unlock()
	l := &line{conn: conn, frames: make(chan frame, 64), over: make(chan struct{}), level: make(map[int64]bool), patience: c.patience, reopen: time.NewTimer(time.Hour)}
	defer l.reopen.Stop()
	go l.read(reader, c.gate)
	defer func() {
		c.turn(false)
		close(l.over)
		_ = conn.Close()
		for range l.frames { // until the reader has ended
		}
	}()
	beat := time.NewTicker(c.patience / 4)
	defer beat.Stop()
	for {
		select {
		case f, ok := <-l.frames:
			if !ok {
				c.gone(l.why)
				return greeted
			}
			if !c.take(l, f) {
				c.gone("left by the tab at a frame of the type " + f.Type)
				return greeted
			}
			greeted = greeted || f.Type == "hello"
		case <-l.reopen.C:
			if !c.openRest(l) {
				c.gone("conversations could not be opened on it")
				return greeted
			}
		case <-c.kick:
		case <-beat.C:
			l.write(map[string]any{"type": "ping"})
		case <-ctx.Done():
			return greeted
		}
		if greeted && !c.flush(l) {
			c.gone("messages could not be written to it")
			return greeted
		}
	}
}

// gone notes why a line is over.
func (c *Client) gone(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends = append(c.ends, time.Now().Format("05.000 ")+why)
}

// gate waits while the client is paused.
func (c *Client) gate(over <-chan struct{}) {
	c.mu.Lock()
	paused := c.paused
	c.mu.Unlock()
	if paused != nil {
		select {
		case <-paused:
		case <-over:
		}
	}
}

// take handles a frame, and tells whether the line is still of use.
func (c *Client) take(l *line, f frame) bool {
	switch f.Type {
	case "hello":
		c.lines.Add(1)
		c.turn(true)
		if c.epoch == "" {
			c.epoch = f.Epoch
		}
		if !c.openRest(l) {
			return false
		}
		c.epoch = f.Epoch
	case "message", "message_edited", "message_deleted", "reaction":
		e, at := f.event()
		return c.saw(l, e, at)
	case "caught_up":
		c.record(checker.Record{Kind: checker.CaughtUp, Entry: checker.Entry{Conversation: f.Conversation, Seq: f.Head}})
		l.level[f.Conversation] = true
		return c.head(f.Conversation) >= f.Head
	case "reset":
		c.record(checker.Record{Kind: checker.Reset, Entry: checker.Entry{Conversation: f.Conversation}, Note: f.Reason})
		return c.reload(l, f.Conversation)
	case "ack":
		e := f.entry()
		if one := c.settle(f.Conversation, f.ClientID); one != nil {
			e.Text = short(one.text)
			c.took(one.id, f.came.Sub(one.sent))
		}
		l.did = f.came
		c.record(checker.Record{Kind: checker.Acked, Entry: e, Duplicate: f.Duplicate})
	case "error":
		return c.refused(l, f)
	case "bye":
		c.away = time.Duration(f.RetryAfter) * time.Millisecond
	}
	return true
}

// turn notes that the line has come or gone.
func (c *Client) turn(up bool) {
	if c.up.Swap(up) == up {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.turned != nil {
		c.turned(up)
	}
}

// openRest opens what has not caught up on this line.
func (c *Client) openRest(l *line) bool {
	for _, id := range c.Conversations {
		if !l.level[id] && !c.open(l, id) {
			return false
		}
	}
	return true
}

// open asks for what is behind what the client has.
func (c *Client) open(l *line, id int64) bool {
	open := map[string]any{"type": "open", "conversation_id": id, "epoch": c.epoch}
	c.mu.Lock()
	position := c.at[id]
	c.mu.Unlock()
	if open["after"] = position.seq; position.at != "" {
		open["at"] = position.at
	}
	c.record(checker.Record{Kind: checker.Began, Entry: checker.Entry{Conversation: id, Seq: position.seq}})
	return l.write(open)
}

// saw takes an event if it is the next one. One further on shows a gap: it is ignored
// while what is behind the position is still coming, and ends the line otherwise.
func (c *Client) saw(l *line, e checker.Entry, at string) bool {
	c.record(checker.Record{Kind: checker.Saw, Entry: e})
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.at[e.Conversation].seq
	if e.Seq == last+1 {
		c.holds[e.Conversation] = append(c.holds[e.Conversation], e)
		c.at[e.Conversation] = position{e.Seq, at}
		if e.Changes == 0 {
			c.note(e)
			if c.seen != nil {
				c.seen(e)
			}
		}
	}
	return e.Seq <= last+1 || !l.level[e.Conversation]
}

// reload forgets a conversation and takes its newest page.
func (c *Client) reload(l *line, id int64) bool {
	got, err := c.Person.newest(id)
	if err != nil {
		return false
	}
	held := make([]checker.Entry, len(got.Messages))
	for i, m := range got.Messages {
		held[i] = m.entry()
		c.record(checker.Record{Kind: checker.Loaded, Entry: held[i]})
	}
	c.mu.Lock()
	c.holds[id], c.at[id] = held, position{seq: got.Head}
	c.mu.Unlock()
	at := checker.Entry{Conversation: id, Seq: got.Head}
	c.record(checker.Record{Kind: checker.Began, Entry: at})
	c.record(checker.Record{Kind: checker.CaughtUp, Entry: at})
	l.level[id] = true
	return true
}
