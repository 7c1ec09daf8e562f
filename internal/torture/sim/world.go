package sim

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/socket"
	"swapnest/internal/live/wire"
	"swapnest/internal/store"
	"swapnest/internal/torture/checker"
)

// settle is how long a world gets to come to rest: the silence of the longest stall, and
// then what a lost frame costs at most.
const settle = 45 * time.Second

// Unrest is what the checker cannot see: somebody still waits, though nothing is in their way.
const Unrest checker.Fault = "unrest"

// world is what a plan becomes.
type world struct {
	plan    Plan
	people  []auth.Identity
	talks   []int64
	db      *store.DB
	net     *network
	history *checker.History
	clients []*client
	slow    atomic.Bool // queries and commits take the time that is planned
	queries atomic.Int64
	serving sync.WaitGroup

	mu    sync.Mutex // guards nodes and old
	nodes [nodes]*node
	old   []*node
}

// Run lives a plan in a folder of its own and has the checker judge. It is called in a
// bubble of simulated time.
func Run(ctx context.Context, t *Template, p Plan, dir string) (checker.Report, error) {
	w := &world{plan: p, people: t.people[:p.People], talks: t.talks[p.People], net: newNetwork(p), history: &checker.History{}}
	for _, id := range w.talks {
		for _, kind := range []checker.Kind{checker.Sent, checker.Acked} {
			r := t.first[id]
			r.Kind = kind
			w.history.Add(r)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "swapnest.db"), t.file, 0o600); err != nil {
		return checker.Report{}, err
	}
	var err error
	w.db, err = store.Open(ctx, store.Options{Dir: dir, Publish: w.happened, Trace: func(string) { w.query() }, Batched: w.committed})
	if err != nil {
		return checker.Report{}, err
	}
	defer w.db.Close() //nolint:errcheck // It has been read, and is thrown away.
	for i := range w.nodes {
		if w.nodes[i], err = newNode(w.db, w.net.join(i), p.Flaw, w.query); err != nil {
			return checker.Report{}, err
		}
	}
	rest := w.live()
	truth, err := w.truth(ctx)
	w.end()
	if err != nil {
		return checker.Report{}, err
	}
	r := checker.Check(w.history.Records(), truth)
	if !rest {
		r.Violations = append(r.Violations, checker.Violation{Fault: Unrest, Detail: "a client still waits, or lacks something, after " + settle.String()})
	}
	return r, nil
}

// live has the clients do what is planned, waits until all is at rest, and tells whether it
// came to that.
func (w *world) live() bool {
	w.slow.Store(true)
	for i, tab := range w.plan.Tabs {
		w.clients = append(w.clients, newClient(w, i, tab))
	}
	for _, c := range w.clients {
		go c.run()
	}
	if w.plan.Restart > 0 {
		time.Sleep(w.plan.Restart)
		w.restart()
	}
	time.Sleep(w.plan.Length - w.plan.Restart)
	w.slow.Store(false)
	w.net.calm.Store(true)
	for end := time.Now().Add(settle); time.Now().Before(end) && !w.quiet(); {
		time.Sleep(time.Second)
	}
	rest := w.quiet()
	time.Sleep(3 * time.Second) // for notices, and for what should not come any more
	for _, c := range w.clients {
		close(c.stop)
		<-c.gone
	}
	return rest
}

// restart replaces the first node by a new one.
func (w *world) restart() {
	fresh, err := newNode(w.db, w.net.join(nodes), w.plan.Flaw, w.query)
	if err != nil {
		panic("sim: " + err.Error()) // the database is there
	}
	w.mu.Lock()
	old := w.nodes[0]
	w.nodes[0] = fresh
	w.old = append(w.old, old)
	w.mu.Unlock()
	old.stop()
}

// quiet tells whether nothing is left to do and every client holds everything.
func (w *world) quiet() bool {
	for _, c := range w.clients {
		if !c.idle.Load() {
			return false
		}
		var all int64
		for _, id := range c.conversations {
			head, err := w.service(0).Head(context.Background(), c.who.User.ID, chat.ConversationID(id))
			if err != nil {
				return false
			}
			all += int64(head)
		}
		if c.has.Load() != all {
			return false
		}
	}
	return true
}

