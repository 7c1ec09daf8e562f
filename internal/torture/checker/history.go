// Package checker judges whether the delivery contract held. Every client records
// what it sent, what was answered and what it saw; afterwards what the database holds is
// read, and Check compares all of it. It knows nothing of how clients, server or faults
// work, so that a mistake in one of them cannot hide in it.
package checker

import (
	"slices"
	"sync"
)

// Tab names one client: a device or a browser tab. Its commands have an order.
type Tab string

// Entry is an event at its place in a conversation, as somebody saw it: a message, or, with
// Changes, what has changed one, with that message as it was then. In the log what has changed
// one has the Sender, ClientID and time of the command, and nothing of the message.
type Entry struct {
	Conversation int64
	Seq          int64
	Changes      int64 // the seq of the message that it changes; 0 for a message
	Message      int64 // the server's id
	Answers      int64 // the id of the message that it answers, 0 for none
	Sender       int64
	ClientID     string
	Text         string // "" of a deleted message
	At           string // the timestamp as it was sent
	Deleted      bool
	Files        string // the ids of what it has attached, in order, with a space between; "" of a deleted message
	Reactions    string // as Reactions puts them together
}

// Verb says what a command does.
type Verb string

// The verbs. All but Post are about the message Entry.Message.
const (
	Post    Verb = ""
	Edit    Verb = "edit" // to Entry.Text
	Delete  Verb = "delete"
	React   Verb = "react" // with the emoji Entry.Text
	Unreact Verb = "unreact"
)

// Kind says what a Record is about.
type Kind int

// The kinds of records, with the fields that they use besides Tab and Conversation.
const (
	Sent     Kind = iota + 1 // a command went onto the line: Verb, Entry.{Sender,ClientID,Text,Files,Answers}, Message of what it changes
	Acked                    // it was confirmed: Entry.{ClientID,Seq,Message,At}, Duplicate
	Refused                  // it was refused for good: Entry.ClientID, Note
	Doubted                  // its outcome is open, by an error or a lost line: Entry.ClientID, Note
	Began                    // a line goes on behind a position: Line, Entry.Seq
	Saw                      // an event came on a line: Line, Entry
	CaughtUp                 // everything up to Entry.Seq has been sent: Line
	Reset                    // a position fits nothing, all is forgotten: Line, Note
	Loaded                   // a page was read behind a reset: Entry; the last one's seq is the new position
	Killed                   // a process was ended: Note says where
)

// Record is one thing that happened to a client.
type Record struct {
	Kind      Kind
	Verb      Verb
	Tab       Tab
	Line      int // numbers the tab's connections
	Entry     Entry
	Duplicate bool
	Note      string
}

// History collects records of many clients in the order in which they came.
type History struct {
	mu      sync.Mutex // guards records
	records []Record
}

// Add appends a record. What must be known to have happened before something else is
// added before it: a command before its bytes go out, an answer before it is acted upon.
func (h *History) Add(r Record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = append(h.records, r)
}

// PutBack says that the database was replaced by an older copy: what became of commands until
// then, and what was seen, is no promise any more. What was sent may still appear.
func (h *History) PutBack() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = slices.DeleteFunc(slices.Clone(h.records), func(r Record) bool { return r.Kind != Sent })
}

// Resets is how many tabs have been told by now that a position fits nothing.
func (h *History) Resets() int {
	tabs := make(map[Tab]bool)
	for _, r := range h.Records() {
		if r.Kind == Reset {
			tabs[r.Tab] = true
		}
	}
	return len(tabs)
}

// Records returns what has been recorded by now.
func (h *History) Records() []Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.records[:len(h.records):len(h.records)]
}

// Standing is how a person's conversation stood at the end, as the server tells it.
type Standing struct {
	Person, Conversation int64
	Unread               int64 // messages of the other person that have not been read
	Read                 int64 // up to which seq the person has read
	Marked               int64 // the highest seq up to which the person said so and was confirmed
	Told                 int64 // the seq of the unread notice, 0 without one, -1 when notices were not looked at
}

// Truth is what is left when everything is quiet.
type Truth struct {
	Log       map[int64][]Entry // by conversation, as the database holds it, in the order of seq: messages as they are in the end
	Standings []Standing
	Files     map[string]File // by id, all that somebody may send; nil when they were not looked at
	// Holds is what each tab has of each conversation at the end, from wherever it began
	// up to its position. A page that it has loaded has no events but messages.
	Holds map[Tab]map[int64][]Entry
}
