package server_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// pair is two nodes on one PostgreSQL and one Redis: the buyer's sockets are at one, the
// seller's at the other.
type pair struct {
	t             *testing.T
	redis         *testkit.Redis
	one, two      *apptest.App
	town          testkit.Town
	conversation  chat.ConversationID
	buyer, seller auth.Identity
	buyerToken    string
	sellerToken   string
	said          atomic.Int64
}

func newPair(t *testing.T, changes ...func(*server.Options)) *pair {
	t.Helper()
	p := &pair{t: t, redis: testkit.StartRedis(t)}
	d := testkit.PostgreSQL(t)
	node := func() *apptest.App {
		return apptest.Start(t, d, func(o *server.Options) {
			o.RedisURL, o.DataDir = p.redis.URL(), t.TempDir()
			for _, change := range changes {
				change(o)
			}
		})
	}
	p.one, p.two = node(), node()
	p.town = testkit.Populate(t, p.one.DB)
	p.buyer, p.buyerToken = p.one.SignIn(t, p.town.Buyer)
	p.seller, p.sellerToken = p.one.SignIn(t, p.town.Seller)
	started, err := p.one.Messages.Start(t.Context(), p.town.Buyer.ID, messaging.StartCommand{Listing: p.town.Listing.ID, ClientID: "1", Text: "Is it there?"})
	if err != nil {
		t.Fatal(err)
	}
	p.conversation = started.Conversation
	p.joined(true)
	return p
}

// joined waits until both nodes say that the bus carries, or that it does not.
func (p *pair) joined(want bool) {
	p.t.Helper()
	word, gauge := `"bus":"ok"`, "\nswapnest_bus_healthy 1\n"
	if !want {
		word, gauge = `"bus":"unavailable"`, "\nswapnest_bus_healthy 0\n"
	}
	for _, node := range []*apptest.App{p.one, p.two} {
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			r := node.Client(p.t, "").Do("GET", "/readyz", "")
			if r.Status != 200 {
				p.t.Fatalf("/readyz answers %d %s", r.Status, r.Body)
			}
			if strings.Contains(r.Body, word) && strings.Contains(node.Client(p.t, "").Do("GET", "/metrics", "").Body, gauge) {
				break
			}
			if time.Now().After(deadline) {
				p.t.Fatalf("/readyz says %s, not %s, or /metrics does not say%s", r.Body, word, gauge)
			}
		}
	}
}

// dial opens a socket of the conversation.
func (p *pair) dial(node *apptest.App, token string) *apptest.Socket {
	p.t.Helper()
	s, err := node.Dial(p.t, fmt.Sprintf("/ws/chat/%d/", p.conversation), token, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	s.Wait("hello")
	return s
}

// says sends a message from a socket, and returns how long another took to get it once it was stored.
func (p *pair) says(from, to *apptest.Socket) time.Duration {
	p.t.Helper()
	text := fmt.Sprint("message ", p.said.Add(1))
	from.Send(`{"type":"send","client_id":"%s","message":"%s"}`, strings.ReplaceAll(text, " ", "-"), text)
	from.Wait("ack")
	since := time.Now()
	for {
		if f := to.Wait("message"); f["message"] == text {
			return time.Since(since)
		}
	}
}

// TestTwoNodesAreOneMarketplace shows that what is said and done at one node reaches the
// sockets at another by the bus.
func TestTwoNodesAreOneMarketplace(t *testing.T) {
	t.Parallel() // It waits most of its time.
	p := newPair(t)
	buyer, seller := p.dial(p.one, p.buyerToken), p.dial(p.two, p.sellerToken)
	// The log alone would take more than 19 seconds.
	if took := p.says(buyer, seller); took > 5*time.Second {
		t.Errorf("a message took %s", took)
	}
	buyer.Send(`{"typing":true}`)
	if f := seller.Wait("typing"); f["user_id"] != float64(p.town.Buyer.ID) || f["is_typing"] != true {
		t.Errorf("typing arrived as %v", f)
	}
	seller.Send(`{"type":"read","seq":2}`)
	if f := buyer.Wait("read"); f["seq"] != 2.0 || f["user_id"] != float64(p.town.Seller.ID) {
		t.Errorf("read arrived as %v", f)
	}
	// Whoever begins to watch is told of somebody at another node, and of their going.
	buyer.Send(`{"type":"watch","user_ids":[%d]}`, p.town.Seller.ID)
	for f := buyer.Wait("presence"); f["online"] != true; f = buyer.Wait("presence") {
		if f["user_id"] != float64(p.town.Seller.ID) {
			t.Errorf("presence arrived as %v", f)
		}
	}
	// A second place of theirs, at the buyer's node, comes and goes: they stay.
	again := p.dial(p.one, p.sellerToken)
	again.Drop()
	list, err := p.two.Dial(t, "/ws/", p.sellerToken, nil)
	if err != nil {
		t.Fatal(err)
	}
	list.Wait("hello")
	p.says(buyer, seller)
	if f := list.Wait("notification"); f["unread"] == nil {
		t.Errorf("a notification arrived as %v", f)
	}
	seller.Drop()
	list.Drop()
	for f := buyer.Wait("presence"); f["online"] != false; f = buyer.Wait("presence") {
		t.Logf("still there: %v", f)
	}
}

// TestWhenRedisIsGoneMessagesReachTheOtherNodeWithinTwoSeconds shows contracts 9 and 10 with a
// real server: killed, hung, and with its subscriptions killed.
func TestWhenRedisIsGoneMessagesReachTheOtherNodeWithinTwoSeconds(t *testing.T) {
	t.Parallel() // It waits most of its time.
	for name, f := range map[string]struct {
		fail, mend func(*testkit.Redis)
		gone       bool
	}{
		"killed":                   {(*testkit.Redis).Kill, (*testkit.Redis).Start, true},
		"hung":                     {(*testkit.Redis).Hang, (*testkit.Redis).Resume, true},
		"its subscriptions killed": {func(r *testkit.Redis) { r.Do("CLIENT", "KILL", "TYPE", "pubsub") }, func(*testkit.Redis) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			buyer, seller := p.dial(p.one, p.buyerToken), p.dial(p.two, p.sellerToken)
			p.says(buyer, seller)
			p.says(seller, buyer)
			grace := testkit.Grace(t)
			f.fail(p.redis)
			// One that has just left when it is noticed, some while it is known, and some after.
			for range 5 {
				for _, took := range []time.Duration{p.says(buyer, seller), p.says(seller, buyer)} {
					if took > 2*time.Second+grace() {
						t.Errorf("a message took %s", took)
					}
				}
			}
			if f.gone {
				p.joined(false)
				since := time.Now()
				third := p.dial(p.two, p.sellerToken)
				if took := time.Since(since); took > time.Second+grace() {
					t.Errorf("a new socket took %s", took)
				}
				p.says(buyer, third)
			}
			f.mend(p.redis)
			p.joined(true)
			p.says(buyer, seller)
		})
	}
}

