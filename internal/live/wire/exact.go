package wire

import (
	"encoding/json"
	"slices"
)

// fields are the names of an incoming frame's fields.
var fields = []string{
	"type", "client_id", "conversation_id", "message", "message_id", "reply_to", "emoji", "on", "typing", "seq", "after", "at", "epoch",
	"user_ids", "attachments",
}

// exact returns a valid JSON object without the fields whose names only resemble
// ours: encoding/json would take "Type" for "type", and no other program does. Plain
// names, which is all that clients send, cost one walk and no memory.
func exact(object []byte) []byte {
	if plainKeys(object) {
		return object
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(object, &all) != nil {
		return object
	}
	for name := range all {
		if !slices.Contains(fields, name) {
			delete(all, name)
		}
	}
	// Raw values that have just been read always encode.
	object, _ = json.Marshal(all)
	return object
}

// plainKeys tells whether the names in an object, in the objects within it too,
// are free of capitals, of escapes and of anything beyond ASCII.
func plainKeys(object []byte) bool {
	for i := 0; i < len(object); i++ {
		if object[i] != '"' {
			continue
		}
		plain := true
		for i++; object[i] != '"'; i++ {
			switch c := object[i]; {
			case c == '\\':
				plain = false
				i++
			case c >= 0x80 || 'A' <= c && c <= 'Z':
				plain = false
			}
		}
		if !plain && isKey(object[i+1:]) {
			return false
		}
	}
	return true
}

// isKey tells whether a string that stood before rest is a name.
func isKey(rest []byte) bool {
	for _, c := range rest {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c == ':'
		}
	}
	return false
}
