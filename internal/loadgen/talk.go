package loadgen

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Talking is a load of messages.
type Talking struct {
	Conversations int           // with two people each
	Devices       int           // lines of each person
	InFlight      int           // messages on their way at once, all together; where Rate is 0
	Rate          float64       // messages a second, whatever comes back; 0 is as many as InFlight brings
	Warmup        time.Duration // of which nothing is told
	Duration      time.Duration
	Bytes         int  // of a message as JSON
	Original      bool // speak as the pages of the system before this one do: a line for each conversation, no acknowledgements
	Processes     []int
	Progress      func(Progress) // told once a second; may be nil
}

// Progress is what is going on.
type Progress struct {
	Elapsed, All  time.Duration
	PerSecond     int64 // acknowledgements within the last second
	Acks, Refused int64
	UnderWay      int64 // sent, and not answered yet
	Warming       bool
}

// Talked is what came of it.
type Talked struct {
	Conversations int     `json:"conversations"`
	Devices       int     `json:"devices"`
	InFlight      int     `json:"in_flight,omitempty"`
	Rate          float64 `json:"rate,omitempty"`
	Bytes         int     `json:"bytes"`
	Seconds       float64 `json:"seconds"`

	Acks       int64   `json:"acks"`
	PerSecond  float64 `json:"acks_per_second"`
	Deliveries int64   `json:"deliveries"` // to every line of both people
	Refused    int64   `json:"refused"`
	Unanswered int64   `json:"unanswered"` // sent, and neither acknowledged nor refused at the end
	Ack        Latency `json:"ack"`
	Delivery   Latency `json:"delivery"`                 // to the other person
	CPU        float64 `json:"cpu_s_per_1000,omitempty"` // processor seconds of the given processes per 1,000 messages
	Resident   float64 `json:"resident_mib,omitempty"`   // of the given processes, at the end
}

// talker is one line of one person in one conversation.
type talker struct {
	*line
	talk *talk
}

// load is a run of Talking.
type load struct {
	Talking
	run     string
	began   time.Time
	lines   [][2][]*talker // by conversation, side and device
	from    atomic.Int64   // what was meant to leave at this time or later counts; in nanoseconds after began
	until   atomic.Int64   // and before this one
	over    atomic.Bool
	ack     latencies
	deliver latencies

	sent, acks, refused, deliveries, counted atomic.Int64
	fault                                    chan error
}

// Talk opens the lines of Conversations and sends messages. The two people of a conversation are at
// different nodes where there are several.
func Talk(ctx context.Context, nodes []*url.URL, people []person, t Talking) (Talked, error) {
	if len(people) < 2*t.Conversations {
		return Talked{}, fmt.Errorf("%d conversations need %d sessions, and there are %d", t.Conversations, 2*t.Conversations, len(people))
	}
	s := newSite(nodes[0])
	talks, err := s.talks(ctx, people, t.Conversations)
	if err != nil {
		return Talked{}, err
	}
	l := &load{Talking: t, run: "x" + strings.ToLower(rand.Text()[:8]), fault: make(chan error, 1)}
	l.until.Store(int64(1<<63 - 1))
	if err := l.open(ctx, nodes, talks); err != nil {
		return Talked{}, err
	}
	defer l.close()
	return l.measure(ctx)
}

