package tail_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/tail"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/wire"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// node is a tail between a bus and somebody who notes what arrives.
type node struct {
	*tail.Tail
	tb   testing.TB
	db   *store.DB
	c    chat.Conversation
	town testkit.Town
	bus  bus.Receive               // what the tail listens with
	out  bus.Bus                   // what the node publishes with
	here map[chat.UserID]time.Time // since when

	mu  sync.Mutex // guards got
	got []string
}

// newNode has a conversation of one message, which is older than the tail.
func newNode(tb testing.TB, d *testkit.Database) *node {
	tb.Helper()
	return newNodeOn(tb, d, nil)
}

// newNodeOn is newNode with a bus whose health is known.
func newNodeOn(tb testing.TB, d *testkit.Database, healthy func() bool) *node {
	tb.Helper()
	n := &node{Tail: tail.New(healthy, slog.New(slog.DiscardHandler)), tb: tb, db: d.Open(tb, nil), here: make(map[chat.UserID]time.Time)}
	n.town = testkit.Populate(tb, n.db)
	n.c = n.town.Converse(tb, n.db)
	n.say(1, time.Hour)
	n.out = n.Join(func(receive bus.Receive) bus.Bus {
		n.bus = receive
		return new(bus.Memory).Join(func(bus.Topic, bus.Message) { tb.Error("the bus loses everything") })
	})(func(to bus.Topic, m bus.Message) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.got = append(n.got, fmt.Sprintf("%s %d %s", to, m.Seq, m.Frame))
	})
	if err := n.Start(context.Background(), n.db, n.since); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(n.Stop)
	return n
}

func (n *node) since(who chat.UserID) (time.Time, bool) {
	since, ok := n.here[who]
	return since, ok
}

// say commits the message that takes a seq, so long ago.
func (n *node) say(seq int, ago time.Duration) chat.Event {
	n.tb.Helper()
	done, err := n.db.Append(context.Background(), store.Append{
		Conversation: n.c.ID, Actor: n.town.Buyer.ID, ClientID: fmt.Sprint("c", seq),
		Decide: func(chat.Thread) (chat.Change, error) {
			return chat.Posted(fmt.Sprint("message ", seq), time.Now().Add(-ago)), nil
		},
	})
	if err != nil || done.Event.Seq != chat.Seq(seq) {
		n.tb.Fatalf("got %+v, %v; want seq %d", done, err, seq)
	}
	return done.Event
}

// publishes hands an event to the bus, which loses it.
func (n *node) publishes(e chat.Event) {
	if err := n.out.Publish(context.Background(), bus.Message{Conversation: e.Conversation, Seq: e.Seq}); err != nil {
		n.tb.Error(err)
	}
}

// brings has the bus bring an event, or what is to come, for somebody.
func (n *node) brings(seq chat.Seq, people ...chat.User) {
	for _, who := range people {
		n.bus(bus.Person(who.ID), bus.Message{Conversation: n.c.ID, Seq: seq, Frame: []byte("by the bus")})
	}
}

// took returns what has arrived.
func (n *node) took() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	got := n.got
	n.got = nil
	return got
}

func (n *node) look(want ...string) {
	n.tb.Helper()
	n.took()
	missed, err := tail.Look(n.Tail, context.Background())
	if got := n.took(); err != nil || missed != len(want) || !slices.Equal(got, want) {
		n.tb.Errorf("handed on %q (%d, %v), want %q", got, missed, err, want)
	}
}

func handed(who chat.User, e chat.Event) string {
	return fmt.Sprintf("%s %d %s", bus.Person(who.ID), e.Seq, wire.Event(e))
}

func TestWhatTheBusHasNotBroughtIsHandedToWhoIsHere(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		n := newNode(t, d)
		buyer, seller := n.town.Buyer, n.town.Seller
		long := time.Now().Add(-time.Hour)
		n.here[buyer.ID], n.here[seller.ID] = long, long
		n.look() // what is older than the tail is for nobody

		n.say(2, time.Minute)
		n.brings(2, buyer, seller)
		if got := n.took(); len(got) != 2 {
			t.Errorf("the bus brought two, and the hub got %q", got)
		}
		n.look() // it came for both

		three := n.say(3, time.Minute)
		n.brings(3, buyer, buyer)
		n.look(handed(seller, three))
		four := n.say(4, time.Minute)
		n.brings(4, seller)
		five := n.say(5, time.Minute)
		n.look(handed(buyer, four), handed(buyer, five), handed(seller, five))
		n.look() // once

		delete(n.here, seller.ID)
		six := n.say(6, time.Minute)
		n.look(handed(buyer, six))
		n.here[seller.ID] = long
		n.look() // whoever was not here reads the log by themselves

		n.here[seller.ID] = time.Now()
		n.say(7, 10*time.Second)
		n.brings(7, buyer)
		n.look() // the same
		eight := n.say(8, 3*time.Second)
		n.brings(8, buyer)
		n.look(handed(seller, eight)) // by another clock that may have been later

		// The bus was quicker than this look at the log, by less than two of them.
		n.here[seller.ID] = long
		n.brings(9, buyer, seller)
		n.look()
		n.say(9, time.Minute)
		n.look()
		n.brings(10, buyer)
		n.look()
		n.brings(10, seller)
		n.say(10, time.Minute)
		n.look()
	})
}

