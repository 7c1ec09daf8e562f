package torture

import (
	"maps"
	"math/rand/v2"
	"slices"

	"swapnest/internal/torture/checker"
)

// mostAbout is how many messages of a conversation a client still changes.
const mostAbout = 20

// target is a message that commands may be about.
type target struct {
	id     int64
	mine   bool
	marked bool // the tab has put its emoji to it
}

// emojis are those of the tabs of a person, one each: whoever takes one back has put it there, so
// that no command finds nothing to do, which is answered and leaves no event.
var emojis = []string{"👍", "❤️", "🏳️‍🌈", "👩🏽‍🚒"}

// note keeps a message, so that a command can be about it.
func (c *Client) note(e checker.Entry) {
	if e.Deleted {
		return
	}
	about := append(c.about[e.Conversation], target{id: e.Message, mine: e.Sender == c.Person.ID})
	c.about[e.Conversation] = about[max(0, len(about)-mostAbout):]
}

// Change puts a command about one of the last messages into the outbox: to answer it, to put the tab's emoji to
// it or to take it back, or, when it is the person's own, mostly to edit it and at times to delete
// it. It tells whether there is one. Other tabs of the person may do the same, so that a message
// is deleted twice, or cannot be changed any more.
func (c *Client) Change(random *rand.Rand, conversation int64) bool {
	c.mu.Lock()
	about := slices.Clone(c.about[conversation])
	if len(about) == 0 {
		c.mu.Unlock()
		return false
	}
	at := random.IntN(len(about))
	of := &about[at]
	one := &command{conversation: conversation, about: of.id, verb: checker.React, text: emojis[c.emoji]}
	switch dice := random.IntN(12); {
	case dice >= 10:
		one = &command{conversation: conversation, answers: of.id, text: "I answer "}
	case of.mine && dice < 2:
		one.verb, one.text = checker.Delete, ""
		about = slices.Delete(about, at, at+1)
	case of.mine && dice < 7:
		one.verb, one.text = checker.Edit, "I meant "
	case of.marked:
		one.verb = checker.Unreact
		of.marked = false
	default:
		of.marked = true
	}
	c.about[conversation] = about
	c.mu.Unlock()
	c.put(one)
	return true
}

// frame is the command as it goes onto the line.
func (o *command) frame() map[string]any {
	f := map[string]any{"conversation_id": o.conversation, "client_id": o.id}
	switch o.verb {
	case checker.Post:
		maps.Copy(f, o.body())
		f["type"] = "send"
	case checker.Edit:
		f["type"], f["message_id"], f["message"] = "edit", o.about, o.text
	case checker.Delete:
		f["type"], f["message_id"] = "delete", o.about
	case checker.React, checker.Unreact:
		f["type"], f["message_id"], f["emoji"], f["on"] = "react", o.about, o.text, o.verb == checker.React
	}
	return f
}

// body is a message as the API takes it.
func (o *command) body() map[string]any {
	b := map[string]any{"client_id": o.id}
	if o.text != "" {
		b["message"] = o.text
	}
	if len(o.files) > 0 {
		b["attachments"] = o.files
	}
	if o.answers != 0 {
		b["reply_to"] = o.answers
	}
	return b
}
