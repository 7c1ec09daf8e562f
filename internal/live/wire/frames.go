package wire

import (
	"encoding/json"
	"time"

	"swapnest/internal/chat"
)

// Event returns the frame of a committed event: the whole message as it is now. One that does
// not bring the message has the event's seq and time besides the message's own.
func Event(e chat.Event) []byte {
	if e.Kind == chat.MessagePosted && asSent(&e.Message) {
		const others = 256 // names, numbers and the sender
		return appendPosted(make([]byte, 0, others+len(e.Message.Text)+len(e.Message.ClientID)), e.Message)
	}
	return event(e)
}

func event(e chat.Event) []byte {
	shape := MessageOf(e.Message)
	if e.Kind == chat.MessagePosted {
		return encode(struct {
			Type string `json:"type"`
			Message
		}{string(e.Kind), shape})
	}
	shape.Seq = e.Seq
	return encode(struct {
		Type string `json:"type"`
		Message
		Place chat.Seq `json:"message_seq"`
		At    Time     `json:"at"`
	}{string(e.Kind), shape, e.Message.Seq, Time{e.At}})
}

// Signal returns the frame of a passing hint.
func Signal(s chat.Signal) []byte {
	switch s := s.(type) {
	case chat.Typing:
		return appendTyping(make([]byte, 0, 96+len(s.Name)), s)
	case chat.ReadMoved:
		return appendCursor(make([]byte, 0, 128), "read", s.Conversation, s.User, s.Seq, s.At)
	case chat.DeliveredMoved:
		return appendCursor(make([]byte, 0, 144), "delivered", s.Conversation, s.User, s.Seq, s.At)
	case chat.PresenceChanged:
		return encode(struct {
			Type     string      `json:"type"`
			UserID   chat.UserID `json:"user_id"`
			Online   bool        `json:"online"`
			LastSeen Time        `json:"last_seen"`
		}{"presence", s.User, s.Online, Time{s.LastSeen}})
	case chat.PrivacyChanged:
		return encode(struct {
			Type   string      `json:"type"`
			UserID chat.UserID `json:"user_id"`
		}{"privacy", s.User})
	case chat.Introduced:
		return encode(struct {
			Type         string       `json:"type"`
			Conversation Conversation `json:"conversation"`
		}{"conversation", ConversationOf(s.Entry)})
	case chat.MessageHidden:
		frame := struct {
			Type         string              `json:"type"`
			Conversation chat.ConversationID `json:"conversation_id"`
			ID           chat.MessageID      `json:"message_id"`
			Hidden       bool                `json:"hidden"`
			Message      *Message            `json:"message,omitempty"`
		}{Type: "hidden", Conversation: s.Message.Conversation, ID: s.Message.ID, Hidden: s.Message.Hidden}
		if !s.Message.Hidden {
			shape := MessageOf(s.Message)
			frame.Message = &shape
		}
		return encode(frame)
	case chat.ListingChanged:
		frame := struct {
			Type    string         `json:"type"`
			ID      chat.ListingID `json:"listing_id"`
			Listing *Listing       `json:"listing"`
		}{Type: "listing", ID: s.Listing.ID}
		if !s.Gone {
			// One frame for all, of whom some may not know whether the seller is here.
			shape := ListingOf(s.Listing)
			shape.Seller.Online, shape.Seller.LastSeen = false, Time{}
			frame.Listing = &shape
		}
		return encode(frame)
	case chat.NoticesChanged:
		return notification(s)
	}
	panic("wire: unknown signal")
}

// Online reads a frame of presence, and is not ok for another one.
func Online(frame []byte) (online, ok bool) {
	var f struct {
		Type   string `json:"type"`
		Online bool   `json:"online"`
	}
	err := json.Unmarshal(frame, &f)
	return f.Online, err == nil && f.Type == "presence"
}

