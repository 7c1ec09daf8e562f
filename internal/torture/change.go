package torture

import (
	"math/rand/v2"
	"slices"

	"swapnest/internal/torture/checker"
)

// mostAbout is how many messages of a conversation a client still changes.
const mostAbout = 20

// note keeps a message of the person's own, so that a command can be about it.
func (c *Client) note(e checker.Entry) {
	if e.Sender != c.Person.ID || e.Deleted {
		return
	}
	about := append(c.about[e.Conversation], e.Message)
	c.about[e.Conversation] = about[max(0, len(about)-mostAbout):]
}

// Change puts a command about one of the person's last messages into the outbox: to edit it, and
// in one of four cases to delete it. It tells whether there is one. Other tabs of the person may
// do the same, so that a message is deleted twice, or cannot be edited any more.
func (c *Client) Change(random *rand.Rand, conversation int64) bool {
	c.mu.Lock()
	about := c.about[conversation]
	if len(about) == 0 {
		c.mu.Unlock()
		return false
	}
	at := random.IntN(len(about))
	one := &command{conversation: conversation, about: about[at], verb: checker.Edit, text: "I meant "}
	if random.IntN(4) == 0 {
		one.verb, one.text = checker.Delete, ""
		c.about[conversation] = slices.Delete(slices.Clone(about), at, at+1)
	}
	c.mu.Unlock()
	c.put(one)
	return true
}

// frame is the command as it goes onto the line.
func (o *command) frame() map[string]any {
	f := map[string]any{"conversation_id": o.conversation, "client_id": o.id}
	switch o.verb {
	case checker.Post:
		f["type"], f["message"] = "send", o.text
	case checker.Edit:
		f["type"], f["message_id"], f["message"] = "edit", o.about, o.text
	case checker.Delete:
		f["type"], f["message_id"] = "delete", o.about
	case checker.React, checker.Unreact:
		f["type"], f["message_id"], f["emoji"], f["on"] = "react", o.about, o.text, o.verb == checker.React
	}
	return f
}
