package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"swapnest/internal/chat"
)

// Command is what a client asks for: a Send, Edit, Delete, React, Open, Close, Typing, Read,
// Delivered, Watch or Ping.
type Command interface{ command() }

// Send posts a message. ClientID is empty in the frame {"message": …} of the system
// before this one, which had none.
type Send struct {
	Conversation chat.ConversationID
	ClientID     string
	Message      string
	ReplyTo      chat.MessageID      // the message that it answers; 0 for none
	Attachments  []chat.AttachmentID // with one, Message may be empty
}

// Edit gives a message of the sender's another text. ClientID may be empty.
type Edit struct {
	Conversation chat.ConversationID
	ID           chat.MessageID
	ClientID     string
	Message      string
}

// Delete takes a message of the sender's away for everyone. ClientID may be empty.
type Delete struct {
	Conversation chat.ConversationID
	ID           chat.MessageID
	ClientID     string
}

// React puts an emoji to a message of either person, or takes the sender's back. ClientID may be empty.
type React struct {
	Conversation chat.ConversationID
	ID           chat.MessageID
	ClientID     string
	Emoji        string
	On           bool
}

// Open asks for a conversation's events from a position on; After is nil without one.
type Open struct {
	Conversation chat.ConversationID
	Position     *Position
}

// Position is how far a client has come.
type Position struct {
	After chat.Seq
	At    time.Time // of the event at After; zero when left out
	Epoch string    // "" when left out
}

// Close ends an Open.
type Close struct{ Conversation chat.ConversationID }

// Typing tells that the sender writes, or has stopped.
type Typing struct {
	Conversation chat.ConversationID
	On           bool
}

// Read moves the sender's read cursor.
type Read struct {
	Conversation chat.ConversationID
	Seq          chat.Seq
}

// Delivered moves the sender's delivered cursor.
type Delivered struct {
	Conversation chat.ConversationID
	Seq          chat.Seq
}

// Watch says whose presence to tell; it replaces the list before.
type Watch struct{ Users []chat.UserID }

// Ping asks for a pong.
type Ping struct{}

func (Send) command()      {}
func (Edit) command()      {}
func (Delete) command()    {}
func (React) command()     {}
func (Open) command()      {}
func (Close) command()     {}
func (Typing) command()    {}
func (Read) command()      {}
func (Delivered) command() {}
func (Watch) command()     {}
func (Ping) command()      {}

// incoming holds the fields of all commands. A pointer tells a missing field from
// a zero one.
type incoming struct {
	Type         *string              `json:"type"`
	ClientID     *string              `json:"client_id"`
	Conversation *chat.ConversationID `json:"conversation_id"`
	Message      *string              `json:"message"`
	MessageID    *chat.MessageID      `json:"message_id"`
	Emoji        *string              `json:"emoji"`
	On           *bool                `json:"on"`
	ReplyTo      *chat.MessageID      `json:"reply_to"`
	Typing       *bool                `json:"typing"`
	Seq          *chat.Seq            `json:"seq"`
	After        *chat.Seq            `json:"after"`
	At           *string              `json:"at"`
	Epoch        *string              `json:"epoch"`
	UserIDs      *[]chat.UserID       `json:"user_ids"`
	Attachments  []string             `json:"attachments"`
}

// Decode reads one frame. A frame without a conversation_id gets implied, which is
// 0 on a socket of everything. The errors are *chat.Error with BadJSON, BadFrame or
// UnknownType; clientID is the frame's own, whenever it could be read, so that the
// sender knows which command is refused.
func Decode(data []byte, implied chat.ConversationID) (command Command, clientID string, err error) {
	valid := utf8.Valid(data)
	if valid {
		if command, clientID, ok := plain(data, implied); ok {
			return command, clientID, nil
		}
	}
	return decode(data, valid, implied)
}

// decode is Decode for all frames there are. It is told whether a frame is valid UTF-8.
func decode(data []byte, valid bool, implied chat.ConversationID) (command Command, clientID string, err error) {
	if !valid || !json.Valid(data) {
		return nil, "", chat.Errorf(chat.BadJSON, "The frame is not JSON.")
	}
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); trimmed[0] != '{' {
		return nil, "", chat.Errorf(chat.BadFrame, "The frame is not a JSON object.")
	}
	var in incoming
	if err := json.Unmarshal(exact(data), &in); err != nil {
		return nil, readClientID(data), chat.Errorf(chat.BadFrame, "A field of the frame has the wrong type.")
	}
	if in.ClientID != nil {
		if !chat.ValidClientID(*in.ClientID) {
			return nil, "", badField("client_id", "A client_id is 1 to 64 characters of A-Z a-z 0-9 _ . : and -.")
		}
		clientID = *in.ClientID
	}
	if in.Conversation == nil {
		in.Conversation = &implied
	} else if implied != 0 && *in.Conversation != implied {
		return nil, clientID, badField("conversation_id", "This socket carries another conversation.")
	}
	command, err = in.command(clientID)
	return command, clientID, err
}

// readClientID reads the client_id of a frame in which another field is wrong.
func readClientID(data []byte) string {
	var fields map[string]json.RawMessage
	var id string
	if json.Unmarshal(data, &fields) != nil || json.Unmarshal(fields["client_id"], &id) != nil || !chat.ValidClientID(id) {
		return ""
	}
	return id
}

