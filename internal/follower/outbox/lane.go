package outbox

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// lane sends what waits for one channel.
type lane struct {
	db      *store.DB
	channel chat.Channel
	sender  Sender
	pace    pace
	now     func() time.Time
	ended   func(chat.Channel, string)
	log     *slog.Logger
	wake    chan struct{}
	freed   chan struct{} // an attempt has ended
	done    *sync.WaitGroup

	mu      sync.Mutex          // guards what follows
	flying  int                 // attempts under way
	of      map[chat.UserID]int // how many of them are of whom
	trouble trouble
}

// run claims what is due and tries it, until claiming ends. Attempts go on until trying does.
func (l *lane) run(claiming, trying context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait := l.turn(claiming, trying)
		wake := l.wake
		if wait > 0 {
			wake = nil // whoever wakes: the other side is not asked sooner
		} else {
			wait = look
		}
		timer.Reset(wait)
		select {
		case <-claiming.Done():
			return
		case <-timer.C:
		case <-l.freed:
		case <-wake:
			timer.Reset(linger)
			select {
			case <-claiming.Done():
				return
			case <-timer.C:
			}
		}
	}
}

// turn begins as many attempts as there is room for. It returns for how long nothing may be tried
// since the other side is away; 0 for until there is something.
func (l *lane) turn(claiming, trying context.Context) (wait time.Duration) {
	for {
		l.mu.Lock()
		room, wait := l.trouble.room(l.now(), l.pace.atOnce-l.flying, l.flying)
		busy := l.busy()
		l.mu.Unlock()
		if room <= 0 {
			return wait
		}
		all, err := l.claim(room, busy)
		if err != nil && claiming.Err() == nil {
			l.log.Warn("what is due was not looked for", "error", err)
		}
		if err != nil || len(all) == 0 {
			return 0
		}
		for _, d := range all {
			l.count(d.To, 1)
			l.done.Go(func() {
				l.try(trying, d)
				l.count(d.To, -1)
				poke(l.freed)
			})
		}
	}
}

// claim takes what is due, one of each person but the busy.
func (l *lane) claim(room int, busy []chat.UserID) ([]store.Delivery, error) {
	ctx, cancel := context.WithTimeout(context.Background(), writing) // what was claimed is to be known
	defer cancel()
	return l.db.ClaimDeliveries(ctx, l.channel, l.now(), l.pace.lease, room, busy...)
}

// busy are those of whom nothing more is tried for now. Callers hold the lock.
func (l *lane) busy() (all []chat.UserID) {
	for who, n := range l.of {
		if n >= perPerson {
			all = append(all, who)
		}
	}
	return all
}

// count counts attempts under way.
func (l *lane) count(who chat.UserID, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flying += n
	if l.of[who] += n; l.of[who] == 0 {
		delete(l.of, who)
	}
}

// try tries a delivery once, and writes down what came of it.
func (l *lane) try(trying context.Context, d store.Delivery) {
	over := time.Now().Add(l.pace.lease)
	ctx, cancel := context.WithTimeout(trying, l.pace.attempt)
	defer cancel()
	o := l.sender.Send(ctx, d)
	stopped := trying.Err() != nil
	s, result := l.settlement(d, o, stopped)
	for {
		ok, err := l.settle(d, s)
		if err == nil && !ok {
			result = "lost"
		}
		if err == nil {
			break
		}
		// When its time is over it is tried again, by whoever finds it.
		if trying.Err() != nil || !time.Now().Add(look).Before(over) {
			l.log.Warn("what came of a delivery was not written down: it will be sent again", "delivery", d.ID, "result", result, "error", err)
			result = "lost"
			break
		}
		time.Sleep(look)
	}
	l.ended(l.channel, result)
	if !stopped {
		l.heard(d.ID, o)
	}
}

func (l *lane) settle(d store.Delivery, s store.Settlement) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), writing)
	defer cancel()
	return l.db.SettleDelivery(ctx, d, s)
}