// open opens all lines, and waits for what each is greeted by.
func (l *load) open(ctx context.Context, nodes []*url.URL, talks []talk) error {
	l.lines = make([][2][]*talker, len(talks))
	for i := range talks {
		for side := range 2 {
			for range l.Devices {
				path := "/ws/"
				if l.Original {
					path = fmt.Sprintf("/ws/chat/%d/", talks[i].id)
				}
				conn, err := dial(ctx, address{host: nodes[side%len(nodes)].Host, path: path, cookie: cookie(talks[i].people[side])})
				if err != nil {
					return err
				}
				l.lines[i][side] = append(l.lines[i][side], &talker{line: conn, talk: &talks[i]})
			}
		}
	}
	var greeted sync.WaitGroup
	for i := range l.lines {
		for side := range 2 {
			for _, one := range l.lines[i][side] {
				greeted.Add(1)
				go l.listen(one, side, greeted.Done)
			}
		}
	}
	there := make(chan struct{})
	go func() {
		greeted.Wait()
		close(there)
	}()
	select {
	case <-there:
		return nil
	case err := <-l.fault:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listen reads a line to its end.
func (l *load) listen(t *talker, side int, welcome func()) {
	if l.Original {
		welcome() // that is said by nothing
	}
	err := t.read(func(frame []byte) error {
		if l.Original {
			return l.heard(t, side, frame)
		}
		switch sortOf(frame) {
		case greeted:
			welcome()
		case acked:
			return l.acked(t, frame)
		case delivered:
			l.delivered(side, frame)
		case refused:
			return l.refusedOne(t, frame)
		}
		return nil
	})
	if l.over.Load() {
		return
	}
	select {
	case l.fault <- fmt.Errorf("a line broke: %w", err):
	default: // one is enough
	}
}

// counts tells whether a message is of the time that is measured.
func (l *load) counts(n name) bool {
	return int64(n.at) >= l.from.Load() && int64(n.at) < l.until.Load()
}

func (l *load) acked(t *talker, frame []byte) error {
	n, ok := parseName(frame, l.run)
	if !ok {
		return nil
	}
	l.acks.Add(1)
	if l.counts(n) {
		l.counted.Add(1)
		l.ack.add(time.Since(l.began) - n.at)
	}
	return l.next(t, n.slot)
}

// next sends the next message of a slot, as soon as the last one was answered.
func (l *load) next(t *talker, slot int) error {
	if l.Rate > 0 || l.over.Load() {
		return nil
	}
	return l.send(t, name{slot: slot, at: time.Since(l.began)})
}

// delivered notes what has come to the person who did not write it. Slots of even number are the
// first person's, the others the second's; see slotOf.
func (l *load) delivered(side int, frame []byte) {
	n, ok := parseName(frame, l.run)
	if !ok {
		return
	}
	if !l.counts(n) {
		return
	}
	l.deliveries.Add(1)
	if n.slot%2 != side {
		l.deliver.add(time.Since(l.began) - n.at)
	}
}

func (l *load) refusedOne(t *talker, frame []byte) error {
	n, ok := parseName(frame, l.run)
	if !ok {
		return fmt.Errorf("the site says %s", frame)
	}
	l.refused.Add(1)
	return l.next(t, n.slot)
}

// heard takes a frame of the system before this one: who has sent a message gets it, too, which is
// the only sign that it was taken.
func (l *load) heard(t *talker, side int, frame []byte) error {
	n, ok := parseName(frame, l.run)
	switch {
	case !ok:
		return nil
	case n.slot%2 == side && t == l.talkerOf(n.slot):
		l.delivered(side, frame)
		return l.acked(t, frame)
	default:
		l.delivered(side, frame)
		return nil
	}
}

// talkerOf is the line by which the messages of a slot leave.
func (l *load) talkerOf(slot int) *talker {
	return l.lines[slot/2%len(l.lines)][slot%2][0]
}

func (l *load) send(t *talker, n name) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	if l.Original {
		*buffer = originalFrame((*buffer)[:0], n, l.run, l.Bytes)
	} else {
		*buffer = sendFrame((*buffer)[:0], t.talk.id, n, l.run, l.Bytes)
	}
	l.sent.Add(1)
	return t.text(*buffer)
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// measure sends for as long as asked, and tells what came of it.
func (l *load) measure(ctx context.Context) (Talked, error) {
	l.began = time.Now()
	l.from.Store(int64(l.Warmup))
	stop := make(chan struct{})
	var sending sync.WaitGroup
	if l.Rate > 0 {
		sending.Go(func() { l.pace(stop) })
	} else {
		for slot := range l.InFlight {
			if err := l.send(l.talkerOf(slot), name{slot: slot, at: time.Since(l.began)}); err != nil {
				return Talked{}, err
			}
		}
	}
	err := l.wait(ctx, l.Warmup)
	before, usageErr := processes(l.Processes).usage()
	counted := time.Now()
	acksBefore := l.acks.Load()
	if err == nil && usageErr == nil {
		err = l.wait(ctx, l.Duration)
	}
	l.until.Store(int64(time.Since(l.began)))
	acks, took := l.acks.Load()-acksBefore, time.Since(counted)
	after, afterErr := processes(l.Processes).usage()
	close(stop)
	sending.Wait()
	l.over.Store(true)
	if err = errors.Join(err, usageErr, afterErr); err != nil {
		return Talked{}, err
	}
	l.drain(ctx)
	out := Talked{
		Conversations: l.Conversations, Devices: l.Devices, InFlight: l.InFlight, Rate: l.Rate, Bytes: l.Bytes, Seconds: took.Seconds(),
		Acks: acks, PerSecond: float64(acks) / took.Seconds(), Deliveries: l.deliveries.Load(), Refused: l.refused.Load(),
		Unanswered: l.sent.Load() - l.acks.Load() - l.refused.Load(), Ack: l.ack.told(), Delivery: l.deliver.told(),
	}
	if l.Rate > 0 {
		out.InFlight = 0
	}
	if len(l.Processes) > 0 {
		out.CPU = (after.cpu - before.cpu).Seconds() / float64(max(acks, 1)) * 1000
		out.Resident = float64(after.resident) / (1 << 20)
	}
	return out, nil
}

// pace sends at Rate, each message at its time or, where that has passed, at once. It sleeps in the
// kernel, on a thread of its own: timers of Go may be a millisecond late where there is little to do.
func (l *load) pace(stop <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	each := float64(time.Second) / l.Rate
	slots := 2 * len(l.lines)
	for i := 0; ; {
		select {
		case <-stop:
			return
		default:
		}
		at := time.Duration(float64(i) * each)
		if ahead := at - time.Since(l.began); ahead > 0 {
			pause := syscall.NsecToTimespec(min(ahead, 100*time.Millisecond).Nanoseconds())
			_ = syscall.Nanosleep(&pause, nil) // a signal ends it too soon; then it is looked once more
			continue
		}
		slot := i % slots
		if err := l.send(l.talkerOf(slot), name{slot: slot, at: at}); err != nil {
			return // its reader tells why
		}
		i++
	}
}

// wait tells of the progress until some time has passed.
func (l *load) wait(ctx context.Context, long time.Duration) error {
	over := time.After(long)
	each := time.NewTicker(time.Second)
	defer each.Stop()
	for last := l.acks.Load(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-l.fault:
			return err
		case <-over:
			return nil
		case <-each.C:
			now := l.acks.Load()
			if l.Progress != nil {
				elapsed := time.Since(l.began)
				l.Progress(Progress{
					Elapsed: elapsed, All: l.Warmup + l.Duration, PerSecond: now - last, Acks: now, Refused: l.refused.Load(),
					UnderWay: l.sent.Load() - now - l.refused.Load(), Warming: elapsed < l.Warmup,
				})
			}
			last = now
		}
	}
}

// drain waits a little for what is still on its way.
func (l *load) drain(ctx context.Context) {
	until := time.Now().Add(2 * time.Second)
	for l.acks.Load()+l.refused.Load() < l.sent.Load() && time.Now().Before(until) && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
}

func (l *load) close() {
	l.over.Store(true)
	for _, both := range l.lines {
		for _, side := range both {
			for _, t := range side {
				t.close()
			}
		}
	}
}
