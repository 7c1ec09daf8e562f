package socket_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/socket"
	"swapnest/internal/live/wire"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

// The people of the benchmark: those who talk all the time, and those who come back at once
// with a replay each.
const (
	talkers = 20
	comers  = 2000
	missed  = 10
)

// BenchmarkACrowdComesBack measures how long messages take, from sending to the other side,
// while two thousand people come back at once: with the gate and without, in turns. p99 is
// told for both, and the ratio, which depends less on the machine.
func BenchmarkACrowdComesBack(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *testkit.Database{"sqlite": func(tb testing.TB) *testkit.Database { return testkit.SQLite(tb) }, "postgres": testkit.PostgreSQL} {
		b.Run(name, func(b *testing.B) {
			app := apptest.Open(b, open(b), nil)
			f := newFair(b, app)
			bare := apptest.Open(b, open(b), nil)
			bare.Sockets.Ungate()
			g := newFair(b, bare)
			var with, without []time.Duration
			for b.Loop() {
				with = append(with, f.round(b)...)
				without = append(without, g.round(b)...)
			}
			p := func(all []time.Duration) float64 {
				slices.Sort(all)
				return float64(all[len(all)*99/100]) / float64(time.Millisecond)
			}
			b.ReportMetric(p(with), "ms-p99-with")
			b.ReportMetric(p(without), "ms-p99-without")
			b.ReportMetric(p(without)/p(with), "ratio")
			b.ReportMetric(float64(f.refused.Load())/float64(b.N), "refused-with")
			b.ReportMetric(float64(g.refused.Load())/float64(b.N), "refused-without")
		})
	}
}

// fair is a town with many people in it.
type fair struct {
	app   *apptest.App
	talks []talk
	crowd []auth.Identity
	about chat.ConversationID // what the crowd comes back to; they are one buyer's devices

	refused atomic.Int64
}

// talk is a conversation of two people who are there.
type talk struct {
	id             chat.ConversationID
	sender, reader *apptest.Socket
}

func newFair(b *testing.B, app *apptest.App) *fair {
	b.Helper()
	f := &fair{app: app}
	begin := func(i int) (chat.ConversationID, testkit.Town) {
		town := testkit.Town{}
		err := app.DB.Update(context.Background(), func(tx *store.Tx) error {
			for name, u := range map[string]*chat.User{"b": &town.Buyer, "s": &town.Seller} {
				var err error
				if *u, err = tx.InsertUser(context.Background(), chat.User{Username: fmt.Sprint(name, i), Name: name, CreatedAt: time.Now()}, "!"); err != nil {
					return err
				}
			}
			town.Listing = chat.Listing{
				Slug: fmt.Sprint("thing-", i), Seller: town.Seller, Title: "A thing", Price: chat.Money{Currency: "INR"}, Category: "books",
				Condition: "good", Status: chat.ListingActive, CreatedAt: time.Now(),
			}
			var err error
			town.Listing.ID, err = tx.InsertListing(context.Background(), town.Listing)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		started, err := app.Messages.Start(context.Background(), town.Buyer.ID, messaging.StartCommand{Listing: town.Listing.ID, Text: "Is it there?"})
		if err != nil {
			b.Fatal(err)
		}
		return started.Conversation, town
	}
	for i := range talkers {
		id, town := begin(i)
		buyer, _ := app.SignIn(b, town.Buyer)
		seller, _ := app.SignIn(b, town.Seller)
		t := talk{id, app.Pipe(b, socket.Start{Who: buyer, Only: id}), app.Pipe(b, socket.Start{Who: seller, Only: id})}
		t.sender.Wait("hello")
		t.reader.Wait("hello")
		f.talks = append(f.talks, t)
	}
	id, town := begin(talkers)
	f.about = id
	for i := range missed {
		if _, err := app.Messages.Send(context.Background(), town.Seller.ID, messaging.SendCommand{Conversation: id, Text: fmt.Sprint("missed ", i)}); err != nil {
			b.Fatal(err)
		}
	}
	for range comers {
		who, _ := app.SignIn(b, town.Buyer)
		f.crowd = append(f.crowd, who)
	}
	return f
}

// round has the crowd come back once, and returns how long each message took meanwhile.
func (f *fair) round(b *testing.B) []time.Duration {
	b.Helper()
	var mu sync.Mutex // guards took
	var took []time.Duration
	back := make(chan struct{})
	var talking, coming sync.WaitGroup
	for i, t := range f.talks {
		talking.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-back:
					return
				default:
				}
				name := fmt.Sprintf("b%d.%d.%d", time.Now().UnixNano(), i, n)
				began := time.Now()
				t.sender.Send(`{"client_id":%q,"message":"hi"}`, name)
				for t.reader.Wait("message")["client_id"] != name {
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
				t.sender.Wait("ack")
			}
		})
	}
	all := make([]*apptest.Socket, len(f.crowd))
	for i, who := range f.crowd {
		coming.Go(func() {
			for {
				all[i] = f.app.Pipe(b, socket.Start{Who: who, Only: f.about, Position: &wire.Position{After: 0}})
				if _, code := all[i].Until(func(f apptest.Frame) bool { return f.Type() == "caught_up" }); code == 0 {
					return
				}
				f.refused.Add(1) // and comes again
				all[i].Drop()
			}
		})
	}
	coming.Wait()
	close(back)
	talking.Wait()
	for _, s := range all {
		s.Drop()
	}
	return took
}
