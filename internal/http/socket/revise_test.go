package socket_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
	"swapnest/internal/testkit/apptest"
)

// TestAnEditAndADeletionReachAllDevices shows contract 3, 4 and 12 for both.
func TestAnEditAndADeletionReachAllDevices(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		phone, laptop, seller := w.all(w.buyer), w.one(w.buyer, nil), w.one(w.seller, nil)
		for _, s := range []*apptest.Socket{phone, laptop, seller} {
			s.Wait("hello")
		}
		laptop.Send(`{"type":"send","client_id":"c1","message":"at the gte"}`)
		sent := laptop.Wait("ack")
		synctest.Wait()
		for _, s := range []*apptest.Socket{phone, laptop, seller} {
			s.Rest()
		}
		for i, step := range []struct{ frame, kind, text string }{
			{`{"type":"edit","conversation_id":%d,"message_id":%.0f,"client_id":"c1","message":" at the gate "}`, "message_edited", "at the gate"},
			{`{"type":"delete","conversation_id":%d,"message_id":%.0f,"client_id":"d1"}`, "message_deleted", ""},
		} {
			time.Sleep(time.Second)
			say := fmt.Sprintf(step.frame, w.conversation, sent["message_id"])
			seq := float64(3 + i)
			phone.Send("%s", say)
			ack := phone.Wait("ack")
			if ack["seq"] != seq || ack["duplicate"] != false || ack["message_id"] != sent["message_id"] || ack["timestamp"] == sent["timestamp"] {
				t.Errorf("%s: acknowledged by %v", step.kind, ack)
			}
			synctest.Wait()
			for name, s := range map[string]*apptest.Socket{"laptop": laptop, "seller": seller} {
				rest := s.Rest()
				if len(rest) != 1 {
					t.Fatalf("%s: %s got %v", step.kind, name, rest)
				}
				f := rest[0]
				if f.Type() != step.kind || f["seq"] != seq || f["message_seq"] != 2.0 || f["at"] != ack["timestamp"] || f["timestamp"] != sent["timestamp"] ||
					f["message"] != step.text || f["client_id"] != "c1" || f["message_id"] != sent["message_id"] || (f["deleted"] == true) != (step.text == "") {
					t.Errorf("%s: %s got %v", step.kind, name, f)
				}
			}
			phone.Rest()
			phone.Send("%s", say)
			if again := phone.Wait("ack"); again["duplicate"] != true || again["seq"] != seq || again["timestamp"] != ack["timestamp"] {
				t.Errorf("%s again: %v", step.kind, again)
			}
			phone.Send(step.frame[:len(step.frame)-1]+`,"x":1}`, w.conversation, 999999.0)
			if e := phone.Wait("error"); e["code"] != "conflict" && e["code"] != "not_found" {
				t.Errorf("%s of another message under the same name: %v", step.kind, e)
			}
			synctest.Wait()
			if rest := seller.Rest(); len(rest) != 0 {
				t.Errorf("%s: a retry was announced: %v", step.kind, rest)
			}
		}
		seller.Send(`{"type":"delete","message_id":%.0f}`, sent["message_id"])
		if e := seller.Wait("error"); e["code"] != "forbidden" || e["retryable"] != false {
			t.Errorf("by the other person: %v", e)
		}
	})
}

func TestAfterFifteenMinutesAMessageStays(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		s.Send(`{"type":"send","client_id":"c1","message":"hi"}`)
		sent := s.Wait("ack")
		time.Sleep(chat.EditWindow - time.Second)
		s.Send(`{"type":"edit","message_id":%.0f,"message":"hello"}`, sent["message_id"])
		if ack := s.Wait("ack"); ack["client_id"] == "" || ack["duplicate"] != false {
			t.Errorf("without a name: %v", ack)
		}
		time.Sleep(2 * time.Second)
		for _, frame := range []string{`{"type":"edit","message_id":%.0f,"message":"good day","client_id":"e"}`, `{"type":"delete","message_id":%.0f,"client_id":"e"}`} {
			s.Send(frame, sent["message_id"])
			if e := s.Wait("error"); e["code"] != "forbidden" || e["client_id"] != "e" {
				t.Errorf("too late: %v", e)
			}
		}
	})
}

// TestAResumeReplaysEditsInTheirPlace shows contract 13 and 14: an edit is an event like another,
// and a position may be that of one.
func TestAResumeReplaysEditsInTheirPlace(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		s := w.one(w.buyer, nil)
		s.Wait("hello")
		s.Send(`{"type":"send","client_id":"c1","message":"a"}`)
		sent := s.Wait("ack")
		time.Sleep(time.Second)
		s.Send(`{"type":"edit","message_id":%.0f,"message":"b"}`, sent["message_id"])
		edited := s.Wait("message_edited")
		at, err := wire.ParseTime(fmt.Sprint(edited["at"]))
		if err != nil {
			t.Fatal(err)
		}
		w.say(1)
		s.Send(`{"type":"delete","message_id":%.0f}`, sent["message_id"])
		s.Wait("message_deleted")
		began, err := wire.ParseTime(fmt.Sprint(sent["timestamp"]))
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			name     string
			position wire.Position
			want     string
		}{
			{"from the message", wire.Position{After: 2, At: began, Epoch: w.DB.Epoch()}, "hello message_edited 4 message_deleted caught_up"},
			{"from the edit", wire.Position{After: 3, At: at, Epoch: w.DB.Epoch()}, "hello 4 message_deleted caught_up"},
			{"from the edit, with the time of the message", wire.Position{After: 3, At: began}, "hello reset"},
		} {
			line := w.one(w.seller, &test.position)
			synctest.Wait()
			frames := line.Rest()
			if got := seqs(frames); got != test.want {
				t.Errorf("%s: %s, want %s", test.name, got, test.want)
			}
			for _, f := range frames {
				if f["message_id"] == sent["message_id"] && (f["deleted"] != true || f["message"] != "") {
					t.Errorf("%s: a deleted message is replayed as %v", test.name, f)
				}
			}
		}
	})
}

func TestAnEditCostsWhatAMessageDoes(t *testing.T) {
	simulated(t, limited, func(t *testing.T, w *world) {
		s := w.one(w.seller, nil)
		s.Wait("hello")
		s.Send(`{"type":"send","client_id":"c1","message":"hi"}`)
		sent := s.Wait("ack")
		for i := range 19 {
			s.Send(`{"type":"edit","message_id":%.0f,"message":"hi %d","client_id":"e%d"}`, sent["message_id"], i, i)
			if ack := s.Wait("ack"); ack["duplicate"] != false {
				t.Fatalf("edit %d: %v", i, ack)
			}
		}
		s.Send(`{"type":"edit","message_id":%.0f,"message":"too much","client_id":"e20"}`, sent["message_id"])
		if e := s.Wait("error"); e["code"] != "rate_limited" || e["retryable"] != true || e["client_id"] != "e20" {
			t.Errorf("the one and twentieth: %v", e)
		}
		// What was done before is answered at no cost.
		s.Send(`{"type":"edit","message_id":%.0f,"message":"hi 3","client_id":"e3"}`, sent["message_id"])
		if ack := s.Wait("ack"); ack["duplicate"] != true {
			t.Errorf("again: %v", ack)
		}
	})
}
