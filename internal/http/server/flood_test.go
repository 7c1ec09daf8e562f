package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/server"
	"swapnest/internal/http/socket"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// crowd is a node with limits in simulated time, and people who each talk with the seller.
type crowd struct {
	*apptest.App
	t      *testing.T
	seller *talker
	people []*talker
	n      int // names of commands
}

// talker is somebody in a conversation, at an address.
type talker struct {
	who          auth.Identity
	token        string
	conversation chat.ConversationID
	address      string
	socket       *apptest.Socket
}

// crowded runs test with so many people. All buckets are full.
func crowded(t *testing.T, people int, change func(*server.Options), test func(t *testing.T, c *crowd)) {
	t.Helper()
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t: t, App: apptest.Open(t, d, func(o *server.Options) {
			o.RateLimits = true
			if change != nil {
				change(o)
			}
		})}
		town := testkit.Populate(t, c.DB)
		for i := range people {
			u := chat.User{Username: fmt.Sprintf("person%d", i), Name: "Person", CreatedAt: time.Now()}
			err := c.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
				u, err = tx.InsertUser(t.Context(), u, "!")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			started, err := c.Messages.Start(t.Context(), u.ID, messaging.StartCommand{Listing: town.Listing.ID, Text: "Is it there?"})
			if err != nil {
				t.Fatal(err)
			}
			p := &talker{conversation: started.Conversation, address: "192.0.2.1"}
			p.who, p.token = c.SignIn(t, u)
			c.people = append(c.people, p)
		}
		c.seller = &talker{conversation: c.people[0].conversation, address: "192.0.2.9"}
		c.seller.who, c.seller.token = c.SignIn(t, town.Seller)
		time.Sleep(time.Minute)
		test(t, c)
	})
}

// door is a way to send a message under a client id. It tells whether it was taken.
type door func(c *crowd, p *talker, clientID string) bool

func bySocket(c *crowd, p *talker, clientID string) bool {
	c.t.Helper()
	if p.socket == nil {
		p.socket = c.Pipe(c.t, socket.Start{Who: p.who, Address: p.address})
		p.socket.Wait("hello")
	}
	p.socket.Send(`{"type":"send","conversation_id":%d,"client_id":%q,"message":"hi"}`, p.conversation, clientID)
	f := p.socket.Wait("ack", "error")
	if f.Type() == "error" && (f["code"] != "rate_limited" || f["retryable"] != true || f["retry_after_ms"].(float64) <= 0) {
		c.t.Fatalf("got %v", f)
	}
	return f.Type() == "ack"
}

// asked sends a request and tells whether the answer was one of ok or 429.
func (c *crowd) asked(p *talker, path, kind, body, forwarded string, ok int) bool {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.RemoteAddr = p.address + ":4711"
	r.Header.Set("Content-Type", kind)
	if forwarded != "" {
		r.Header.Set("X-Forwarded-For", forwarded)
		r.Header.Set("Forwarded", "for="+forwarded)
		r.Header.Set("X-Real-IP", forwarded)
	}
	r.AddCookie(&http.Cookie{Name: c.Guard.CookieName(), Value: p.token})
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, r)
	if w.Code != ok && (w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "") {
		c.t.Fatalf("POST %s: %d, Retry-After %q: %s", path, w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	return w.Code == ok
}

func byCall(c *crowd, p *talker, clientID string) bool { return c.call(p, clientID, "") }

func (c *crowd) call(p *talker, clientID, forwarded string) bool {
	c.t.Helper()
	body := fmt.Sprintf(`{"client_id":%q,"message":"hi"}`, clientID)
	return c.asked(p, fmt.Sprintf("/api/v1/conversations/%d/messages", p.conversation), "application/json", body, forwarded, http.StatusCreated)
}

func byForm(c *crowd, p *talker, clientID string) bool {
	c.t.Helper()
	body := url.Values{"client_id": {clientID}, "message": {"hi"}}.Encode()
	return c.asked(p, fmt.Sprintf("/chat/conversation/%d/", p.conversation), "application/x-www-form-urlencoded", body, "", http.StatusSeeOther)
}

// try has people send n messages in turns, each by all doors in turns, and returns how many
// were taken.
func (c *crowd) try(n int, people ...*talker) (taken int) {
	c.t.Helper()
	doors := []door{bySocket, byCall, byForm}
	for i := range n {
		c.n++
		if doors[i/len(people)%3](c, people[i%len(people)], fmt.Sprintf("c%d", c.n)) {
			taken++
		}
	}
	return taken
}

// expect holds how many were taken against how many should have been.
func expect(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d were taken, want %d", what, got, want)
	}
}

