package chat

import (
	"fmt"
	"time"
)

// NoticeKind says what a notice tells of. Its text is part of the protocol.
type NoticeKind string

// The kinds of notices.
const (
	NoticeInquiry   NoticeKind = "product_inquiry" // the first message of a conversation, to the seller
	NoticeMessage   NoticeKind = "new_message"     // every later one
	NoticePriceDrop NoticeKind = "price_drop"      // of a wished listing
	NoticeSold      NoticeKind = "sold"            // a wished listing
)

// NoticeKinds are all of them.
var NoticeKinds = []NoticeKind{NoticeInquiry, NoticeMessage, NoticePriceDrop, NoticeSold}

// Notice tells a person of something that happened while they may not have been looking.
// Of one conversation there is at most one that is unread, and of one kind of news of one
// listing, too: what comes on top moves it up.
type Notice struct {
	ID      NoticeID
	To      UserID
	Kind    NoticeKind
	Listing ListingID // 0 once it is gone
	Slug    string    // of the listing, "" once it is gone
	Title   string    // of the listing, as it was then
	At      time.Time
	Unread  bool

	// Of a conversation's notice.
	Conversation ConversationID
	Seq          Seq          // of the newest message that it tells of
	From         User         // who wrote
	Text         string       // of that message
	Attached     []Attachment // of that message where it has no text
	Deleted      bool         // that message was deleted
	Count        int64        // how many of the other person's messages are unread in the conversation

	// Of a price drop.
	Price    Money
	PriceWas int64 // minor units of the same currency
}

// Headline returns what happened, on one line.
func (n Notice) Headline() string {
	switch n.Kind {
	case NoticeInquiry:
		return n.From.Name + " asks about " + n.Title
	case NoticePriceDrop:
		return n.Title + " now costs " + n.Price.String()
	case NoticeSold:
		return n.Title + " was sold"
	default:
		return n.From.Name + " wrote about " + n.Title
	}
}

// Line returns what there is to say besides the headline, at most NoticeChars long.
func (n Notice) Line() string {
	switch n.Kind {
	case NoticePriceDrop:
		return "It was " + Money{Amount: n.PriceWas, Currency: n.Price.Currency}.String() + "."
	case NoticeSold:
		return "You had saved it."
	default:
		if n.Deleted {
			return DeletedText
		}
		if n.Text == "" && len(n.Attached) > 0 {
			return sentLine(n.Attached)
		}
		return beginning(n.Text, NoticeChars)
	}
}

// sentLine says what a message without a text has brought.
func sentLine(all []Attachment) string {
	kind := all[0].Kind
	for _, a := range all {
		if a.Kind != kind {
			kind = FileAttachment
		}
	}
	switch n := len(all); {
	case n == 1 && kind == ImageAttachment:
		return "Sent a photo"
	case n == 1 && kind == VoiceAttachment:
		return "Sent a voice message"
	case n == 1:
		return "Sent a file"
	case kind == ImageAttachment:
		return fmt.Sprintf("Sent %d photos", n)
	default:
		return fmt.Sprintf("Sent %d files", n)
	}
}

// NoticesChanged tells a person how many notices they have not read, and of one that is
// new; nil when there is none, for example because some have been read.
type NoticesChanged struct {
	To     UserID
	Fresh  *Notice
	Unread int64
}

func (NoticesChanged) signal() {}

// Unread is what somebody has not seen yet.
type Unread struct {
	Conversations int64 // without the archived ones
	Notices       int64
}

// ListingStep is what a listing was and became by one change.
type ListingStep struct {
	Listing           ListingID
	At                time.Time
	PriceWas, Price   Money
	StatusWas, Status ListingStatus
}

// Sold tells whether the listing was sold by the step.
func (s ListingStep) Sold() bool { return s.Status == ListingSold && s.StatusWas != ListingSold }

// Unsold tells whether the step took back that it was sold.
func (s ListingStep) Unsold() bool { return s.StatusWas == ListingSold && s.Status != ListingSold }

// Repriced tells whether the price is another one.
func (s ListingStep) Repriced() bool { return s.Price != s.PriceWas }

// Cheaper tells whether the price of something that can be had was lowered.
func (s ListingStep) Cheaper() bool {
	offered := s.Status == ListingActive || s.Status == ListingReserved
	return offered && s.Price.Currency == s.PriceWas.Currency && s.Price.Amount < s.PriceWas.Amount
}