// end ends the nodes, and waits for what they have begun.
func (w *world) end() {
	w.mu.Lock()
	all := w.nodes
	w.mu.Unlock()
	for _, n := range all {
		n.stop()
	}
	w.serving.Wait()
	for _, n := range append(w.old, all[:]...) {
		n.relay.Stop()
	}
}

// at returns a node that is there, by any number.
func (w *world) at(i int) *node {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nodes[i%nodes]
}

// serve has a node serve a connection.
func (w *world) serve(i int, conn net.Conn, start socket.Start) {
	n := w.at(i)
	w.serving.Go(func() { n.door.Serve(conn, start) })
}

// service is that of a node, as its API has it.
func (w *world) service(i int) *messaging.Service { return w.at(i).messages }

// happened passes a committed event on: by the node where it was taken, which is the same
// for a text in every run.
func (w *world) happened(e chat.Event) {
	w.at(w.plan.chance("node", e.Message.ClientID).IntN(nodes)).happened(e)
}

// query takes the time of a query before it goes out.
func (w *world) query() { w.pass(w.plan.Query) }

// committed takes the time of a commit before anybody is told of it.
func (w *world) committed(int, time.Duration, bool) { w.pass(w.plan.Commit) }

func (w *world) pass(most time.Duration) {
	if most > 0 && w.slow.Load() {
		time.Sleep(time.Duration(w.plan.chance("wait", w.queries.Add(1)).Int64N(int64(most))))
	}
}

// truth reads what is left.
func (w *world) truth(ctx context.Context) (checker.Truth, error) {
	truth := checker.Truth{Log: make(map[int64][]checker.Entry), Holds: make(map[checker.Tab]map[int64][]checker.Entry)}
	marked := make(map[[2]int64]int64)
	for _, c := range w.clients {
		truth.Holds[c.tab] = make(map[int64][]checker.Entry)
		for _, id := range c.conversations {
			truth.Holds[c.tab][id] = c.holds[id]
			key := [2]int64{int64(c.who.User.ID), id}
			marked[key] = max(marked[key], c.marked[id])
		}
	}
	for i, id := range w.talks {
		c := chat.Conversation{ID: chat.ConversationID(id)}
		all, err := w.db.EventsAfter(ctx, c, 0, 10_000)
		if err != nil {
			return truth, err
		}
		for _, e := range all {
			truth.Log[id] = append(truth.Log[id], entryOf(e.Message))
		}
		for _, who := range []auth.Identity{w.people[i], w.people[(i+1)%len(w.people)]} {
			s, err := w.standing(ctx, who.User.ID, c.ID)
			if err != nil {
				return truth, err
			}
			s.Marked = marked[[2]int64{s.Person, id}]
			truth.Standings = append(truth.Standings, s)
		}
	}
	return truth, nil
}

// standing is how somebody's conversation stands.
func (w *world) standing(ctx context.Context, who chat.UserID, id chat.ConversationID) (checker.Standing, error) {
	entry, err := w.at(0).inbox.Entry(ctx, who, id)
	if err != nil {
		return checker.Standing{}, err
	}
	s := checker.Standing{Person: int64(who), Conversation: int64(id), Unread: entry.Unread, Read: int64(entry.ReadSeq)}
	told, err := w.db.Notices(ctx, store.NoticeQuery{Who: who, Unread: true, Limit: 100})
	for _, n := range told {
		if n.Conversation == id {
			s.Told = int64(n.Seq)
		}
	}
	return s, err
}

// entryOf is a message as its frame has it.
func entryOf(m chat.Message) checker.Entry {
	f, err := frameOf(wire.Event(chat.Event{Kind: chat.MessagePosted, Message: m}))
	if err != nil {
		panic("sim: " + err.Error()) // it was encoded here
	}
	return f.entry()
}