// settlement is what an outcome means for a delivery, and what it is called.
func (l *lane) settlement(d store.Delivery, o Outcome, stopped bool) (s store.Settlement, result string) {
	now := l.now()
	s = store.Settlement{At: now, After: l.pace.after, Gap: l.pace.gap}
	if o.Result == Retry && stopped {
		// It has not failed: this node ends. Another one goes on at once.
		s.As, s.Due = store.SettledRetry, now
		return s, "retry"
	}
	switch o.Result {
	case Sent:
		s.As, result = store.SettledSent, "sent"
	case Dropped:
		s.As, result = store.SettledDropped, "dropped"
	case Postponed:
		s.As, s.Due, result = store.SettledPostponed, latest(o.Until, now.Add(look)), "postponed"
	case Held:
		if now.Sub(d.Created) >= l.pace.life {
			s.As, s.Fault, result = store.SettledDead, "where it goes to has not answered for too long", "dead"
			break
		}
		s.As, s.Due, result = store.SettledHeld, latest(o.Until, now.Add(look)), "postponed"
	case Dead:
		s.As, s.Fault, result = store.SettledDead, plainly(o.Err), "dead"
	default:
		s.As, s.Fault, result = store.SettledRetry, plainly(o.Err), "retry"
		if now.Sub(d.Created) >= l.pace.life {
			s.As, result = store.SettledDead, "dead"
			break
		}
		s.Due = now.Add(backoff(l.pace.base, l.pace.most, d.Attempts))
		if o.Until.After(now) {
			until := o.Until
			if most := now.Add(l.pace.life); until.After(most) {
				until = most
			}
			s.Due = until.Add(backoff(l.pace.base, l.pace.most, 1)) // not all of those that were told the same at once
		}
	}
	if result == "dead" {
		l.log.Warn("a delivery was given up", "delivery", d.ID, "kind", string(d.Kind), "attempts", d.Attempts, "error", s.Fault)
	}
	return s, result
}

// heard notes how the way of the channel is. When it is back, what has failed for its being away is due
// at once. Only what says Away speaks of the way: a failure of one delivery shows that it was reached.
func (l *lane) heard(id chat.DeliveryID, o Outcome) {
	l.mu.Lock()
	was := l.trouble
	switch {
	case o.Result == Retry && o.Away:
		l.trouble.failed(id, l.now(), l.pace)
	case o.Result == Sent || o.Result == Dead || o.Result == Retry:
		l.trouble = trouble{}
	}
	on := l.trouble.on
	l.mu.Unlock()
	switch {
	case on && !was.on:
		l.log.Warn("one attempt after the other has failed: the rest waits, and is tried from time to time", "error", plainly(o.Err))
	case !on && was.on:
		l.log.Info("it is sent again")
		ctx, cancel := context.WithTimeout(context.Background(), writing)
		defer cancel()
		if err := l.db.HastenDeliveries(ctx, was.ids, l.now()); err != nil {
			l.log.Warn("what has failed is sent later than it could be", "error", err)
		}
	}
}

// trouble is when the way of a channel has failed a few times, and nothing has gone: the other side
// is away. Then one delivery at a time is tried, in growing intervals, and the others keep their place:
// nothing is hammered, and when it is back all goes in the order in which it was due, and behind it what
// was tried.
type trouble struct {
	failures int // one after the other
	on       bool
	next     time.Time
	ids      []chat.DeliveryID // of those that failed, the first of them
}

const (
	// probing is the longest time between two attempts while the other side is away.
	probing = time.Minute
	// remembered is how many of those that failed for it are known when it is back.
	remembered = 1000
)

// failed notes a failure; as many in a row as there are attempts at once are trouble.
func (t *trouble) failed(id chat.DeliveryID, now time.Time, p pace) {
	if t.failures++; len(t.ids) < remembered {
		t.ids = append(t.ids, id)
	}
	if t.failures >= p.atOnce {
		t.on = true
		t.next = now.Add(p.base/2 + backoff(p.base, probing, int64(t.failures-p.atOnce+1))/2)
	}
}

// room is how many attempts may begin at now, given how many could and how many are under way, and
// how long to wait where none may for the trouble.
func (t *trouble) room(now time.Time, free, flying int) (int, time.Duration) {
	switch {
	case !t.on:
		return free, 0
	case flying > 0:
		return 0, 0
	case t.next.After(now):
		return 0, t.next.Sub(now)
	default:
		return 1, 0
	}
}

// backoff is a random time up to one that doubles with each attempt, from base to most.
func backoff(base, most time.Duration, attempts int64) time.Duration {
	limit := base
	for range attempts - 1 {
		if limit *= 2; limit >= most {
			limit = most
			break
		}
	}
	return time.Duration(rand.Int64N(int64(limit) + 1)) //nolint:gosec // It spreads load, and guards nothing.
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