func TestTwoPeopleWhoFloodOneConversationShareItsMessages(t *testing.T) {
	crowded(t, 2, nil, func(t *testing.T, c *crowd) {
		buyer, other := c.people[0], c.people[1]
		expect(t, "one person at once", c.try(30, buyer), 20)
		expect(t, "the other at once", c.try(30, c.seller), 10)
		time.Sleep(time.Minute)
		expect(t, "both at once", c.try(60, buyer, c.seller), 30)
		time.Sleep(12 * time.Second)
		expect(t, "both after 12 s", c.try(60, buyer, c.seller), 18)
		// What the full conversation refused took nothing of the seller's own.
		seller := *c.seller
		seller.conversation, seller.socket = other.conversation, nil
		expect(t, "the seller elsewhere", c.try(30, &seller), 20-15+12-9)
		expect(t, "somebody else elsewhere", c.try(30, other), 20)
	})
}

func TestOnePersonNeverMeetsTheLimitOfAConversation(t *testing.T) {
	crowded(t, 1, nil, func(t *testing.T, c *crowd) {
		expect(t, "at once", c.try(30, c.people[0]), 20)
		c.people[0].socket = nil // what was refused on it would have to come again first
		for range 120 {
			time.Sleep(time.Second)
			if !bySocket(c, c.people[0], fmt.Sprint("s", time.Now().UnixNano())) {
				t.Fatal("one message a second was refused")
			}
		}
		expect(t, "the other, who has said nothing", c.try(10, c.seller), 10)
	})
}

// Each of them stays within what one person may send, and no two write in one conversation.
func TestThirtyAccountsAtOneAddressShareItsMessages(t *testing.T) {
	crowded(t, 31, nil, func(t *testing.T, c *crowd) {
		here, elsewhere := c.people[:30], c.people[30]
		elsewhere.address = "192.0.2.2"
		expect(t, "20 messages of each", c.try(600, here...), 300)
		expect(t, "of another address", c.try(30, elsewhere), 20)
		time.Sleep(2 * time.Second)
		expect(t, "after 2 s", c.try(90, here...), 40)
		// What the full address refused took nothing of a person's own: with the 300 and the 40,
		// each has sent 11 or 12 and regained 2.
		here[0].address, here[0].socket = "192.0.2.3", nil
		if got := c.try(20, here[0]); got < 8 {
			t.Errorf("somebody who goes to another address has %d messages left, want at least 8", got)
		}
	})
}

// An IPv6 network of a household or a server is one address.
func TestANetworkOfIPv6IsOneAddressForMessages(t *testing.T) {
	crowded(t, 20, nil, func(t *testing.T, c *crowd) {
		taken := 0
		for i := range 400 {
			p := c.people[i%20]
			p.address = fmt.Sprintf("[2001:db8::%x]", i+1)
			if byCall(c, p, fmt.Sprint("v6.", i)) {
				taken++
			}
		}
		expect(t, "from one network", taken, 300)
	})
}

func TestForgedAddressesNeverResetABucketOfMessages(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(*server.Options)
		forwarded string // for the number of a message
	}{
		"without --trusted-proxies": {nil, "198.51.100.%d"},
		"from a peer that is not trusted": {func(o *server.Options) {
			o.Proxies = networks(t, "10.0.0.0/8")
		}, "198.51.100.%d"},
		"before what a trusted proxy noted": {func(o *server.Options) {
			o.Proxies = networks(t, "192.0.2.0/24")
		}, "198.51.100.%d, 203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			crowded(t, 20, c.change, func(t *testing.T, w *crowd) {
				taken := 0
				for i := range 400 {
					if w.call(w.people[i%20], fmt.Sprint("f.", i), fmt.Sprintf(c.forwarded, i%250)) {
						taken++
					}
				}
				expect(t, "with rotating headers", taken, 300)
			})
		})
	}
}

