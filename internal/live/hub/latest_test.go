package hub

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
)

// fill leaves a queue without room for one more frame, and returns what waits in it.
func fill(t *testing.T, q *Queue) []string {
	t.Helper()
	var waits []string
	for i := range QueueFrames {
		waits = append(waits, fmt.Sprint(i))
	}
	push(t, q, waits...)
	return waits
}

func TestTheLatestFindsRoomBehindAFullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := newPeer(t)
		busy(t, q)
		want := append([]string{"first"}, fill(t, q)...)
		for i, replaced := range []bool{false, true, true} {
			if got := q.PushLatest(fmt.Appendf(nil, "count %d", i)); got != replaced {
				t.Errorf("count %d has replaced another: %t, want %t", i, got, replaced)
			}
		}
		if q.Push([]byte("hint")) == nil {
			t.Error("a full queue has taken a frame")
		}
		p.open()
		synctest.Wait()
		// Nobody pushes anything more: it comes by itself, and the newest alone.
		check(t, "what was waiting", p.got(), append(want, "count 2"))
		push(t, q, "next")
		if q.PushLatest([]byte("count 3")) {
			t.Error("with room, a count has replaced another")
		}
		synctest.Wait()
		check(t, "what came later", p.got(), append(want, "count 2", "next", "count 3"))
	})
}

func TestWithRoomTheLatestStandsInItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := newPeer(t)
		busy(t, q)
		push(t, q, "a")
		q.PushLatest([]byte("count 1"))
		q.PushLatest([]byte("count 2"))
		push(t, q, "b")
		p.open()
		synctest.Wait()
		check(t, "what was waiting", p.got(), []string{"first", "a", "count 1", "count 2", "b"})
	})
}

func TestTheLatestEndsWithItsQueue(t *testing.T) {
	for name, c := range map[string]struct {
		discard bool
		want    []string // behind what was being written
	}{
		"what waits is written":  {false, append(slices.Repeat([]string{"x"}, QueueFrames), "count", "bye")},
		"what waits is given up": {true, []string{"bye"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, q := newPeer(t)
				busy(t, q)
				push(t, q, slices.Repeat([]string{"x"}, QueueFrames)...)
				q.PushLatest([]byte("count"))
				q.End([]byte("bye"), c.discard)
				q.PushLatest([]byte("too late"))
				p.open()
				synctest.Wait()
				check(t, name, p.got(), append([]string{"first"}, c.want...))
			})
		})
	}
}
