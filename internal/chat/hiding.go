package chat

// Clear returns the keeping of who deletes a conversation, whose last event is at head, for
// themselves: they see nothing of what is there, and it is in no list until somebody writes
// again. Then it comes back to the list that it would be in as a new one; only muted it stays.
func (k Keeping) Clear(head Seq) Keeping {
	k.ClearedSeq = max(k.ClearedSeq, head)
	k.ArchivedSeq, k.Pinned, k.MarkedUnread = 0, false, false
	return k
}

// Cleared tells whether the conversation, whose last message is at last, was deleted by the
// member and nobody has written since.
func (k Keeping) Cleared(last Seq) bool { return k.ClearedSeq > 0 && k.ClearedSeq >= last }

// Sees tells whether a message that the member has not hidden is among those that they see.
func (k Keeping) Sees(seq Seq) bool { return seq > k.ClearedSeq }

// Concealed returns a message as who has deleted it for themselves is told of it: its place and
// sender, and nothing of what it says.
func (m Message) Concealed() Message {
	return Message{ID: m.ID, Conversation: m.Conversation, Seq: m.Seq, ClientID: m.ClientID, Sender: m.Sender, SentAt: m.SentAt, Read: m.Read, Hidden: true}
}

// MessageHidden tells a person, and nobody else, that they have deleted a message for
// themselves, or have taken that back: then it is the message as it is.
type MessageHidden struct {
	To      UserID
	Message Message
}

func (MessageHidden) signal() {}
