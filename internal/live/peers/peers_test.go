package peers

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/limit"
	"swapnest/internal/live/bus"
)

// peer is a node with buckets of 8 tokens.
type peer struct {
	*Peers
	sends *limit.Keyed
	woken atomic.Int64
	fed   atomic.Int64
	asked atomic.Int64 // to send
	got   []bus.Topic  // what its hub received
}

func join(t *testing.T, memory *bus.Memory) *peer {
	t.Helper()
	p := &peer{}
	shared := limit.NewSharing()
	p.sends = shared.New("send", time.Hour, 8, time.Now)
	p.Peers = New(shared, func() { p.woken.Add(1) }, func() { p.fed.Add(1) }, func() { p.asked.Add(1) }, slog.New(slog.DiscardHandler))
	p.Join(memory.Join)(func(to bus.Topic, _ bus.Message) { p.got = append(p.got, to) })
	p.Start()
	t.Cleanup(p.Stop)
	synctest.Wait()
	return p
}

func TestWhatOneNodeTakesTheOthersOwe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(bus.Memory)
		one, two := join(t, memory), join(t, memory)
		for range 8 {
			if err := one.sends.Take("ada", "Too many."); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * every)
		synctest.Wait()
		if err := two.sends.Take("ada", "Too many."); err == nil {
			t.Error("the other node lets through more")
		}
		if err := two.sends.Take("bob", "Too many."); err != nil {
			t.Error(err)
		}
		if len(one.got)+len(two.got) > 0 {
			t.Errorf("the hubs got %v %v, which is not for them", one.got, two.got)
		}
	})
}

func TestAWriteWakesTheFollowersOfOtherNodesAFewTimesASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(bus.Memory)
		one, two := join(t, memory), join(t, memory)
		time.Sleep(time.Second)
		if two.woken.Load() != 0 {
			t.Error("woken for nothing")
		}
		for range 1000 {
			one.Wake()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(2 * every)
		synctest.Wait()
		if n := two.woken.Load(); n < 9 || n > 12 {
			t.Errorf("woken %d times in a second, want about 10", n)
		}
		if n := one.woken.Load(); n != 0 {
			t.Errorf("it wakes itself %d times", n)
		}
	})
}

func TestAChangedListingIsToldToOtherNodesApartFromMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(bus.Memory)
		one, two := join(t, memory), join(t, memory)
		for range 3 {
			one.Fed()
		}
		time.Sleep(2 * every)
		synctest.Wait()
		if one.fed.Load() != 0 || two.fed.Load() != 1 || two.woken.Load() != 0 {
			t.Errorf("fed %d and %d times, woken %d times, want the other one fed once", one.fed.Load(), two.fed.Load(), two.woken.Load())
		}
	})
}

func TestWhatIsToBeSentIsToldToOtherNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(bus.Memory)
		one, two := join(t, memory), join(t, memory)
		for range 3 {
			one.Due()
		}
		time.Sleep(2 * every)
		synctest.Wait()
		if one.asked.Load() != 0 || two.asked.Load() != 1 || two.woken.Load() != 0 {
			t.Errorf("asked %d and %d times, woken %d times, want the other one asked once", one.asked.Load(), two.asked.Load(), two.woken.Load())
		}
	})
}

func TestManyKeysGoOutInNotesOfABoundedSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(bus.Memory)
		var sizes []int
		listener := memory.Join(func(_ bus.Topic, m bus.Message) { sizes = append(sizes, len(m.Frame)) })
		if err := listener.Subscribe(t.Context(), topic); err != nil {
			t.Fatal(err)
		}
		one := join(t, memory)
		for i := range 1200 {
			for range 2 {
				if err := one.sends.Take(time.Duration(i).String(), "Too many."); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(2 * every)
		synctest.Wait()
		if len(sizes) != 3 {
			t.Fatalf("notes of %v bytes, want three", sizes)
		}
		for _, size := range sizes {
			if size > longest {
				t.Errorf("a note of %d bytes", size)
			}
		}
	})
}

func FuzzParseNote(f *testing.F) {
	f.Add([]byte(`{"node":"A","wake":true,"taken":[{"set":"send","key":"17","tokens":5}]}`))
	f.Add([]byte(`{"node":""}`))
	f.Add([]byte(`[1`))
	f.Add([]byte(`{"node":"A","taken":[` + strings.Repeat(`{},`, atOnce) + `{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := parseNote(data)
		if err != nil {
			return
		}
		if n.Node == "" || len(n.Taken) > atOnce {
			t.Errorf("read %+v", n)
		}
		limits := limit.NewSharing()
		k := limits.New("send", time.Hour, 8, time.Now)
		limits.Heard(n.Taken)
		if err := k.Take("nobody would name this key", "Too many."); err != nil && !strings.Contains(string(data), "nobody") {
			t.Error(err)
		}
		again, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseNote(again); err != nil && len(again) <= longest {
			t.Errorf("%s is none any more", again)
		}
	})
}

// Bug: a note that was too large was dropped with all that it told, without a word.
func TestANoteThatIsTooLargeIsSaidInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := new(bus.Memory)
		one, two := join(t, memory), join(t, memory)
		largest := 0
		memory.Join(func(_ bus.Topic, m bus.Message) { largest = max(largest, len(m.Frame)) })
		key := func(i int) string { return fmt.Sprintf("%03d%s", i, strings.Repeat("<", 400)) } // of which JSON makes six times as much
		said := note{Node: one.node, Wake: true}
		for i := range atOnce {
			said.Taken = append(said.Taken, limit.Taken{Set: "send", Key: key(i), Tokens: 8})
		}
		said.Taken[0].Key = strings.Repeat("x", longest)
		one.say(t.Context(), said)
		synctest.Wait()
		for i := range atOnce {
			if err := two.sends.Take(key(i), "Too many."); (err == nil) != (i == 0) {
				t.Fatalf("key %d of %d: got %v, want all but the one that is too large to be told", i, atOnce, err)
			}
		}
		if n := two.woken.Load(); n != 1 {
			t.Errorf("woken %d times, want once", n)
		}
		if largest > longest {
			t.Errorf("a part has %d bytes, want at most %d", largest, longest)
		}
	})
}

// The keys of rate limits are short, so that a full note fits however they are written.
func TestAFullNoteOfShortKeysFits(t *testing.T) {
	for _, length := range []int{125, 1000} {
		shared := limit.NewSharing()
		k := shared.New("conversation", time.Hour, 1, time.Now)
		for i := range atOnce {
			if err := k.Take(fmt.Sprintf("%03d%s", i, strings.Repeat("<", length)), "Too many."); err != nil {
				t.Fatal(err)
			}
		}
		told := shared.News(atOnce)
		data, err := json.Marshal(note{Node: "n", Taken: told})
		if err != nil || len(data) > longest || len(told) != atOnce {
			t.Errorf("of %d keys of %d bytes it has %d bytes of %d (%v)", len(told), length, len(data), longest, err)
		}
	}
}
