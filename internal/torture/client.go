package torture

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
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
	through       func() string
	random        *rand.Rand // the loop's own

	mu     sync.Mutex // guards what follows
	outbox map[int64][]*command
	holds  map[int64][]checker.Entry
	serial int
	conn   net.Conn      // nil while there is no line
	kick   chan struct{} // there is something to send
	paused chan struct{} // reads nothing while it is set

	epoch string // the loop's own, like line
	line  int
}

// command is a message that has not been confirmed.
type command struct {
	conversation int64
	id, text     string
	flying       bool
	again        time.Time // not before
}

// newClient returns a client that dials the address that through tells.
func newClient(tab checker.Tab, p Person, conversations []int64, h *checker.History, seed uint64, through func() string) *Client {
	return &Client{
		Tab: tab, Person: p, Conversations: conversations, history: h, window: 1, through: through, patience: 20 * time.Second,
		random: rand.New(rand.NewPCG(seed, seed)), //nolint:gosec // It repeats what it did.
		outbox: make(map[int64][]*command), holds: make(map[int64][]checker.Entry),
		kick: make(chan struct{}, 1),
	}
}

// Say puts a message into the outbox. Its text is like no other.
func (c *Client) Say(conversation int64) {
	c.mu.Lock()
	c.serial++
	id := fmt.Sprintf("%s.%d", c.Tab, c.serial)
	text := strings.TrimRight("I say "+id+" "+strings.Repeat("-", c.padding), " ")
	c.outbox[conversation] = append(c.outbox[conversation], &command{conversation: conversation, id: id, text: text})
	c.mu.Unlock()
	c.wake()
}

func (c *Client) wake() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// Waiting is how many messages have not been confirmed.
func (c *Client) Waiting() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, all := range c.outbox {
		n += len(all)
	}
	return n
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

// head is the seq of the last message that the client has.
func (c *Client) head(conversation int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if held := c.holds[conversation]; len(held) > 0 {
		return held[len(held)-1].Seq
	}
	return 0
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

func (c *Client) record(r checker.Record) {
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
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// doubt notes that the outcome of what was on the line is open.
func (c *Client) doubt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = nil
	for _, all := range c.outbox {
		for _, one := range all {
			if one.flying {
				one.flying = false
				c.record(checker.Record{Kind: checker.Doubted, Entry: one.entry(), Note: "the line has gone"})
			}
		}
	}
}

func (o *command) entry() checker.Entry {
	return checker.Entry{Conversation: o.conversation, ClientID: o.id, Text: o.text}
}

// connect opens a line and serves it to its end. It tells whether the server said hello.
func (c *Client) connect(ctx context.Context) (greeted bool) {
	c.line++
	dialer := ws.Dialer{
		Timeout: min(c.patience, 5*time.Second),
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
	l := &line{conn: conn, frames: make(chan frame, 64), over: make(chan struct{}), level: make(map[int64]bool), patience: c.patience}
	go l.read(reader, c.gate)
	defer func() {
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
			if !ok || !c.take(l, f) {
				return greeted
			}
			greeted = greeted || f.Type == "hello"
		case <-c.kick:
		case <-beat.C:
			l.write(map[string]any{"type": "ping"})
		case <-ctx.Done():
			return greeted
		}
		if greeted && !c.flush(l) {
			return greeted
		}
	}
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
		if c.epoch == "" {
			c.epoch = f.Epoch
		}
		for _, id := range c.Conversations {
			if !c.open(l, id) {
				return false
			}
		}
		c.epoch = f.Epoch
	case "message":
		return c.saw(l, f.entry())
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
			e.Text = one.text
		}
		c.record(checker.Record{Kind: checker.Acked, Entry: e, Duplicate: f.Duplicate})
	case "error":
		return c.refused(f)
	}
	return true
}

// open asks for what is behind what the client has.
func (c *Client) open(l *line, id int64) bool {
	open := map[string]any{"type": "open", "conversation_id": id, "after": 0, "epoch": c.epoch}
	c.mu.Lock()
	var after int64
	if held := c.holds[id]; len(held) > 0 {
		last := held[len(held)-1]
		after = last.Seq
		open["after"], open["at"] = last.Seq, last.At
	}
	c.mu.Unlock()
	c.record(checker.Record{Kind: checker.Began, Entry: checker.Entry{Conversation: id, Seq: after}})
	return l.write(open)
}