func TestWhatANodePublishedBeforeSomebodyCameIsNotHandedToThem(t *testing.T) {
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, d)
		buyer := n.town.Buyer
		n.publishes(n.say(2, time.Second))
		time.Sleep(time.Millisecond)
		n.here[buyer.ID] = time.Now()
		n.look()
		three := n.say(3, time.Minute) // decided upon long ago, and committed after they came
		n.publishes(three)
		n.look(handed(buyer, three))
		n.publishes(chat.Event{Conversation: n.c.ID, Seq: 4})
		n.look()
		time.Sleep(time.Millisecond)
		n.here[buyer.ID] = time.Now()
		n.say(4, time.Second) // published before the log was last read, and before they came
		n.look()
	})
}

func TestAnEventThatMayBeOnItsWayIsNotMissed(t *testing.T) {
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, d)
		n.here[n.town.Buyer.ID] = time.Now()
		old := n.say(2, 2*time.Second)
		young := n.say(3, 0)
		n.look(handed(n.town.Buyer, old))
		n.look()
		time.Sleep(time.Second)
		n.look(handed(n.town.Buyer, young))
	})
}

func TestALostEventIsHandedOnWithin25Seconds(t *testing.T) {
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, d)
		n.here[n.town.Seller.ID] = time.Now()
		shortest, longest := time.Hour, time.Duration(0)
		for seq := 2; seq < 30; seq++ {
			lost, since := n.say(seq, 0), time.Now()
			for len(n.took()) == 0 && time.Since(since) < time.Minute {
				time.Sleep(100 * time.Millisecond)
			}
			if took := time.Since(since); took > 25*time.Second+100*time.Millisecond {
				t.Errorf("%d was handed on after %s", lost.Seq, took)
			}
			shortest, longest = min(shortest, time.Since(since)), max(longest, time.Since(since))
		}
		if longest-shortest < time.Second {
			t.Errorf("always after %s: all nodes read at once", longest)
		}
	})
}

func BenchmarkAnEventThatTheBusHasBrought(b *testing.B) {
	t := tail.New(nil, slog.New(slog.DiscardHandler))
	var receive bus.Receive
	node := t.Join(func(r bus.Receive) bus.Bus {
		receive = r
		return new(bus.Memory).Join(r)
	})(func(bus.Topic, bus.Message) {})
	one, other := bus.Person(1), bus.Person(2)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := bus.Message{Conversation: chat.ConversationID(i % 1000), Seq: chat.Seq(1 + i/1000)}
		if err := node.Publish(b.Context(), m); err != nil {
			b.Fatal(err)
		}
		receive(one, m)
		receive(other, m)
	}
}

// Whoever keeps a transaction open on PostgreSQL holds the log back for all who follow it. What
// the bus has brought meanwhile is known when it ends, however long that took.
func TestALogThatIsHeldBackIsNotHandedOnAgain(t *testing.T) {
	d := testkit.PostgreSQL(t)
	n := newNode(t, d)
	buyer, seller := n.town.Buyer, n.town.Seller
	n.here[buyer.ID], n.here[seller.ID] = time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)
	n.look()
	beside, err := sql.Open("pgx", d.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = beside.Close() }) // it is only to hold a transaction
	tx, err := beside.BeginTx(t.Context(), nil)
	if err == nil {
		_, err = tx.ExecContext(t.Context(), `SELECT pg_current_xact_id()`)
	}
	if err != nil {
		t.Fatal(err)
	}
	n.say(2, time.Minute)
	n.brings(2, buyer, seller)
	three := n.say(3, time.Minute)
	n.brings(3, buyer)
	for range 3 {
		n.look() // it cannot know whether something comes before them
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	n.look(handed(seller, three))
}

// A server that took over and had fallen behind has another log: what came by the bus with the
// numbers that are used anew was something else, and its end is where the tail goes on.
func TestAnotherLogIsFollowedFromItsEnd(t *testing.T) {
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, d)
		n.here[n.town.Buyer.ID] = time.Now().Add(-time.Hour)
		n.say(2, time.Minute)
		n.brings(2, n.town.Buyer, n.town.Seller)
		n.say(3, time.Minute)
		n.brings(3, n.town.Buyer, n.town.Seller)
		n.look()
		for _, statement := range []string{
			`UPDATE conversation SET head = 1`, `DELETE FROM event WHERE seq > 1`, `DELETE FROM message WHERE seq > 1`,
		} {
			if err := d.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		n.Moved()
		synctest.Wait()
		again := n.say(2, time.Minute)
		n.look(handed(n.town.Buyer, again))
	})
}
