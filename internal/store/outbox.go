package store

import (
	"time"

	"swapnest/internal/chat"
)

// DeliveryKind says what a delivery is about. Its text stands in the database.
type DeliveryKind string

// The kinds of deliveries.
const (
	DeliverNotice DeliveryKind = "notice" // of a notice, by push or mail
	DeliverClear  DeliveryKind = "clear"  // of push: takes back what a device shows of a notice that is read
	// Of mail, about somebody's own account; Note is a MailNote.
	DeliverVerify     DeliveryKind = "verify"      // asks whether an address is theirs
	DeliverReset      DeliveryKind = "reset"       // a new password; To names whoever has the address
	DeliverPassword   DeliveryKind = "password"    // tells that the password was changed
	DeliverAddress    DeliveryKind = "address"     // tells the address of before that there is another one
	DeliverNewBrowser DeliveryKind = "new_browser" // tells of a sign-in from a browser that was not known
)

// DeliveryState says where a delivery is. Its text stands in the database.
type DeliveryState string

// The states of deliveries.
const (
	DeliveryWaiting DeliveryState = "waiting" // to be sent when it is due
	DeliverySent    DeliveryState = "sent"    // the other side has taken it
	DeliveryDead    DeliveryState = "dead"    // given up, until an operator has it tried again
)

// Delivery is one thing to be sent to one person by one channel. ID stays the same however often
// it is tried, so what is sent twice after a crash can be known by it.
type Delivery struct {
	ID       chat.DeliveryID
	Channel  chat.Channel
	Kind     DeliveryKind
	State    DeliveryState
	To       chat.UserID // 0 where MailNote.Address alone says who
	Notice   chat.NoticeID
	Device   chat.PushDeviceID
	Note     string // JSON, "" for nothing
	Attempts int64  // that were begun, this one with it
	Fault    string // of the last attempt, without anything of the person
	Created  time.Time
	Due      time.Time
	Sent     time.Time // the last time; zero when never
}

// MailNote is what a mail about an account needs besides the account.
type MailNote struct {
	Address string    `json:"address,omitempty"` // to which it goes, whatever the account says by then
	Agent   string    `json:"agent,omitempty"`   // the browser that did it, such as "Chrome on Android"
	At      time.Time `json:"at,omitzero"`       // when it was done
}