// saw takes a message if it is the next one. One further on shows a gap: it is ignored
// while what is behind the position is still coming, and ends the line otherwise.
func (c *Client) saw(l *line, e checker.Entry) bool {
	c.record(checker.Record{Kind: checker.Saw, Entry: e})
	c.mu.Lock()
	defer c.mu.Unlock()
	held := c.holds[e.Conversation]
	var last int64
	if len(held) > 0 {
		last = held[len(held)-1].Seq
	}
	if e.Seq == last+1 {
		c.holds[e.Conversation] = append(held, e)
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
	c.holds[id] = held
	c.mu.Unlock()
	at := checker.Entry{Conversation: id, Seq: got.Head}
	c.record(checker.Record{Kind: checker.Began, Entry: at})
	c.record(checker.Record{Kind: checker.CaughtUp, Entry: at})
	l.level[id] = true
	return true
}

// settle removes a command from the outbox.
func (c *Client) settle(conversation int64, id string) *command {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, one := range c.outbox[conversation] {
		if one.id == id {
			c.outbox[conversation] = append(c.outbox[conversation][:i:i], c.outbox[conversation][i+1:]...)
			return one
		}
	}
	return nil
}

// refused takes an error: for good, or to send again later. What was sent behind a command
// that is put off is sent again behind it.
func (c *Client) refused(f frame) bool {
	c.mu.Lock()
	var about *command
	for _, all := range c.outbox {
		for _, one := range all {
			if one.id == f.ClientID {
				about = one
			}
		}
	}
	c.mu.Unlock()
	switch {
	case about == nil:
		return f.Retryable // an `open` that could not be answered is asked for on the next line
	case !f.Retryable:
		c.settle(about.conversation, about.id)
		c.record(checker.Record{Kind: checker.Refused, Entry: about.entry(), Note: f.Code})
		return true
	}
	c.record(checker.Record{Kind: checker.Doubted, Entry: about.entry(), Note: f.Code})
	wait := max(time.Duration(f.RetryAfter)*time.Millisecond, 50*time.Millisecond)
	c.mu.Lock()
	about.flying, about.again = false, time.Now().Add(wait)
	c.mu.Unlock()
	time.AfterFunc(wait, c.wake)
	return true
}

// flush sends what waits, in order, as much at once as the window allows.
func (c *Client) flush(l *line) bool {
	for _, id := range c.Conversations {
		for _, one := range c.next(id) {
			e := one.entry()
			e.Sender = c.Person.ID
			c.record(checker.Record{Kind: checker.Sent, Entry: e})
			if c.random.Float64() < c.byAPI {
				c.post(one)
				continue
			}
			if !l.write(map[string]any{"type": "send", "conversation_id": id, "client_id": one.id, "message": one.text}) {
				return false
			}
		}
	}
	return true
}

// next takes the commands of a conversation that go onto the line now.
func (c *Client) next(id int64) []*command {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*command
	for i, one := range c.outbox[id] {
		if i >= c.window || time.Now().Before(one.again) {
			break
		}
		if !one.flying {
			one.flying = true
			all = append(all, one)
		}
	}
	return all
}

// post sends a command by the API.
func (c *Client) post(one *command) {
	var got struct {
		Message message `json:"message"`
	}
	status, err := c.Person.call(http.MethodPost, fmt.Sprintf("/conversations/%d/messages", one.conversation),
		map[string]string{"client_id": one.id, "message": one.text}, &got)
	switch {
	case err == nil:
		c.settle(one.conversation, one.id)
		c.record(checker.Record{Kind: checker.Acked, Entry: got.Message.entry(), Duplicate: status == http.StatusOK})
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
		c.settle(one.conversation, one.id)
		c.record(checker.Record{Kind: checker.Refused, Entry: one.entry(), Note: err.Error()})
	default:
		c.record(checker.Record{Kind: checker.Doubted, Entry: one.entry(), Note: err.Error()})
		c.mu.Lock()
		one.flying, one.again = false, time.Now().Add(50*time.Millisecond)
		c.mu.Unlock()
	}
	time.AfterFunc(60*time.Millisecond, c.wake)
}
