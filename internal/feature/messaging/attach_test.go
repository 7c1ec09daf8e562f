package messaging_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/limit"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// quiet passes no hints on.
type quiet struct{}

func (quiet) Signal(chat.Signal)                                          {}
func (quiet) Introduce(context.Context, chat.UserID, chat.ConversationID) {}
func (quiet) Ring(chat.UserID, ...chat.NoticeID)                          {}

// house is a buyer and a seller who talk, and what has become of what they sent.
type house struct {
	testkit.Town
	*messaging.Service
	db       *store.DB
	talk     chat.ConversationID
	outcomes []string
}

func newHouse(t *testing.T, d *testkit.Database, media chat.Media, limits *messaging.Limits) *house {
	t.Helper()
	h := &house{db: d.Open(t, nil)}
	h.Town = testkit.Populate(t, h.db)
	h.talk = h.Converse(t, h.db).ID
	h.Service = messaging.New(h.db, quiet{}, quiet{}, limits, media, func(outcome string) { h.outcomes = append(h.outcomes, outcome) }, time.Now)
	return h
}

func each(t *testing.T, test func(t *testing.T, h *house, d *testkit.Database)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		test(t, newHouse(t, d, chat.DefaultMedia(), &messaging.Limits{}), d)
	})
}

// send sends a message of the buyer's.
func (h *house) send(t *testing.T, clientID, text string, ids ...chat.AttachmentID) (messaging.Sent, error) {
	t.Helper()
	return h.Send(t.Context(), h.Buyer.ID, messaging.SendCommand{Conversation: h.talk, ClientID: clientID, Text: text, Attachments: ids})
}

func TestAMessageIsATextOrAttachmentsOrBoth(t *testing.T) {
	each(t, func(t *testing.T, h *house, d *testkit.Database) {
		one, two := d.Attach(t, h.Buyer.ID), d.Attach(t, h.Buyer.ID)
		sent, err := h.send(t, "1", " \n ", one.ID)
		if err != nil || sent.Message.Text != "" || cmp.Diff([]chat.Attachment{one}, sent.Message.Attachments) != "" {
			t.Errorf("without a text: %+v, %v", sent, err)
		}
		if both, err := h.send(t, "2", "Look", two.ID); err != nil || both.Message.Text != "Look" || len(both.Message.Attachments) != 1 {
			t.Errorf("with both: %+v, %v", both, err)
		}
		for code, text := range map[chat.Code]string{chat.TooLong: strings.Repeat("x", chat.MaxMessageChars+1), chat.BadText: "a\x00b"} {
			if _, err := h.send(t, "3", text, d.Attach(t, h.Buyer.ID).ID); chat.CodeOf(err) != code {
				t.Errorf("an attachment with a bad text: %v, want %q", err, code)
			}
		}
		if _, err := h.send(t, "4", ""); chat.CodeOf(err) != chat.Empty {
			t.Errorf("nothing at all: %v, want empty", err)
		}
		edit := messaging.ReviseCommand{Conversation: h.talk, Message: sent.Message.ID, Text: "The gears"}
		if done, err := h.Edit(t.Context(), h.Buyer.ID, edit); err != nil || len(done.Event.Message.Attachments) != 1 {
			t.Errorf("a text for it: %+v, %v", done, err)
		}
		edit.Text = " "
		if done, err := h.Edit(t.Context(), h.Buyer.ID, edit); err != nil || done.Event.Message.Text != "" || len(done.Event.Message.Attachments) != 1 {
			t.Errorf("the text taken away: %+v, %v", done, err)
		}
	})
}

// TestARetryNamesTheSameAttachments shows contract 3 and 4 with attachments.
func TestARetryNamesTheSameAttachments(t *testing.T) {
	each(t, func(t *testing.T, h *house, d *testkit.Database) {
		one, two := d.Attach(t, h.Buyer.ID).ID, d.Attach(t, h.Buyer.ID).ID
		first, err := h.send(t, "c", "Look", one, two)
		if err != nil {
			t.Fatal(err)
		}
		again, err := h.send(t, "c", "Look", one, two)
		if diff := cmp.Diff(first.Message, again.Message); err != nil || diff != "" || !again.Duplicate {
			t.Errorf("the retry: %v, duplicate %t (-first +again):\n%s", err, again.Duplicate, diff)
		}
		for name, ids := range map[string][]chat.AttachmentID{"in another order": {two, one}, "one of both": {one}, "none": nil} {
			if _, err := h.send(t, "c", "Look", ids...); chat.CodeOf(err) != chat.Conflict {
				t.Errorf("%s: %v, want conflict", name, err)
			}
		}
		// A site that takes fewer than it did still answers what was sent before.
		strict := messaging.New(h.db, quiet{}, quiet{}, &messaging.Limits{}, chat.Media{PerMessage: 1}, nil, time.Now)
		command := messaging.SendCommand{Conversation: h.talk, ClientID: "c", Text: "Look", Attachments: []chat.AttachmentID{one, two}}
		if sent, err := strict.Send(t.Context(), h.Buyer.ID, command); err != nil || !sent.Duplicate {
			t.Errorf("where fewer are taken: %+v, %v", sent, err)
		}
		command.ClientID = "d"
		if _, err := strict.Send(t.Context(), h.Buyer.ID, command); chat.CodeOf(err) != chat.Invalid || !strings.Contains(err.Error(), "One file fits") {
			t.Errorf("a new one where fewer are taken: %v", err)
		}
	})
}

