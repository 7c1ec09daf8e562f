package socket_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/testkit/apptest"
)

// TestReactionsReachAllDevices shows contract 3, 4 and 12 for reactions.
func TestReactionsReachAllDevices(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		phone, laptop, seller := w.all(w.buyer), w.one(w.buyer, nil), w.one(w.seller, nil)
		for _, s := range []*apptest.Socket{phone, laptop, seller} {
			s.Wait("hello")
		}
		laptop.Send(`{"type":"send","client_id":"c1","message":"Sold?"}`)
		sent := laptop.Wait("ack")
		synctest.Wait()
		for _, s := range []*apptest.Socket{phone, laptop, seller} {
			s.Rest()
		}
		// A day later: there is no limit of time.
		time.Sleep(24 * time.Hour)
		phone, laptop, seller = w.all(w.buyer), w.one(w.buyer, nil), w.one(w.seller, nil)
		for _, s := range []*apptest.Socket{phone, laptop, seller} {
			s.Wait("hello")
		}
		synctest.Wait()
		for i, step := range []struct {
			from  *apptest.Socket
			frame string
			want  string // what all are told
		}{
			{seller, `{"type":"react","conversation_id":%d,"message_id":%.0f,"client_id":"r1","emoji":"❤","on":true}`, fmt.Sprintf("[map[count:1 emoji:❤️ user_ids:[%d]]]", w.seller.User.ID)},
			{phone, `{"type":"react","conversation_id":%d,"message_id":%.0f,"client_id":"r1","emoji":"❤️","on":true}`, fmt.Sprintf("[map[count:2 emoji:❤️ user_ids:[%d %d]]]", w.seller.User.ID, w.buyer.User.ID)},
			{seller, `{"type":"react","conversation_id":%d,"message_id":%.0f,"client_id":"r2","emoji":"❤️","on":false}`, fmt.Sprintf("[map[count:1 emoji:❤️ user_ids:[%d]]]", w.buyer.User.ID)},
			{phone, `{"type":"react","conversation_id":%d,"message_id":%.0f,"client_id":"r2","emoji":"❤","on":false}`, "<nil>"},
		} {
			for _, s := range []*apptest.Socket{phone, laptop, seller} {
				s.Rest()
			}
			say := fmt.Sprintf(step.frame, w.conversation, sent["message_id"])
			seq := float64(3 + i)
			step.from.Send("%s", say)
			ack := step.from.Wait("ack")
			if ack["seq"] != seq || ack["duplicate"] != false || ack["message_id"] != sent["message_id"] {
				t.Errorf("%d: acknowledged by %v", i, ack)
			}
			synctest.Wait()
			rest := laptop.Rest()
			if len(rest) != 1 {
				t.Fatalf("%d: the laptop got %v", i, rest)
			}
			f := rest[0]
			if f.Type() != "reaction" || f["seq"] != seq || f["message_seq"] != 2.0 || f["at"] != ack["timestamp"] || f["message"] != "Sold?" ||
				fmt.Sprint(f["reactions"]) != step.want {
				t.Errorf("%d: the laptop got %v, want %s", i, f, step.want)
			}
			// Once more it is known, and nobody hears of it.
			step.from.Rest()
			step.from.Send("%s", say)
			if again := step.from.Wait("ack"); again["duplicate"] != true || again["seq"] != seq {
				t.Errorf("%d again: %v", i, again)
			}
			synctest.Wait()
			if rest := laptop.Rest(); len(rest) != 0 {
				t.Errorf("%d: a retry was announced: %v", i, rest)
			}
		}
		for name, c := range map[string]struct{ frame, code, field string }{
			"a word":                               {`{"type":"react","message_id":%.0f,"client_id":"r9","emoji":"ok","on":true}`, "invalid", "emoji"},
			"two emoji":                            {`{"type":"react","message_id":%.0f,"client_id":"r9","emoji":"👍👍","on":true}`, "invalid", "emoji"},
			"taken back under the name of putting": {`{"type":"react","message_id":%.0f,"client_id":"r1","emoji":"❤️","on":false}`, "conflict", ""},
			"another name":                         {`{"type":"react","message_id":%.0f,"client_id":"r1","emoji":"👍","on":true}`, "conflict", ""},
		} {
			seller.Send(c.frame, sent["message_id"])
			if e := seller.Wait("error"); e["code"] != c.code || e["retryable"] != false || (c.field != "" && e["field"] != c.field) {
				t.Errorf("%s: %v", name, e)
			}
		}
	})
}

func TestAReactionNeedsNoName(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		s.Send(`{"type":"react","message_id":1,"emoji":"👍","on":true}`)
		if f := s.Wait("ack"); f["client_id"] == "" || f["duplicate"] != false {
			t.Errorf("without a name: %v", f)
		}
		s.Send(`{"type":"react","message_id":1,"emoji":"👍","on":true}`)
		if f := s.Wait("ack"); f["duplicate"] != true || f["seq"] != 1.0 {
			t.Errorf("with nothing to do: %v", f)
		}
	})
}
