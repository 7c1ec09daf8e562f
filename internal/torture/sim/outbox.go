package sim

import (
	"context"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/torture/checker"
)

// settle removes a command from the outbox.
func (c *client) settle(conversation int64, id string) *command {
	for i, one := range c.outbox[conversation] {
		if one.id == id {
			c.outbox[conversation] = append(c.outbox[conversation][:i:i], c.outbox[conversation][i+1:]...)
			return one
		}
	}
	return nil
}

// refused takes an error: for good, or to send again later.
func (c *client) refused(f frame) bool {
	var about *command
	for _, all := range c.outbox {
		for _, one := range all {
			if one.id == f.ClientID {
				about = one
			}
		}
	}
	switch {
	case about == nil:
		return false // an `open` that could not be answered is asked for on the next line
	case !f.Retryable:
		c.settle(about.conversation, about.id)
		c.record(checker.Record{Kind: checker.Refused, Entry: about.entry(), Note: f.Code})
		return true
	}
	c.record(checker.Record{Kind: checker.Doubted, Entry: about.entry(), Note: f.Code})
	c.later(about, max(time.Duration(f.RetryAfter)*time.Millisecond, 50*time.Millisecond))
	return true
}

// later has a command sent again after a while.
func (c *client) later(one *command, wait time.Duration) {
	one.flying, one.again = false, time.Now().Add(wait)
	c.again.Reset(wait)
}

// flush sends what waits, in order, as much at once as the window allows.
func (c *client) flush() {
	for _, id := range c.conversations {
		for i := 0; c.ready && i < len(c.outbox[id]) && i < c.plan.Window; i++ {
			one := c.outbox[id][i]
			if one.flying {
				continue
			}
			if time.Now().Before(one.again) {
				break
			}
			e := one.entry()
			e.Sender = int64(c.who.User.ID)
			c.record(checker.Record{Kind: checker.Sent, Entry: e})
			if one.post {
				if c.post(one) {
					i--
				}
				continue
			}
			one.flying = true
			c.line.say(map[string]any{"type": "send", "conversation_id": id, "client_id": one.id, "message": one.text}, c.losing)
			c.losing = false
		}
	}
}

// post sends a command by the API, and tells whether it has been answered.
func (c *client) post(one *command) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	sent, err := c.world.service(c.number).Send(ctx, c.who.User.ID, messaging.SendCommand{
		Conversation: chat.ConversationID(one.conversation), ClientID: one.id, Text: one.text,
	})
	if err != nil {
		c.record(checker.Record{Kind: checker.Doubted, Entry: one.entry(), Note: err.Error()})
		c.later(one, 50*time.Millisecond)
		return false
	}
	c.settle(one.conversation, one.id)
	c.record(checker.Record{Kind: checker.Acked, Entry: entryOf(sent.Message), Duplicate: sent.Duplicate})
	return true
}
