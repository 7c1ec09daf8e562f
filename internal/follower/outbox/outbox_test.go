package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// away is the other side of a channel, which answers as a test says.
type away struct {
	answer func(ctx context.Context, d store.Delivery) Outcome

	mu     sync.Mutex // guards what follows
	tried  []store.Delivery
	at     []time.Time
	flying int
	most   int // at once
}

// Send implements Sender.
func (a *away) Send(ctx context.Context, d store.Delivery) Outcome {
	a.mu.Lock()
	a.tried, a.at = append(a.tried, d), append(a.at, time.Now())
	a.flying++
	a.most = max(a.most, a.flying)
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.flying--
		a.mu.Unlock()
	}()
	return a.answer(ctx, d)
}

// attempts returns what was tried by now.
func (a *away) attempts() []store.Delivery {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]store.Delivery{}, a.tried...)
}

// results count how attempts have ended.
type results struct {
	mu  sync.Mutex
	all map[string]int
}

func (r *results) ended(_ chat.Channel, result string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]int{}
	}
	r.all[result]++
}

func (r *results) want(t *testing.T, want map[string]int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if diff := cmp.Diff(want, r.all); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func worker(db *store.DB, channel chat.Channel, a *away, r *results) *Worker {
	w, err := New(db, Options{
		Senders: map[chat.Channel]Sender{channel: a}, Timing: store.Timing{PushAfter: 3 * time.Second, MailGap: time.Hour},
		Now: time.Now, Ended: r.ended, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	return w
}

func TestEachChannelGoesAtAPaceOfItsOwn(t *testing.T) {
	timing := store.Timing{PushAfter: 3 * time.Second, MailAfter: 10 * time.Minute, MailGap: time.Hour}
	for channel, want := range map[chat.Channel][2]time.Duration{
		chat.PushChannel: {3 * time.Second, 0},
		chat.MailChannel: {10 * time.Minute, time.Hour}, // what came while a mail was dropped is not mailed sooner than another
	} {
		w, err := New(nil, Options{Senders: map[chat.Channel]Sender{channel: &away{}}, Timing: timing, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		p := w.lanes[0].pace
		if got := [2]time.Duration{p.after, p.gap}; got != want || p.atOnce < 1 {
			t.Errorf("%s: got %+v, want %v", channel, p, want)
		}
	}
	if _, err := New(nil, Options{Senders: map[chat.Channel]Sender{"pigeon": &away{}}, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a channel that would never send is taken")
	}
}

// devices numbers devices of push, since no two messages of no notice go to one.
var devices atomic.Int64

// enqueue puts n deliveries into the outbox that are due at once.
func enqueue(t *testing.T, db *store.DB, channel chat.Channel, n int) {
	t.Helper()
	enqueueTo(t, db, channel, 1, n)
}

// enqueueTo is enqueue for somebody.
func enqueueTo(t *testing.T, db *store.DB, channel chat.Channel, to chat.UserID, n int) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for range n {
			d := store.Delivery{Channel: channel, Kind: store.DeliverPassword, To: to, Device: chat.PushDeviceID(devices.Add(1))}
			if err := tx.Enqueue(t.Context(), d); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// left returns what waits and what was given up.
func left(t *testing.T, db *store.DB) (waiting, dead []store.Delivery) {
	t.Helper()
	for state, into := range map[store.DeliveryState]*[]store.Delivery{store.DeliveryWaiting: &waiting, store.DeliveryDead: &dead} {
		all, err := db.Deliveries(t.Context(), store.DeliveryQuery{State: state, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		*into = all
	}
	return waiting, dead
}

var errRefused = errors.New("no route to mail.swap.example for asha@swap.example")

// TestAnHourOfADeadServerLosesNothing has a server be away for an hour in which much is to be sent.
// It is asked now and then; when it is back everything goes once, a few at a time: in order what was
// not tried, and then in order what was.
func TestAnHourOfADeadServerLosesNothing(t *testing.T) {
	for _, channel := range []chat.Channel{chat.PushChannel, chat.MailChannel} {
		t.Run(string(channel), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := testkit.SQLite(t).Open(t, nil)
				const n = 240
				back := time.Now().Add(time.Hour)
				var sent, fresh, tried []chat.DeliveryID
				var late time.Duration
				var mu sync.Mutex
				server := &away{answer: func(_ context.Context, d store.Delivery) Outcome {
					time.Sleep(50 * time.Millisecond)
					if time.Now().Before(back) {
						return Outcome{Err: errRefused, Away: true}
					}
					mu.Lock()
					defer mu.Unlock()
					sent, late = append(sent, d.ID), time.Since(back)
					if d.Attempts == 1 {
						fresh = append(fresh, d.ID)
					} else {
						tried = append(tried, d.ID)
					}
					return Outcome{Result: Sent}
				}}
				var r results
				w := worker(db, channel, server, &r)
				w.Start()
				for range n {
					time.Sleep(time.Hour / n)
					enqueue(t, db, channel, 1)
				}
				during := len(server.attempts())
				time.Sleep(3 * time.Minute)
				w.Stop()
				if during > 260 {
					t.Errorf("a server that was away was asked %d times in an hour", during)
				}
				if during < 60 {
					t.Errorf("a server that was away was asked %d times in an hour: it would not be known when it is back", during)
				}
				if waiting, dead := left(t, db); len(waiting)+len(dead) > 0 {
					t.Errorf("%d wait, %d were given up, 3 minutes after the server is back", len(waiting), len(dead))
				}
				if len(sent) != n || server.most > paces[channel].atOnce {
					t.Errorf("%d were sent, %d at once, want %d, %d at once at the most", len(sent), server.most, n, paces[channel].atOnce)
				}
				if late > 2*time.Minute {
					t.Errorf("the last one went %s after the server was back", late)
				}
				if len(fresh) < n/2 || len(tried) < 10 {
					t.Errorf("%d were not tried before, %d were", len(fresh), len(tried))
				}
				// The first one is whichever was tried when the server came back.
				want := slices.DeleteFunc(slices.Concat(fresh, tried), func(id chat.DeliveryID) bool { return id == sent[0] })
				if displaced(want, sent[1:]) > 2*perPerson {
					t.Errorf("what was tried went before what was not: %v", sent)
				}
				for _, group := range [][]chat.DeliveryID{fresh, tried} {
					// The first one to succeed is whichever was tried; then they go side by side.
					if n := displaced(slices.Sorted(slices.Values(group[1:])), group[1:]); n > 2*perPerson {
						t.Errorf("one went %d places from where it stood: %v", n, group)
					}
				}
				r.want(t, map[string]int{"sent": n, "retry": len(server.tried) - n})
			})
		})
	}
}

// displaced is how far from its place in want one of got is.
func displaced(want, got []chat.DeliveryID) (most int) {
	for i, id := range got {
		most = max(most, i-slices.Index(want, id), slices.Index(want, id)-i)
	}
	return most
}

// TestWhatFailsForSomeKeepsNobodyWaiting has many things to send to a few people to whom nothing can be
// sent, which is known late, and each minute something to somebody else.
func TestWhatFailsForSomeKeepsNobodyWaiting(t *testing.T) {
	for _, channel := range []chat.Channel{chat.PushChannel, chat.MailChannel} {
		for _, takes := range []time.Duration{0, 10 * time.Second} {
			t.Run(fmt.Sprintf("%s in %s", channel, takes), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					db := testkit.SQLite(t).Open(t, nil)
					const good = chat.UserID(100)
					bad := 2 * paces[channel].atOnce
					if takes > 0 {
						bad = paces[channel].atOnce/perPerson - 1 // they have all they may have, and room is left
					}
					for i := range bad {
						enqueueTo(t, db, channel, chat.UserID(i+1), 120/bad)
					}
					var most int
					server := &away{}
					server.answer = func(_ context.Context, d store.Delivery) Outcome {
						if d.To == good {
							return Outcome{Result: Sent}
						}
						server.mu.Lock()
						n := 0
						for _, x := range server.tried {
							if x.To == d.To {
								n++
							}
						}
						most = max(most, n)
						server.mu.Unlock()
						time.Sleep(takes)
						return Outcome{Err: errRefused}
					}
					var r results
					w := worker(db, channel, server, &r)
					w.Start()
					for range 120 {
						time.Sleep(time.Minute)
						enqueueTo(t, db, channel, good, 1)
					}
					time.Sleep(time.Minute)
					w.Stop()
					sent := 0
					for i, d := range server.tried {
						if d.To != good {
							continue
						}
						sent++
						if lag := server.at[i].Sub(d.Created); lag > 2*time.Second {
							t.Errorf("%d waited for %s", d.ID, lag)
						}
					}
					if sent != 120 || most < 120/bad {
						t.Errorf("%d were sent, and %d tried of who gets nothing", sent, most)
					}
				})
			})
		}
	}
}

// Of one person only so much is tried at once.
func TestNobodyHasAllAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.SQLite(t).Open(t, nil)
		server := &away{answer: func(context.Context, store.Delivery) Outcome {
			time.Sleep(10 * time.Second)
			return Outcome{Result: Sent}
		}}
		var r results
		w := worker(db, chat.PushChannel, server, &r)
		enqueueTo(t, db, chat.PushChannel, 1, 20)
		enqueueTo(t, db, chat.PushChannel, 2, 1)
		w.Start()
		defer w.Stop()
		time.Sleep(5 * time.Second)
		of := map[chat.UserID]int{}
		for _, d := range server.attempts() {
			of[d.To]++
		}
		if of[1] != perPerson || of[2] != 1 {
			t.Errorf("%v are tried at once", of)
		}
		time.Sleep(105 * time.Second)
		r.want(t, map[string]int{"sent": 21})
	})
}

