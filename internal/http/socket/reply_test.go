package socket_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/testkit/apptest"
)

// TestAnAnswerIsSeenWithWhatItAnswers shows contract 3, 4 and 12 for a message that answers one.
func TestAnAnswerIsSeenWithWhatItAnswers(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		buyer, seller := w.all(w.buyer), w.one(w.seller, nil)
		buyer.Wait("hello")
		seller.Wait("hello")
		buyer.Send(`{"type":"send","conversation_id":%d,"client_id":"q","message":"At six?"}`, w.conversation)
		asked := buyer.Wait("ack")
		synctest.Wait()
		seller.Rest()
		buyer.Rest()
		// The frame of the system before this one may have it, too.
		seller.Send(`{"message":"At seven","client_id":"a","reply_to":%.0f}`, asked["message_id"])
		if ack := seller.Wait("ack"); ack["duplicate"] != false {
			t.Fatalf("acknowledged by %v", ack)
		}
		quote := map[string]any{
			"message_id": asked["message_id"], "seq": asked["seq"], "sender_id": float64(w.buyer.User.ID), "sender_name": w.buyer.User.Name, "message": "At six?",
		}
		if diff := cmp.Diff(any(quote), buyer.Wait("message")["reply_to"]); diff != "" {
			t.Errorf("the quote (-want +got):\n%s", diff)
		}
		seller.Send(`{"type":"send","client_id":"a","message":"At seven","reply_to":%.0f}`, asked["message_id"])
		if ack := seller.Wait("ack"); ack["duplicate"] != true {
			t.Errorf("the same once more: %v", ack)
		}
		for frame, want := range map[string][2]any{
			`{"type":"send","client_id":"a","message":"At seven"}`:                  {"conflict", nil},
			`{"type":"send","client_id":"b","message":"hm","reply_to":999999}`:      {"invalid", "reply_to"},
			`{"type":"send","client_id":"b","message":"hm","reply_to":-1}`:          {"bad_frame", "reply_to"},
			`{"type":"send","client_id":"b","message":"hm","reply_to":"the first"}`: {"bad_frame", nil},
		} {
			seller.Send("%s", frame)
			if e := seller.Wait("error"); e["code"] != want[0] || e["field"] != want[1] || e["retryable"] != false {
				t.Errorf("%s: %v, want %v", frame, e, want)
			}
		}
		buyer.Send(`{"type":"delete","conversation_id":%d,"message_id":%.0f}`, w.conversation, asked["message_id"])
		buyer.Wait("ack")
		time.Sleep(time.Second)
		seller.Send(`{"type":"send","client_id":"c","message":"hm","reply_to":%.0f}`, asked["message_id"])
		if e := seller.Wait("error"); e["code"] != "invalid" || e["field"] != "reply_to" || e["client_id"] != "c" {
			t.Errorf("answering what was deleted: %v", e)
		}
		seller.Send(`{"type":"send","client_id":"c","message":"hm"}`)
		if ack := seller.Wait("ack"); ack["duplicate"] != false {
			t.Errorf("the same without the quote: %v", ack)
		}
		// Whoever reads from the beginning finds the quote as it is now.
		late := w.all(w.buyer)
		late.Wait("hello")
		late.Send(`{"type":"open","conversation_id":%d,"after":0}`, w.conversation)
		var found []apptest.Frame
		for len(found) == 0 {
			if f := late.Wait("message"); f["client_id"] == "a" {
				found = append(found, f)
			}
		}
		quote["message"], quote["deleted"] = "", true
		if diff := cmp.Diff(any(quote), found[0]["reply_to"]); diff != "" {
			t.Errorf("the quote of what was deleted (-want +got):\n%s", diff)
		}
	})
}
