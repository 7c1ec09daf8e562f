package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
)

func TestBadFramesAreRefused(t *testing.T) {
	const id = `"client_id":"c1"`
	deep := strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001)
	for name, c := range map[string]struct {
		frame    string
		code     chat.Code
		field    string
		clientID string
	}{
		"nothing at all":                  {"", chat.BadJSON, "", ""},
		"white space":                     {" \n", chat.BadJSON, "", ""},
		"not JSON":                        {"hello", chat.BadJSON, "", ""},
		"half an object":                  {`{"type":"send",` + id, chat.BadJSON, "", ""},
		"two objects":                     {`{"type":"ping"}{"type":"ping"}`, chat.BadJSON, "", ""},
		"a trailing comma":                {`{"type":"ping",}`, chat.BadJSON, "", ""},
		"invalid UTF-8":                   {"{\"type\":\"send\"," + id + ",\"conversation_id\":4,\"message\":\"\xff\"}", chat.BadJSON, "", ""},
		"a raw control character":         {"{\"type\":\"send\"," + id + ",\"conversation_id\":4,\"message\":\"\x01\"}", chat.BadJSON, "", ""},
		"a byte order mark":               {"\uFEFF{\"type\":\"ping\"}", chat.BadJSON, "", ""},
		"nesting without end":             {`{"type":"ping","x":` + deep + `}`, chat.BadJSON, "", ""},
		"an array":                        {`[{"type":"ping"}]`, chat.BadFrame, "", ""},
		"a number":                        {`17`, chat.BadFrame, "", ""},
		"a string":                        {`"ping"`, chat.BadFrame, "", ""},
		"null":                            {` null `, chat.BadFrame, "", ""},
		"true":                            {`true`, chat.BadFrame, "", ""},
		"an empty object":                 {`{}`, chat.BadFrame, "type", ""},
		"a type that is a number":         {`{"type":1,` + id + `}`, chat.BadFrame, "", "c1"},
		"a type that is an object":        {`{"type":{"type":"ping"},` + id + `}`, chat.BadFrame, "", "c1"},
		"an unknown type":                 {`{"type":"shout",` + id + `}`, chat.UnknownType, "", "c1"},
		"an empty type":                   {`{"type":"",` + id + `}`, chat.UnknownType, "", "c1"},
		"a type in capitals":              {`{"type":"PING"}`, chat.UnknownType, "", ""},
		"a name in capitals":              {`{"Type":"ping"}`, chat.BadFrame, "type", ""},
		"a name with a long s":            {`{"type":"read","conversation_id":4,"ſeq":1}`, chat.BadFrame, "seq", ""},
		"a client_id in capitals":         {`{"type":"send","conversation_id":4,"CLIENT_ID":"c1","message":"hi"}`, chat.BadFrame, "client_id", ""},
		"the last of two types":           {`{"type":"ping","type":"shout"}`, chat.UnknownType, "", ""},
		"a client_id of blanks":           {`{"type":"send","conversation_id":4,"client_id":"a b","message":"hi"}`, chat.BadFrame, "client_id", ""},
		"an empty client_id":              {`{"type":"send","conversation_id":4,"client_id":"","message":"hi"}`, chat.BadFrame, "client_id", ""},
		"a long client_id":                {`{"type":"ping","client_id":"` + strings.Repeat("a", 65) + `"}`, chat.BadFrame, "client_id", ""},
		"a client_id that is a number":    {`{"type":"send","conversation_id":4,"client_id":5,"message":"hi"}`, chat.BadFrame, "", ""},
		"no client_id":                    {`{"type":"send","conversation_id":4,"message":"hi"}`, chat.BadFrame, "client_id", ""},
		"a null client_id":                {`{"type":"send","conversation_id":4,"client_id":null,"message":"hi"}`, chat.BadFrame, "client_id", ""},
		"no message":                      {`{"type":"send","conversation_id":4,` + id + `}`, chat.BadFrame, "message", "c1"},
		"a null message":                  {`{"type":"send","conversation_id":4,` + id + `,"message":null}`, chat.BadFrame, "message", "c1"},
		"a message that is a number":      {`{"type":"send","conversation_id":4,` + id + `,"message":17}`, chat.BadFrame, "", "c1"},
		"a message that is an object":     {`{"type":"send","conversation_id":4,"message":{"message":"x"},` + id + `}`, chat.BadFrame, "", "c1"},
		"an answer to message 0":          {`{"type":"send","conversation_id":4,` + id + `,"message":"hi","reply_to":0}`, chat.BadFrame, "reply_to", "c1"},
		"an answer to a name":             {`{"type":"send","conversation_id":4,` + id + `,"message":"hi","reply_to":"5"}`, chat.BadFrame, "", "c1"},
		"an original answer to less":      {`{"message":"hi","conversation_id":4,"reply_to":-5}`, chat.BadFrame, "reply_to", ""},
		"nothing to send":                 {`{"type":"send","conversation_id":4,` + id + `,"attachments":[]}`, chat.BadFrame, "message", "c1"},
		"an attachment that is a number":  {`{"type":"send","conversation_id":4,` + id + `,"attachments":[5]}`, chat.BadFrame, "", "c1"},
		"an attachment of null":           {`{"type":"send","conversation_id":4,` + id + `,"attachments":[null]}`, chat.BadFrame, "attachments", "c1"},
		"an attachment that is a path":    {`{"type":"send","conversation_id":4,` + id + `,"attachments":["../../../../../etc/passwd0"]}`, chat.BadFrame, "attachments", "c1"},
		"an attachment in capitals":       {`{"type":"send","conversation_id":4,` + id + `,"attachments":["` + strings.Repeat("A", 26) + `"]}`, chat.BadFrame, "attachments", "c1"},
		"attachments that are one":        {`{"type":"send","conversation_id":4,` + id + `,"attachments":"` + strings.Repeat("a", 26) + `"}`, chat.BadFrame, "", "c1"},
		"too many attachments":            {`{"type":"send","conversation_id":4,` + id + `,"attachments":["` + strings.Repeat(strings.Repeat("a", 26)+`","`, chat.MaxAttached) + strings.Repeat("a", 26) + `"]}`, chat.BadFrame, "attachments", "c1"},
		"attachments of no type":          {`{"conversation_id":4,"attachments":["` + strings.Repeat("a", 26) + `"]}`, chat.BadFrame, "type", ""},
		"no conversation":                 {`{"type":"send",` + id + `,"message":"hi"}`, chat.BadFrame, "conversation_id", "c1"},
		"conversation 0":                  {`{"type":"close","conversation_id":0}`, chat.BadFrame, "conversation_id", ""},
		"a negative conversation":         {`{"type":"close","conversation_id":-4}`, chat.BadFrame, "conversation_id", ""},
		"an edit of nothing":              {`{"type":"edit","conversation_id":4,` + id + `,"message":"hi"}`, chat.BadFrame, "message_id", "c1"},
		"an edit of message 0":            {`{"type":"edit","conversation_id":4,"message_id":0,"message":"hi"}`, chat.BadFrame, "message_id", ""},
		"an edit without a message":       {`{"type":"edit","conversation_id":4,"message_id":5}`, chat.BadFrame, "message", ""},
		"an edit nowhere":                 {`{"type":"edit","message_id":5,"message":"hi"}`, chat.BadFrame, "conversation_id", ""},
		"a deletion of nothing":           {`{"type":"delete","conversation_id":4}`, chat.BadFrame, "message_id", ""},
		"a deletion of a name":            {`{"type":"delete","conversation_id":4,"message_id":"5"}`, chat.BadFrame, "", ""},
		"a reaction to nothing":           {`{"type":"react","conversation_id":4,"emoji":"👍","on":true}`, chat.BadFrame, "message_id", ""},
		"a reaction without an emoji":     {`{"type":"react","conversation_id":4,"message_id":5,"on":true,` + id + `}`, chat.BadFrame, "emoji", "c1"},
		"a reaction that is neither":      {`{"type":"react","conversation_id":4,"message_id":5,"emoji":"👍"}`, chat.BadFrame, "on", ""},
		"a reaction that is a list":       {`{"type":"react","conversation_id":4,"message_id":5,"emoji":["👍"],"on":true}`, chat.BadFrame, "", ""},
		"a reaction nowhere":              {`{"type":"react","message_id":5,"emoji":"👍","on":true}`, chat.BadFrame, "conversation_id", ""},
		"a message_id in capitals":        {`{"type":"delete","conversation_id":4,"Message_id":5}`, chat.BadFrame, "message_id", ""},
		"a conversation that is a string": {`{"type":"close","conversation_id":"4"}`, chat.BadFrame, "", ""},
		"a conversation that is a float":  {`{"type":"close","conversation_id":4.5}`, chat.BadFrame, "", ""},
		"a conversation that is huge":     {`{"type":"close",` + id + `,"conversation_id":9223372036854775808}`, chat.BadFrame, "", "c1"},
		"a conversation without end":      {`{"type":"close","conversation_id":1` + strings.Repeat("0", 5000) + `}`, chat.BadFrame, "", ""},
		"an original message nowhere":     {`{"message":"hi"}`, chat.BadFrame, "type", ""},
		"an original message of a number": {`{"message":5}`, chat.BadFrame, "", ""},
		"typing without typing":           {`{"type":"typing","conversation_id":4}`, chat.BadFrame, "typing", ""},
		"typing that is a string":         {`{"type":"typing","conversation_id":4,"typing":"true"}`, chat.BadFrame, "", ""},
		"typing that is a number":         {`{"type":"typing","conversation_id":4,"typing":1}`, chat.BadFrame, "", ""},
		"read without seq":                {`{"type":"read","conversation_id":4}`, chat.BadFrame, "seq", ""},
		"read with a negative seq":        {`{"type":"read","conversation_id":4,"seq":-1}`, chat.BadFrame, "seq", ""},
		"read with a float":               {`{"type":"read","conversation_id":4,"seq":1.0}`, chat.BadFrame, "", ""},
		"read with an exponent":           {`{"type":"read","conversation_id":4,"seq":1e3}`, chat.BadFrame, "", ""},
		"delivered with a huge seq":       {`{"type":"delivered","conversation_id":4,"seq":1e400}`, chat.BadFrame, "", ""},
		"open after a negative seq":       {`{"type":"open","conversation_id":4,"after":-1}`, chat.BadFrame, "after", ""},
		"open at no time":                 {`{"type":"open","conversation_id":4,"after":1,"at":"noon"}`, chat.BadFrame, "at", ""},
		"open with an epoch of a number":  {`{"type":"open","conversation_id":4,"after":1,"epoch":7}`, chat.BadFrame, "", ""},
		"watch without users":             {`{"type":"watch"}`, chat.BadFrame, "user_ids", ""},
		"watch of null":                   {`{"type":"watch","user_ids":null}`, chat.BadFrame, "user_ids", ""},
		"watch of strings":                {`{"type":"watch","user_ids":["3"]}`, chat.BadFrame, "", ""},
		"watch of user 0":                 {`{"type":"watch","user_ids":[3,0]}`, chat.BadFrame, "user_ids", ""},
		"watch of an object":              {`{"type":"watch","user_ids":{"0":3}}`, chat.BadFrame, "", ""},
		"watch of too many":               {`{"type":"watch","user_ids":[1` + strings.Repeat(",1", chat.MaxWatched) + `]}`, chat.BadFrame, "user_ids", ""},
	} {
		t.Run(name, func(t *testing.T) {
			command, clientID, err := Decode([]byte(c.frame), 0)
			if command != nil {
				t.Errorf("got the command %#v", command)
			}
			e, ok := errors.AsType[*chat.Error](err)
			if !ok {
				t.Fatalf("got %v, want a *chat.Error", err)
			}
			if e.Code != c.code || e.Field != c.field {
				t.Errorf("got %s of %q (%s), want %s of %q", e.Code, e.Field, e.Detail, c.code, c.field)
			}
			if clientID != c.clientID {
				t.Errorf("got client_id %q, want %q", clientID, c.clientID)
			}
		})
	}
}

