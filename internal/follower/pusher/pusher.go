// Package pusher sends what waits in the outbox to browsers, by push services. Before each attempt
// it looks once more at the browser, the notice and what its person wants.
package pusher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/follower/outbox"
	"swapnest/internal/outside"
	"swapnest/internal/push"
	"swapnest/internal/store"
)

const (
	// keeps is how long a push service keeps a message for a browser that is away: a phone that
	// was off for a night tells of what is still unread. What was read meanwhile is taken back
	// under the same topic.
	keeps = 24 * time.Hour
	// usedEvery is how often it is noted that a browser takes messages.
	usedEvery = time.Hour
)

// Options say how the pusher works.
type Options struct {
	HTTP     *http.Client // goes to addresses that strangers give; see package outside
	Contact  string       // where push services may reach whoever runs the site: mailto: or https:
	Loopback bool         // push services on this machine are called, for tests
	Now      func() time.Time
	Log      *slog.Logger
}

// Pusher is the outbox's sender of push.
type Pusher struct {
	db     *store.DB
	o      Options
	client *push.Client
	hosts  *hosts

	mu      sync.Mutex
	signers map[int64]*push.Signer // by the id of their key
}

// New returns a pusher.
func New(db *store.DB, o Options) *Pusher {
	return &Pusher{db: db, o: o, client: push.NewClient(o.HTTP, o.Now), hosts: &hosts{now: o.Now, known: map[string]*host{}}, signers: map[int64]*push.Signer{}}
}

var _ outbox.Sender = (*Pusher)(nil)

// Send implements outbox.Sender.
func (p *Pusher) Send(ctx context.Context, d store.Delivery) outbox.Outcome {
	device, err := p.db.PushDevice(ctx, d.Device, p.o.Now())
	if chat.CodeOf(err) == chat.NotFound || err == nil && device.User != d.To {
		return outbox.Outcome{Result: outbox.Dropped} // signed out there, or it is somebody else's now
	}
	if err != nil {
		return again(err)
	}
	to, err := push.ParseSubscription(device.Endpoint, device.P256dh, device.Auth, p.o.Loopback)
	if err != nil {
		// It was taken under other options than those of today.
		return p.gone(ctx, device)
	}
	news, err := p.db.News(ctx, d)
	if chat.CodeOf(err) == chat.NotFound {
		return outbox.Outcome{Result: outbox.Dropped}
	}
	if err != nil {
		return again(err)
	}
	if out, ok := p.hold(d, news, to); ok {
		return out
	}
	signer, err := p.signer(ctx, device.Key)
	if err != nil {
		return again(err)
	}
	// A service on this machine is the operator's own, and no stranger's.
	visit, until := p.hosts.enter(to.Host(), bigService(to) != "" || p.o.Loopback, d.To)
	if visit == nil {
		return outbox.Outcome{Result: outbox.Held, Until: until}
	}
	out, reached := p.send(ctx, signer, device, to, d, news)
	held := p.hosts.leave(visit, reached, out.Result == outbox.Sent)
	if !reached && out.Result == outbox.Retry && out.Until.IsZero() {
		out.Until = held
	}
	return out
}

// hold tells whether something is not sent now, and what becomes of it.
func (p *Pusher) hold(d store.Delivery, n store.News, to push.Subscription) (outbox.Outcome, bool) {
	dropped := outbox.Outcome{Result: outbox.Dropped}
	if d.Kind == store.DeliverClear {
		// Apple ends a subscription that shows nothing for what it is sent, a few times over.
		return dropped, apple(to)
	}
	if !n.Notice.Unread || n.Muted || !n.Person.ClosedAt.IsZero() || !n.Wants.Takes(n.Notice.Kind, chat.PushChannel) {
		return dropped, true
	}
	if until := n.Wants.SilentUntil(p.o.Now()); !until.IsZero() {
		return outbox.Outcome{Result: outbox.Postponed, Until: until}, true
	}
	return outbox.Outcome{}, false
}

// apple tells whether a browser is one of Apple's.
func apple(to push.Subscription) bool {
	return to.Host() == "push.apple.com" || strings.HasSuffix(to.Host(), ".push.apple.com")
}

