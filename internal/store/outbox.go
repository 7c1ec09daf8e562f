package store

import (
	"context"
	"fmt"
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
	Note     string // JSON, "" for nothing: a MailNote, or a PushNote of push
	Attempts int64  // that were begun, this one with it
	Fault    string // of the last attempt, without anything of the person
	Created  time.Time
	Due      time.Time // when it is tried; of one that is claimed, when the claim is over
	Sent     time.Time // the last time; zero when never

	wanted int64  // how often there was something to tell when it was read
	claim  string // of who is trying it, "" for nobody
}

// Claimed tells whether somebody was trying it when it was read, or has died of it.
func (d Delivery) Claimed() bool { return d.claim != "" }

// MailNote is what a mail about an account needs besides the account.
type MailNote struct {
	Address string    `json:"address,omitempty"` // to which it goes, whatever the account says by then
	Agent   string    `json:"agent,omitempty"`   // the browser that did it, such as "Chrome on Android"
	At      time.Time `json:"at,omitzero"`       // when it was done
}

// PushNote is what a push message is about, also when its notice is gone.
type PushNote struct {
	Kind         chat.NoticeKind     `json:"kind"`
	Conversation chat.ConversationID `json:"conversation"` // 0 for none
	Listing      chat.ListingID      `json:"listing"`
}

const deliveryColumns = `id, channel, kind, state, user_id, notice_id, device_id, note, attempts, fault, created_at, due_at, sent_at, wanted, claim`

func deliveryFields(d *Delivery) []any {
	return []any{
		&d.ID, &d.Channel, &d.Kind, &d.State, &d.To, &d.Notice, &d.Device, &d.Note, &d.Attempts, &d.Fault,
		microsInto{&d.Created},
		microsInto{&d.Due},
		microsInto{&d.Sent},
		&d.wanted, &d.claim,
	}
}

// Enqueue puts something that no notice tells of into the outbox: Channel, Kind, To, Note, Device
// of push, and Due, of which the zero time is now. It is sent once the transaction is committed.
func (tx *Tx) Enqueue(ctx context.Context, d Delivery) error {
	now := time.Now()
	if d.Due.IsZero() {
		d.Due = now
	}
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO outbox (channel, kind, state, user_id, device_id, note, created_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(d.Channel), string(d.Kind), string(DeliveryWaiting), d.To, d.Device, d.Note, micros(now), micros(d.Due))
	if err != nil {
		return fmt.Errorf("put a delivery into the outbox: %w", err)
	}
	tx.due = true
	return nil
}
