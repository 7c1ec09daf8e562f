// Package bustest is what every bus must do, as tests. It decides nothing about
// how a bus works, and is imported by tests only.
package bustest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
)

// patience is how long a message may be on its way on a busy machine.
const patience = 20 * time.Second

// Run tests a bus. Each call of join connects one more node to the same bus, until
// the end of the test it is given.
//
// That something does not arrive is known without waiting: what has not come before a later
// message of the same publisher hardly ever will. Only messages to one topic keep their
// order for certain, so no test fails because another topic was quicker.
func Run(t *testing.T, join func(t *testing.T, r bus.Receive) bus.Bus) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, s *suite){
		"everybody who subscribes receives, the publisher too":    subscribers,
		"nobody receives what they have not subscribed to":        strangers,
		"messages of one publisher to a topic keep their order":   order,
		"a message to several topics is received once a topic":    topics,
		"unsubscribing ends it":                                   unsubscribe,
		"subscribing twice is undone by unsubscribing once":       twice,
		"unsubscribing from what was not subscribed is no error":  never,
		"a topic that nobody has is no error":                     nobody,
		"frames arrive byte for byte, with all that is with them": bytewise,
		"a kept frame does not change":                            kept,
		"a new subscription receives what is published from then": fresh,
		"whoever receives may publish an answer":                  answer,
		"all methods may be called at once":                       together,
	} {
		t.Run(name, func(t *testing.T) { test(t, &suite{t: t, join: join}) })
	}
}

// suite is one test's view of the bus.
type suite struct {
	t    *testing.T
	join func(t *testing.T, r bus.Receive) bus.Bus
}

// received is a message as it came.
type received struct {
	to bus.Topic
	bus.Message
}

// node is a connection with everything that came over it.
type node struct {
	bus.Bus
	t    *testing.T
	came chan received
}

func (s *suite) node() *node {
	s.t.Helper()
	n := &node{t: s.t, came: make(chan received, 10_000)}
	n.Bus = s.join(s.t, func(to bus.Topic, m bus.Message) {
		select {
		case n.came <- received{to, m}:
		default:
			s.t.Error("far more arrived than was published")
		}
	})
	return n
}

// topic returns one that no other test has, on a bus that may outlive this one.
func topic() bus.Topic { return bus.Person(chat.UserID(rand.Int64N(1<<62) + 1)) }

func (n *node) subscribe(topics ...bus.Topic) {
	n.t.Helper()
	for _, to := range topics {
		if err := n.Subscribe(n.t.Context(), to); err != nil {
			n.t.Fatalf("subscribe: %v", err)
		}
	}
}

func (n *node) unsubscribe(to bus.Topic) {
	n.t.Helper()
	if err := n.Unsubscribe(n.t.Context(), to); err != nil {
		n.t.Fatalf("unsubscribe: %v", err)
	}
}

func (n *node) publish(frame string, to ...bus.Topic) {
	n.t.Helper()
	if err := n.Publish(n.t.Context(), bus.Message{To: to, Frame: []byte(frame)}); err != nil {
		n.t.Fatalf("publish: %v", err)
	}
}

// next waits for a message.
func (n *node) next() received {
	n.t.Helper()
	select {
	case r := <-n.came:
		return r
	case <-time.After(patience):
		n.t.Fatalf("nothing arrived within %v", patience)
		return received{}
	}
}

// expect waits for exactly these frames, in this order.
func (n *node) expect(to bus.Topic, frames ...string) {
	n.t.Helper()
	for _, want := range frames {
		if got := n.next(); string(got.Frame) != want || got.to != to {
			n.t.Fatalf("got %q to %s, want %q to %s", got.Frame, got.to, want, to)
		}
	}
}

func subscribers(_ *testing.T, s *suite) {
	one, two, to := s.node(), s.node(), topic()
	one.subscribe(to)
	two.subscribe(to)
	one.publish("from one", to)
	one.expect(to, "from one")
	two.expect(to, "from one")
	two.publish("from two", to)
	one.expect(to, "from two")
	two.expect(to, "from two")
}

