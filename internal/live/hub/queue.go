package hub

import (
	"context"
	"errors"
	"sync"
)

// The bounds of a connection's queue. What a replay may fill leaves room for what
// happens meanwhile.
const (
	QueueFrames = 256
	QueueBytes  = 512 << 10
)

// ErrFull says that a peer reads too slowly.
var ErrFull = errors.New("the queue is full")

// Queue holds the frames that wait for one connection. Push never blocks. A
// goroutine writes while there is something to write, and there is none otherwise.
type Queue struct {
	write func(frames [][]byte) error

	mu      sync.Mutex // guards everything below
	frames  [][]byte
	first   [1][]byte // room for one, which is what waits most often; drain's own while it writes
	bytes   int
	late    []byte // found no room, and is written as soon as there is; nil for none
	last    []byte // written after everything else, then no more
	writing bool
	ended   bool          // takes no more frames
	room    chan struct{} // closed when a waiting writer should look again; nil if none waits
	over    bool          // it has ended and nothing is being written
	idle    chan struct{} // closed then; nil while nobody has asked for it
}

// NewQueue returns a queue that hands frames to write, several at a time and
// never at once. After an error of write nothing more is written.
func NewQueue(write func(frames [][]byte) error) *Queue {
	return &Queue{write: write}
}

// Push queues a frame, or returns ErrFull. A frame pushed after the end is lost.
func (q *Queue) Push(frame []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return nil
	}
	if len(q.frames) >= QueueFrames || q.bytes+len(frame) > QueueBytes {
		return ErrFull
	}
	q.add(frame)
	return nil
}

// PushLatest queues a frame of a kind of which only the newest says how things are. When
// there is no room it waits beside the queue, in place of one that waited so before, and
// replaced tells that there was one.
func (q *Queue) PushLatest(frame []byte) (replaced bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false
	}
	// One that waits is never overtaken: whoever makes room takes it along.
	if len(q.frames) < QueueFrames && q.bytes+len(frame) <= QueueBytes && q.late == nil {
		q.add(frame)
		return false
	}
	replaced = q.late != nil
	q.late = frame
	return replaced
}

// PushWait queues a frame once the queue is at most half full: for a replay, which
// can wait for its peer. It returns the error of ctx when that ends first.
func (q *Queue) PushWait(ctx context.Context, frame []byte) error {
	for {
		q.mu.Lock()
		if q.ended || (len(q.frames) < QueueFrames/2 && q.bytes < QueueBytes/2) {
			if !q.ended {
				q.add(frame)
			}
			q.mu.Unlock()
			return nil
		}
		if q.room == nil {
			q.room = make(chan struct{})
		}
		room := q.room
		q.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// add appends and sees that somebody writes. The caller holds mu.
func (q *Queue) add(frame []byte) {
	if q.frames == nil && !q.writing {
		q.frames = q.first[:0]
	}
	q.frames = append(q.frames, frame)
	q.bytes += len(frame)
	if !q.writing {
		q.writing = true
		go q.drain()
	}
}

// End takes no more frames. What waits is still written unless discard is set;
// then last is, unless it is nil. Only the first call counts.
func (q *Queue) End(last []byte, discard bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return
	}
	q.ended = true
	q.last = last
	if discard {
		q.frames, q.bytes, q.late = nil, 0, nil
	}
	q.wake()
	if !q.writing {
		q.writing = true
		go q.drain()
	}
}

// Idle is closed when the queue has ended and the last byte is written or given up.
func (q *Queue) Idle() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.idle == nil {
		q.idle = make(chan struct{})
		if q.over {
			close(q.idle)
		}
	}
	return q.idle
}

// wake lets those who wait for room look again. The caller holds mu.
func (q *Queue) wake() {
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
}

// finished tells those who wait that all is over. The caller holds mu.
func (q *Queue) finished() {
	if q.over {
		return
	}
	q.over = true
	if q.idle != nil {
		close(q.idle)
	}
}

// drain writes until nothing is left.
func (q *Queue) drain() {
	for {
		q.mu.Lock()
		frames := q.frames
		if q.late != nil {
			frames = append(frames, q.late)
		}
		q.frames, q.bytes, q.late = nil, 0, nil
		finished := q.ended
		if finished && q.last != nil {
			frames = append(frames, q.last)
			q.last = nil
		}
		q.wake()
		if len(frames) == 0 {
			q.writing, q.first[0] = false, nil
			if finished {
				q.finished()
			}
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		if q.write(frames) != nil {
			q.mu.Lock()
			q.ended, q.last, q.frames, q.bytes, q.late = true, nil, nil, 0, nil
			q.wake()
			q.mu.Unlock()
		}
	}
}
