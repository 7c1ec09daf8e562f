package torture

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// away is a channel, and what came by it about a conversation: the names by which a browser or a mail program knows that it
// is the same.
type away struct {
	channel chat.Channel
	came    func(a *Away, talk int64) (names []string)
}

var aways = []away{
	{chat.PushChannel, func(a *Away, talk int64) (names []string) {
		for _, p := range a.Pushed(talk) {
			names = append(names, fmt.Sprintf("%s of notice %d under %s: %s", p.Type, p.Notice, p.Topic, p.Body))
		}
		return names
	}},
	{chat.MailChannel, func(a *Away, talk int64) (names []string) {
		for _, m := range a.Mailed(talk) {
			names = append(names, m.Header.Get("Message-ID")+" in "+m.Header.Get("References"))
		}
		return names
	}},
}

// waits is how much waits at a node to be sent by a channel.
func (n *Node) waits(tb testing.TB, c chat.Channel) float64 {
	tb.Helper()
	return n.metric(tb, fmt.Sprintf(`swapnest_outbox_deliveries{channel="%s",state="waiting"}`, c))
}

// sent is how much a node has sent by a channel since it was started.
func (n *Node) sent(tb testing.TB, c chat.Channel) float64 {
	tb.Helper()
	return n.metric(tb, fmt.Sprintf(`swapnest_outbox_attempts_total{channel="%s",result="sent"}`, c))
}

// drained waits until nothing waits at a node to be sent by a channel.
func drained(ctx context.Context, t *testing.T, n *Node, c chat.Channel) {
	t.Helper()
	for n.waits(t, c) > 0 {
		if !pause(ctx, 20*time.Millisecond) {
			t.Fatalf("%v still wait", n.waits(t, c))
		}
	}
}

// TestWhatWasTakenBeforeAKillComesOnceMoreUnderTheSameName has the server end between the answer of a
// push service or mail server and the commit that notes it.
func TestWhatWasTakenBeforeAKillComesOnceMoreUnderTheSameName(t *testing.T) {
	for _, c := range aways {
		t.Run(string(c.channel), func(t *testing.T) {
			testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
				t.Parallel() // It waits most of its time.
				out := NewOutside(t)
				n := NewNode(t, planted, d, out.Flags(0)...)
				a := NewAway(t, n, out, 4)
				ctx := patience(t, 2*time.Minute)
				talks, last := a.Talks[:3], a.Talks[3]
				if c.channel == chat.PushChannel {
					out.Mail.Stop() // or a mail would be what it ends at
				}
				n.Kill()
				n.MustStart("SWAPNEST_KILL=before settling:1")
				var writing sync.WaitGroup
				for _, talk := range talks {
					// It may be killed for the first one before the last one is written.
					writing.Go(func() { a.Write(ctx, talk, fmt.Sprintf("Is it there %d", talk)) })
				}
				select {
				case <-n.Exited():
				case <-ctx.Done():
					t.Fatalf("it was not killed: %s", n.Log())
				}
				twice := map[int64]bool{}
				for _, talk := range talks {
					twice[talk] = len(c.came(a, talk)) > 0
				}
				abandon(t, d)
				n.MustStart()
				writing.Wait()
				if !await(ctx, func() bool {
					for _, talk := range talks {
						if got := len(c.came(a, talk)); got == 0 || got == 1 && twice[talk] {
							return false
						}
					}
					return true
				}) {
					t.Error("not all came, or not again")
				}
				drained(ctx, t, n, c.channel)
				// Whoever starts now has nothing to send but what is new.
				n.Kill()
				n.MustStart()
				a.Write(ctx, last, "And this")
				if !await(ctx, func() bool { return len(c.came(a, last)) > 0 }) {
					t.Error("what is new did not come")
				}
				again := 0
				for _, talk := range a.Talks {
					names := c.came(a, talk)
					if len(names) > 2 || talk == last && len(names) > 1 {
						t.Errorf("conversation %d: it came %d times", talk, len(names))
					}
					if len(names) == 2 {
						again++
						if names[0] != names[1] {
							t.Errorf("conversation %d: it came as %q, and again as %q", talk, names[0], names[1])
						}
					}
				}
				if again == 0 {
					t.Error("nothing came twice: the run does not count")
				}
				a.Names()
			})
		})
	}
}

// habit is how the seller of a conversation reads.
type habit int

const (
	never  habit = iota // is away
	atOnce              // reads before it could leave the site
	shown               // reads what the browser shows
	habits
)

// told is a conversation whose seller is told of it while the server is killed.
type told struct {
	id   int64
	how  habit
	text string          // the last one that was written
	seq  int64           // of that
	many int             // how many were written
	late map[string]bool // texts that were read later than they could leave the site
}

// run has the buyer write, and the seller read, until over.
func (c *told) run(ctx context.Context, a *Away, over <-chan struct{}, random *rand.Rand) {
	for i := 0; ; i++ {
		began := time.Now()
		text := fmt.Sprintf("Line %d of %d", i, c.id)
		seq, ok := a.Write(ctx, c.id, text)
		if !ok {
			return
		}
		c.text, c.seq, c.many = text, seq, i+1
		switch c.how {
		case atOnce:
			a.Look(ctx, c.id, seq)
			if time.Since(began) >= pushAfter {
				c.late[text] = true
			}
		case shown:
			if a.Shows(c.id) {
				a.Look(ctx, c.id, seq)
			}
		}
		select {
		case <-over:
			return
		case <-time.After(time.Duration(100+random.IntN(500)) * time.Millisecond):
		}
	}
}

