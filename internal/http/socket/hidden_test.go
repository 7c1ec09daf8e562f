package socket_test

import (
	"testing"
	"testing/synctest"

	"swapnest/internal/live/wire"
	"swapnest/internal/testkit/apptest"
)

// TestWhatOneDeletesForOneselfIsToldToOnesOwnDevices shows that the other person learns nothing,
// and that a replay goes on without a gap (contract 12) and says nothing of what is hidden.
func TestWhatOneDeletesForOneselfIsToldToOnesOwnDevices(t *testing.T) {
	simulated(t, nil, func(t *testing.T, w *world) {
		w.say(2) // 2 and 3
		page, err := w.DB.MessagesAfter(t.Context(), w.conversation, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		phone, laptop, seller, everything := w.all(w.buyer), w.one(w.buyer, nil), w.one(w.seller, nil), w.all(w.seller)
		mine, theirs := []*apptest.Socket{phone, laptop}, []*apptest.Socket{seller, everything}
		for _, s := range append(mine, theirs...) {
			s.Wait("hello")
		}
		synctest.Wait()
		rest := func(sockets []*apptest.Socket) (all [][]apptest.Frame) {
			synctest.Wait()
			for _, s := range sockets {
				all = append(all, s.Rest())
			}
			return all
		}
		rest(append(mine, theirs...))
		for _, hide := range []bool{true, false, true} {
			if _, err := w.Inbox.Hide(t.Context(), w.buyer.User.ID, w.conversation, page[1].ID, hide); err != nil {
				t.Fatal(err)
			}
			all := rest(mine)
			if len(all[0]) != 2 || len(all[1]) != 1 || all[0][1].Type() != "conversation" {
				t.Fatalf("hidden %t: got %v", hide, all)
			}
			for i, frames := range all {
				f := frames[0]
				_, whole := f["message"]
				if f.Type() != "hidden" || f["hidden"] != hide || f["message_id"] != float64(page[1].ID) || whole == hide {
					t.Errorf("hidden %t: device %d got %v", hide, i, f)
				}
			}
		}
		replayed := func(who *apptest.Socket, want string) {
			t.Helper()
			synctest.Wait()
			got := ""
			for _, f := range who.Rest() {
				if f.Type() == "message" {
					got += map[bool]string{true: "-", false: "+"}[f["hidden"] == true && f["message"] == ""]
				}
			}
			if got != want {
				t.Errorf("replayed %s, want %s", got, want)
			}
		}
		start := wire.Position{After: 0, Epoch: w.DB.Epoch()}
		replayed(w.one(w.buyer, &start), "+-+")
		replayed(w.one(w.seller, &start), "+++")
		if err := w.Inbox.Delete(t.Context(), w.buyer.User.ID, w.conversation); err != nil {
			t.Fatal(err)
		}
		replayed(w.one(w.buyer, &start), "---")
		all := rest(mine)
		if len(all[0]) != 1 || len(all[1]) != 0 {
			t.Fatalf("deleted: got %v", all)
		}
		if c, ok := all[0][0]["conversation"].(map[string]any); !ok || c["cleared"] != true || c["cleared_seq"] != 3.0 || c["last_message"] != nil {
			t.Errorf("deleted: got %v", all[0][0])
		}
		for i, frames := range rest(theirs) {
			if len(frames) != 0 {
				t.Errorf("the other person's socket %d got %v", i, frames)
			}
		}
	})
}
