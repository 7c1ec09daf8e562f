package socket

import (
	"errors"
	"maps"
	"strconv"
	"time"

	"swapnest/internal/chat"
)

// behindFor is how long what follows a command that was put off waits for it on the same line,
// once its sender can have read the refusal: longer than a page takes to act upon it.
const behindFor = 10 * time.Second

// putOff is a command that its sender was told to send again.
type putOff struct {
	clientID string
	fault    *chat.Error
	mark     uint64    // of the ping behind the refusal
	until    time.Time // zero until that was answered: what comes may have been sent before
}

func (p putOff) over(now time.Time) bool { return !p.until.IsZero() && !now.Before(p.until) }

// overtakes tells why what was sent behind a command that was put off has to wait until that
// one comes again: a sender that does not wait for each answer may have it on the line already,
// and its messages would be committed in another order than they were sent (contract 6).
func (c *conn) overtakes(id chat.ConversationID, clientID string) error {
	first, waits := c.behind[id]
	switch {
	case !waits:
		return nil
	case clientID == "" || clientID == first.clientID || first.over(time.Now()):
		delete(c.behind, id)
		return nil
	}
	return first.fault
}

// settled notes what became of a command: what is to be sent again goes before what follows.
func (c *conn) settled(id chat.ConversationID, clientID string, err error) {
	if first, waits := c.behind[id]; err == nil || clientID == "" || waits && first.clientID != clientID {
		return
	}
	fault, ok := errors.AsType[*chat.Error](err)
	if !ok {
		fault = errTryAgain
	}
	if !fault.Retryable() {
		return
	}
	now := time.Now()
	maps.DeleteFunc(c.behind, func(_ chat.ConversationID, p putOff) bool { return p.over(now) })
	if len(c.behind) < chat.MaxOpen {
		c.mark++
		c.behind[id] = putOff{clientID: clientID, fault: fault, mark: c.mark}
	}
}

// asked sends a ping behind the refusal of a command that was put off, if there is one: its
// answer says that the refusal has been read.
func (c *conn) asked() bool {
	if c.mark == c.marked {
		return true
	}
	c.marked = c.mark
	return c.push(pingFrame(strconv.FormatUint(c.mark, 10)))
}

// answered takes what a pong brings back.
func (c *conn) answered(data []byte) {
	mark, err := strconv.ParseUint(string(data), 10, 64)
	if err != nil {
		return // of another ping, or of none
	}
	for id, p := range c.behind {
		if p.mark <= mark && p.until.IsZero() {
			p.until = time.Now().Add(behindFor)
			c.behind[id] = p
		}
	}
}
