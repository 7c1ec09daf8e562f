package wire

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"swapnest/internal/chat"
)

// The frames that each message costs are written here by hand, which takes a tenth of what
// encoding/json does. A test holds each against what that writes.

// appendPosted appends the frame of a message that is as it was sent, without what few have.
func appendPosted(b []byte, m chat.Message) []byte {
	b = append(b, `{"type":"message","conversation_id":`...)
	b = strconv.AppendInt(b, int64(m.Conversation), 10)
	b = append(b, `,"message_id":`...)
	b = strconv.AppendInt(b, int64(m.ID), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, int64(m.Seq), 10)
	b = append(b, `,"client_id":`...)
	b = appendString(b, m.ClientID)
	b = append(b, `,"sender_id":`...)
	b = strconv.AppendInt(b, int64(m.Sender.ID), 10)
	b = append(b, `,"sender_username":`...)
	b = appendString(b, m.Sender.Username)
	b = append(b, `,"sender_name":`...)
	b = appendString(b, m.Sender.Name)
	b = append(b, `,"message":`...)
	b = appendString(b, m.Text)
	b = append(b, `,"timestamp":`...)
	b = appendTime(b, m.SentAt)
	b = append(b, `,"is_read":`...)
	b = strconv.AppendBool(b, m.Read)
	return append(b, '}')
}

// asSent tells whether appendPosted writes all that there is of a message.
func asSent(m *chat.Message) bool {
	return m.EditedAt.IsZero() && m.DeletedAt.IsZero() && m.ReplyTo.ID == 0 && len(m.Reactions) == 0 && len(m.Attachments) == 0 && !m.Hidden
}

// appendDone appends the answer to a command that was committed.
func appendDone(b []byte, clientID string, c chat.ConversationID, id chat.MessageID, seq chat.Seq, at time.Time, duplicate bool) []byte {
	b = append(b, `{"type":"ack","client_id":`...)
	b = appendString(b, clientID)
	b = append(b, `,"conversation_id":`...)
	b = strconv.AppendInt(b, int64(c), 10)
	b = append(b, `,"message_id":`...)
	b = strconv.AppendInt(b, int64(id), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, int64(seq), 10)
	b = append(b, `,"timestamp":`...)
	b = appendTime(b, at)
	b = append(b, `,"duplicate":`...)
	b = strconv.AppendBool(b, duplicate)
	return append(b, '}')
}

// appendCursor appends the frame of somebody who has read so far, or whose line has.
func appendCursor(b []byte, kind string, c chat.ConversationID, who chat.UserID, seq chat.Seq, at time.Time) []byte {
	b = append(append(b, `{"type":"`...), kind...)
	b = append(b, `","conversation_id":`...)
	b = strconv.AppendInt(b, int64(c), 10)
	b = append(b, `,"user_id":`...)
	b = strconv.AppendInt(b, int64(who), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, int64(seq), 10)
	b = append(b, `,"timestamp":`...)
	return append(appendTime(b, at), '}')
}

// appendTyping appends the frame of somebody who writes, or has stopped.
func appendTyping(b []byte, s chat.Typing) []byte {
	b = append(b, `{"type":"typing","conversation_id":`...)
	b = strconv.AppendInt(b, int64(s.Conversation), 10)
	b = append(b, `,"user_id":`...)
	b = strconv.AppendInt(b, int64(s.User), 10)
	b = append(b, `,"user":`...)
	b = appendString(b, s.Name)
	b = append(b, `,"is_typing":`...)
	return append(strconv.AppendBool(b, s.On), '}')
}

// appendTime appends a time as Time does.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return t.UTC().AppendFormat(b, `"`+timeLayout+`"`)
}

// appendString appends a string as encoding/json does, and leaves to that what has to be escaped.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == 0x7f {
				return appendEscaped(b, s)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return appendEscaped(b, s)
		}
		i += n
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendEscaped(b []byte, s string) []byte {
	escaped, err := json.Marshal(s)
	if err != nil {
		// A string always encodes.
		panic("wire: " + err.Error())
	}
	return append(b, escaped...)
}
