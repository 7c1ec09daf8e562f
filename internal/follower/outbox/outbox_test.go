package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

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