// What is held for where it goes to is not tried, and is given up like what was.
func TestWhatIsHeldGrowsOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.SQLite(t).Open(t, nil)
		server := &away{answer: func(context.Context, store.Delivery) Outcome {
			return Outcome{Result: Held, Until: time.Now().Add(time.Hour)}
		}}
		var r results
		w := worker(db, chat.PushChannel, server, &r)
		enqueue(t, db, chat.PushChannel, 1)
		w.Start()
		defer w.Stop()
		time.Sleep(23*time.Hour + 30*time.Minute)
		if waiting, _ := left(t, db); len(waiting) != 1 || waiting[0].Attempts != 0 {
			t.Fatalf("%+v wait", waiting)
		}
		time.Sleep(time.Hour)
		if waiting, dead := left(t, db); len(waiting) != 0 || len(dead) != 1 || dead[0].Fault == "" {
			t.Errorf("%+v wait, %+v were given up", waiting, dead)
		}
		r.want(t, map[string]int{"postponed": 24, "dead": 1})
	})
}

// A delivery that fails alone is tried in growing intervals, and keeps nobody waiting.
func TestOneThatFailsIsTriedEverMoreSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.SQLite(t).Open(t, nil)
		const bad = chat.DeliveryID(1)
		began := time.Now()
		var r results
		server := &away{answer: func(_ context.Context, d store.Delivery) Outcome {
			if d.ID == bad {
				return Outcome{Err: errRefused}
			}
			return Outcome{Result: Sent}
		}}
		w := worker(db, chat.PushChannel, server, &r)
		w.Start()
		defer w.Stop()
		enqueue(t, db, chat.PushChannel, 1)
		const minutes = 25 * 60
		for range minutes / 5 {
			enqueue(t, db, chat.PushChannel, 1)
			time.Sleep(5 * time.Minute)
		}
		waiting, dead := left(t, db)
		if len(waiting) != 0 || len(dead) != 1 || dead[0].ID != bad {
			t.Fatalf("%d wait, and %v were given up, want the one that fails", len(waiting), dead)
		}
		if want := "no route to mail.swap.example for (…)"; dead[0].Fault != want {
			t.Errorf("its fault is %q, want %q", dead[0].Fault, want)
		}
		var last time.Time
		limit := paces[chat.PushChannel].base
		tries := 0
		for i, d := range server.tried {
			if d.ID != bad {
				if lag := server.at[i].Sub(d.Created); lag > 2*time.Second {
					t.Errorf("%d waited for %s", d.ID, lag)
				}
				continue
			}
			tries++
			if d.Attempts != int64(tries) {
				t.Errorf("attempt %d is said to be number %d", tries, d.Attempts)
			}
			if !last.IsZero() {
				if gap := server.at[i].Sub(last); gap > limit+2*time.Second {
					t.Errorf("attempt %d came %s after the one before, want %s at the most", tries, gap, limit)
				}
				limit = min(2*limit, 15*time.Minute)
			}
			last = server.at[i]
		}
		if age := last.Sub(began); age < 24*time.Hour || age > 25*time.Hour {
			t.Errorf("it was given up after %s, want a day", age)
		}
		// A quarter of an hour at the most, half of that in the middle, are some 200 attempts in a day.
		if tries < 130 || tries > 300 {
			t.Errorf("it was tried %d times", tries)
		}
	})
}

