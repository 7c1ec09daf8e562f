package torture

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"swapnest/internal/torture/checker"
)

// Plan says who talks.
type Plan struct {
	People        int // at least 2
	Tabs          int // of each person
	Conversations int // between pairs of them
	Seed          uint64
	Long          bool // messages of 4 KB
	Narrow        bool // the second tab has a line that holds little of what it does not read
	Hasty         bool // a line on which nothing is said for 2 s is given up
	Polite        bool // whoever is told to come back later does so
	// Changes is the share of commands that edit or delete a message or react to one, from 0 to 1.
	Changes float64
	// Files is the share of commands that send files, from 0 to 1.
	Files float64
	// Door tells where the API is called, HOST:PORT; nil is the node.
	Door func() string
}

// World is people who talk through a node.
type World struct {
	tb      testing.TB
	Node    *Node
	People  []Person
	Clients []*Client
	History *checker.History
	// Patience is how long followers of the log are waited for in the end.
	Patience time.Duration

	random *rand.Rand
	change float64
	files  float64
	talks  map[int64][2]int // the two people of a conversation, as places in People
	marked map[[2]int64]int64
	end    context.CancelFunc
	ended  sync.WaitGroup
	sent   int
}

// NewWorld makes accounts, starts the node, has the people begin conversations, and opens
// a line for each of their tabs. through tells each tab where to dial; nil is the node
// itself.
func NewWorld(tb testing.TB, n *Node, p Plan, through func(tab int) string) *World {
	tb.Helper()
	w := &World{
		Patience: 20 * time.Second,
		tb:       tb, Node: n, History: &checker.History{}, talks: make(map[int64][2]int), marked: make(map[[2]int64]int64),
		random: rand.New(rand.NewPCG(p.Seed, 1)), //nolint:gosec // It repeats what it did.
		change: p.Changes, files: p.Files,
	}
	w.accounts(p.People)
	n.MustStart()
	for i := range w.People {
		w.People[i].door = p.Door
	}
	w.converse(p)
	if through == nil {
		through = func(int) string { return n.At }
	}
	for i, person := range w.People {
		files := w.upload(person)
		var own []int64
		for id, pair := range w.talks {
			if pair[0] == i || pair[1] == i {
				own = append(own, id)
			}
		}
		for tab := range p.Tabs {
			place := len(w.Clients)
			c := newClient(checker.Tab(fmt.Sprintf("p%d.t%d", i, tab)), person, own, w.History, p.Seed+uint64(place),
				func() string { return through(place) })
			c.polite, c.emoji, c.files = p.Polite, tab%len(emojis), files
			if c.narrow = p.Narrow && place == 1; p.Hasty {
				c.patience = 2 * time.Second
			}
			if p.Long {
				c.padding = 970
			}
			if place%2 == 0 {
				// One after the other, some of them by the other door.
				c.byAPI = 0.2
			} else {
				c.window = 4
			}
			w.Clients = append(w.Clients, c)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.end = cancel
	for _, c := range w.Clients {
		w.ended.Go(func() { c.Run(ctx) })
	}
	tb.Cleanup(w.Stop)
	return w
}

// Stop ends all clients.
func (w *World) Stop() {
	w.end()
	w.ended.Wait()
}

// accounts makes people with sessions, by the command that operators have.
func (w *World) accounts(n int) {
	w.tb.Helper()
	file := filepath.Join(w.tb.TempDir(), "sessions")
	w.Node.Run("user", "create", "--count", fmt.Sprint(n), "--sessions", file)
	f, err := os.Open(file) //nolint:gosec // It was made here.
	if err != nil {
		w.tb.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // It was only read.
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, token, _ := strings.Cut(lines.Text(), " ")
		w.People = append(w.People, Person{Username: name, Token: token, node: w.Node})
	}
}

// converse has the people put things up for sale and ask for those of others.
func (w *World) converse(p Plan) {
	w.tb.Helper()
	listings := make([]int64, len(w.People))
	for i := range w.People {
		var me struct {
			User struct {
				ID int64 `json:"id"`
			} `json:"user"`
		}
		w.must(w.People[i].call(http.MethodGet, "/me", nil, &me))
		w.People[i].ID = me.User.ID
		var thing struct {
			Listing struct {
				ID int64 `json:"id"`
			} `json:"listing"`
		}
		w.must(w.People[i].call(http.MethodPost, "/listings", map[string]any{
			"title": fmt.Sprintf("Thing %d", i), "description": "Used with care, works.", "category": "cycles", "condition": "good",
			"price": map[string]any{"amount": 10000, "currency": "INR"},
		}, &thing))
		listings[i] = thing.Listing.ID
	}
	for k := range p.Conversations {
		// Each pair of a buyer and a seller once, the nearest first.
		buyer := k % len(w.People)
		seller := (buyer + 1 + k/len(w.People)) % len(w.People)
		var begun struct {
			Conversation struct {
				ID int64 `json:"id"`
			} `json:"conversation"`
			Message message `json:"message"`
		}
		who, id := w.People[buyer], fmt.Sprintf("first.%d", k)
		w.must(who.call(http.MethodPost, "/conversations", map[string]any{
			"listing_id": listings[seller], "client_id": id, "message": "I say " + id,
		}, &begun))
		e := begun.Message.entry()
		tab := checker.Tab("first of " + who.Username)
		w.History.Add(checker.Record{Kind: checker.Sent, Tab: tab, Entry: e})
		w.History.Add(checker.Record{Kind: checker.Acked, Tab: tab, Entry: e})
		w.talks[begun.Conversation.ID] = [2]int{buyer, seller}
	}
}

func (w *World) must(_ int, err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}

// Talk has all tabs together say so many messages, or change some in their place. No tab has more than 8 that wait. It
// returns when all have been confirmed, or when ctx has ended.
func (w *World) Talk(ctx context.Context, messages int) {
	share := make([]int, len(w.Clients))
	for i := range messages {
		share[i%len(share)]++
	}
	var talking sync.WaitGroup
	for i, c := range w.Clients {
		random := rand.New(rand.NewPCG(uint64(i), uint64(w.sent))) //nolint:gosec // It repeats what it did.
		talking.Go(func() {
			for range share[i] {
				if !await(ctx, func() bool { return c.Waiting() < 8 }) {
					return
				}
				w.speak(c, random)
			}
			await(ctx, func() bool { return c.Waiting() == 0 })
		})
	}
	w.sent += messages
	talking.Wait()
}

// speak has a tab say something or send files in one of its conversations, or change what was said there.
func (w *World) speak(c *Client, random *rand.Rand) {
	id := c.Conversations[random.IntN(len(c.Conversations))]
	dice := random.Float64()
	if dice < w.files && c.Attach(random, id) || dice < w.files+w.change && c.Change(random, id) {
		return
	}
	c.Say(id)
}

// await looks every few milliseconds until ok or the end of ctx, and tells which.
func await(ctx context.Context, ok func() bool) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ok()
		}
	}
	return true
}

