package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/server"
	"swapnest/internal/testkit/apptest"
)

// TestRateLimitsCountAtAllNodes has what somebody has used up at one node be used up at the
// other, for messages and for guesses of a password.
func TestRateLimitsCountAtAllNodes(t *testing.T) {
	t.Parallel() // It waits most of its time.
	p := newPair(t, func(o *server.Options) { o.RateLimits = true })
	sends := func(node *apptest.App, id string) error {
		_, err := node.Messages.Send(t.Context(), p.town.Buyer.ID, messaging.SendCommand{Conversation: p.conversation, ClientID: id, Text: "Hello"})
		return err
	}
	used, began := 0, time.Now()
	for ; used < 50 && sends(p.one, fmt.Sprint("one", used)) == nil; used++ {
	}
	if took := time.Since(began); used < 19 || used > 22+int(took/time.Second) {
		t.Fatalf("%d messages went through at one node in %s, want 20 or 19 and what was regained", used, took)
	}
	// What the other node lets through until it knows is bounded by a bucket of its own.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if sends(p.two, fmt.Sprint("two", used)) != nil {
			break
		}
		if used++; used > 30+int(time.Since(began)/time.Second) || time.Now().After(deadline) {
			t.Fatalf("%d messages went through at both", used)
		}
	}

	guess := func(node *apptest.App, i int) int {
		body := fmt.Sprintf(`{"username":%q,"password":"guess %d"}`, p.town.Seller.Username, i)
		return node.Client(t, "").Do(http.MethodPost, "/api/v1/session", body).Status
	}
	tries := 0
	for ; tries < 40 && guess(p.one, tries) != http.StatusTooManyRequests; tries++ {
	}
	for deadline := time.Now().Add(10 * time.Second); guess(p.two, tries) != http.StatusTooManyRequests; tries++ {
		if time.Now().After(deadline) || tries > 20 {
			t.Fatalf("%d guesses at both nodes", tries)
		}
	}
}

// TestOneNodeOfTwoFollows has the notices of both nodes' messages made by one, and by the other
// when that has gone.
func TestOneNodeOfTwoFollows(t *testing.T) {
	t.Parallel()                 // It waits most of its time.
	var followed []*atomic.Int64 // how often each node has asked how far a follower has come
	p := newPair(t, func(o *server.Options) {
		asked := new(atomic.Int64)
		followed = append(followed, asked)
		o.Trace = func(query string) {
			if strings.Contains(query, "FROM follower ") {
				asked.Add(1)
			}
		}
	})
	told := func(node *apptest.App, text string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			page := node.Client(t, p.sellerToken).Do(http.MethodGet, "/api/v1/notifications", "")
			if page.Status == http.StatusOK && strings.Contains(page.Body, text) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("no notice of %q: %d %s", text, page.Status, page.Body)
			}
		}
	}
	sends := func(node *apptest.App, text string) {
		t.Helper()
		if _, err := node.Messages.Send(t.Context(), p.town.Buyer.ID, messaging.SendCommand{Conversation: p.conversation, ClientID: strings.ReplaceAll(text, " ", "-"), Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	for _, asked := range followed {
		asked.Store(0) // /metrics asks too, and was read
	}
	sends(p.one, "from the first")
	told(p.two, "from the first")
	sends(p.two, "from the second")
	told(p.one, "from the second")
	nodes := []*apptest.App{p.one, p.two}
	busy := 0
	if followed[1].Load() > followed[0].Load() {
		busy = 1
	}
	if n := followed[1-busy].Load(); n > 0 {
		t.Errorf("the node that does not follow has asked %d times, the other %d times", n, followed[busy].Load())
	}
	// The other one takes over.
	nodes[busy].Stop()
	left := nodes[1-busy]
	sends(left, "from who is left")
	told(left, "from who is left")
}