// What the other side says about when is obeyed, and what may not leave yet is not tried.
func TestWhenTheOtherSideSaysWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.SQLite(t).Open(t, nil)
		began := time.Now()
		quiet, later := began.Add(25*time.Hour), began.Add(26*time.Hour)
		var r results
		server := &away{answer: func(context.Context, store.Delivery) Outcome {
			switch now := time.Now(); {
			case now.Before(quiet):
				return Outcome{Result: Postponed, Until: quiet}
			case now.Before(later):
				return Outcome{Until: later, Err: errors.New("asked to wait")}
			default:
				return Outcome{Result: Sent}
			}
		}}
		w := worker(db, chat.PushChannel, server, &r)
		w.Start()
		defer w.Stop()
		enqueue(t, db, chat.PushChannel, 20)
		time.Sleep(26*time.Hour + time.Minute)
		r.want(t, map[string]int{"postponed": 20, "retry": 20, "sent": 20})
		for i, at := range server.at {
			var due time.Time
			switch {
			case i >= 40:
				due = later
			case i >= 20:
				due = quiet
			default:
				due = began
			}
			if at.Before(due) || at.After(due.Add(paces[chat.PushChannel].base+2*time.Second)) {
				t.Errorf("attempt %d was at %s, want from %s on", i, at, due)
			}
			if want := int64(1 + i/40); server.tried[i].Attempts != want {
				t.Errorf("attempt %d is said to be number %d, want %d: one that was postponed is none", i, server.tried[i].Attempts, want)
			}
		}
	})
}

