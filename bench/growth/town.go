package main

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// talk is a conversation as it is when the messages so far are stored.
type talk struct {
	id            int64
	buyer, seller int64
	bought, sold  int64 // messages of the buyer's and the seller's
	created, last int64 // in microseconds since 1970
	lastSender    int64
	left          int // messages that are still to come
	buyerSends    bool
	spread        bool // over all that is filled in, rather than some days of it
	looked        bool // its pages are measured
	list          *lister
	place         int // in the order in which list has got its conversations
}

func (t *talk) head() int64 { return t.bought + t.sold }

// lister is somebody whose list of conversations is measured.
type lister struct {
	person, size int64
	got          int
}

// message is one to store, with its event and its words.
type message struct {
	id            int64
	talk          *talk
	seq           int64
	sender        int64
	client        string
	digest        [32]byte
	words         []string // of the text, in its order
	bought, sold  int64
	at            int64
	buyer, seller int64
}

// text is what was written.
func (m *message) text() string { return strings.Join(m.words, " ") }

// town makes up what people have said: conversations whose lengths follow a power law, some hundred of
// them at a time, so that each lies scattered among others as it does in a real log.
type town struct {
	rng     *rand.Rand
	zipf    *rand.Zipf
	words   []string
	total   int   // messages that it is to make
	made    int   // of them
	nextID  int64 // of the next message
	nextAt  int64
	step    int64 // microseconds between two messages
	talks   int64 // conversations so far
	people  int64 // the number of the first person that only fills, and how many there are
	crowd   int64
	active  []*talk
	spread  []*talk
	weights []int   // sums of what spread has to say
	owed    int     // messages that spread still has to say
	begun   int     // of spread
	over    []*talk // nothing more is said there
	listers []*lister
}

const (
	// atOnce is how many conversations go on at the same time.
	atOnce = 300
	// shortest and longest are the bounds of the lengths of conversations.
	shortest, longest = 8, 5000
	// vocabulary is how many different words there are.
	vocabulary = 30_000
)

func newTown(total int, firstFiller, fillers int64, started time.Time) *town {
	rng := rand.New(rand.NewPCG(7, 11))
	t := &town{
		rng: rng, zipf: rand.NewZipf(rng, 1.15, 4, vocabulary-1), words: makeWords(rng), total: total, nextID: 1,
		nextAt: started.UnixMicro(), people: firstFiller, crowd: fillers,
	}
	t.step = max(1, time.Since(started).Microseconds()/int64(max(total, 1)))
	return t
}

var common = strings.Fields(`is the cycle still there and may i come by at six this evening to have a look thanks yes it
	no not sold yet how much for both can you do a little less price cash only please tell me where we meet near station
	tomorrow after work fine with me what about battery charger box bill warranty scratch screen works well used one year
	good condition send photo more pictures of back side my number call later ok deal done see then bus road market`)

// makeWords returns words, those first that are said most.
func makeWords(rng *rand.Rand) []string {
	const onsets, vowels, ends = "bcdfghjklmnprstvz", "aeiou", "nrslmtk"
	seen := make(map[string]bool, vocabulary)
	all := make([]string, 0, vocabulary)
	add := func(w string) {
		if !seen[w] {
			seen[w] = true
			all = append(all, w)
		}
	}
	for _, w := range common {
		add(w)
	}
	for len(all) < vocabulary {
		var b strings.Builder
		for range 1 + rng.IntN(3) {
			b.WriteByte(onsets[rng.IntN(len(onsets))])
			b.WriteByte(vowels[rng.IntN(len(vowels))])
			if rng.IntN(3) == 0 {
				b.WriteByte(ends[rng.IntN(len(ends))])
			}
		}
		add(b.String())
	}
	return all
}

// length draws how long a conversation gets: most are short.
func (t *town) length() int {
	return int(min(longest, shortest/math.Pow(1-t.rng.Float64(), 1/1.35)))
}

// filler is somebody who is only there so that there are many.
func (t *town) filler() int64 { return t.people + t.rng.Int64N(t.crowd) }