// TestWhoIsAwayIsReachedHoweverOftenTheServerIsKilled kills the server at any time, and between the answer of
// the other side and the commit, while people write, read, are pushed and mailed.
func TestWhoIsAwayIsReachedHoweverOftenTheServerIsKilled(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		t.Parallel() // It waits most of its time.
		ctx := patience(t, 2*time.Minute)
		out := NewOutside(t)
		n := NewNode(t, planted, d, out.Flags(pushAfter)...)
		a := NewAway(t, n, out, 9)
		over := make(chan struct{})
		var talking sync.WaitGroup
		talks := make([]*told, len(a.Talks))
		for i, id := range a.Talks {
			talks[i] = &told{id: id, how: habit(i) % habits, late: map[string]bool{}}
			random := rand.New(rand.NewPCG(uint64(i), 33)) //nolint:gosec // It repeats what it did.
			talking.Go(func() { talks[i].run(ctx, a, over, random) })
		}
		random := rand.New(rand.NewPCG(3, 34)) //nolint:gosec // It repeats what it did.
		pause(ctx, pushAfter)                  // from then on there is always something under way
		between := 0
		for round := range *kills * 2 {
			n.Kill()
			abandon(t, d)
			if round%2 == 0 {
				n.MustStart()
				pause(ctx, time.Duration(random.IntN(900))*time.Millisecond)
				continue
			}
			n.MustStart(fmt.Sprintf("SWAPNEST_KILL=before settling:%d", 1+random.IntN(3)))
			select {
			case <-n.Exited():
				between++
			case <-time.After(5 * time.Second):
			}
		}
		n.Kill()
		expire(t, d) // on SQLite, too, who has seen three processes end keeps its time otherwise
		n.MustStart()
		close(over)
		talking.Wait()
		judgeAway(ctx, t, a, talks)
		if between == 0 {
			t.Error("it was never killed before the commit: the run does not count")
		}
	})
}

// judgeAway waits until all is sent that is to be, and says what is not as it has to be.
func judgeAway(ctx context.Context, t *testing.T, a *Away, talks []*told) {
	t.Helper()
	for _, c := range talks {
		if c.how == shown { // the last one may have been read with another one that was shown
			c.text = fmt.Sprintf("The last of %d", c.id)
			c.seq, _ = a.Write(ctx, c.id, c.text)
		}
	}
	inTime := 0 // of those that were read at once
	for _, c := range talks {
		switch c.how {
		case never:
			if !await(ctx, func() bool { return a.Told(c.id, c.text) }) {
				t.Errorf("conversation %d: nobody was pushed %q, which is unread", c.id, c.text)
			}
			if !await(ctx, func() bool { return len(a.Mailed(c.id)) > 0 }) {
				t.Errorf("conversation %d: nobody was mailed what is unread", c.id)
			}
			mails := a.Mailed(c.id)
			for _, m := range mails {
				if first, id := mails[0].Header.Get("Message-ID"), m.Header.Get("Message-ID"); id != first {
					t.Errorf("conversation %d: mails are named %s and %s", c.id, first, id)
				}
			}
		case shown:
			if !await(ctx, func() bool { return a.Told(c.id, c.text) }) {
				t.Errorf("conversation %d: nobody was pushed %q, which is unread", c.id, c.text)
			}
			a.Look(ctx, c.id, c.seq)
			if !await(ctx, func() bool { return !a.Shows(c.id) }) {
				t.Errorf("conversation %d: a browser shows what was read", c.id)
			}
		case atOnce:
			inTime += c.many - len(c.late)
		}
	}
	drained(ctx, t, a.Node, chat.PushChannel)
	for _, c := range talks {
		if c.how != never && a.Shows(c.id) {
			t.Errorf("conversation %d: a browser shows what was read", c.id)
		}
		if c.how != atOnce {
			continue
		}
		for _, p := range a.Pushed(c.id) {
			if p.Type == "notice" && !c.late[p.Body] {
				t.Errorf("conversation %d: somebody was pushed %q, which they had read", c.id, p.Body)
			}
		}
		for _, m := range a.Mailed(c.id) {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(c.late)), func(text string) bool { return strings.Contains(m.Plain, text) }) {
				t.Errorf("conversation %d: somebody was mailed what they had read: %s", c.id, m.Plain)
			}
		}
	}
	t.Logf("%d were read before they could be sent", inTime)
	if inTime == 0 {
		t.Error("nothing was read before it could be sent: the run does not count")
	}
	a.Names()
	a.Node.Signal(syscall.SIGTERM)
	<-a.Node.Exited()
	left, err := a.Node.database.Open(t, nil).Deliveries(ctx, store.DeliveryQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range left {
		// The next mail about a conversation may wait for an hour.
		if d.State == store.DeliveryDead || d.State == store.DeliveryWaiting && (d.Claimed() || d.Channel == chat.PushChannel || time.Until(d.Due) < 50*time.Minute) {
			t.Errorf("%+v is stuck", d)
		}
	}
}
