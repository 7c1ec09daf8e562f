// Package sim runs small worlds in simulated time: the real store, hubs, relays, sockets,
// services and followers of two nodes, people with outboxes who talk through them, and
// between the nodes a bus that drops, doubles, delays and reorders. A seed makes a world;
// package checker judges what its clients saw.
//
// What a seed repeats: who is there, what every tab does and when, how long each connection
// waits, and what becomes of each frame on the bus (its fate follows from what it is, not
// from when it comes). What it does not: in which order goroutines run that are ready at the
// same simulated instant. Many are, on purpose, so that one seed is several schedules: a
// breach that needs a certain one may take some runs of its seed to show again.
package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// How large a world is at the most. The template has that many people, each of whom talks
// with the next.
const (
	mostPeople = 3
	nodes      = 2
)

// Plan is what follows from a seed.
type Plan struct {
	Seed    uint64
	People  int // each pair of neighbours has a conversation
	Tabs    []Tab
	Length  time.Duration // until nobody does anything any more
	Restart time.Duration // when the first node is replaced; 0 is never
	Bus     BusPlan
	// By chance, at most: how long a query and a commit take.
	Query, Commit time.Duration
	Flaw          Flaw
}

// Flaw is a mistake that is made on purpose, to see that it is found.
type Flaw string

// The flaws.
const (
	NewNames    Flaw = "what is sent again gets a new client id"
	NoTail      Flaw = "no node reads the log for what the bus has lost"
	NoFollowers Flaw = "nobody makes notices"
)

// Tab is one client, and what it does.
type Tab struct {
	Person int
	Only   int // the one conversation that its address carries; -1 for all
	Window int // how many commands of a conversation may be on the line
	Steps  []Step
}

// Action is what a client does in a step.
type Action int

// The actions.
const (
	Say    Action = iota // put a message into the outbox
	Post                 // the same, sent by the API if nothing waits before it
	Lose                 // the line breaks once the next command has left, before its answer
	Cut                  // the line breaks
	Stall                // read nothing for a while
	Read                 // say by the line that all has been read
	Mark                 // say so by the API, which confirms it
	Reopen               // open the conversation once more on the same line
	Lie                  // come back with a position that fits nothing
)

// Step is an action at a time.
type Step struct {
	At           time.Duration
	Action       Action
	Conversation int // a place among those of the tab
	For          time.Duration
}

// BusPlan says how often something becomes of a frame.
type BusPlan struct {
	Drop, Double, Delay, Refuse float64
	Longest                     time.Duration // of a delay
}

// NewPlan makes the plan of a seed.
func NewPlan(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 0))
	p := Plan{
		Seed: seed, People: 2 + r.IntN(mostPeople-1), Length: time.Duration(4+r.IntN(23)) * time.Second,
		Query: pick[time.Duration](r, 0, 5, 60, 250) * time.Millisecond, Commit: pick[time.Duration](r, 0, 5, 20) * time.Millisecond,
		Bus: BusPlan{
			Drop: pick(r, 0, 0.1, 0.3, 0.7), Double: pick(r, 0, 0.2), Delay: pick(r, 0, 0.2, 0.7), Refuse: pick(r, 0, 0, 0.2),
			Longest: pick(r, 30*time.Millisecond, time.Second, 8*time.Second),
		},
	}
	if r.IntN(4) == 0 {
		p.Restart = time.Duration(r.Int64N(int64(p.Length)))
	}
	// Things happen at few instants, so that much happens at once.
	instants := make([]time.Duration, 6+r.IntN(20))
	for i := range instants {
		instants[i] = time.Duration(r.Int64N(int64((p.Length - 2*time.Second) / time.Millisecond)))
	}
	for person := range p.People {
		for range 1 + r.IntN(3) {
			p.Tabs = append(p.Tabs, newTab(r, p, person, instants))
		}
	}
	p.lastWords(r)
	for _, tab := range p.Tabs {
		slices.SortStableFunc(tab.Steps, func(a, b Step) int { return int(a.At - b.At) })
	}
	return p
}

// lastWords has one or two tabs say the last in each of their conversations, while the others
// open theirs once more or come back: what is lost now stays lost, for nothing comes behind it.
func (p *Plan) lastWords(r *rand.Rand) {
	at, first := p.Length-time.Second, r.IntN(len(p.Tabs))
	for i := range p.Tabs {
		tab := &p.Tabs[i]
		for c := range tab.conversations(p.People) {
			s := Step{At: at, Action: Say, Conversation: c}
			if i != first && r.IntN(len(p.Tabs)) > 0 {
				s.At -= time.Duration(r.Int64N(int64(2*p.Query + 10*time.Millisecond)))
				s.Action = pick(r, Reopen, Reopen, Reopen, Cut)
			}
			tab.Steps = append(tab.Steps, s)
		}
	}
}

// conversations is how many the tab has.
func (t Tab) conversations(people int) int {
	if t.Only >= 0 {
		return 1
	}
	return len(conversationsOf(t.Person, people))
}

func newTab(r *rand.Rand, p Plan, person int, instants []time.Duration) Tab {
	tab := Tab{Person: person, Only: -1, Window: pick(r, 1, 4)}
	if r.IntN(3) == 0 {
		tab.Only = r.IntN(tab.conversations(p.People))
	}
	own := tab.conversations(p.People)
	for range 3 + r.IntN(18) {
		s := Step{At: (pick(r, instants...) + pick(r, 0, 0, 0, time.Duration(r.IntN(30)))) * time.Millisecond, Conversation: r.IntN(own)}
		switch n := r.IntN(100); {
		case n < 48:
			s.Action = Say
		case n < 56:
			s.Action = Post
		case n < 66:
			s.Action = Lose
		case n < 73:
			s.Action = Cut
		case n < 78:
			s.Action, s.For = Stall, time.Duration(1+r.IntN(15_000))*time.Millisecond
		case n < 84:
			s.Action = Read
		case n < 90:
			s.Action = Mark
		case n < 98:
			s.Action = Reopen
		default:
			s.Action = Lie
		}
		tab.Steps = append(tab.Steps, s)
	}
	return tab
}

// conversationsOf returns those of a person, as places: conversation i is between person i
// and the next one.
func conversationsOf(person, people int) []int {
	var own []int
	for i := range conversations(people) {
		if i == person || (i+1)%people == person {
			own = append(own, i)
		}
	}
	return own
}

// conversations is how many there are among people: one between two, a ring among more.
func conversations(people int) int {
	if people == 2 {
		return 1
	}
	return people
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// String tells what is planned, for whoever looks at a seed.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d people for %s, restart at %s, bus %+v, queries up to %s, commits up to %s", p.Seed, p.People, p.Length, p.Restart, p.Bus, p.Query, p.Commit)
	for i, tab := range p.Tabs {
		fmt.Fprintf(&b, "\n tab %d of person %d, only %d, window %d:", i, tab.Person, tab.Only, tab.Window)
		for _, s := range tab.Steps {
			fmt.Fprintf(&b, " %s %s", s.At, s.Action)
		}
	}
	return b.String()
}

// String names the action.
func (a Action) String() string {
	return [...]string{"say", "post", "lose", "cut", "stall", "read", "mark", "reopen", "lie"}[a]
}

// chance returns the source of what becomes of something, by what it is: whoever asks first,
// it is the same for the same seed.
func (p Plan) chance(of ...any) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, of...)
	return rand.New(rand.NewPCG(p.Seed, h.Sum64()))
}
