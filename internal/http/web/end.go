package web

import "swapnest/internal/chat"

// end is what a conversation page says where things end: the listing is sold or gone,
// the other person has left, the conversation is closed.
type end struct {
	Writes bool // one can still write
}

func endOf(e chat.Entry) end {
	return end{Writes: e.Conversation.ClosedAt.IsZero()}
}
