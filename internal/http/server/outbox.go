package server

import (
	"context"
	"maps"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/store"
)

// defaultTiming is of what leaves the site where Options say nothing else: a push message waits
// for company, a mail for its being needed.
var defaultTiming = store.Timing{PushAfter: 3 * time.Second, MailAfter: chat.MailDelay, MailGap: time.Hour}

// Sending says what leaves the site, and when.
type Sending struct {
	// Senders send by a channel each, in place of those that other options make.
	Senders map[chat.Channel]outbox.Sender
	// Timing is how soon; a duration of 0 is the usual one, or Mail.Delay where that says how to send. By which channels is known from the
	// senders.
	Timing store.Timing
}

// sending is a node's part in it.
type sending struct {
	senders map[chat.Channel]outbox.Sender
	timing  store.Timing   // of what they send
	outbox  *outbox.Worker // nil until the store is open
}

// makeOutbox makes the worker that sends, and from what it can send by how notices are planned:
// without a sender nothing is planned for a channel. Each channel that options switch on puts its
// sender into a.senders here. The store is open, the services are not there yet.
func (a *App) makeOutbox(ctx context.Context, o Options) error {
	a.senders = make(map[chat.Channel]outbox.Sender)
	a.addPush(o)
	if err := a.addMail(ctx, o); err != nil {
		return err
	}
	maps.Copy(a.senders, o.Senders)
	a.timing = o.Timing
	usual := defaultTiming
	if o.Mail.Transport != nil {
		usual.MailAfter = o.Mail.Delay
	}
	for _, t := range []struct{ chosen, usual *time.Duration }{
		{&a.timing.PushAfter, &usual.PushAfter},
		{&a.timing.MailAfter, &usual.MailAfter},
		{&a.timing.MailGap, &usual.MailGap},
	} {
		if *t.chosen == 0 {
			*t.chosen = *t.usual
		}
	}
	a.timing.Push, a.timing.Mail = a.sends(chat.PushChannel), a.sends(chat.MailChannel)
	var err error
	a.outbox, err = outbox.New(a.DB, outbox.Options{
		Senders: a.senders, Timing: a.timing, Alone: o.DatabaseURL == "", // the data directory is this process's own
		Now: time.Now, Ended: a.metrics.attempted, Log: a.log,
	})
	return err
}

// sends tells whether this site sends by a channel. It is known once there is an outbox.
func (a *App) sends(c chat.Channel) bool {
	_, ok := a.senders[c]
	return ok
}

// due wakes who sends, at whichever node.
func (a *App) due() {
	a.duty()
	if a.peers != nil {
		a.peers.Due()
	}
}

// duty wakes who sends at this node.
func (a *App) duty() {
	if a.outbox != nil {
		a.outbox.Wake()
	}
}

func (a *App) pruneOutbox(ctx context.Context) error { return outbox.Prune(ctx, a.DB, time.Now()) }
