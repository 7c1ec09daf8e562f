package torture

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"swapnest/internal/torture/checker"
)

// command is one that has not been confirmed.
type command struct {
	conversation int64
	verb         checker.Verb
	about        int64 // the message that it changes
	answers      int64 // the message that it answers, 0 for none
	id, text     string
	files        []string // the ids of what it has attached
	flying       bool
	again        time.Time // not before
	sent         time.Time // when it went onto the line
}

// Say puts a message into the outbox. Its text is like no other.
func (c *Client) Say(conversation int64) {
	c.put(&command{conversation: conversation, text: "I say "})
}

// put names a command and puts it into the outbox. The text of a message, or another one for it,
// ends in the name, and is as long as the client is to make it.
func (c *Client) put(one *command) {
	c.mu.Lock()
	c.serial++
	one.id = fmt.Sprintf("%s.%d", c.Tab, c.serial)
	if one.verb == checker.Edit || one.verb == checker.Post && one.text != "" {
		one.text = strings.TrimRight(one.text+one.id+" "+strings.Repeat("🚲", c.padding), " ")
	}
	c.outbox[one.conversation] = append(c.outbox[one.conversation], one)
	if c.said != nil && one.verb == checker.Post {
		c.said(one.id)
	}
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
	return checker.Entry{Conversation: o.conversation, ClientID: o.id, Message: o.about, Answers: o.answers, Text: short(o.text), Files: strings.Join(o.files, " ")}
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
func (c *Client) refused(l *line, f frame) bool {
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
		return f.Retryable && c.openLater(l) // an `open` that could not be answered
	case !f.Retryable:
		c.settle(about.conversation, about.id)
		c.record(checker.Record{Kind: checker.Refused, Entry: about.entry(), Note: f.Code})
		return true
	}
	// A line's commands are carried out one after the other, each with a patience of its own: what
	// others took that were carried out is none of this one's.
	waited := f.came.Sub(about.sent)
	if l.did.After(about.sent) {
		waited = f.came.Sub(l.did)
	}
	c.slowest.Store(max(c.slowest.Load(), int64(waited))) // nobody else writes it
	c.record(checker.Record{Kind: checker.Doubted, Entry: about.entry(), Note: f.Code})
	wait := max(time.Duration(f.RetryAfter)*time.Millisecond, 50*time.Millisecond)
	c.mu.Lock()
	about.flying, about.again = false, time.Now().Add(wait)
	c.mu.Unlock()
	time.AfterFunc(wait, c.wake)
	return true
}

// openLater has what has not caught up opened again on the same line, after a while.
func (c *Client) openLater(l *line) bool {
	l.reopen.Reset(500*time.Millisecond + time.Duration(c.random.Int64N(int64(time.Second))))
	return true
}

// took tells how long a command took that was carried out.
func (c *Client) took(id string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed != nil {
		c.timed(id, took)
	}
}

// flush sends what waits, in order, as much at once as the window allows.
func (c *Client) flush(l *line) bool {
	for _, id := range c.Conversations {
		for _, one := range c.next(id) {
			e := one.entry()
			e.Sender = c.Person.ID
			c.record(checker.Record{Kind: checker.Sent, Verb: one.verb, Entry: e})
			if c.random.Float64() < c.byAPI && one.verb == checker.Post {
				c.post(one)
				continue
			}
			if !l.write(one.frame()) {
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
			one.flying, one.sent = true, time.Now()
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
		one.body(), &got)
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
