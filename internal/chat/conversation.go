package chat

import "time"

// Role is the part somebody plays in a conversation.
type Role string

// The two roles.
const (
	Buyer  Role = "buyer"
	Seller Role = "seller"
)

// Conversation is the talk of one buyer with one seller about one listing. The
// title is a snapshot, so that it outlives the listing.
type Conversation struct {
	ID         ConversationID
	Listing    ListingID
	Title      string
	BuyerID    UserID
	SellerID   UserID
	Head       Seq   // of the last event; 0 as long as nobody has written
	LastSeq    Seq   // of the last message; lower than Head while one was edited or deleted since
	BuyerSent  int64 // messages that the buyer has sent
	SellerSent int64
	ClosedAt   time.Time // zero while it is open
	CreatedAt  time.Time
	LastAt     time.Time // of the last message
}

// Role returns the part that who plays, and whether it is one at all.
func (c Conversation) Role(who UserID) (Role, bool) {
	switch {
	case who == 0:
		return "", false
	case who == c.BuyerID:
		return Buyer, true
	case who == c.SellerID:
		return Seller, true
	}
	return "", false
}

// Sent returns how many messages a side has sent.
func (c Conversation) Sent(role Role) int64 {
	if role == Buyer {
		return c.BuyerSent
	}
	return c.SellerSent
}

// Other returns the person that who talks with.
func (c Conversation) Other(who UserID) UserID {
	if who == c.BuyerID {
		return c.SellerID
	}
	return c.BuyerID
}

// Participant is somebody in a conversation, and how far they have come.
type Participant struct {
	User         User
	Role         Role
	ReadSeq      Seq // 0 when it is kept from who asks
	DeliveredSeq Seq
}

// Entry is a conversation as it stands in somebody's list.
type Entry struct {
	Conversation Conversation
	Listing      Listing // without description; zero ID once it is gone
	Other        User
	Role         Role
	Unread       int64
	Last         *Message // the last one that the reader sees; nil for none
	ReadSeq      Seq      // how far the reader has come
	OtherRead    Seq      // how far the other person has come; 0 when one of both keeps that to themselves
	OtherGot     Seq      // how far messages have reached the other person
	Muted        bool
	MutedUntil   time.Time // zero when it has no end, or is not muted
	Archived     bool
	Pinned       bool
	MarkedUnread bool
	Viewer       User // whose list it is; only who that is, and what they keep to themselves
	ClearedSeq   Seq  // as in Keeping
	Cleared      bool // see Keeping.Cleared
}

// Author is the person shown beside a message.
type Author struct {
	ID       UserID
	Username string
	Name     string
	Former   bool // the account is closed; known in a Thread only
}

// Message is what somebody wrote. Its seq is the one of the event that brought it, also
// after others have changed it.
type Message struct {
	ID           MessageID
	Conversation ConversationID
	Seq          Seq
	ClientID     string
	Sender       Author
	Text         string
	SentAt       time.Time
	EditedAt     time.Time // when its text was changed last; zero for never
	DeletedAt    time.Time // zero while it is there; one that is deleted has no text
	Read         bool      // the other person's cursor has reached it, and both show how far they have read
	Hidden       bool      // its reader has deleted it for themselves; see Concealed
	// Reactions are in the order in which they came, each person with each emoji once; nil for none
	// and for a deleted message. The last message of an Entry has none.
	Reactions []Reaction
	ReplyTo   Quote // of the message that it answers; zero for none
	// Attachments are in the order in which they were sent; nil for none and for a deleted message.
	Attachments []Attachment
}

// Thread is a conversation as it stands under the lock, for deciding what may be
// added to it.
type Thread struct {
	Conversation
	Buyer  Author
	Seller Author
	// About is the message that the command is about, as it stands under the lock; the zero
	// Message for a command that is about none.
	About Message
	// Answers is the message of this conversation that a new one is to answer, as it stands under
	// the lock; the zero Message for none, or where there is no such message.
	Answers Message
	// Attached is what the command may attach of what it names, in that order: only what is ready,
	// has not expired, is in no message yet and was uploaded by who sends the command.
	Attached []Attachment
}

// Admit refuses who is not a member. A conversation in which nobody has written
// yet exists for its buyer only.
func (t Thread) Admit(who UserID) error {
	role, ok := t.Role(who)
	if !ok || (t.Head == 0 && role != Buyer) {
		return ErrNotFound("conversation")
	}
	return nil
}

// CanPost refuses a new message of a member: nobody would read it.
func (t Thread) CanPost(who UserID) error {
	if !t.ClosedAt.IsZero() {
		return Errorf(Closed, "This conversation is closed, so nothing can be sent here any more.")
	}
	if t.Author(t.Other(who)).Former {
		return Errorf(Closed, "The other person has closed their account, so nobody would read this.")
	}
	return nil
}

// Author returns how the member who is shown beside a message.
func (t Thread) Author(who UserID) Author {
	if who == t.BuyerID {
		return t.Buyer
	}
	return t.Seller
}

// Change is what a decision adds to a thread. One without a Kind adds nothing: things are
// already as the command wants them.
type Change struct {
	Kind     EventKind
	Text     string
	ReplyTo  Quote    // of a new message
	Reaction Reaction // of MessageReacted
	Off      bool     // the Reaction is taken back
	At       time.Time

	Attachments []Attachment // of a new message
}

// Apply returns the thread after the change, and the event that tells of it. The
// event has no identifiers yet: the store assigns them.
func (t Thread) Apply(who UserID, clientID string, c Change) (Thread, Event) {
	t.Head++
	m := t.About
	switch c.Kind {
	case MessagePosted:
		t.LastSeq, t.LastAt = t.Head, c.At
		if who == t.BuyerID {
			t.BuyerSent++
		} else {
			t.SellerSent++
		}
		m = Message{
			Conversation: t.ID,
			Seq:          t.Head,
			ClientID:     clientID,
			Sender:       t.Author(who),
			Text:         c.Text,
			SentAt:       c.At,
			ReplyTo:      c.ReplyTo,
			Attachments:  c.Attachments,
		}
	case MessageEdited:
		m.Text, m.EditedAt = c.Text, c.At
	case MessageDeleted:
		m.Text, m.DeletedAt, m.Reactions, m.Attachments = "", c.At, nil, nil
	case MessageReacted:
		m.Reactions = reacted(m.Reactions, c)
	}
	return t, Event{
		Conversation: t.ID,
		Seq:          t.Head,
		Kind:         c.Kind,
		Actor:        who,
		At:           c.At,
		BuyerID:      t.BuyerID,
		SellerID:     t.SellerID,
		BuyerSent:    t.BuyerSent,
		SellerSent:   t.SellerSent,
		Message:      m,
	}
}
