package wire

import "swapnest/internal/chat"

// plain reads the frames that make up nearly all of what clients send, as they send them: send,
// typing, read and delivered with nothing escaped, nothing twice, and nothing wrong. All else is not
// ok, and read by encoding/json, which takes several times as long. The frame is valid UTF-8.
func plain(data []byte, implied chat.ConversationID) (command Command, clientID string, ok bool) {
	f, ok := readPlain(data)
	if !ok {
		return nil, "", false
	}
	if f.has&hasConversation == 0 {
		f.conversation = int64(implied)
	}
	if f.conversation <= 0 || (implied != 0 && f.conversation != int64(implied)) {
		return nil, "", false
	}
	if f.has&hasClientID != 0 {
		clientID = string(f.clientID)
		if !chat.ValidClientID(clientID) {
			return nil, "", false
		}
	}
	id := chat.ConversationID(f.conversation)
	switch string(f.kind) {
	case "send":
		if f.has&(hasMessage|hasClientID) == hasMessage|hasClientID {
			return Send{Conversation: id, ClientID: clientID, Message: string(f.message)}, clientID, true
		}
	case "typing":
		if f.has&hasTyping != 0 {
			return Typing{Conversation: id, On: f.typing}, clientID, true
		}
	case "read":
		if f.has&hasSeq != 0 && f.seq >= 0 {
			return Read{Conversation: id, Seq: chat.Seq(f.seq)}, clientID, true
		}
	case "delivered":
		if f.has&hasSeq != 0 && f.seq >= 0 {
			return Delivered{Conversation: id, Seq: chat.Seq(f.seq)}, clientID, true
		}
	}
	return nil, "", false
}

// plainFrame holds what readPlain has found, and has tells what that was.
type plainFrame struct {
	has                     int
	kind, clientID, message []byte
	conversation, seq       int64
	typing                  bool
}

const (
	hasType = 1 << iota
	hasClientID
	hasConversation
	hasMessage
	hasTyping
	hasSeq
)

// readPlain reads an object of names that it knows, each once.
func readPlain(data []byte) (f plainFrame, ok bool) {
	s := scanner{data: data}
	s.white()
	if !s.take('{') {
		return f, false
	}
	for {
		s.white()
		name, ok := s.text()
		if !ok {
			return f, false
		}
		s.white()
		if !s.take(':') {
			return f, false
		}
		s.white()
		var field int
		switch string(name) {
		case "type":
			field = hasType
			f.kind, ok = s.text()
		case "client_id":
			field = hasClientID
			f.clientID, ok = s.text()
		case "conversation_id":
			field = hasConversation
			f.conversation, ok = s.number()
		case "message":
			field = hasMessage
			f.message, ok = s.text()
		case "typing":
			field = hasTyping
			f.typing, ok = s.boolean()
		case "seq":
			field = hasSeq
			f.seq, ok = s.number()
		default:
			return f, false
		}
		if !ok || f.has&field != 0 {
			return f, false
		}
		f.has |= field
		s.white()
		if s.take(',') {
			continue
		}
		if !s.take('}') {
			return f, false
		}
		s.white()
		return f, s.at == len(data)
	}
}

// scanner walks over JSON.
type scanner struct {
	data []byte
	at   int
}

func (s *scanner) white() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) take(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

// text reads a string without escapes.
func (s *scanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	for start := s.at; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return s.data[start : s.at-1], true
		case c == '\\' || c < ' ':
			return nil, false
		}
	}
	return nil, false
}

// number reads an integer of at most 18 digits, which fits an int64.
func (s *scanner) number() (n int64, ok bool) {
	negative := s.take('-')
	start := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		n = n*10 + int64(s.data[s.at]-'0')
		if s.at++; s.at-start > 18 {
			return 0, false
		}
	}
	if s.at == start || (s.data[start] == '0' && s.at-start > 1) {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true // what follows is looked at by the caller: a fraction is no comma
}

func (s *scanner) boolean() (value, ok bool) {
	for _, word := range []string{"true", "false"} {
		if len(s.data)-s.at >= len(word) && string(s.data[s.at:s.at+len(word)]) == word {
			s.at += len(word)
			return word == "true", true
		}
	}
	return false, false
}
