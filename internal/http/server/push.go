package server

import (
	"context"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/reach"
	"swapnest/internal/follower/pusher"
	"swapnest/internal/limit"
	"swapnest/internal/outside"
)

// Push says how browsers are sent messages.
type Push struct {
	Off      bool   // they are sent none
	Contact  string // where push services may reach whoever runs the site: mailto: or https:; "" is nobody's address on this machine
	Loopback bool   // push services on this machine are taken, for tests
}

// addPush adds the sender of push messages, unless they are off.
func (a *App) addPush(o Options) {
	if o.Push.Off {
		return
	}
	contact := o.Push.Contact
	if contact == "" {
		contact = "mailto:postmaster@localhost"
	}
	a.senders[chat.PushChannel] = pusher.New(a.DB, pusher.Options{
		HTTP: outside.New(outside.Options{Loopback: o.Push.Loopback}), Contact: contact, Loopback: o.Push.Loopback, Now: time.Now, Log: a.log,
	})
}

// makeReach makes the service of browsers, and the first key where there is none.
func (a *App) makeReach(ctx context.Context, o Options, changes *limit.Keyed) error {
	a.Reach = reach.New(a.DB, reach.Options{Off: !a.sends(chat.PushChannel), Loopback: o.Push.Loopback, Changes: changes, Now: time.Now})
	if !a.sends(chat.PushChannel) || o.Idle {
		return nil
	}
	return a.Reach.EnsureKey(ctx)
}
