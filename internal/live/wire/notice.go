package wire

import (
	"swapnest/internal/chat"
)

// Notice is what somebody is told of.
type Notice struct {
	ID           chat.NoticeID       `json:"id"`
	Type         chat.NoticeKind     `json:"type" enum:"product_inquiry,new_message,price_drop,sold"`
	Title        string              `json:"title" doc:"What happened, on one line."`
	Text         string              `json:"text" doc:"What there is to say besides, at most 140 characters."`
	URL          string              `json:"url" doc:"What it is about; the list of notices when that is gone."`
	Read         bool                `json:"read"`
	CreatedAt    Time                `json:"created_at" nullable:"false" doc:"Of the newest that it tells of."`
	Conversation chat.ConversationID `json:"conversation_id,omitempty"`
	Seq          chat.Seq            `json:"seq,omitempty" doc:"Of the newest message that it tells of."`
	Listing      chat.ListingID      `json:"listing_id,omitempty"`
}

// NoticesURL is the page of one's notices.
const NoticesURL = "/notifications/"

// NoticeURL is the page that a notice is about.
func NoticeURL(n chat.Notice) string {
	switch {
	case n.Conversation != 0:
		return ConversationURL(n.Conversation)
	case n.Slug != "":
		return ListingURL(chat.Listing{Slug: n.Slug})
	default:
		return NoticesURL
	}
}

// NoticeOf returns the shape of a notice.
func NoticeOf(n chat.Notice) Notice {
	return Notice{
		ID: n.ID, Type: n.Kind, Title: n.Headline(), Text: n.Line(), URL: NoticeURL(n), Read: !n.Unread, CreatedAt: Time{n.At},
		Conversation: n.Conversation, Seq: n.Seq, Listing: n.Listing,
	}
}

// notification returns the frame that tells how many notices are unread, and of one that
// is new where one is. (A conversation's seq stands inside of the notice: the frame itself
// is a hint and has none.)
func notification(s chat.NoticesChanged) []byte {
	frame := struct {
		Type   string  `json:"type"`
		Notice *Notice `json:"notification,omitempty"`
		Unread int64   `json:"unread"`
	}{Type: "notification", Unread: s.Unread}
	if s.Fresh != nil {
		shape := NoticeOf(*s.Fresh)
		frame.Notice = &shape
	}
	return encode(frame)
}