// Contract 3 and 4: what was committed is acknowledged again, whoever else has emptied the
// buckets since, and costs nothing.
func TestARetryIsAnsweredWhileAllBucketsAreEmpty(t *testing.T) {
	crowded(t, 30, nil, func(t *testing.T, c *crowd) {
		buyer := c.people[0]
		if !byCall(c, buyer, "lost") {
			t.Fatal("the first one was refused")
		}
		for range 3 { // until everything is empty: person, conversation and address
			c.try(60, buyer, c.seller)
			c.try(600, c.people...)
		}
		expect(t, "new ones", c.try(3, buyer), 0)
		for range 50 {
			buyer.socket.Send(`{"type":"send","conversation_id":%d,"client_id":"lost","message":"hi"}`, buyer.conversation)
			if f := buyer.socket.Wait("ack", "error"); f.Type() != "ack" || f["duplicate"] != true {
				t.Fatalf("a retry: %v", f)
			}
		}
		buyer.socket.Send(`{"type":"send","conversation_id":%d,"client_id":"lost","message":"something else"}`, buyer.conversation)
		if f := buyer.socket.Wait("ack", "error"); f["code"] != "conflict" {
			t.Errorf("another text under the same name: %v", f)
		}
		time.Sleep(time.Second)
		expect(t, "new ones after a second", c.try(3, buyer), 1)
	})
}

// Who has a bad line sends the same again and again, and then has as much left as before.
func TestARetryTakesNothing(t *testing.T) {
	crowded(t, 1, nil, func(t *testing.T, c *crowd) {
		buyer := c.people[0]
		if !bySocket(c, buyer, "lost") {
			t.Fatal("the first one was refused")
		}
		for range 50 {
			buyer.socket.Send(`{"type":"send","conversation_id":%d,"client_id":"lost","message":"hi"}`, buyer.conversation)
			if f := buyer.socket.Wait("ack", "error"); f.Type() != "ack" {
				t.Fatalf("a retry: %v", f)
			}
		}
		if got := c.try(19, buyer); got != 19 {
			t.Errorf("%d more went through behind one message and its retries, want 19", got)
		}
	})
}

// Whoever is not in a conversation can neither empty its bucket nor try for ever.
func TestStrangersTakeNothingFromAConversation(t *testing.T) {
	crowded(t, 2, nil, func(t *testing.T, c *crowd) {
		stranger := *c.people[1]
		stranger.conversation = c.people[0].conversation
		stranger.socket = c.Pipe(t, socket.Start{Who: stranger.who, Address: "192.0.2.8"})
		stranger.socket.Wait("hello")
		codes := map[any]int{}
		for i := range 60 {
			stranger.socket.Send(`{"type":"send","conversation_id":%d,"client_id":"s%d","message":"hi"}`, stranger.conversation, i)
			codes[stranger.socket.Wait("ack", "error")["code"]]++
		}
		if codes["not_found"] != 20 || codes["rate_limited"] != 40 {
			t.Errorf("60 tries: %v, want 20 answered as not found and 40 as too many", codes)
		}
		expect(t, "both of the conversation", c.try(60, c.people[0], c.seller), 30)
	})
}

func TestANewConversationIsNotBegunForAMessageThatIsRefused(t *testing.T) {
	crowded(t, 1, nil, func(t *testing.T, c *crowd) {
		town := testkit.Town{Seller: c.seller.who.User, Buyer: c.people[0].who.User}
		var more [12]chat.ListingID
		for i := range more {
			l := chat.Listing{
				Slug: fmt.Sprint("more-", i), Seller: town.Seller, Title: "More", Price: chat.Money{Amount: 1, Currency: "INR"},
				Category: "cycles", Condition: "good", Status: chat.ListingActive, CreatedAt: time.Now(),
			}
			err := c.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
				more[i], err = tx.InsertListing(t.Context(), l)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		start := func(i int) chat.Code {
			_, err := c.Messages.Start(t.Context(), town.Buyer.ID, messaging.StartCommand{Listing: more[i], Text: "Hi", Address: "192.0.2.1"})
			return chat.CodeOf(err)
		}
		expect(t, "messages", c.try(30, c.people[0]), 20)
		if got := start(0); got != chat.RateLimited {
			t.Errorf("a start without a message left: %q, want rate_limited", got)
		}
		if _, err := c.DB.ConversationAbout(t.Context(), more[0], town.Buyer.ID); chat.CodeOf(err) != chat.NotFound {
			t.Errorf("a conversation was begun for it: %v", err)
		}
		time.Sleep(20 * time.Second)
		begun := 0
		for i := range more {
			if start(i) == "" {
				begun++
			}
		}
		// Of 10 one was spent more than a minute ago, and none on what was refused.
		expect(t, "new conversations", begun, 9)
	})
}
