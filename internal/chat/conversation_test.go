package chat

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"
)

const buyer, seller, stranger UserID = 7, 3, 9

func thread() Thread {
	return Thread{
		Conversation: Conversation{ID: 41, Listing: 9, BuyerID: buyer, SellerID: seller, Head: 2, BuyerSent: 1, SellerSent: 1},
		Buyer:        Author{ID: buyer, Username: "aarav", Name: "Aarav K."},
		Seller:       Author{ID: seller, Username: "meera_k", Name: "Meera Kulkarni"},
	}
}

func TestRolesInAConversation(t *testing.T) {
	c := thread().Conversation
	for who, want := range map[UserID]struct {
		role   Role
		member bool
		other  UserID
	}{
		buyer:  {Buyer, true, seller},
		seller: {Seller, true, buyer},
	} {
		role, ok := c.Role(who)
		if role != want.role || ok != want.member || c.Other(who) != want.other {
			t.Errorf("%d: got %q, %v, %d, want %+v", who, role, ok, c.Other(who), want)
		}
	}
	for _, who := range []UserID{stranger, 0, -1} {
		if role, ok := c.Role(who); ok || role != "" {
			t.Errorf("%d: got %q, want no role", who, role)
		}
	}
	if _, ok := (Conversation{SellerID: seller}).Role(0); ok {
		t.Error("nobody has a role where there is no buyer")
	}
}

func TestAdmit(t *testing.T) {
	for name, c := range map[string]struct {
		head Seq
		who  UserID
		code Code
	}{
		"the buyer":                       {2, buyer, ""},
		"the seller":                      {2, seller, ""},
		"a stranger":                      {2, stranger, NotFound},
		"nobody":                          {2, 0, NotFound},
		"the buyer, before all messages":  {0, buyer, ""},
		"the seller, before all messages": {0, seller, NotFound},
	} {
		th := thread()
		th.Head = c.head
		err := th.Admit(c.who)
		if CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want code %q", name, err, c.code)
		}
		if err != nil && err.Error() != ErrNotFound("conversation").Error() {
			t.Errorf("%s: got %q, which tells that there is one", name, err)
		}
	}
}

func TestAClosedConversationTakesNothing(t *testing.T) {
	th := thread()
	if err := th.CanPost(buyer); err != nil {
		t.Errorf("open: got %v", err)
	}
	th.ClosedAt = time.Unix(1, 0)
	if got := CodeOf(th.CanPost(buyer)); got != Closed {
		t.Errorf("closed: got %q", got)
	}
}

func TestApplyNumbersAndCounts(t *testing.T) {
	pune := time.FixedZone("IST", 5*3600+1800)
	at := time.Date(2026, 11, 22, 16, 12, 7, 381_999_999, pune)
	want := time.Date(2026, 11, 22, 10, 42, 7, 381_000_000, time.UTC)
	before := thread()
	one, e1 := before.Apply(buyer, "c1", Posted("hi", at))
	two, e2 := one.Apply(seller, "c2", Posted("hello", at.Add(-time.Hour)))

	if before.Head != 2 || before.BuyerSent != 1 {
		t.Error("Apply changed the thread it was given")
	}
	if one.Head != 3 || one.BuyerSent != 2 || one.SellerSent != 1 || !one.LastAt.Equal(want) {
		t.Errorf("after the buyer: got %+v", one.Conversation)
	}
	if two.Head != 4 || two.BuyerSent != 2 || two.SellerSent != 2 {
		t.Errorf("after the seller: got %+v", two.Conversation)
	}
	if e1.Seq != 3 || e1.Kind != MessagePosted || e1.Actor != buyer || e1.Conversation != 41 || e1.BuyerID != buyer || e1.SellerID != seller ||
		e1.BuyerSent != 2 || e1.SellerSent != 1 || e1.At != want {
		t.Errorf("got the event %+v", e1)
	}
	wantMessage := Message{Conversation: 41, Seq: 3, ClientID: "c1", Sender: before.Buyer, Text: "hi", SentAt: want}
	if !reflect.DeepEqual(e1.Message, wantMessage) {
		t.Errorf("got the message %+v, want %+v", e1.Message, wantMessage)
	}
	if e2.Message.Sender != before.Seller || e2.Seq != 4 {
		t.Errorf("got the event %+v", e2)
	}
}

func TestErrorsCompareByCode(t *testing.T) {
	err := fmt.Errorf("send: %w", FieldError("title", "A title needs at least %d characters.", 3))
	if !errors.Is(err, &Error{Code: Invalid}) || errors.Is(err, &Error{Code: NotFound}) {
		t.Error("errors.Is does not compare codes")
	}
	if CodeOf(err) != Invalid || CodeOf(errors.New("x")) != "" || CodeOf(nil) != "" {
		t.Error("CodeOf does not look through the chain")
	}
	for code, want := range map[Code]bool{Unavailable: true, RateLimited: true, Conflict: false, BadFrame: false, Closed: false} {
		if got := (&Error{Code: code}).Retryable(); got != want {
			t.Errorf("%s: got retryable %v, want %v", code, got, want)
		}
	}
}

func TestEverySignalIsOne(t *testing.T) {
	for _, s := range []Signal{Typing{}, ReadMoved{}, DeliveredMoved{}, PresenceChanged{}, Introduced{}} {
		s.signal()
		if _, stored := reflect.TypeOf(s).FieldByName("Kind"); stored {
			t.Errorf("%T looks like an event", s)
		}
	}
}

func TestLimitsFitEachOther(t *testing.T) {
	for name, ok := range map[string]bool{
		"the longest message fits into a frame, escaped":  MaxMessageChars*12+1024 <= MaxFrameBytes,
		"the longest watch fits into a frame":             MaxWatched*20+1024 <= MaxFrameBytes,
		"pages are within their bounds":                   MessagePage <= MaxMessagePage && ConversationPage <= MaxConversationPage && ListingPage <= MaxListingPage,
		"usernames can be of one length":                  MinUsernameChars < MaxUsernameChars,
		"the shortest password fits, whatever the script": MinPasswordChars*4 <= MaxPasswordBytes,
		"a price in paise can be multiplied":              MaxPrice < 1<<53,
		"typing is repeated before it expires":            3*time.Second < TypingExpires,
		"a session slides within its longest life":        SessionLife <= SessionLifeMost,
		"a ticket dies before its session":                TicketLife < SessionLife,
	} {
		if !ok {
			t.Errorf("it does not hold that %s", name)
		}
	}
}
