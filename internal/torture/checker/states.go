package checker

import (
	"fmt"
	"slices"
	"strings"
)

// state is what a message says and carries: all of it that commands about it change.
type state struct {
	text      string
	deleted   bool
	reactions string
	files     string
}

// version is the state of a message from an event on.
type version struct {
	seq int64
	state
}

func stateOf(e Entry) state { return state{e.Text, e.Deleted, e.Reactions, e.Files} }

func (s state) String() string {
	if s.deleted {
		return "deleted"
	}
	return fmt.Sprintf("%q %s %s", s.text, s.reactions, s.files)
}

// after returns what a command makes of a message.
func (s state) after(one *command) state {
	switch one.verb {
	case Edit:
		s.text = one.text
	case Delete:
		return state{deleted: true}
	case React, Unreact:
		s.reactions = reacted(s.reactions, one.text, one.sender, one.verb == React)
	case Post:
	}
	return s
}

// reacted adds or takes away somebody's emoji. Reactions are written as EMOJI/PERSON, in order,
// so that the same ones are the same text.
func reacted(reactions, emoji string, who int64, on bool) string {
	all := slices.DeleteFunc(strings.Fields(reactions), func(one string) bool { return one == Reaction(emoji, who) })
	if on {
		all = append(all, Reaction(emoji, who))
	}
	return Reactions(all)
}

// Reaction is how an entry has the emoji of a person.
func Reaction(emoji string, who int64) string { return fmt.Sprintf("%s/%d", emoji, who) }

// Reactions puts them together as an entry has them.
func Reactions(all []string) string {
	slices.Sort(all)
	return strings.Join(all, " ")
}

// changed follows the events of the log that change messages: each was asked for by the one
// who it says, once, and was not refused.
func (c *check) changed(e Entry) {
	of := place{e.Conversation, e.Changes}
	message, ok := c.log[of]
	if !ok || message.Changes != 0 || message.Message != e.Message {
		c.broken(Phantom, "what stands at %d of conversation %d changes %d, which is no message", e.Seq, e.Conversation, e.Changes)
		return
	}
	c.report.Counts.Changes++
	key := name{e.Conversation, e.Sender, e.ClientID}
	one := c.commands[key]
	switch {
	case one == nil || one.verb == Post:
		c.broken(Phantom, "nobody asked for what stands at %d of conversation %d and changes %d: %v", e.Seq, e.Conversation, e.Changes, key)
		return
	case one.refused:
		c.broken(Phantom, "%v was refused, and stands at %d", key, e.Seq)
	case one.about != e.Message:
		c.broken(Phantom, "%v is about message %d, and changes %d", key, one.about, e.Message)
	}
	if before, twice := c.places[key]; twice {
		c.broken(Duplicate, "%v stands at %d and %d", key, before, e.Seq)
	} else {
		c.places[key] = e.Seq
	}
	all := c.versions[of]
	c.versions[of] = append(all, version{e.Seq, all[len(all)-1].after(one)})
}

// became holds what messages say in the end against what was made of them.
func (c *check) became() {
	for at, all := range c.versions {
		last, has := all[len(all)-1], stateOf(c.log[at])
		if last.state == has {
			continue
		}
		if len(all) == 1 {
			c.broken(Phantom, "what stands at %v says %v, and was sent as %v", at, has, last)
			all[0].state = has // it is the same breach wherever it was seen
			continue
		}
		c.broken(Divergence, "what stands at %v is %v, and the event at %d made it %v", at, has, last.seq, last)
	}
}

// match tells whether somebody who was told of an event may have seen this: the message as it
// was by then or later, since an event carries the message as it is when it is told.
func (c *check) match(seen Entry) error {
	event, ok := c.log[place{seen.Conversation, seen.Seq}]
	if !ok {
		return errNotStored
	}
	of := place{seen.Conversation, seen.Seq}
	if event.Changes != 0 {
		of.seq = event.Changes
	}
	want := c.log[of]
	want.Seq, want.Changes = event.Seq, event.Changes
	want.Text, want.Deleted, want.Reactions, want.Files = seen.Text, seen.Deleted, seen.Reactions, seen.Files
	all := c.versions[of]
	from := 0
	for i, v := range all {
		if v.seq <= seen.Seq {
			from = i
		}
	}
	if want == seen && slices.ContainsFunc(all[from:], func(v version) bool { return v.state == stateOf(seen) }) {
		return nil
	}
	want.Text = fmt.Sprint(all[from:])
	return fmt.Errorf("where there is %+v", want)
}
