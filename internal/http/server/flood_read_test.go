package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// All doors take of one bucket; what was read before takes nothing of it.
func TestWhoMovesTheirCursorWithoutEndWaits(t *testing.T) {
	crowded(t, 1, nil, func(t *testing.T, c *crowd) {
		buyer := c.people[0]
		bySocket(c, buyer, "first")
		for i := range 200 {
			_, err := c.DB.Append(t.Context(), store.Append{
				Conversation: buyer.conversation, Actor: c.seller.who.User.ID, ClientID: fmt.Sprint("s", i),
				Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted("hi", time.Now()), nil },
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		// frame tells whether one was taken: a ping behind it shows that it was not refused.
		frame := func(kind string, seq int) bool {
			buyer.socket.Send(`{"type":%q,"conversation_id":%d,"seq":%d}`, kind, buyer.conversation, seq)
			buyer.socket.Send(`{"type":"ping"}`)
			f := buyer.socket.Wait("pong", "error")
			if f.Type() == "pong" {
				return true
			}
			if f["code"] != "rate_limited" || f["retryable"] != true || f["retry_after_ms"].(float64) <= 0 {
				t.Fatalf("got %v", f)
			}
			buyer.socket.Wait("pong")
			return false
		}
		form := func(seq int) bool {
			body := url.Values{"seq": {fmt.Sprint(seq)}}.Encode()
			return c.asked(buyer, fmt.Sprintf("/chat/mark-read/%d/", buyer.conversation), "application/x-www-form-urlencoded", body, "", http.StatusSeeOther)
		}
		taken := 0
		for seq := 1; seq <= 80; seq++ {
			for range 2 { // of two tabs
				if form(seq) {
					taken++
				}
			}
		}
		expect(t, "of two tabs", taken, 160)
		time.Sleep(time.Minute)
		taken = 0
		for seq := 81; seq <= 200; seq++ {
			ok := false
			switch seq % 3 {
			case 0:
				ok = frame("read", seq)
			case 1:
				ok = frame("delivered", seq)
			default:
				ok = form(seq)
			}
			if ok {
				taken++
			}
		}
		expect(t, "at once, by all doors", taken, 100)
	})
}