// TestASessionThatEndsAtOneNodeEndsItsSocketsAtTheOther shows contract 21 across nodes, also
// while the bus is down. The sockets say nothing by themselves.
func TestASessionThatEndsAtOneNodeEndsItsSocketsAtTheOther(t *testing.T) {
	t.Parallel() // It waits most of its time.
	p := newPair(t)
	// In this order: when the bus is back, a subscription of before may not yet be.
	for _, c := range []struct {
		name  string
		down  bool
		limit time.Duration
	}{{"the bus carries", false, 2 * time.Second}, {"the bus is down", true, 5 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			if c.down {
				p.redis.Hang()
				defer p.redis.Resume()
			}
			who, token := p.one.SignIn(t, p.town.Seller)
			_, stays := p.one.SignIn(t, p.town.Seller)
			silent, other := p.dial(p.two, token), p.dial(p.two, stays)
			grace := testkit.Grace(t)
			if err := p.one.Accounts.SignOut(t.Context(), who.Session, accounts.Origin{}); err != nil {
				t.Fatal(err)
			}
			since := time.Now()
			if code := silent.Closed(); code != 4401 {
				t.Errorf("closed with %d", code)
			}
			if took := time.Since(since); took > c.limit+time.Second+grace() {
				t.Errorf("closed after %s", took)
			}
			p.says(p.dial(p.one, p.buyerToken), other) // another session of theirs is none of its business
		})
	}
}

// TestASessionThatWasEndedBehindTheNodesBackEndsItsSockets shows contract 21 when no node has
// ended it: a command beside the server, or a word that the bus has lost.
func TestASessionThatWasEndedBehindTheNodesBackEndsItsSockets(t *testing.T) {
	t.Parallel() // It waits most of its time.
	d := testkit.PostgreSQL(t)
	node := apptest.Start(t, d, nil)
	town := testkit.Populate(t, node.DB)
	_, token := node.SignIn(t, town.Seller)
	silent, err := node.Dial(t, "/ws/", token, nil)
	if err != nil {
		t.Fatal(err)
	}
	silent.Wait("hello")
	if err := d.Exec(t.Context(), "DELETE FROM session"); err != nil {
		t.Fatal(err)
	}
	since, grace := time.Now(), testkit.Grace(t)
	if code := silent.Closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
	if took := time.Since(since); took > 6*time.Second+grace() {
		t.Errorf("closed after %s", took)
	}
}

func TestRedisIsRefusedWithSQLite(t *testing.T) {
	_, err := server.New(t.Context(), server.Options{DataDir: t.TempDir(), RedisURL: "redis://localhost", Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "SQLite belongs to one process") {
		t.Errorf("got %v", err)
	}
}