// Whoever stops lets what is under way come to its end, and leaves the rest to another one.
func TestAStopLeavesNothingHalfDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.SQLite(t).Open(t, nil)
		var r results
		server := &away{answer: func(ctx context.Context, d store.Delivery) Outcome {
			if d.ID%2 == 0 {
				<-ctx.Done() // hangs
				return Outcome{Err: ctx.Err()}
			}
			time.Sleep(time.Second)
			return Outcome{Result: Sent}
		}}
		w := worker(db, chat.MailChannel, server, &r)
		w.Start()
		enqueue(t, db, chat.MailChannel, 10)
		time.Sleep(1500 * time.Millisecond)
		began := time.Now()
		w.Stop()
		if took := time.Since(began); took > parting+time.Second {
			t.Errorf("stopping took %s", took)
		}
		tried := len(server.attempts())
		waiting, dead := left(t, db)
		if len(dead) > 0 || r.all["sent"] == 0 || len(waiting) != 10-r.all["sent"] {
			t.Errorf("%d wait and %d were given up after %v", len(waiting), len(dead), r.all)
		}
		next := &away{answer: func(context.Context, store.Delivery) Outcome { return Outcome{Result: Sent} }}
		successor := worker(db, chat.MailChannel, next, &r)
		successor.Start()
		defer successor.Stop()
		time.Sleep(2 * look)
		if waiting, _ := left(t, db); len(waiting) > 0 {
			t.Errorf("%d wait for a node that has stopped", len(waiting))
		}
		if again := len(server.attempts()); again != tried {
			t.Errorf("%d attempts by a node that has stopped", again-tried)
		}
	})
}

// What is due at once goes at once when somebody wakes the worker, and soon when nobody does.
func TestAWakeIsFasterThanALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := testkit.SQLite(t).Open(t, nil)
		server := &away{answer: func(context.Context, store.Delivery) Outcome { return Outcome{Result: Sent} }}
		var r results
		w := worker(db, chat.PushChannel, server, &r)
		w.Start()
		defer w.Stop()
		time.Sleep(look / 2)
		for i, c := range []struct {
			wake bool
			most time.Duration
		}{{true, 2 * linger}, {false, look + linger}} {
			enqueue(t, db, chat.PushChannel, 1)
			if c.wake {
				w.Wake()
			}
			time.Sleep(c.most)
			synctest.Wait()
			if n := len(server.attempts()); n != i+1 {
				t.Errorf("%d were tried within %s, want %d", n, c.most, i+1)
			}
		}
	})
}

func TestFaultsNameNobody(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, c := range []struct {
		said error
		want string
	}{
		{nil, "no reason given"},
		{errors.New("550 5.1.1 <asha@swap.example>:\n no such user"), "550 5.1.1 (…) no such user"},
		{fmt.Errorf("post %q: refused", "https://push.example/secret"), "post (…) refused"},
		{errors.New(long), long[:400] + "…"},
	} {
		if got := plainly(c.said); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
