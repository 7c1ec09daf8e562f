package server_test

import (
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/socket"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// Two nodes without a bus between them: what is said on one reaches the lines of the other by
// the log alone, whatever they have open, and once.
func TestWhatTheBusDoesNotBringComesFromTheLogWithin25Seconds(t *testing.T) {
	d := testkit.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		here := apptest.Open(t, d, nil)
		town := testkit.Populate(t, here.DB)
		seller, _ := here.SignIn(t, town.Seller)
		started, err := here.Messages.Start(t.Context(), town.Buyer.ID, messaging.StartCommand{Listing: town.Listing.ID, ClientID: "1", Text: "Is it there?"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // nobody is told of the beginning any more
		open := here.Pipe(t, socket.Start{Who: seller, Only: started.Conversation})
		list := here.Pipe(t, socket.Start{Who: seller})
		open.Wait("hello")
		list.Wait("hello")
		// The other one has the same database, and nothing else.
		there := messaging.New(d.Open(t, nil), nil, nil, &messaging.Limits{}, chat.DefaultMedia(), nil, time.Now)
		since := time.Now()
		if _, err := there.Send(t.Context(), town.Buyer.ID, messaging.SendCommand{Conversation: started.Conversation, ClientID: "2", Text: "I take it"}); err != nil {
			t.Fatal(err)
		}
		for name, s := range map[string]*apptest.Socket{"the open conversation": open, "the list": list} {
			if f := s.Wait("message"); f["message"] != "I take it" {
				t.Errorf("%s: got %v", name, f)
			}
		}
		if took := time.Since(since); took > 25*time.Second {
			t.Errorf("it took %s", took)
		}
		time.Sleep(time.Minute)
		for name, s := range map[string]*apptest.Socket{"the open conversation": open, "the list": list} {
			if got := apptest.Types(s.Rest()); got != "" && got != "notification" {
				t.Errorf("%s: got %s as well", name, got)
			}
		}
	})
}