func TestOddFramesAreUnderstood(t *testing.T) {
	deep := strings.Repeat(`[`, 9_000) + strings.Repeat(`]`, 9_000)
	for name, c := range map[string]struct {
		frame   string
		implied chat.ConversationID
		want    Command
	}{
		"white space around":              {" \r\n\t{\"type\" : \"ping\" } ", 0, Ping{}},
		"fields that we do not know":      {`{"type":"ping","x":{"Type":"send","y":[1]}}`, 0, Ping{}},
		"fields that only resemble ours":  {`{"type":"ping","Type":"send","CLIENT_ID":17}`, 0, Ping{}},
		"an escaped name":                 {`{"ty\u0070e":"ping"}`, 0, Ping{}},
		"deep nesting that we ignore":     {`{"type":"ping","x":` + deep + `}`, 0, Ping{}},
		"the last of two messages":        {`{"message":"one","message":"two"}`, 4, Send{Conversation: 4, Message: "two"}},
		"a lone surrogate":                {`{"message":"a\ud800b"}`, 4, Send{Conversation: 4, Message: "a\uFFFDb"}},
		"a pair of surrogates":            {`{"message":"\ud83c\udf89"}`, 4, Send{Conversation: 4, Message: "🎉"}},
		"an escaped NUL, for the rules":   {`{"message":"\u0000"}`, 4, Send{Conversation: 4, Message: "\x00"}},
		"an empty message, for the rules": {`{"message":""}`, 4, Send{Conversation: 4, Message: ""}},
		"an original with a client_id":    {`{"message":"hi","client_id":"c1"}`, 4, Send{Conversation: 4, ClientID: "c1", Message: "hi"}},
		"an original that answers one":    {`{"message":"hi","reply_to":7}`, 4, Send{Conversation: 4, Message: "hi", ReplyTo: 7}},
		"a null reply_to":                 {`{"message":"hi","reply_to":null}`, 4, Send{Conversation: 4, Message: "hi"}},
		"as many attachments as fit":      {`{"type":"send","client_id":"c","attachments":["` + strings.Repeat(strings.Repeat("a", 26)+`","`, chat.MaxAttached-1) + strings.Repeat("b", 26) + `"]}`, 4, Send{Conversation: 4, ClientID: "c", Attachments: append(slices.Repeat([]chat.AttachmentID{chat.AttachmentID(strings.Repeat("a", 26))}, chat.MaxAttached-1), chat.AttachmentID(strings.Repeat("b", 26)))}},
		"an original with an attachment":  {`{"message":"","attachments":["` + strings.Repeat("7", 26) + `"]}`, 4, Send{Conversation: 4, Attachments: []chat.AttachmentID{chat.AttachmentID(strings.Repeat("7", 26))}}},
		"null attachments":                {`{"message":"hi","attachments":null}`, 4, Send{Conversation: 4, Message: "hi"}},
		"an original that names it":       {`{"message":"hi","conversation_id":4}`, 0, Send{Conversation: 4, Message: "hi"}},
		"an original with both":           {`{"message":"hi","typing":true}`, 4, Send{Conversation: 4, Message: "hi"}},
		"a null type":                     {`{"type":null,"typing":false}`, 4, Typing{Conversation: 4}},
		"the implied conversation":        {`{"type":"read","seq":0}`, 4, Read{Conversation: 4}},
		"the implied one named":           {`{"type":"close","conversation_id":4}`, 4, Close{Conversation: 4}},
		"open without after":              {`{"type":"open","at":"noon","epoch":"e"}`, 4, Open{Conversation: 4}},
		"open after 0":                    {`{"type":"open","after":0}`, 4, Open{Conversation: 4, Position: &Position{}}},
		"the largest seq":                 {`{"type":"read","seq":9223372036854775807}`, 4, Read{Conversation: 4, Seq: 1<<63 - 1}},
		"watch of nobody":                 {`{"type":"watch","user_ids":[]}`, 0, Watch{Users: []chat.UserID{}}},
		"text that looks like a name":     {`{"message":"\"TYPE\": \"x\""}`, 4, Send{Conversation: 4, Message: `"TYPE": "x"`}},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := Decode([]byte(c.frame), c.implied)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestASocketOfOneConversationRefusesAnother(t *testing.T) {
	_, clientID, err := Decode([]byte(`{"type":"send","conversation_id":5,"client_id":"c1","message":"hi"}`), 4)
	if got := chat.CodeOf(err); got != chat.BadFrame || clientID != "c1" {
		t.Errorf("got %q for %q, want bad_frame for c1", got, clientID)
	}
}

func TestTheNamesOfFieldsAreAllKnown(t *testing.T) {
	// exact drops what it does not know, so a field missing there would vanish.
	in := `{"type":"t","client_id":"c","conversation_id":1,"message":"m","typing":true,"seq":1,"after":1,"at":"a","epoch":"e","user_ids":[1],"attachments":["a"],"Z":1}`
	var got, want incoming
	if err := json.Unmarshal(exact([]byte(in)), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(in), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	frame, _ := json.Marshal(incoming{})
	var names map[string]any
	if err := json.Unmarshal(frame, &names); err != nil || len(names) != len(fields) {
		t.Errorf("got %d names (%v), want %d", len(fields), err, len(names))
	}
}

// frameOf returns a frame that asks for a command.
func frameOf(c Command) []byte {
	frame := map[string]any{}
	switch c := c.(type) {
	case Send:
		frame["type"], frame["conversation_id"], frame["message"] = "send", c.Conversation, c.Message
		if c.ReplyTo != 0 {
			frame["reply_to"] = c.ReplyTo
		}
		if len(c.Attachments) > 0 {
			frame["attachments"] = c.Attachments
		}
		if c.ClientID != "" {
			frame["client_id"] = c.ClientID
		} else {
			delete(frame, "type") // only the original's frame has no name
		}
	case Edit:
		frame["type"], frame["conversation_id"], frame["message_id"], frame["message"] = "edit", c.Conversation, c.ID, c.Message
		if c.ClientID != "" {
			frame["client_id"] = c.ClientID
		}
	case Delete:
		frame["type"], frame["conversation_id"], frame["message_id"] = "delete", c.Conversation, c.ID
		if c.ClientID != "" {
			frame["client_id"] = c.ClientID
		}
	case React:
		frame["type"], frame["conversation_id"], frame["message_id"], frame["emoji"], frame["on"] = "react", c.Conversation, c.ID, c.Emoji, c.On
		if c.ClientID != "" {
			frame["client_id"] = c.ClientID
		}
	case Open:
		frame["type"], frame["conversation_id"] = "open", c.Conversation
		if p := c.Position; p != nil {
			frame["after"], frame["epoch"] = p.After, p.Epoch
			if !p.At.IsZero() {
				frame["at"] = p.At.Format(time.RFC3339Nano)
			}
		}
	case Close:
		frame["type"], frame["conversation_id"] = "close", c.Conversation
	case Typing:
		frame["type"], frame["conversation_id"], frame["typing"] = "typing", c.Conversation, c.On
	case Read:
		frame["type"], frame["conversation_id"], frame["seq"] = "read", c.Conversation, c.Seq
	case Delivered:
		frame["type"], frame["conversation_id"], frame["seq"] = "delivered", c.Conversation, c.Seq
	case Watch:
		frame["type"], frame["user_ids"] = "watch", c.Users
	case Ping:
		frame["type"] = "ping"
	default:
		panic(fmt.Sprintf("no frame for %T", c))
	}
	data, err := json.Marshal(frame)
	if err != nil {
		panic(err)
	}
	return data
}

func FuzzDecode(f *testing.F) {
	for _, frame := range golden(f, "client") {
		f.Add(frame, int64(0))
		f.Add(frame, int64(41))
	}
	for _, frame := range golden(f, "server") {
		f.Add(frame, int64(41))
	}
	for _, frame := range []string{``, `null`, `[]`, `{"Type":"ping"}`, `{"message":"\ud800"}`, "{\"message\":\"\xff\"}", `{"type":"open","after":1,"at":"2026-11-22T16:12:07+05:30"}`} {
		f.Add([]byte(frame), int64(4))
	}
	f.Fuzz(func(t *testing.T, data []byte, implied int64) {
		before := bytes.Clone(data)
		command, clientID, err := Decode(data, chat.ConversationID(implied))
		if !bytes.Equal(before, data) {
			t.Error("Decode changed the frame")
		}
		if clientID != "" && !chat.ValidClientID(clientID) {
			t.Errorf("got the client_id %q", clientID)
		}
		if err != nil {
			if _, ok := errors.AsType[*chat.Error](err); !ok {
				t.Errorf("got %v, want a *chat.Error", err)
			}
			switch code := chat.CodeOf(err); code {
			case chat.BadJSON, chat.BadFrame, chat.UnknownType:
			default:
				t.Errorf("got the code %q", code)
			}
			if command != nil {
				t.Errorf("got %#v with an error", command)
			}
			return
		}
		again, _, err := Decode(frameOf(command), chat.ConversationID(implied))
		if err != nil {
			t.Fatalf("%#v: %v", command, err)
		}
		if diff := cmp.Diff(command, again); diff != "" {
			t.Errorf("(-first +again):\n%s", diff)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	frame := []byte(`{"type":"send","conversation_id":41,"client_id":"tab1.0042","message":"Perfect, six it is 🎉 and some more words to make it a usual one"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(frame, 0); err != nil {
			b.Fatal(err)
		}
	}
}
