package server_test

import (
	"fmt"
	"net/http"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/testkit"
)

// A file goes all its way: it is uploaded, sent, seen by the other one alone, and gone with its message.
func TestAFileIsUploadedSentSeenAndGoneWithItsMessage(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		started, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "first", Text: "Hi."})
		if err != nil {
			t.Fatal(err)
		}
		messages := fmt.Sprintf("/api/v1/conversations/%d/messages", started.Conversation)
		photo := s.buyer.Upload("a.png", "image/png", picture(t, 40, 30))
		paper := s.buyer.Upload("b.pdf", "application/pdf", []byte("%PDF-1.4 and so on"))
		sees := func(when string, id chat.AttachmentID, buyer, seller int) {
			t.Helper()
			got := [3]int{s.buyer.Do("GET", "/attachments/"+string(id), "").Status, s.seller.Do("GET", "/attachments/"+string(id), "").Status, s.stranger.Do("GET", "/attachments/"+string(id), "").Status}
			if want := [3]int{buyer, seller, 404}; got != want {
				t.Errorf("%s: buyer, seller and stranger got %v, want %v", when, got, want)
			}
		}
		sees("not sent", paper, 200, 404)
		if r := s.seller.Do("POST", messages, fmt.Sprintf(`{"client_id":"m0","attachments":[%q]}`, paper)); r.Status != http.StatusUnprocessableEntity {
			t.Errorf("sent by somebody else: %d %s", r.Status, r.Body)
		}
		sent := s.buyer.Do("POST", messages, fmt.Sprintf(`{"client_id":"m1","message":"Look.","attachments":[%q,%q]}`, photo, paper))
		if sent.Status != http.StatusCreated {
			t.Fatalf("sent: %d %s", sent.Status, sent.Body)
		}
		sees("sent", photo, 200, 200)
		sees("sent", paper, 200, 200)
		sees("the small size", photo+"/thumb", 200, 200)
		if r := s.buyer.Do("DELETE", "/api/v1/uploads/"+string(paper), ""); r.Status != http.StatusConflict {
			t.Errorf("given up when it was sent: %d", r.Status)
		}
		id := sent.JSON(t)["message"].(map[string]any)["message_id"]
		if r := s.buyer.Do("DELETE", fmt.Sprintf("%s/%.0f", messages, id), ""); r.Status != http.StatusOK {
			t.Fatalf("deleted: %d %s", r.Status, r.Body)
		}
		sees("deleted", photo, 404, 404)
		sees("deleted", paper, 404, 404)
	})
}
