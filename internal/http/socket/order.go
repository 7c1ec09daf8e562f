package socket

import (
	"errors"
	"maps"
	"slices"
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

// mostPutOff is how many commands of a conversation are kept in their order. What is beyond
// it may be overtaken.
const mostPutOff = 64

// overtakes tells why what was sent behind a command that was put off has to wait until that
// one comes again: a sender that does not wait for each answer may have it on the line already,
// and its messages would be committed in another order than they were sent (contract 6). What
// has to wait is put off itself, and goes before what follows it.
func (c *conn) overtakes(id chat.ConversationID, clientID string) error {
	now := time.Now()
	waiting := c.behind[id]
	for len(waiting) > 0 && waiting[0].over(now) {
		waiting = waiting[1:]
	}
	if len(waiting) == 0 {
		delete(c.behind, id)
		return nil
	}
	c.behind[id] = waiting
	if clientID == "" || clientID == waiting[0].clientID {
		return nil
	}
	return waiting[0].fault
}

// settled notes what became of a command: what is to be sent again goes before what follows.
func (c *conn) settled(id chat.ConversationID, clientID string, err error) {
	waiting := c.behind[id]
	at := slices.IndexFunc(waiting, func(p putOff) bool { return p.clientID == clientID })
	fault := errTryAgain
	if e, ok := errors.AsType[*chat.Error](err); ok {
		fault = e
	}
	switch {
	case clientID == "":
	case err == nil || !fault.Retryable():
		if at >= 0 {
			c.behind[id] = slices.Delete(waiting, at, at+1)
		}
	case at >= 0:
		c.mark++
		waiting[at] = putOff{clientID: clientID, fault: fault, mark: c.mark}
	case len(waiting) < mostPutOff && (len(waiting) > 0 || c.room()):
		if c.behind == nil {
			c.behind = make(map[chat.ConversationID][]putOff)
		}
		c.mark++
		c.behind[id] = append(waiting, putOff{clientID: clientID, fault: fault, mark: c.mark})
	}
}

// room tells whether commands of one more conversation can be kept in their order.
func (c *conn) room() bool {
	now := time.Now()
	maps.DeleteFunc(c.behind, func(_ chat.ConversationID, all []putOff) bool {
		return !slices.ContainsFunc(all, func(p putOff) bool { return !p.over(now) })
	})
	return len(c.behind) < chat.MaxOpen
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
	for _, waiting := range c.behind {
		for i, p := range waiting {
			if p.mark <= mark && p.until.IsZero() {
				waiting[i].until = time.Now().Add(behindFor)
			}
		}
	}
}