func strangers(_ *testing.T, s *suite) {
	one, two, mine, theirs := s.node(), s.node(), topic(), topic()
	two.subscribe(mine)
	one.publish("not for two", theirs)
	one.publish("for two", mine)
	two.expect(mine, "for two")
	if len(one.came) > 0 {
		one.t.Errorf("one got %q without asking", (<-one.came).Frame)
	}
}

func order(t *testing.T, s *suite) {
	const many = 1000
	one, two, a, b := s.node(), s.node(), topic(), topic()
	two.subscribe(a, b)
	for i := range many {
		to := a
		if i%3 == 0 {
			to = b
		}
		err := one.Publish(t.Context(), bus.Message{To: []bus.Topic{to}, Conversation: 1, Seq: chat.Seq(i + 1), Frame: fmt.Appendf(nil, "%d", i+1)})
		if err != nil {
			t.Fatal(err)
		}
	}
	last := make(map[bus.Topic]chat.Seq)
	for range many {
		got := two.next()
		if got.Seq <= last[got.to] {
			t.Fatalf("got %d to %s behind %d", got.Seq, got.to, last[got.to])
		}
		last[got.to] = got.Seq
	}
}

func topics(t *testing.T, s *suite) {
	one, two, a, b, c, end := s.node(), s.node(), topic(), topic(), topic(), topic()
	two.subscribe(a, b, end)
	one.publish("both", a, b, c)
	var got []bus.Topic
	for range 2 {
		r := two.next()
		if !slices.Contains(r.To, r.to) {
			t.Errorf("came to %s with the addressees %v", r.to, r.To)
		}
		got = append(got, r.to)
	}
	one.publish("end", end)
	two.expect(end, "end")
	want := []bus.Topic{a, b}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got it to %v, want once to each of %v", got, want)
	}
}

func unsubscribe(_ *testing.T, s *suite) {
	one, two, gone, stays := s.node(), s.node(), topic(), topic()
	two.subscribe(gone, stays)
	one.subscribe(gone)
	one.publish("before", gone)
	two.expect(gone, "before")
	two.unsubscribe(gone)
	one.publish("after", gone)
	one.publish("end", stays)
	two.expect(stays, "end")
	one.expect(gone, "before", "after")
}

func twice(_ *testing.T, s *suite) {
	one, two, to, stays := s.node(), s.node(), topic(), topic()
	two.subscribe(to, stays, to)
	one.publish("once", to)
	two.expect(to, "once")
	one.publish("end", stays)
	two.expect(stays, "end")
	two.unsubscribe(to)
	one.publish("after", to)
	one.publish("end", stays)
	two.expect(stays, "end")
}

func never(_ *testing.T, s *suite) {
	one, to := s.node(), topic()
	one.unsubscribe(to)
	one.subscribe(to)
	one.publish("still", to)
	one.expect(to, "still")
}

func nobody(_ *testing.T, s *suite) {
	s.node().publish("into the dark", topic())
}

