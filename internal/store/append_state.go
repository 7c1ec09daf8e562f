package store

import (
	"cmp"
	"slices"

	"swapnest/internal/chat"
)

// state is what a batch has read under its locks, and what its calls make of it.
type state struct {
	threads map[chat.ConversationID]*chat.Thread
	known   map[clientKey]knownCommand
	// messages are those that calls are about, or answer.
	messages map[chat.MessageID]chat.Message
	// own are the attachments that calls may take up; nil for none.
	own map[chat.AttachmentID]ownAttachment

	ruled  bool    // a rule has refused a call, or found nothing to change
	events []*call // those that add something
	twins  []*call // duplicates of one of them
}

// knownCommand is what was stored under a clientKey, by an earlier commit or by
// this one.
type knownCommand struct {
	digest [32]byte
	event  *chat.Event
	fresh  *call // the call of this batch that stores it; nil for an earlier commit
}

func newState(calls int) *state {
	return &state{
		threads: make(map[chat.ConversationID]*chat.Thread, calls),
		known:   make(map[clientKey]knownCommand, calls),

		messages: make(map[chat.MessageID]chat.Message),
	}
}

// settle gives a call its result or its refusal, on the state that the calls
// before it left: first membership, then duplicate, then the message that it is about, then
// the rules.
func (s *state) settle(c *call) {
	c.result, c.err, c.fresh = Appended{}, nil, false
	held := s.threads[c.Conversation]
	if held == nil {
		c.err = chat.ErrNotFound("conversation")
		return
	}
	thread := *held
	if c.err = thread.Admit(c.Actor); c.err != nil {
		return
	}
	if before, ok := s.known[c.key()]; ok {
		s.repeat(c, before)
		return
	}
	if c.About != 0 {
		m, exists := s.messages[c.About]
		if !exists || m.Conversation != c.Conversation {
			c.err = chat.ErrNotFound("message")
			return
		}
		// What it answers may have changed in this batch.
		if answered, ok := s.messages[m.ReplyTo.ID]; ok {
			m.ReplyTo = answered.Quote()
		}
		thread.About, c.before = m, m.Text
	}
	if answered := s.messages[c.Answers]; answered.Conversation == c.Conversation {
		thread.Answers = answered
	}
	thread.Attached = s.attachable(c)
	change, err := c.Decide(thread)
	if err != nil {
		c.err, s.ruled = err, true
		return
	}
	if change.Kind == "" {
		s.ruled = true
		c.result = asItIs(thread, c.Actor)
		return
	}
	c.reaction, c.off = change.Reaction, change.Off
	c.lets = len(thread.About.Attachments) > 0
	s.take(change.Attachments)
	thread, event := thread.Apply(c.Actor, c.ClientID, change)
	if c.About != 0 {
		s.messages[c.About] = event.Message
	}
	thread.About, thread.Answers, thread.Attached = chat.Message{}, chat.Message{}, nil
	*held = thread
	c.result, c.fresh = Appended{Event: event}, true
	s.known[c.key()] = knownCommand{digest: c.Digest, event: &c.result.Event, fresh: c}
	s.events = append(s.events, c)
}

// asItIs answers a command that had nothing to change.
func asItIs(t chat.Thread, who chat.UserID) Appended {
	return Appended{Duplicate: true, Event: chat.Event{
		Conversation: t.ID, Seq: t.About.Seq, Actor: who, At: t.About.SentAt, BuyerID: t.BuyerID, SellerID: t.SellerID, Message: t.About,
	}}
}

// repeat answers a command that is known.
func (s *state) repeat(c *call, before knownCommand) {
	if before.digest != c.Digest {
		c.err = chat.Errorf(chat.Conflict, "Another command was sent under this client_id before. Choose a new one for each command.")
		return
	}
	c.result = Appended{Event: *before.event, Duplicate: true}
	if before.fresh != nil {
		s.twins = append(s.twins, c)
	}
}

// heads returns the threads to which something was added, in order of id.
func (s *state) heads() []*chat.Thread {
	heads := make([]*chat.Thread, len(s.events))
	for i, c := range s.events {
		heads[i] = s.threads[c.Conversation]
	}
	slices.SortFunc(heads, func(a, b *chat.Thread) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Compact(heads)
}

// thread returns a thread that was read, the zero Thread for one that is not there.
func (s *state) thread(id chat.ConversationID) chat.Thread {
	if t := s.threads[id]; t != nil {
		return *t
	}
	return chat.Thread{}
}

// answerTwins gives the duplicates inside the batch the identifiers that the
// commit has given to their first one.
func (s *state) answerTwins() {
	for _, c := range s.twins {
		c.result.Event = s.known[c.key()].fresh.result.Event
	}
}
