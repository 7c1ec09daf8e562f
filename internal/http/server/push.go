package server

import (
	"context"
	"time"

	"swapnest/internal/feature/reach"
	"swapnest/internal/limit"
)

// Push says how browsers are sent messages.
type Push struct {
	Off      bool   // they are sent none
	Contact  string // where push services may reach whoever runs the site: mailto: or https:; "" is PublicURL
	Loopback bool   // push services on this machine are taken, for tests
}

// makeReach makes the service of browsers, and the first key where there is none.
func (a *App) makeReach(ctx context.Context, o Options, changes *limit.Keyed) error {
	a.Reach = reach.New(a.DB, reach.Options{Off: o.Push.Off, Loopback: o.Push.Loopback, Changes: changes, Now: time.Now})
	if o.Push.Off || o.Idle {
		return nil
	}
	return a.Reach.EnsureKey(ctx)
}
