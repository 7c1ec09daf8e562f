package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// How fast a seller usually answers stands where somebody decides whether to ask, and where they
// wait for the answer; not where the seller looks at a buyer.
func TestHowFastASellerAnswersIsShown(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		h := newTheater(t, d)
		c := h.stage(t)
		pages := []string{c.fill("/product/{slug}/", true), c.fill("/accounts/profile/{seller}/", true), c.fill("/chat/conversation/{conversation}/", true)}
		const usually = "usually answers in 9 min"
		see := func(p person, want string) {
			t.Helper()
			for i, page := range pages {
				body := c.clients[p].Do("GET", page, "").Body
				if got := strings.Contains(body, usually); got != (want[i] == 'x') {
					t.Errorf("%s says to the %s how fast the seller answers: %v", page, p, got)
				}
			}
			got := c.clients[p].Do("GET", c.fill("/api/v1/users/{seller}", true), "").JSON(t)["usual_answer_ms"]
			if known := want[0] == 'x'; known != (got == float64(9*60*1000)) {
				t.Errorf("the API says to the %s %v", p, got)
			}
		}
		see(buyer, "---")
		at := time.Now().Add(-time.Hour)
		for n := range 3 {
			err := h.DB.Update(t.Context(), func(tx *store.Tx) error {
				l, err := tx.Listing(t.Context(), c.listing)
				if err != nil {
					return err
				}
				l.Slug = fmt.Sprintf("%s-%d", l.Slug, n)
				l.ID, err = tx.InsertListing(t.Context(), l)
				if err != nil {
					return err
				}
				talk, err := tx.InsertConversation(t.Context(), chat.Conversation{
					Listing: l.ID, Title: l.Title, BuyerID: h.town.Buyer.ID, SellerID: c.seller.ID, CreatedAt: at, LastAt: at,
				})
				c.conversation = talk.ID
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, who := range []chat.UserID{h.town.Buyer.ID, c.seller.ID} {
				_, err := h.DB.Append(t.Context(), store.Append{
					Conversation: c.conversation, Actor: who, ClientID: fmt.Sprint("habit ", n, i),
					Decide: func(chat.Thread) (chat.Change, error) {
						return chat.Posted("Hello", at.Add(time.Duration(i)*9*time.Minute)), nil
					},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		see(buyer, "xxx")
		see(seller, "xx-")
	})
}