func TestOfWhatCannotBeSentNothingIsTold(t *testing.T) {
	each(t, func(t *testing.T, h *house, d *testkit.Database) {
		if _, err := h.send(t, "first", "Hello"); err != nil {
			t.Fatal(err)
		}
		others, sent := d.Attach(t, h.Seller.ID).ID, d.Attach(t, h.Seller.ID).ID
		answer := messaging.SendCommand{Conversation: h.talk, ClientID: "a", Attachments: []chat.AttachmentID{sent}}
		if _, err := h.Send(t.Context(), h.Seller.ID, answer); err != nil {
			t.Fatal(err)
		}
		_, unknown := h.send(t, "c", "", "krhs2yxbcr6ewznm7p4zkqvd3a")
		for name, id := range map[string]chat.AttachmentID{"somebody else's": others, "somebody else's, sent": sent, "no id at all": "../x"} {
			if _, err := h.send(t, "c", "", id); err == nil || cmp.Diff(unknown, err) != "" {
				t.Errorf("%s is answered with %v, one that never was with %v", name, err, unknown)
			}
		}
		many := slices.Repeat([]chat.AttachmentID{others}, chat.MaxAttached+1)
		if _, err := h.send(t, "c", "", many...); chat.CodeOf(err) != chat.Invalid || !strings.Contains(err.Error(), "At most 10 files") {
			t.Errorf("too many: %v", err)
		}
		rows, err := d.Attachments(t.Context())
		if err != nil || rows[others].Message != 0 || rows[others].Owner != h.Seller.ID {
			t.Errorf("the other's upload is %+v, %v", rows[others], err)
		}
		if want := []string{"ok", "ok", "invalid"}; !slices.Equal(h.outcomes[:3], want) {
			t.Errorf("counted as %q, want %q first", h.outcomes, want)
		}
	})
}

// TestTwoMessagesRaceForAnAttachment sends one upload to two conversations at once.
func TestTwoMessagesRaceForAnAttachment(t *testing.T) {
	each(t, func(t *testing.T, h *house, d *testkit.Database) {
		h.Listing.Slug = "another-thing"
		if err := h.db.Update(t.Context(), func(tx *store.Tx) (err error) {
			h.Listing.ID, err = tx.InsertListing(t.Context(), h.Listing)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		talks := []chat.ConversationID{h.talk, h.Converse(t, h.db).ID}
		quietly := messaging.New(h.db, quiet{}, quiet{}, &messaging.Limits{}, chat.DefaultMedia(), nil, time.Now)
		for i := range 20 {
			id := d.Attach(t, h.Buyer.ID).ID
			errs := make([]error, len(talks))
			var wg sync.WaitGroup
			for at, talk := range talks {
				wg.Go(func() {
					_, errs[at] = quietly.Send(t.Context(), h.Buyer.ID, messaging.SendCommand{
						Conversation: talk, ClientID: fmt.Sprint("r", i), Attachments: []chat.AttachmentID{id},
					})
				})
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || chat.CodeOf(errs[0])+chat.CodeOf(errs[1]) != chat.Invalid {
				t.Fatalf("both were answered with %v", errs)
			}
		}
	})
}

func TestWhoDeletesForThemselvesSeesNoAttachments(t *testing.T) {
	each(t, func(t *testing.T, h *house, d *testkit.Database) {
		a := d.Attach(t, h.Buyer.ID)
		sent, err := h.send(t, "c", "", a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Hide(t.Context(), sent.Message, h.Seller.ID, true)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[chat.UserID]int{h.Buyer.ID: 1, h.Seller.ID: 0} {
			c, err := h.db.Conversation(t.Context(), h.talk, who)
			if err != nil {
				t.Fatal(err)
			}
			events, err := h.db.As(who).EventsAfter(t.Context(), c, 0, 10)
			if err != nil || len(events) != 1 || len(events[0].Message.Attachments) != want || events[0].Message.Hidden != (want == 0) {
				t.Errorf("the replay of %d: %+v, %v, want %d attachments", who, events, err, want)
			}
			page, err := h.Messages(t.Context(), who, messaging.MessagesQuery{Conversation: h.talk})
			if err != nil || len(page.Messages) != want {
				t.Errorf("the page of %d: %+v, %v", who, page, err)
			}
		}
		rows, err := d.Attachments(t.Context())
		if err != nil || !rows[a.ID].Expires.IsZero() {
			t.Errorf("what one has deleted for oneself is %+v, %v, want it kept for the other", rows[a.ID], err)
		}
	})
}

// A message costs the same with attachments and without, and trying what is refused costs, too.
func TestAttachmentsTakeOfTheSameRate(t *testing.T) {
	d := testkit.SQLite(t)
	now := time.Now()
	h := newHouse(t, d, chat.DefaultMedia(), &messaging.Limits{Send: limit.New(time.Hour, 3, func() time.Time { return now })})
	if _, err := h.send(t, "1", "Look", d.Attach(t, h.Buyer.ID).ID); err != nil {
		t.Fatal(err)
	}
	for i, want := range []chat.Code{chat.Invalid, chat.Invalid, chat.RateLimited} {
		if _, err := h.send(t, fmt.Sprint("x", i), "", "krhs2yxbcr6ewznm7p4zkqvd3a"); chat.CodeOf(err) != want {
			t.Errorf("try %d: %v, want %q", i, err, want)
		}
	}
	if sent, err := h.send(t, "1", "Look", "krhs2yxbcr6ewznm7p4zkqvd3a"); chat.CodeOf(err) != chat.Conflict {
		t.Errorf("another one under a known name: %+v, %v, want conflict", sent, err)
	}
}