func (in incoming) command(clientID string) (Command, error) {
	if in.Type == nil {
		return in.original(clientID)
	}
	switch *in.Type {
	case "ping":
		return Ping{}, nil
	case "watch":
		return in.watch()
	case "send", "edit", "delete", "react", "open", "close", "typing", "read", "delivered":
		if *in.Conversation <= 0 {
			return nil, badField("conversation_id", "The frame needs a conversation_id.")
		}
		return in.aboutConversation(clientID)
	}
	return nil, chat.Errorf(chat.UnknownType, "There is no such frame type.")
}

// original reads the frames of the system before this one, which have no type.
func (in incoming) original(clientID string) (Command, error) {
	if *in.Conversation <= 0 {
		return nil, badField("type", "The frame needs a type.")
	}
	switch {
	case in.Message != nil:
		return in.send(clientID)
	case in.Typing != nil:
		return Typing{Conversation: *in.Conversation, On: *in.Typing}, nil
	}
	return nil, badField("type", "The frame needs a type, a message or typing.")
}

func (in incoming) aboutConversation(clientID string) (Command, error) {
	id := *in.Conversation
	switch *in.Type {
	case "send":
		if clientID == "" {
			return nil, badField("client_id", "A send frame needs a client_id.")
		}
		if in.Message == nil && len(in.Attachments) == 0 {
			return nil, badField("message", "A send frame needs a message, or attachments.")
		}
		return in.send(clientID)
	case "edit", "delete", "react":
		return in.revise(clientID)
	case "open":
		return in.open()
	case "close":
		return Close{Conversation: id}, nil
	case "typing":
		if in.Typing == nil {
			return nil, badField("typing", "A typing frame needs typing, true or false.")
		}
		return Typing{Conversation: id, On: *in.Typing}, nil
	default: // read, delivered
		if in.Seq == nil || *in.Seq < 0 {
			return nil, badField("seq", "The frame needs a seq of 0 or more.")
		}
		if *in.Type == "read" {
			return Read{Conversation: id, Seq: *in.Seq}, nil
		}
		return Delivered{Conversation: id, Seq: *in.Seq}, nil
	}
}

// send reads a frame that has a message or attachments; without reply_to, or with null, it answers none.
func (in incoming) send(clientID string) (Command, error) {
	c := Send{Conversation: *in.Conversation, ClientID: clientID}
	if in.Message != nil {
		c.Message = *in.Message
	}
	if len(in.Attachments) > chat.MaxAttached {
		return nil, badField("attachments", fmt.Sprintf("A message has at most %d attachments.", chat.MaxAttached))
	}
	for _, id := range in.Attachments {
		if !chat.ValidAttachmentID(id) {
			return nil, badField("attachments", "An attachment is named by its id: 26 characters of a-z and 2-7.")
		}
		c.Attachments = append(c.Attachments, chat.AttachmentID(id))
	}
	if in.ReplyTo != nil {
		if *in.ReplyTo <= 0 {
			return nil, badField("reply_to", "A reply_to is the message_id of the message that this one answers. Leave it out to answer none.")
		}
		c.ReplyTo = *in.ReplyTo
	}
	return c, nil
}

// revise reads the frames that are about a message.
func (in incoming) revise(clientID string) (Command, error) {
	if in.MessageID == nil || *in.MessageID <= 0 {
		return nil, badField("message_id", "The frame needs a message_id.")
	}
	switch *in.Type {
	case "delete":
		return Delete{Conversation: *in.Conversation, ID: *in.MessageID, ClientID: clientID}, nil
	case "react":
		if in.Emoji == nil {
			return nil, badField("emoji", "A react frame needs an emoji.")
		}
		if in.On == nil {
			return nil, badField("on", "A react frame needs on, true or false.")
		}
		return React{Conversation: *in.Conversation, ID: *in.MessageID, ClientID: clientID, Emoji: *in.Emoji, On: *in.On}, nil
	}
	if in.Message == nil {
		return nil, badField("message", "An edit frame needs a message.")
	}
	return Edit{Conversation: *in.Conversation, ID: *in.MessageID, ClientID: clientID, Message: *in.Message}, nil
}

func (in incoming) open() (Command, error) {
	if in.After == nil {
		return Open{Conversation: *in.Conversation}, nil
	}
	if *in.After < 0 {
		return nil, badField("after", "A position is 0 or more.")
	}
	p := Position{After: *in.After}
	if in.At != nil {
		at, err := ParseTime(*in.At)
		if err != nil {
			return nil, badField("at", "A time is written as RFC 3339.")
		}
		p.At = at
	}
	if in.Epoch != nil {
		p.Epoch = *in.Epoch
	}
	return Open{Conversation: *in.Conversation, Position: &p}, nil
}

func (in incoming) watch() (Command, error) {
	if in.UserIDs == nil || len(*in.UserIDs) > chat.MaxWatched {
		return nil, badField("user_ids", "A watch frame needs a list of at most 100 user_ids.")
	}
	for _, id := range *in.UserIDs {
		if id <= 0 {
			return nil, badField("user_ids", "A user id is a positive number.")
		}
	}
	return Watch{Users: *in.UserIDs}, nil
}

func badField(field, detail string) *chat.Error {
	return &chat.Error{Code: chat.BadFrame, Field: field, Detail: detail}
}
