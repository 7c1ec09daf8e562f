package chat

import (
	"reflect"
	"testing"
	"time"
)

// about is a thread with a message of the buyer's, sent at noon.
func about() (Thread, time.Time) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	th := thread()
	th.Head, th.LastSeq, th.LastAt = 7, 5, noon
	th.About = Message{ID: 9, Conversation: th.ID, Seq: 5, ClientID: "c", Sender: th.Buyer, Text: "I am at the gte.", SentAt: noon}
	return th, noon
}

func TestWhoMayEditAndDelete(t *testing.T) {
	for name, c := range map[string]struct {
		who          UserID
		after        time.Duration
		text         string
		change       func(*Thread)
		edit, delete Code
		none         bool // an edit changes nothing
	}{
		"the sender, at once":             {who: buyer},
		"in the last moment":              {who: buyer, after: EditWindow},
		"too late":                        {who: buyer, after: EditWindow + time.Millisecond, edit: Forbidden, delete: Forbidden},
		"the other person":                {who: seller, edit: Forbidden, delete: Forbidden},
		"the same text":                   {who: buyer, text: "I am at the gte.", none: true},
		"the same text, too late":         {who: buyer, text: "I am at the gte.", after: time.Hour, none: true, delete: Forbidden},
		"nothing is posted here any more": {who: buyer, change: func(t *Thread) { t.ClosedAt = t.LastAt }, edit: Closed},
		"nobody reads it any more":        {who: buyer, change: func(t *Thread) { t.Seller.Former = true }, edit: Closed},
	} {
		th, noon := about()
		if c.change != nil {
			c.change(&th)
		}
		if c.text == "" {
			c.text = "I am at the gate."
		}
		change, err := th.Edit(c.who, c.text, noon.Add(c.after))
		if CodeOf(err) != c.edit || (err == nil && !c.none) != (change.Kind == MessageEdited) {
			t.Errorf("%s: the edit is %+v, %v", name, change, err)
		}
		change, err = th.Delete(c.who, noon.Add(c.after))
		if CodeOf(err) != c.delete || (err == nil) != (change.Kind == MessageDeleted) {
			t.Errorf("%s: the deletion is %+v, %v", name, change, err)
		}
	}
}

func TestADeletedMessageStaysDeleted(t *testing.T) {
	th, noon := about()
	th.About.Text, th.About.DeletedAt = "", noon
	if _, err := th.Edit(buyer, "again", noon); CodeOf(err) != Conflict {
		t.Errorf("editing it: %v, want conflict", err)
	}
	if change, err := th.Delete(buyer, noon.Add(time.Hour)); err != nil || change.Kind != "" {
		t.Errorf("deleting it again: %+v, %v; want nothing", change, err)
	}
	if _, err := th.Delete(seller, noon); CodeOf(err) != Forbidden {
		t.Errorf("the other person: %v, want forbidden", err)
	}
}

func TestAnEditTakesASeqAndNothingElse(t *testing.T) {
	before, noon := about()
	for kind, c := range map[EventKind]Change{
		MessageEdited:  {Kind: MessageEdited, Text: "new", At: noon.Add(time.Minute)},
		MessageDeleted: {Kind: MessageDeleted, At: noon.Add(time.Minute)},
	} {
		after, e := before.Apply(buyer, "e", c)
		want := before
		want.Head++
		if !reflect.DeepEqual(after, want) {
			t.Errorf("%s: the thread is %+v, want %+v", kind, after, want)
		}
		m := before.About
		if m.Text, m.EditedAt = "new", c.At; kind == MessageDeleted {
			m.Text, m.EditedAt, m.DeletedAt = "", time.Time{}, c.At
		}
		if e.Kind != kind || e.Seq != 8 || e.At != c.At || e.Actor != buyer || e.BuyerSent != before.BuyerSent || !reflect.DeepEqual(e.Message, m) {
			t.Errorf("%s: the event is %+v, want the message %+v", kind, e, m)
		}
	}
	after, _ := before.Apply(buyer, "c2", Posted("more", noon.Add(time.Hour)))
	if after.LastSeq != 8 || after.Head != 8 || !after.LastAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("a message behind them: %+v", after.Conversation)
	}
}
