package wire

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
)

// What plain reads, encoding/json reads in the same way; so nothing depends on how a client writes.
func FuzzAPlainFrameIsReadAsAnyOther(f *testing.F) {
	names, err := filepath.Glob("testdata/client/*.json")
	if err != nil || len(names) == 0 {
		f.Fatal(err, names)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, int64(0))
		f.Add(data, int64(41))
	}
	for _, frame := range []string{
		`{"type":"read","conversation_id":4,"seq":-0}`, `{"type":"read","conversation_id":4,"seq":01}`, `{"type":"read","conversation_id":4,"seq":1.0}`,
		`{"type":"read","conversation_id":4,"seq":999999999999999999}`, `{"type":"read","conversation_id":4,"seq":9999999999999999999}`,
		`{"type":"typing","conversation_id":4,"typing":truex}`, `{"type":"typing","conversation_id":4,"typing":null}`, `{"type":"typing","conversation_id":4,"typing":false,"typing":true}`,
		`{"type":"send","conversation_id":4,"client_id":"c","message":"a\nb"}`, "{\"type\":\"send\",\"conversation_id\":4,\"client_id\":\"c\",\"message\":\"a\u2028\u007fb\"}",
		`{"type":"send","conversation_id":4,"client_id":"c d","message":"hi"}`, `{"type":"send","conversation_id":4,"client_id":"c","message":"hi"} x`,
		` { "type" : "send" , "conversation_id" : 4 , "client_id" : "c" , "message" : "hi" } `, `{"type":"send","conversation_id":4,"client_id":"c","message":"hi",}`,
		`{"type":"send","conversation_id":4,"client_id":"c","message":"hi","reply_to":5}`, `{"type":"send","client_id":"c","message":""}`, `{}`, `{"type":"send"`,
	} {
		f.Add([]byte(frame), int64(0))
		f.Add([]byte(frame), int64(4))
	}
	f.Fuzz(func(t *testing.T, data []byte, implied int64) {
		if !utf8.Valid(data) {
			return
		}
		command, clientID, ok := plain(data, chat.ConversationID(implied))
		if !ok {
			return
		}
		want, wantID, err := decode(data, true, chat.ConversationID(implied))
		if err != nil || clientID != wantID || !cmp.Equal(command, want) {
			t.Errorf("%s: got %#v of %q, want %#v of %q, %v", data, command, clientID, want, wantID, err)
		}
	})
}

// The frames that clients send all the time are plain; else all of this is for nothing.
func TestWhatClientsSendAllTheTimeIsPlain(t *testing.T) {
	for _, name := range []string{"send", "typing", "read", "delivered"} {
		data, err := os.ReadFile(filepath.Join("testdata/client", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, ok := plain(data, 0); !ok {
			t.Errorf("%s is not plain: %s", name, data)
		}
	}
}

// What is written by hand is what encoding/json writes, byte by byte.
func FuzzAFrameIsWrittenAsEncodingJSONWritesIt(f *testing.F) {
	f.Add("tab1.0042", "aarav", "Aarav K.", "Perfect, six it is 🎉\nशाम छह बजे, <ठीक>?", int64(41), int64(1764153727381), true)
	f.Add("", "", "", "\u2028\u2029\ufffd\xff\x00\x7f\"\\&\t\b\f", int64(-1), int64(0), false)
	f.Add("<", ">", "&", "\u2028", int64(7), int64(1), false)
	f.Add("\"", "\\", "\x7f", "\xff", int64(7), int64(1), false)
	f.Add("a", "b", "c", "d", int64(1)<<62, int64(-62135596800000), true)
	f.Fuzz(func(t *testing.T, clientID, username, name, text string, n, millis int64, yes bool) {
		at := time.UnixMilli(millis)
		if y := at.UTC().Year(); y < 0 || y > 9999 {
			return // no time of a message
		}
		m := chat.Message{
			ID: chat.MessageID(n), Conversation: chat.ConversationID(n + 1), Seq: chat.Seq(n + 2), ClientID: clientID, Text: text, SentAt: at, Read: yes,
			Sender: chat.Author{ID: chat.UserID(n + 3), Username: username, Name: name},
		}
		e := chat.Event{Conversation: m.Conversation, Seq: m.Seq, Kind: chat.MessagePosted, At: at, Message: m}
		same := func(what string, got []byte, want any) {
			data, err := json.Marshal(want)
			if raw, ok := want.([]byte); ok {
				data, err = raw, nil
			}
			if err != nil || string(got) != string(data) {
				t.Errorf("%s: got %s, want %s, %v", what, got, data, err)
			}
		}
		same("message", Event(e), event(e))
		same("ack", Ack(m, yes), struct {
			Type         string              `json:"type"`
			ClientID     string              `json:"client_id"`
			Conversation chat.ConversationID `json:"conversation_id"`
			ID           chat.MessageID      `json:"message_id"`
			Seq          chat.Seq            `json:"seq"`
			Timestamp    Time                `json:"timestamp"`
			Duplicate    bool                `json:"duplicate"`
		}{"ack", clientID, m.Conversation, m.ID, m.Seq, Time{at}, yes})
		same("typing", Signal(chat.Typing{Conversation: m.Conversation, User: m.Sender.ID, Name: name, On: yes}), struct {
			Type         string              `json:"type"`
			Conversation chat.ConversationID `json:"conversation_id"`
			UserID       chat.UserID         `json:"user_id"`
			User         string              `json:"user"`
			IsTyping     bool                `json:"is_typing"`
		}{"typing", m.Conversation, m.Sender.ID, name, yes})
		same("read", Signal(chat.ReadMoved{Conversation: m.Conversation, User: m.Sender.ID, Seq: m.Seq, At: at}), struct {
			Type         string              `json:"type"`
			Conversation chat.ConversationID `json:"conversation_id"`
			UserID       chat.UserID         `json:"user_id"`
			Seq          chat.Seq            `json:"seq"`
			Timestamp    Time                `json:"timestamp"`
		}{"read", m.Conversation, m.Sender.ID, m.Seq, Time{at}})
	})
}
