package hub

import (
	"log/slog"
	"sync"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
)

// line is a session that hands what it is delivered to a queue, as a socket does, and tells when that is written.
type line struct {
	queue   *Queue
	written *sync.WaitGroup
}

func (l *line) Deliver(m bus.Message) { _ = l.queue.Push(m.Frame) }
func (l *line) End(Reason)            {}

// delivery is a conversation of two people with some lines each, and how one more message goes to all of them.
func delivery(tb testing.TB, lines int) (deliver func()) {
	tb.Helper()
	h := New(new(bus.Memory).Join, nil, slog.New(slog.DiscardHandler))
	r := NewRelay(h.Bus(), nil, slog.New(slog.DiscardHandler))
	tb.Cleanup(r.Stop)
	var written sync.WaitGroup
	for i := range 2 * lines {
		l := &line{written: &written}
		l.queue = NewQueue(func(frames [][]byte) error {
			written.Add(-len(frames))
			return nil
		})
		h.Join(tb.Context(), l, chat.User{ID: chat.UserID(1000 + i%2)}, chat.SessionID{byte(i)})
	}
	e := event(1)
	e.BuyerID, e.SellerID = 1000, 1001
	return func() {
		e.Seq++
		written.Add(2 * lines)
		r.Event(e)
		written.Wait()
	}
}

// BenchmarkDeliver takes a committed message to the lines of both people: encodes it once, goes through relay, bus
// and hub, and is written by each line's queue.
func BenchmarkDeliver(b *testing.B) {
	deliver := delivery(b, 3)
	b.ReportAllocs()
	for b.Loop() {
		deliver()
	}
}

// The budget of a delivery to three lines of each person: the frame, the list of whom it is for with their two
// topics, and a goroutine for each line that has nothing else to write.
func TestADeliveryKeepsToItsBudget(t *testing.T) {
	if got := testing.AllocsPerRun(200, delivery(t, 3)); got > 10 {
		t.Errorf("a delivery allocates %.0f times, want 10 at most", got)
	}
}
