package socket

import (
	"errors"
	"maps"
	"time"

	"swapnest/internal/chat"
)

// behindFor is how long what follows a command that was put off waits for it on the same line:
// longer than anything is on its way that was sent before its refusal was read.
const behindFor = 10 * time.Second

// putOff is a command that its sender was told to send again.
type putOff struct {
	clientID string
	fault    *chat.Error
	until    time.Time
}

// overtakes tells why what was sent behind a command that was put off has to wait until that
// one comes again: a sender that does not wait for each answer may have it on the line already,
// and its messages would be committed in another order than they were sent (contract 6).
func (c *conn) overtakes(id chat.ConversationID, clientID string) error {
	first, waits := c.behind[id]
	switch {
	case !waits:
		return nil
	case clientID == "" || clientID == first.clientID || !time.Now().Before(first.until):
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
	maps.DeleteFunc(c.behind, func(_ chat.ConversationID, p putOff) bool { return !now.Before(p.until) })
	if len(c.behind) < chat.MaxOpen {
		c.behind[id] = putOff{clientID: clientID, fault: fault, until: now.Add(behindFor)}
	}
}
