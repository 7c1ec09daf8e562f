package search

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
)

// What a message has attached is found by its names, and what fits there is highlighted nowhere.
func TestAMessageIsFoundByTheNameOfItsFile(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newHouse(t, d)
		change := chat.Posted("The bill, at last", time.Now())
		change.Attachments = []chat.Attachment{
			d.Attach(t, h.Buyer.ID, func(a *chat.Attachment) { a.Name = "Rechnung_März-2026.pdf" }),
			d.Attach(t, h.Buyer.ID, func(a *chat.Attachment) { a.Name, a.Kind = "bill of IMG_2034.jpg", chat.ImageAttachment }),
		}
		bill := h.does(t, h.talk.ID, h.Buyer.ID, 0, change)
		change.Text, change.Attachments = "", []chat.Attachment{d.Attach(t, h.Buyer.ID, func(a *chat.Attachment) { a.Name = "扶手椅.pdf" })}
		h.does(t, h.talk.ID, h.Buyer.ID, 0, change)
		h.index(t)
		h.want(t, "by the text", h.Seller, "last", bill.Text)
		h.want(t, "by a name", h.Seller, "marz rechn", bill.Text)
		h.want(t, "by another name", h.Buyer, "2034", bill.Text)
		h.want(t, "by text and name", h.Buyer, "last jpg", bill.Text)
		h.want(t, "without a text", h.Seller, "手椅", "")
		h.want(t, "by both", h.Buyer, "pdf", "", bill.Text)
		h.want(t, "as a stranger", h.Stranger, "2034")
		for text, want := range map[string][]Range{"rechnung": {}, "bill": {{Start: 4, End: 8}}, "last 2034": {{Start: 13, End: 17}}} {
			page, err := h.Messages(t.Context(), h.Seller.ID, Query{Text: text})
			if err != nil || len(page.Hits) != 1 {
				t.Fatalf("%q: %+v, %v", text, page, err)
			}
			if diff := cmp.Diff(want, append([]Range{}, page.Hits[0].Highlights...)); diff != "" || len(page.Hits[0].Message.Attachments) != 2 {
				t.Errorf("%q in %+v (-want +got):\n%s", text, page.Hits[0].Message, diff)
			}
		}
		h.does(t, h.talk.ID, h.Buyer.ID, bill.ID, chat.Change{Kind: chat.MessageDeleted, At: time.Now()})
		h.index(t)
		h.want(t, "what was deleted", h.Buyer, "2034")
	})
}