// begin makes a conversation.
func (t *town) begin(buyer, seller int64, length int) *talk {
	t.talks++
	c := &talk{id: t.talks, buyer: buyer, seller: seller, created: t.nextAt, last: t.nextAt, left: length, buyerSends: true}
	return c
}

// lasting makes a conversation that goes on for as long as there is anything said.
func (t *town) lasting(buyer, seller int64, length int) *talk {
	c := t.begin(buyer, seller, length)
	c.spread = true
	t.spread = append(t.spread, c)
	t.owed += length
	sum := length
	if n := len(t.weights); n > 0 {
		sum += t.weights[n-1]
	}
	t.weights = append(t.weights, sum)
	return c
}

// lists has somebody get conversations with others, spread over all that is to come.
func (t *town) lists(person int64, size int) *lister {
	l := &lister{person: person, size: int64(size)}
	t.listers = append(t.listers, l)
	return l
}

// fresh begins the next conversation of the crowd, or of somebody whose list is to grow.
func (t *town) fresh() *talk {
	for _, l := range t.listers {
		if int64(l.got) < l.size && float64(l.got) <= float64(l.size)*float64(t.made)/(0.9*float64(t.total)) {
			l.got++
			buyer, seller := l.person, t.filler()
			if l.got%2 == 0 {
				buyer, seller = seller, buyer
			}
			c := t.begin(buyer, seller, 3+t.rng.IntN(8))
			c.list, c.place = l, l.got
			return c
		}
	}
	buyer := t.filler()
	seller := t.filler()
	if seller == buyer {
		seller = t.people + (buyer-t.people+1)%t.crowd
	}
	return t.begin(buyer, seller, t.length())
}

// pick returns the conversation of the next message.
func (t *town) pick() *talk {
	if t.begun < len(t.spread) { // in these one writes when the first of the fills is over
		t.begun++
		t.owed--
		return t.spread[t.begun-1]
	}
	if t.owed > 0 && t.rng.IntN(max(1, t.total-t.made)) < t.owed {
		for {
			n := t.rng.IntN(t.weights[len(t.weights)-1])
			low, high := 0, len(t.weights)-1
			for low < high {
				if mid := (low + high) / 2; t.weights[mid] > n {
					high = mid
				} else {
					low = mid + 1
				}
			}
			if c := t.spread[low]; c.left > 0 {
				t.owed--
				return c
			}
		}
	}
	if len(t.active) < min(atOnce, 1+t.total/100) {
		t.active = append(t.active, t.fresh())
		return t.active[len(t.active)-1]
	}
	i := t.rng.IntN(len(t.active))
	if t.active[i].left == 0 {
		t.over = append(t.over, t.active[i])
		t.active[i] = t.fresh()
	}
	return t.active[i]
}

// next makes a message.
func (t *town) next(m *message) {
	c := t.pick()
	if t.rng.IntN(3) > 0 { // else they go on writing
		c.buyerSends = !c.buyerSends
	}
	m.sender = c.seller
	if c.buyerSends || c.head() == 0 {
		m.sender = c.buyer
		c.bought++
	} else {
		c.sold++
	}
	m.id, m.talk, m.seq, m.at, m.bought, m.sold, m.buyer, m.seller = t.nextID, c, c.head(), t.nextAt, c.bought, c.sold, c.buyer, c.seller
	c.left--
	c.last, c.lastSender = m.at, m.sender
	t.nextID++
	t.nextAt += t.step
	t.made++
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	var id [26]byte
	for i := 0; i < len(id); i += 13 {
		bits := t.rng.Uint64()
		for j := range 13 {
			id[i+j] = letters[bits&31]
			bits >>= 5
		}
	}
	m.client = string(id[:])
	for i := 0; i < len(m.digest); i += 8 {
		bits := t.rng.Uint64()
		for j := range 8 {
			m.digest[i+j] = byte(bits >> (8 * j))
		}
	}
	m.words = m.words[:0]
	for length, want := 0, 55+t.rng.IntN(60); length < want; {
		w := t.words[t.zipf.Uint64()]
		m.words = append(m.words, w)
		length += len(w) + 1
	}
}