// Hello is the first frame of a connection. Head, Entry and Participants are for
// a socket of one conversation, Unread for one of everything.
type Hello struct {
	Epoch        string
	You          chat.User
	Media        chat.Media
	Head         *chat.Seq
	Entry        *chat.Entry
	Participants []chat.Participant
	Unread       *chat.Unread
}

// Encode returns the frame.
func (h Hello) Encode() []byte {
	frame := struct {
		Type         string        `json:"type"`
		Epoch        string        `json:"epoch"`
		You          User          `json:"you"`
		HeartbeatMS  int64         `json:"heartbeat_ms"`
		Limits       Limits        `json:"limits"`
		Head         *chat.Seq     `json:"head,omitempty"`
		Conversation *Conversation `json:"conversation,omitempty"`
		Participants []Participant `json:"participants,omitempty"`
		Unread       *int64        `json:"unread,omitempty"`
		Notices      *int64        `json:"unread_notifications,omitempty"`
	}{
		Type: "hello", Epoch: h.Epoch, You: UserOf(h.You), HeartbeatMS: chat.Heartbeat.Milliseconds(), Limits: AllLimits(h.Media),
		Head: h.Head,
	}
	if h.Unread != nil {
		frame.Unread, frame.Notices = &h.Unread.Conversations, &h.Unread.Notices
	}
	if h.Entry != nil {
		shape := ConversationOf(*h.Entry)
		frame.Conversation, frame.Participants = &shape, ParticipantsOf(h.Participants)
	}
	return encode(frame)
}

// Ack returns the answer to a message that has been committed.
func Ack(m chat.Message, duplicate bool) []byte {
	return done(m.ClientID, m.Conversation, m.ID, m.Seq, m.SentAt, duplicate)
}

// Done returns the answer to any command that has been committed, with the event that it made.
func Done(clientID string, e chat.Event, duplicate bool) []byte {
	return done(clientID, e.Conversation, e.Message.ID, e.Seq, e.At, duplicate)
}

func done(clientID string, c chat.ConversationID, id chat.MessageID, seq chat.Seq, at time.Time, duplicate bool) []byte {
	const others = 192 // names, numbers and the time
	return appendDone(make([]byte, 0, others+len(clientID)), clientID, c, id, seq, at, duplicate)
}

// Error returns the answer to a command that was refused.
func Error(e *chat.Error, clientID string) []byte {
	return encode(struct {
		Type       string    `json:"type"`
		Code       chat.Code `json:"code"`
		Detail     string    `json:"detail"`
		ClientID   string    `json:"client_id,omitempty"`
		Field      string    `json:"field,omitempty"`
		Retryable  bool      `json:"retryable"`
		RetryAfter int64     `json:"retry_after_ms,omitempty"`
	}{"error", e.Code, e.Detail, clientID, e.Field, e.Retryable(), e.RetryAfter.Milliseconds()})
}

// CaughtUp says that everything up to head has been sent.
func CaughtUp(c chat.ConversationID, head chat.Seq) []byte {
	return encode(struct {
		Type         string              `json:"type"`
		Conversation chat.ConversationID `json:"conversation_id"`
		Head         chat.Seq            `json:"head"`
	}{"caught_up", c, head})
}

// Reset tells a client to forget what it has and to load the newest page.
func Reset(c chat.ConversationID, reason string) []byte {
	return encode(struct {
		Type         string              `json:"type"`
		Conversation chat.ConversationID `json:"conversation_id"`
		Reason       string              `json:"reason"`
	}{"reset", c, reason})
}

// Bye is sent before a planned close.
func Bye(reason string, retryAfter time.Duration) []byte {
	return encode(struct {
		Type       string `json:"type"`
		Reason     string `json:"reason"`
		RetryAfter int64  `json:"retry_after_ms"`
	}{"bye", reason, retryAfter.Milliseconds()})
}

// Pong returns the answer to ping.
func Pong() []byte { return []byte(`{"type":"pong"}`) }