// Post has one of the two people of a conversation say so many messages by the API, each of
// them confirmed, as a tab of that name. No line is needed for it.
func (w *World) Post(tab checker.Tab, conversation int64, messages int) {
	w.tb.Helper()
	who := w.People[w.talks[conversation][0]]
	for i := range messages {
		id := fmt.Sprintf("%s.%d.%d", tab, conversation, i)
		sent := checker.Entry{Conversation: conversation, Sender: who.ID, ClientID: id, Text: "I say " + id}
		w.History.Add(checker.Record{Kind: checker.Sent, Tab: tab, Entry: sent})
		var got struct {
			Message message `json:"message"`
		}
		w.must(who.call(http.MethodPost, fmt.Sprintf("/conversations/%d/messages", conversation),
			map[string]string{"client_id": id, "message": sent.Text}, &got))
		w.History.Add(checker.Record{Kind: checker.Acked, Tab: tab, Entry: got.Message.entry()})
	}
}

// Read has every second person read half of each of their conversations, by the API.
func (w *World) Read() {
	w.tb.Helper()
	for i, p := range w.People {
		if i%2 == 1 {
			continue
		}
		for id, pair := range w.talks {
			if pair[0] != i && pair[1] != i {
				continue
			}
			got, err := p.newest(id)
			w.must(0, err)
			seq := got.Head/2 + 1
			w.must(p.call(http.MethodPut, fmt.Sprintf("/conversations/%d/read", id), map[string]int64{"seq": seq}, nil))
			w.marked[[2]int64{p.ID, id}] = seq
		}
	}
}

// lines is how many lines have been open in all.
func (w *World) lines() (n int) {
	for _, c := range w.Clients {
		n += int(c.lines.Load())
	}
	return n
}

// ends returns why lines were over.
func (w *World) ends() (all []string) {
	for _, c := range w.Clients {
		c.mu.Lock()
		all = append(all, c.ends...)
		c.mu.Unlock()
	}
	return all
}

// up tells whether all tabs have a line.
func (w *World) up() bool {
	for _, c := range w.Clients {
		if !c.up.Load() {
			return false
		}
	}
	return true
}

// doubts is how many outcomes have been unknown.
func (w *World) doubts() (n int) {
	for _, c := range w.Clients {
		n += int(c.doubts.Load())
	}
	return n
}

// slowest is the longest that a command has waited to be put off, on a line that stayed.
func (w *World) slowest() (d time.Duration) {
	for _, c := range w.Clients {
		d = max(d, time.Duration(c.slowest.Load()))
	}
	return d
}

// heads is how many messages the tabs have in all.
func (w *World) heads() (n int64) {
	for _, c := range w.Clients {
		for _, id := range c.Conversations {
			n += c.head(id)
		}
	}
	return n
}

// Settle waits until nothing is left to send and every tab has everything, or until ctx
// ends: what is missing then is for the checker to say.
func (w *World) Settle(ctx context.Context) {
	w.tb.Helper()
	quiet := func() bool {
		for _, c := range w.Clients {
			if c.Waiting() > 0 {
				return false
			}
		}
		for id, pair := range w.talks {
			got, err := w.People[pair[0]].newest(id)
			if err != nil {
				return false
			}
			for _, c := range w.Clients {
				if (c.Person.ID == w.People[pair[0]].ID || c.Person.ID == w.People[pair[1]].ID) && c.head(id) < got.Head {
					return false
				}
			}
		}
		return true
	}
	for !quiet() && ctx.Err() == nil {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// Check ends the clients and judges.
func (w *World) Check() checker.Report {
	w.tb.Helper()
	w.Stop()
	return checker.Check(w.History.Records(), w.Truth())
}
