package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/wire"
)

// peer is what a queue writes to. Each write waits for a value of gate, unless that
// is closed.
type peer struct {
	t    *testing.T
	gate chan struct{}

	mu      sync.Mutex // guards everything below
	fail    error
	writing bool
	writes  int
	frames  []string
}

// newPeer returns a peer that reads nothing before open, or a value sent to gate.
func newPeer(t *testing.T) (*peer, *Queue) {
	p := &peer{t: t, gate: make(chan struct{})}
	return p, NewQueue(p.write)
}

func (p *peer) write(frames [][]byte) error {
	p.mu.Lock()
	if p.writing {
		p.t.Error("two writes at once")
	}
	p.writing = true
	p.mu.Unlock()
	<-p.gate
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = false
	p.writes++
	if p.fail != nil {
		return p.fail
	}
	for _, f := range frames {
		p.frames = append(p.frames, string(f))
	}
	return nil
}

// open lets the peer read everything from now on.
func (p *peer) open() { close(p.gate) }

func (p *peer) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.frames)
}

func push(t *testing.T, q *Queue, frames ...string) {
	t.Helper()
	for _, f := range frames {
		if err := q.Push([]byte(f)); err != nil {
			t.Fatalf("push %.20q: %v", f, err)
		}
	}
}

// busy fills the writer's hands: the peer hangs in a write of "first", and the
// queue itself is empty.
func busy(t *testing.T, q *Queue) {
	t.Helper()
	push(t, q, "first")
	synctest.Wait()
}

// isIdle tells whether the queue has ended and everything is written.
func isIdle(q *Queue) bool {
	select {
	case <-q.Idle():
		return true
	default:
		return false
	}
}

func TestFramesAreWrittenInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := newPeer(t)
		busy(t, q)
		want := []string{"first"}
		for i := range QueueFrames {
			want = append(want, fmt.Sprint(i))
			push(t, q, want[len(want)-1])
		}
		p.open()
		synctest.Wait()
		check(t, "what was waiting", p.got(), want)
		if p.writes != 2 {
			t.Errorf("got %d writes, want what waits to be written in one", p.writes)
		}
		for i := range 50 {
			want = append(want, fmt.Sprint("one by one ", i))
			push(t, q, want[len(want)-1])
			synctest.Wait()
		}
		check(t, "what came one by one", p.got(), want)
	})
}

// TestAQueueIsFullAtItsBounds shows contract 11: a connection's queue takes 256 frames or 512 KiB.
func TestAQueueIsFullAtItsBounds(t *testing.T) {
	for name, c := range map[string]struct {
		fits int // so many frames
		size int // of so many bytes
	}{
		"256 frames":             {QueueFrames, 1},
		"256 frames of 2 KiB":    {QueueFrames, QueueBytes / QueueFrames},
		"512 KiB in 8 frames":    {8, QueueBytes / 8},
		"512 KiB in one":         {1, QueueBytes},
		"nothing of over 512 KB": {0, QueueBytes + 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, q := newPeer(t)
				busy(t, q)
				frame := bytes.Repeat([]byte("x"), c.size)
				for i := range c.fits {
					if err := q.Push(frame); err != nil {
						t.Fatalf("frame %d of %d: %v", i+1, c.fits, err)
					}
				}
				if err := q.Push(frame); !errors.Is(err, ErrFull) {
					t.Errorf("one too many: got %v, want ErrFull", err)
				}
				p.open()
				synctest.Wait()
				if got := len(p.got()); got != c.fits+1 {
					t.Errorf("got %d frames, want the %d that were taken", got, c.fits+1)
				}
				push(t, q, "there is room again")
			})
		})
	}
}

// TestPushWaitWaitsUntilTheQueueIsHalfEmpty shows contract 11: a replay leaves room in the queue
// for what happens meanwhile.
func TestPushWaitWaitsUntilTheQueueIsHalfEmpty(t *testing.T) {
	for name, c := range map[string]struct {
		fits, size int
	}{
		"by frames": {QueueFrames / 2, 1},
		"by bytes":  {2, QueueBytes / 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, q := newPeer(t)
				busy(t, q)
				frame := bytes.Repeat([]byte("x"), c.size)
				for range c.fits {
					if err := q.PushWait(t.Context(), frame); err != nil {
						t.Fatal(err)
					}
				}
				done := make(chan error, 2)
				for range 2 {
					go func() { done <- q.PushWait(t.Context(), []byte("waits")) }()
				}
				synctest.Wait()
				if len(done) > 0 {
					t.Error("a replay filled more than half of the queue")
				}
				push(t, q, "meanwhile") // There is room for what cannot wait.
				p.gate <- struct{}{}
				for range 2 {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				p.open()
				synctest.Wait()
				got := p.got()
				check(t, "the end", got[len(got)-3:], []string{"meanwhile", "waits", "waits"})
			})
		})
	}
}

func TestPushWaitGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := newPeer(t)
		busy(t, q)
		for range QueueFrames / 2 {
			push(t, q, "x")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := q.PushWait(ctx, []byte("too late")); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v, want the end of the context after 1s", err, time.Since(began))
		}
		p.open()
		synctest.Wait()
		if slices.Contains(p.got(), "too late") {
			t.Error("the frame was queued all the same")
		}
	})
}

func TestTheEndWakesWhoWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := newPeer(t)
		busy(t, q)
		for range QueueFrames / 2 {
			push(t, q, "x")
		}
		done := make(chan error, 1)
		go func() { done <- q.PushWait(t.Context(), []byte("lost")) }()
		synctest.Wait()
		q.End(nil, false)
		if err := <-done; err != nil {
			t.Errorf("got %v, want a frame after the end to be lost without a word", err)
		}
		p.open()
		<-q.Idle()
		if slices.Contains(p.got(), "lost") {
			t.Error("a frame was queued after the end")
		}
	})
}

func TestTheLastFrameComesAfterTheRest(t *testing.T) {
	for name, c := range map[string]struct {
		last    []byte
		discard bool
		want    []string
	}{
		"after what waits":     {[]byte("bye"), false, []string{"first", "second", "third", "bye"}},
		"no last frame":        {nil, false, []string{"first", "second", "third"}},
		"in place of the rest": {[]byte("bye"), true, []string{"first", "bye"}},
		"nothing more":         {nil, true, []string{"first"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, q := newPeer(t)
				busy(t, q)
				push(t, q, "second", "third")
				q.End(c.last, c.discard)
				q.End([]byte("again"), true)
				push(t, q, "after the end")
				if isIdle(q) {
					t.Error("idle before everything is written")
				}
				p.open()
				<-q.Idle()
				check(t, "written", p.got(), c.want)
				push(t, q, "after everything")
				synctest.Wait()
				check(t, "written in the end", p.got(), c.want)
			})
		})
	}
}

func TestAnIdleQueueEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := newPeer(t)
		p.open()
		push(t, q, "first")
		synctest.Wait()
		if isIdle(q) {
			t.Error("idle without an end")
		}
		q.End([]byte("bye"), false)
		<-q.Idle()
		check(t, "written", p.got(), []string{"first", "bye"})

		_, unused := newPeer(t)
		unused.End(nil, false)
		<-unused.Idle()
	})
}

func TestNothingIsWrittenAfterAnError(t *testing.T) {
	for name, then := range map[string]func(*testing.T, *Queue){
		"waiting frames": func(*testing.T, *Queue) {},
		"a last frame":   func(_ *testing.T, q *Queue) { q.End([]byte("bye"), false) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, q := newPeer(t)
				p.fail = errors.New("the line broke")
				busy(t, q)
				push(t, q, "second")
				then(t, q)
				p.open()
				<-q.Idle()
				push(t, q, "third")
				q.End([]byte("bye"), false)
				if err := q.PushWait(t.Context(), []byte("fourth")); err != nil {
					t.Errorf("got %v, want a frame after the end to be lost without a word", err)
				}
				synctest.Wait()
				if p.writes != 1 {
					t.Errorf("got %d writes, want none after the first, which failed", p.writes)
				}
			})
		})
	}
}

// The bubble ends only when all of its goroutines have: a writer that waited for
// more would be reported as a deadlock.
func TestNoGoroutineIsLeftWhileNothingIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, q := newPeer(t)
		p.open()
		for range 3 {
			push(t, q, "x", "y")
			synctest.Wait()
			if q.writing {
				t.Error("a goroutine waits for more to write")
			}
		}
	})
}

// For the race detector: everything at once, and each pusher's frames in order.
func TestManyPushAtOnce(t *testing.T) {
	const pushers, each = 8, 500
	p, q := newPeer(t)
	p.open()
	var wg sync.WaitGroup
	for i := range pushers {
		wg.Go(func() {
			for n := range each {
				if err := q.PushWait(t.Context(), fmt.Appendf(nil, "%d %d", i, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	q.End([]byte("99 0"), false)
	<-q.Idle()
	next := map[int]int{}
	for _, f := range p.got() {
		var i, n int
		if _, err := fmt.Sscan(f, &i, &n); err != nil {
			t.Fatal(err)
		}
		if n != next[i] {
			t.Fatalf("pusher %d: got %d, want %d", i, n, next[i])
		}
		next[i]++
	}
	if got := len(p.got()); got != pushers*each+1 {
		t.Errorf("got %d frames, want %d", got, pushers*each+1)
	}
}

// reader is a session with a queue whose peer reads at once.
type reader struct{ *Queue }

func (r *reader) Deliver(m bus.Message) { _ = r.Push(m.Frame) } // Full is as good as read here.
func (r *reader) End(Reason)            { r.Queue.End(nil, true) }

// BenchmarkFanout is one event for a person with so many connections, from its
// encoding until the last queue has it.
func BenchmarkFanout(b *testing.B) {
	for _, sessions := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("sessions=%d", sessions), func(b *testing.B) {
			h := New(new(bus.Memory).Join, nil, nil)
			for range sessions {
				r := &reader{NewQueue(func([][]byte) error { return nil })}
				h.Join(b.Context(), r, chat.User{ID: 1}, chat.SessionID{1})
			}
			e := event(2)
			b.ReportAllocs()
			for b.Loop() {
				m := bus.Message{To: []bus.Topic{bus.Person(1), bus.Person(2)}, Conversation: e.Conversation, Seq: e.Seq, Frame: wire.Event(e)}
				if err := h.Bus().Publish(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