// signer returns who signs with a key. A key never changes.
func (p *Pusher) signer(ctx context.Context, id int64) (*push.Signer, error) {
	p.mu.Lock()
	s := p.signers[id]
	p.mu.Unlock()
	if s != nil {
		return s, nil
	}
	stored, err := p.db.PushKey(ctx, id)
	if err != nil {
		return nil, err
	}
	key, err := push.ParseKey(stored.Private)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s = p.signers[id]; s == nil { // nobody was faster
		s = push.NewSigner(key, p.o.Contact, p.o.Now)
		p.signers[id] = s
	}
	return s, nil
}

// send hands a message over, a second time without its preview where it is too large, and says
// what came of it, and whether its push service is there.
func (p *Pusher) send(ctx context.Context, by *push.Signer, device store.PushDevice, to push.Subscription, d store.Delivery, n store.News) (out outbox.Outcome, reached bool) {
	tag := tagOf(d, n.Notice)
	m := push.Message{To: to, TTL: keeps, Urgency: push.Normal, Topic: topicOf(device, tag)}
	if n.Notice.Conversation != 0 && d.Kind == store.DeliverNotice {
		m.Urgency = push.High // somebody has written, and waits
	}
	var answer push.Answer
	for _, previews := range []bool{n.Wants.Previews, false} {
		var err error
		if m.Text, err = compose(d, n, tag, previews); err != nil {
			return outbox.Outcome{Result: outbox.Dead, Err: err}, true
		}
		answer, err = p.client.Send(ctx, by, m)
		if errors.Is(err, outside.ErrRefused) {
			return outbox.Outcome{Result: outbox.Dead, Err: fmt.Errorf("%s is not called: %w", service(to), err)}, false
		}
		if err != nil {
			return again(err), false
		}
		if answer.Status != http.StatusRequestEntityTooLarge || !previews {
			break
		}
	}
	if answer.Gone() {
		return p.gone(ctx, device), true
	}
	if answer.Taken() {
		p.used(ctx, device)
	}
	return p.outcome(answer, to), answer.Status < 500
}

// outcome is what an answer means, but for a subscription that is gone.
func (p *Pusher) outcome(a push.Answer, to push.Subscription) outbox.Outcome {
	said := fmt.Errorf("%s answers %d", service(to), a.Status)
	switch {
	case a.Taken():
		return outbox.Outcome{Result: outbox.Sent}
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusRequestTimeout, a.Status >= 500:
		out := outbox.Outcome{Result: outbox.Retry, Err: said}
		if a.After > 0 {
			out.Until = p.o.Now().Add(a.After)
		}
		return out
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return outbox.Outcome{Result: outbox.Dead, Err: fmt.Errorf("%w: it does not take this site's signature; look at the clock, --push-contact and swapnest push-key list", said)}
	case a.Status == http.StatusRequestEntityTooLarge:
		return outbox.Outcome{Result: outbox.Dead, Err: fmt.Errorf("%w: even without a preview the message is too large for it", said)}
	default:
		return outbox.Outcome{Result: outbox.Dead, Err: fmt.Errorf("%w: it does not take what this site sends; a later version may mend that", said)}
	}
}

// services are the hosts that may be named to operators: they are those of all who have the same
// browser. Others may be somebody's own.
var services = []string{"fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"}

// service is how a push service is called in a fault.
func service(to push.Subscription) string {
	if known := bigService(to); known != "" {
		return "the push service " + known
	}
	return "a push service"
}

// bigService is which of services a browser uses; "" for none of them.
func bigService(to push.Subscription) string {
	for _, known := range services {
		if host := to.Host(); host == known || strings.HasSuffix(host, "."+known) {
			return known
		}
	}
	return ""
}

// gone deletes a browser that gets nothing any more.
func (p *Pusher) gone(ctx context.Context, device store.PushDevice) outbox.Outcome {
	err := p.db.Update(ctx, func(tx *store.Tx) error { return tx.DeletePushDevice(ctx, device.ID) })
	if err != nil {
		return again(err)
	}
	return outbox.Outcome{Result: outbox.Dropped}
}

// used notes that a browser has taken a message. Where that fails nothing is lost.
func (p *Pusher) used(ctx context.Context, device store.PushDevice) {
	now := p.o.Now()
	if now.Sub(device.UsedAt) < usedEvery {
		return
	}
	if err := p.db.Update(ctx, func(tx *store.Tx) error { return tx.PushDeviceUsed(ctx, device.ID, now) }); err != nil {
		p.o.Log.WarnContext(ctx, "use of a browser not noted", "error", err)
	}
}

// again is the outcome of a fault that may pass.
func again(err error) outbox.Outcome { return outbox.Outcome{Result: outbox.Retry, Err: err} }
