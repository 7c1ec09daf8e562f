package chat

import "time"

// EventKind says what an event tells of.
type EventKind string

// The kinds of events: a new message, another text of one, the end of one for everyone, and an
// emoji that was put to one or taken back.
const (
	MessagePosted  EventKind = "message"
	MessageEdited  EventKind = "message_edited"
	MessageDeleted EventKind = "message_deleted"
	MessageReacted EventKind = "reaction"
)

// Event is something that happened in a conversation: committed, numbered,
// replayable. It carries the message as it is now, whose own seq is its place and, unless
// the event brought it, a lower one.
type Event struct {
	Conversation ConversationID
	Seq          Seq
	Kind         EventKind
	Actor        UserID
	At           time.Time
	BuyerID      UserID
	SellerID     UserID
	BuyerSent    int64 // messages of the buyer up to here
	SellerSent   int64 // messages of the seller up to here
	Message      Message
}

// Signal is a passing hint: never stored, never replayed, dropped when a queue is
// full. It is one of Typing, ReadMoved, DeliveredMoved, PresenceChanged, PrivacyChanged,
// Introduced, MessageHidden, ListingChanged and NoticesChanged.
type Signal interface{ signal() }

// Typing tells that somebody writes, or has stopped.
type Typing struct {
	To           UserID
	Conversation ConversationID
	User         UserID
	Name         string
	On           bool
}

// ReadMoved tells both people how far one of them has read.
type ReadMoved struct {
	To           []UserID
	Conversation ConversationID
	User         UserID
	Seq          Seq
	At           time.Time
}

// DeliveredMoved tells both people how far messages have reached one of them.
type DeliveredMoved struct {
	To           []UserID
	Conversation ConversationID
	User         UserID
	Seq          Seq
	At           time.Time
}

// PresenceChanged tells the people who watch that somebody came or went.
type PresenceChanged struct {
	User     UserID
	Online   bool
	LastSeen time.Time
}

// PrivacyChanged tells a person's own tabs and devices, and the people who watch, that what
// they show each other has changed: whoever hears it asks again.
type PrivacyChanged struct {
	User      UserID
	HidesSeen bool // told to nodes alone
	// Alone has it told to the person and nobody else: who keeps to themselves that they are here
	// changes how far they are seen to have read, and whoever watches is not to learn of it now.
	Alone bool
}

// Introduced tells a person of a list entry: a new conversation, or what a client
// cannot derive from events.
type Introduced struct {
	To    UserID
	Entry Entry
}

// ListingChanged tells the people who talk about a listing how it stands now, or that it
// is gone: then all but its ID is zero.
type ListingChanged struct {
	To      []UserID
	Listing Listing
	Gone    bool
}

func (Typing) signal()          {}
func (ListingChanged) signal()  {}
func (ReadMoved) signal()       {}
func (DeliveredMoved) signal()  {}
func (PresenceChanged) signal() {}
func (PrivacyChanged) signal()  {}
func (Introduced) signal()      {}
