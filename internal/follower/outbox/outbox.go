package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

const (
	// look is how often it is looked for what is due when nobody says that there is something,
	// and linger for how long whoever was woken waits for company.
	look   = time.Second
	linger = 20 * time.Millisecond
	// parting is how long what is under way has to come to its end when a node stops.
	parting = 3 * time.Second
	// writing bounds one try to write down what came of an attempt.
	writing = 5 * time.Second
	// perPerson is how many attempts there are at once of what is for one person.
	perPerson = 2
	// keepSent and keepDead are how long the outbox keeps what was sent, and what was given up.
	keepSent = 7 * 24 * time.Hour
	keepDead = 30 * 24 * time.Hour
	// pruned is how much is deleted at once: on SQLite nobody else writes meanwhile.
	pruned = 1000
	// suspect is how often a delivery was begun that may be what processes end of: who takes over
	// leaves it its time, so that a site whose process ends of it is up in between.
	suspect = 3
)

// pace is how fast a channel goes.
type pace struct {
	atOnce  int           // attempts of one node at the same time
	attempt time.Duration // how long one may take
	lease   time.Duration // for how long no other node tries what this one does; attempt, and what clocks differ
	base    time.Duration // of the backoff of a delivery
	most    time.Duration // of it
	life    time.Duration // what has failed for so long is given up
	after   time.Duration // how long what came during an attempt waits for company
	gap     time.Duration // between two mails about one conversation; no other channel has one
}

var paces = map[chat.Channel]pace{
	chat.PushChannel: {atOnce: 8, attempt: 20 * time.Second, lease: time.Minute, base: 5 * time.Second, most: 15 * time.Minute, life: 24 * time.Hour},
	chat.MailChannel: {atOnce: 4, attempt: 2 * time.Minute, lease: 4 * time.Minute, base: 30 * time.Second, most: time.Hour, life: 3 * 24 * time.Hour},
}

// Options say what a worker sends, and how. Senders, Now and Log must be given.
type Options struct {
	// Senders are those of the channels that there are. What waits for another one waits on.
	Senders map[chat.Channel]Sender
	// Timing is with what the deliveries were planned.
	Timing store.Timing
	// Alone is that no other process sends what is in this database: whatever is claimed when the
	// worker starts was claimed by one that has ended, and is tried at once.
	Alone bool
	Now   func() time.Time
	// Ended is told of each attempt how it ended: sent, retry, dropped, postponed, dead; or lost,
	// when somebody else had taken it up meanwhile. It must not block. Nil is told nothing.
	Ended func(c chat.Channel, result string)
	Log   *slog.Logger
}

// Worker sends what is due, beside the workers of other nodes. Start begins, Stop ends it.
type Worker struct {
	db    *store.DB
	o     Options
	lanes []*lane
	stop  context.CancelFunc // of claiming
	abort context.CancelFunc // of what is under way
	done  sync.WaitGroup     // the lanes and their attempts
}

// paceOf returns how a channel goes, given with what its deliveries were planned.
func paceOf(c chat.Channel, t store.Timing) (pace, error) {
	p, known := paces[c]
	if !known {
		return p, fmt.Errorf("the outbox does not know how fast the channel %q may go", c)
	}
	switch c {
	case chat.PushChannel:
		p.after = t.PushAfter
	case chat.MailChannel:
		p.after, p.gap = t.MailAfter, t.MailGap
	}
	return p, nil
}

// New returns a worker. It refuses a sender for a channel that it does not know.
func New(db *store.DB, o Options) (*Worker, error) {
	if o.Ended == nil {
		o.Ended = func(chat.Channel, string) {}
	}
	w := &Worker{db: db, o: o}
	for channel, sender := range o.Senders {
		p, err := paceOf(channel, o.Timing)
		if err != nil {
			return nil, err
		}
		w.lanes = append(w.lanes, &lane{
			db: db, channel: channel, sender: sender, pace: p, now: o.Now, ended: o.Ended, log: o.Log.With("channel", string(channel)),
			wake: make(chan struct{}, 1), freed: make(chan struct{}, 1), done: &w.done, of: map[chat.UserID]int{},
		})
	}
	return w, nil
}

// Wake says that something may be due. It never blocks.
func (w *Worker) Wake() {
	for _, l := range w.lanes {
		poke(l.wake)
	}
}

// Start sends until Stop.
func (w *Worker) Start() {
	if w.o.Alone {
		w.takeOver()
	}
	claiming, stop := context.WithCancel(context.Background())
	trying, abort := context.WithCancel(context.Background())
	w.stop, w.abort = stop, abort
	for _, l := range w.lanes {
		w.done.Go(func() { l.run(claiming, trying) })
	}
}

// takeOver has what the process before had begun tried at once. Where that fails it is tried when the
// claims are over.
func (w *Worker) takeOver() {
	ctx, cancel := context.WithTimeout(context.Background(), writing)
	defer cancel()
	n, err := w.db.ReclaimDeliveries(ctx, w.o.Now(), suspect)
	switch {
	case err != nil:
		w.o.Log.Warn("what the process before was sending is sent later than it could be", "error", err)
	case n > 0:
		w.o.Log.Info("what the process before was sending when it ended is sent again", "deliveries", n)
	}
}

// Stop takes nothing up any more, gives what is under way a moment to come to its end, and leaves
// the rest to another node or another start. One that was not started has stopped.
func (w *Worker) Stop() {
	if w.stop == nil {
		return
	}
	w.stop()
	over := time.AfterFunc(parting, w.abort)
	w.done.Wait()
	over.Stop()
	w.abort()
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Prune deletes what was sent or given up long ago.
func Prune(ctx context.Context, db *store.DB, now time.Time) error {
	for n := int64(pruned); n == pruned; {
		err := db.Update(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.PruneDeliveries(ctx, now.Add(-keepSent), now.Add(-keepDead), pruned)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// private are words that may name a person or a device: addresses of mail, and those of the web,
// whose paths are secrets of push services.
var private = regexp.MustCompile(`\S*(@|://)\S*`)

// plainly is an error for operators: on one line, not long, and without what is private, should a
// sender have passed on what the other side says.
func plainly(err error) string {
	if err == nil {
		return "no reason given"
	}
	const most = 200
	said := []rune(private.ReplaceAllString(strings.Join(strings.Fields(err.Error()), " "), "(…)"))
	if len(said) > most {
		said = append(said[:most], '…')
	}
	return string(said)
}
