package web

import "swapnest/internal/chat"

// marks is how somebody keeps a conversation: what its menu shows and changes.
type marks struct {
	ID                                    chat.ConversationID
	Muted, Archived, Pinned, MarkedUnread bool
	Back                                  string // where one goes from here
}

func marksOf(e chat.Entry, back string) marks {
	return marks{
		ID: e.Conversation.ID, Muted: e.Muted, Archived: e.Archived, Pinned: e.Pinned, MarkedUnread: e.MarkedUnread, Back: back,
	}
}