func bytewise(t *testing.T, s *suite) {
	one, two, to := s.node(), s.node(), topic()
	two.subscribe(to)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for name, want := range map[string]bus.Message{
		"every byte":               {Conversation: 41, Seq: 18, Frame: every},
		"an event":                 {Conversation: 41, Seq: 18, Frame: []byte(`{"type":"message","message":"शाम 🎉 \u0000"}`)},
		"a hint":                   {Conversation: 41, Frame: []byte(`{"type":"typing"}`)},
		"about no conversation":    {Frame: []byte(`{"type":"presence"}`)},
		"about the list":           {List: true, Frame: []byte(`{"type":"conversation"}`)},
		"the end of a session":     {Ends: chat.SessionID{1, 2, 31: 9}},
		"a question":               {Asks: true},
		"who hides":                {Privacy: bus.Hides, Frame: []byte(`{"type":"privacy"}`)},
		"who shows":                {Privacy: bus.Shows, Frame: []byte(`{"type":"privacy"}`)},
		"the latest of its kind":   {List: true, Latest: true, Frame: []byte(`{"type":"notification"}`)},
		"the largest numbers":      {Conversation: 1<<63 - 1, Seq: 1<<63 - 1, Frame: []byte("x")},
		"lines and separators":     {Frame: []byte("a\r\nb\x00c|d,e\n")},
		"as long as frames can be": {Conversation: 1, Seq: 1, Frame: bytes.Repeat([]byte("ठ"), chat.MaxFrameBytes/3)},
	} {
		want.To = []bus.Topic{to}
		if err := one.Publish(t.Context(), want); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := two.next()
		if !bytes.Equal(got.Frame, want.Frame) {
			t.Errorf("%s: got the frame %.80q, want %.80q", name, got.Frame, want.Frame)
		}
		if got.Conversation != want.Conversation || got.Seq != want.Seq || got.List != want.List || got.Latest != want.Latest ||
			got.Ends != want.Ends || got.Asks != want.Asks || got.Privacy != want.Privacy || !slices.Equal(got.To, want.To) {
			t.Errorf("%s: got %d %d %v %v %v, want %d %d %v %v %v", name, got.Conversation, got.Seq, got.List, got.Latest, got.To,
				want.Conversation, want.Seq, want.List, want.Latest, want.To)
		}
	}
}

func kept(t *testing.T, s *suite) {
	one, two, to := s.node(), s.node(), topic()
	two.subscribe(to)
	one.publish("the first frame", to)
	first := two.next()
	for range 100 {
		one.publish("another frame, and a longer one", to)
		two.next()
	}
	if got, want := string(first.Frame), "the first frame"; got != want {
		t.Errorf("a frame that was kept became %q", got)
	}
}

func fresh(_ *testing.T, s *suite) {
	one, two := s.node(), s.node()
	for range 50 {
		to := topic()
		two.subscribe(to)
		one.publish("at once", to)
		two.expect(to, "at once")
	}
}

func answer(t *testing.T, s *suite) {
	one, question, reply := s.node(), topic(), topic()
	one.subscribe(reply)
	var two bus.Bus
	ready := make(chan struct{})
	two = s.join(t, func(bus.Topic, bus.Message) {
		<-ready
		if err := two.Publish(t.Context(), bus.Message{To: []bus.Topic{reply}, Frame: []byte("here")}); err != nil {
			t.Errorf("publish an answer: %v", err)
		}
	})
	close(ready)
	if err := two.Subscribe(t.Context(), question); err != nil {
		t.Fatal(err)
	}
	one.publish("who is here?", question)
	one.expect(reply, "here")
}

// together is for the race detector, and for deadlocks: two nodes publish to each
// other while topics come and go, and what is subscribed throughout loses nothing.
func together(t *testing.T, s *suite) {
	const workers, rounds = 4, 100
	one, two, end := s.node(), s.node(), topic()
	one.subscribe(end)
	two.subscribe(end)
	var wg sync.WaitGroup
	for i := range workers {
		n := one
		if i%2 == 1 {
			n = two
		}
		wg.Go(func() {
			for range rounds {
				to := topic()
				if err := n.Subscribe(t.Context(), to); err != nil {
					t.Errorf("subscribe: %v", err)
				}
				if err := n.Publish(t.Context(), bus.Message{To: []bus.Topic{to, end}, Frame: []byte("x")}); err != nil {
					t.Errorf("publish: %v", err)
				}
				if err := n.Unsubscribe(t.Context(), to); err != nil {
					t.Errorf("unsubscribe: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for _, n := range []*node{one, two} {
		for left := workers * rounds; left > 0; {
			if n.next().to == end {
				left--
			}
		}
	}
}
