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
	Bytes         int // of a message as JSON
	Dialect       Dialect
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

	Sent       int64   `json:"-"` // all, also while it warmed up
	Acks       int64   `json:"acks"`
	PerSecond  float64 `json:"acks_per_second"`
	Deliveries int64   `json:"deliveries"` // to every line of both people
	Refused    int64   `json:"refused"`
	Unanswered int64   `json:"unanswered"` // sent, and neither acknowledged nor refused at the end
	Ack        Latency `json:"ack"`
	Delivery   Latency `json:"delivery"`                 // to the other person
	CPU        float64 `json:"cpu_s_per_1000,omitempty"` // processor seconds of the given processes per 1,000 messages
	Resident   float64 `json:"resident_mib,omitempty"`   // of the given processes, at the end
	LoadCPU    float64 `json:"load_cpu_s_per_1000"`      // of the load itself: what it takes, the server does not get
}

// talker is one line of one person in one conversation.
type talker struct {
	*line
	talk *talk
	side int // 0 for the first of its two people
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

	sent, acks, refused, deliveries atomic.Int64
	fault                           chan error
}

// Talk opens the lines of Conversations and sends messages. The two people of a conversation are at
// different nodes where there are several.
func Talk(ctx context.Context, nodes []*url.URL, people []person, t Talking) (Talked, error) {
	if len(people) < 2*t.Conversations {
		return Talked{}, fmt.Errorf("%d conversations need %d sessions, and there are %d", t.Conversations, 2*t.Conversations, len(people))
	}
	talks, err := newSite(nodes[0], t.Dialect).talks(ctx, people, t.Conversations)
	if err != nil {
		return Talked{}, err
	}
	l := &load{Talking: t, run: "x" + strings.ToLower(rand.Text()[:8]), fault: make(chan error, 1)}
	l.until.Store(int64(1<<63 - 1))
	defer l.close()
	if err := l.open(ctx, nodes, talks); err != nil {
		return Talked{}, err
	}
	return l.measure(ctx)
}

// open opens all lines, and waits for what each is greeted by.
func (l *load) open(ctx context.Context, nodes []*url.URL, talks []talk) error {
	l.lines = make([][2][]*talker, len(talks))
	for i := range talks {
		for side := range 2 {
			for range l.Devices {
				conn, err := dial(ctx, address{host: nodes[(i+side)%len(nodes)].Host, path: l.Dialect.path(&talks[i]), cookie: cookie(talks[i].people[side])})
				if err != nil {
					return err
				}
				l.lines[i][side] = append(l.lines[i][side], &talker{line: conn, talk: &talks[i], side: side})
				if err := conn.texts(l.Dialect.first(&talks[i], side)); err != nil {
					return err
				}
			}
		}
	}
	var greeted sync.WaitGroup
	for i := range l.lines {
		for side := range 2 {
			for _, one := range l.lines[i][side] {
				greeted.Add(1)
				go l.listen(one, greeted.Done)
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
func (l *load) listen(t *talker, welcome func()) {
	if !l.Dialect.greets() {
		welcome()
	}
	hear := func(frame []byte) error {
		if l.Dialect == Original {
			return l.heard(t, frame)
		}
		switch l.Dialect.sortOf(frame) {
		case greeted:
			welcome()
		case again:
			time.Sleep(20 * time.Millisecond)
			return t.texts(l.Dialect.first(t.talk, t.side)[2:])
		case acked:
			return l.acked(t, frame)
		case delivered:
			l.delivered(t.side, frame)
		case refused:
			return l.refusedOne(t, frame)
		}
		return nil
	}
	err := t.read(func(came []byte) error { return l.Dialect.each(came, t.text, hear) })
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

// delivered notes what has come to the person who did not write it.
func (l *load) delivered(side int, frame []byte) {
	n, ok := parseName(frame, l.run)
	if !ok {
		return
	}
	if !l.counts(n) {
		return
	}
	l.deliveries.Add(1)
	if sideOf(n.slot) != side {
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
func (l *load) heard(t *talker, frame []byte) error {
	n, ok := parseName(frame, l.run)
	switch {
	case !ok:
		return nil
	case t == l.talkerOf(n.slot):
		l.delivered(t.side, frame)
		return l.acked(t, frame)
	default:
		l.delivered(t.side, frame)
		return nil
	}
}

// sideOf is who writes the messages of a slot: the two people of a conversation have one after the other.
func sideOf(slot int) int { return slot % 2 }

// talkerOf is the line by which the messages of a slot leave.
func (l *load) talkerOf(slot int) *talker {
	return l.lines[slot/2%len(l.lines)][sideOf(slot)][0]
}

func (l *load) send(t *talker, n name) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	*buffer = l.Dialect.send((*buffer)[:0], t.talk, t.side, n, l.run, l.Bytes)
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
	own := ownCPU()
	counted := time.Now()
	acksBefore := l.acks.Load()
	if err == nil && usageErr == nil {
		err = l.wait(ctx, l.Duration)
	}
	l.until.Store(int64(time.Since(l.began)))
	acks, took := l.acks.Load()-acksBefore, time.Since(counted)
	own = ownCPU() - own
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
		Sent: l.sent.Load(), Acks: acks, PerSecond: float64(acks) / took.Seconds(), Deliveries: l.deliveries.Load(), Refused: l.refused.Load(),
		Unanswered: l.sent.Load() - l.acks.Load() - l.refused.Load(), Ack: l.ack.told(), Delivery: l.deliver.told(),
		LoadCPU: own.Seconds() / float64(max(acks, 1)) * 1000,
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
			nap(min(ahead, 100*time.Millisecond)) // a signal ends it too soon; then it is looked once more
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
