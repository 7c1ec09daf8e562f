package server_test

import (
	"fmt"
	"testing"

	"swapnest/internal/testkit/apptest"
)

// TestWhatOneKeepsToOneselfCrossesNodes shows that what somebody deletes for themselves is gone at
// another node, too, and that who hides when they are here and how far they read is told of at none.
func TestWhatOneKeepsToOneselfCrossesNodes(t *testing.T) {
	t.Parallel() // It waits most of its time.
	p := newPair(t)
	buyer, seller := p.dial(p.one, p.buyerToken), p.dial(p.two, p.sellerToken)
	far := p.dial(p.two, p.buyerToken) // the buyer's other device
	p.says(seller, buyer)
	do := func(method, path, body string, status int) {
		t.Helper()
		if r := p.one.Client(t, p.buyerToken).Do(method, "/api/v1"+path, body); r.Status != status {
			t.Fatalf("%s %s: %d %s", method, path, r.Status, r.Body)
		}
	}
	do("PUT", fmt.Sprintf("/conversations/%d/messages/1/hidden", p.conversation), "", 204)
	if f := far.Wait("hidden"); f["hidden"] != true || f["message_id"] != 1.0 {
		t.Errorf("hidden arrived as %v", f)
	}

	seller.Send(`{"type":"watch","user_ids":[%d]}`, p.town.Buyer.ID)
	for f := seller.Wait("presence"); f["online"] != true; f = seller.Wait("presence") {
		t.Logf("not yet: %v", f)
	}
	do("PATCH", "/me", `{"preferences":{"last_seen":false,"read_receipts":false}}`, 200)
	if f := seller.Wait("privacy"); f["user_id"] != float64(p.town.Buyer.ID) {
		t.Errorf("privacy arrived as %v", f)
	}
	if f := seller.Wait("presence"); f["online"] != false || f["last_seen"] != nil {
		t.Errorf("presence arrived as %v", f)
	}
	// The buyer's own device hears how far they read; the seller hears what is said next and not that.
	buyer.Send(`{"type":"read","seq":2}`)
	if f := far.Wait("read"); f["seq"] != 2.0 {
		t.Errorf("read arrived as %v", f)
	}
	buyer.Send(`{"type":"send","client_id":"last","message":"last"}`)
	before, _ := seller.Until(func(f apptest.Frame) bool { return f["message"] == "last" })
	for _, f := range before {
		switch f.Type() {
		case "read", "hidden":
			t.Errorf("the seller was told %v", f)
		case "presence":
			if f["online"] == true {
				t.Errorf("the seller was told %v behind the change", f)
			}
		}
	}
}
