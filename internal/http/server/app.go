// Package server joins the parts to one running marketplace: it opens the store,
// makes the services, mounts the doors on one mux, and ends everything in order.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/listings"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/notices"
	"swapnest/internal/feature/presence"
	"swapnest/internal/feature/reach"
	"swapnest/internal/feature/saved"
	"swapnest/internal/feature/search"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/follower"
	"swapnest/internal/follower/cleaner"
	"swapnest/internal/follower/indexer"
	noticing "swapnest/internal/follower/notices"
	"swapnest/internal/follower/shelf"
	"swapnest/internal/follower/tail"
	"swapnest/internal/http/api"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/postbox"
	"swapnest/internal/http/socket"
	"swapnest/internal/http/trace"
	"swapnest/internal/http/web"
	"swapnest/internal/limit"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/live/peers"
	"swapnest/internal/mail/alias"
	"swapnest/internal/store"
)

// App is a node of the marketplace.
type App struct {
	DB       *store.DB
	Blobs    blob.Store
	Hub      *hub.Hub
	Guard    *auth.Guard
	Accounts *accounts.Service
	Listings *listings.Service
	Uploads  *uploads.Service
	Inbox    *inbox.Service
	Messages *messaging.Service
	Notices  *notices.Service
	Reach    *reach.Service
	Saved    *saved.Service
	Presence *presence.Service
	Search   *search.Service
	Sockets  *socket.Door
	Leaves   *alias.Leaves // makes and reads the links that end mails
	Aliases  *alias.Book   // addresses to answer to by mail; nil for none

	log       *slog.Logger
	lock      io.Closer
	redis     *bus.Redis // nil for a node that is alone, like the next two
	sharing   *limit.Sharing
	peers     *peers.Peers
	relay     *hub.Relay
	tail      *tail.Tail
	bell      *hub.Bell
	followers []*follower.Loop                     // none until the store is open
	readers   struct{ log, feed []*follower.Loop } // those of them that a message, and a changed listing, wakes
	sending
	lags     map[string]lagger // of those who can be late, by what metrics call them
	sweeper  *sweeper          // nil until the services stand, like the next
	unmuter  *sweeper
	reviewer *sweeper // nil for a node that is alone
	reaper   *reaper  // nil where nobody else ends sessions
	metrics  *metrics
	server   *http.Server
	entrance atomic.Pointer[entrance] // nil until Serve
	address  atomic.Value             // a string: what Serve listens on
	debug    *http.Server
	plain    *http.Server
	postbox  *postbox.Box // nil without a domain for answers
	draining atomic.Bool
}

// New opens a node. The returned App holds the data directory until Close.
func New(ctx context.Context, o Options) (*App, error) {
	a := &App{log: slog.New(trace.Handler{Handler: o.Log.Handler()}), metrics: newMetrics(o.Version)}
	if err := a.open(ctx, o); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context, o Options) error {
	var err error
	if a.lock, err = store.LockDir(o.DataDir); err != nil {
		return err
	}
	if a.Blobs, err = openBlobs(ctx, o, a.metrics); err != nil {
		return err
	}
	if err := a.makeLive(o); err != nil {
		return err
	}
	a.DB, err = store.Open(ctx, store.Options{
		URL: o.DatabaseURL, Dir: o.DataDir, Publish: a.happened, Fed: a.fed, Due: a.due, Trace: o.Trace, Batched: a.metrics.batched,
		Moved: func() {
			a.tail.Moved()
			a.Hub.EndAll(hub.Moved)
		}, Broken: o.Broken, Log: a.log,
	})
	if err != nil {
		return err
	}
	if err := a.makeAliases(ctx, o); err != nil {
		return err
	}
	// Before anything is written, so that they can be woken; they start behind it.
	if err := a.makeOutbox(ctx, o); err != nil {
		return err
	}
	a.makeFollowers()
	if err := a.tail.Start(ctx, a.DB, a.Hub.Since); err != nil {
		return err
	}
	a.metrics.registry.MustRegister(newState(a))
	if err := a.makeServices(ctx, o); err != nil {
		return err
	}
	var people []web.DemoPerson
	if o.Fill != nil {
		if people, err = o.Fill(ctx, a); err != nil {
			return err
		}
	}
	if err := a.makeDoors(o, people); err != nil {
		return err
	}
	a.makePostbox(o, a.server.TLSConfig)
	if !o.Idle {
		a.begin(o)
	}
	return nil
}

// makeFollowers makes all but the tail, which each node has for itself.
func (a *App) makeFollowers() {
	changed := shelf.New(a.DB, a.relay.Signal, a.log)
	told := noticing.New(a.DB, a.bell.Ring, a.timing, a.log, time.Now)
	found := indexer.New(a.DB, a.log, time.Now)
	expired := cleaner.New(a.DB, func(ctx context.Context) error { return a.Uploads.Sweep(ctx) }, a.log) // its service is made later
	a.followers = []*follower.Loop{expired.Loop, changed.Loop, told.Loop, found.Loop}
	a.readers.log, a.readers.feed = []*follower.Loop{told.Loop, found.Loop}, []*follower.Loop{told.Loop, changed.Loop}
	a.lags = map[string]lagger{"listings": changed, "notices": told, "search": found}
}

// begin starts what a node does by itself.
func (a *App) begin(o Options) {
	for _, f := range a.followers {
		f.Start()
	}
	a.outbox.Start()
	if a.peers != nil {
		a.peers.Start()
	}
	if o.DatabaseURL != "" {
		a.reaper = startReaper(a.DB, a.Hub, a.log)
	}
	if a.redis != nil {
		a.reviewer = startSweeper(reviewEvery, a.log, job{"people at other nodes", a.review})
	}
	a.unmuter = startSweeper(unmuteEvery, a.log, job{"mutes that are over", a.Inbox.Unmute})
	a.sweeper = startSweeper(sweepEvery, a.log, job{"old notices", a.Notices.Prune},
		job{"old audit entries", a.Accounts.PruneAudit}, job{"links and browsers", a.Accounts.PruneLinks}, job{"old deliveries", a.pruneOutbox},
		job{"earlier texts", a.Messages.Prune})
}

func (a *App) makeServices(ctx context.Context, o Options) error {
	now := time.Now
	a.Guard = auth.NewGuard(a.DB, o.PublicURL, o.Demo, now)
	limits := newLimits(o.RateLimits, a.sharing, now)
	a.Accounts = accounts.New(a.DB, a.Guard, a.Hub, accounts.Options{
		Limits: &limits.accounts, Demo: o.Demo, Mail: accounts.Mail{On: a.sends(chat.MailChannel), Demo: o.Mail.Local, Site: a.site}, Log: a.log, Now: now,
	})
	var err error
	if a.Listings, err = listings.New(ctx, a.DB, a.Hub, limits.listings, now); err != nil {
		return err
	}
	scanner := o.Scanner
	if scanner != nil {
		scanner = countedScanner{scanner, a.metrics}
	}
	a.Uploads = uploads.New(a.DB, a.Blobs, uploads.Options{Media: o.media(), Limits: limits.uploads, Scanner: scanner, Log: a.log, Now: now})
	a.metrics.uploads(a.Uploads.Coming)
	a.Inbox = inbox.New(a.DB, a.Hub, a.relay, a.bell, limits.keep, a.log)
	a.Messages = messaging.New(a.DB, a.relay, a.bell, &limits.messages, a.Uploads.Media(), a.metrics.sent, now)
	a.Notices = notices.New(a.DB, a.bell, a.relay, limits.keep, now)
	if err := a.makeReach(ctx, o, limits.push); err != nil {
		return err
	}
	a.Saved = saved.New(a.DB, limits.keep, now)
	a.Presence = presence.New(a.DB, a.Hub, a.relay, limits.typing, a.log)
	a.Search = search.New(a.DB, a.Hub.Online, limits.search)
	return nil
}

func (a *App) makeDoors(o Options, people []web.DemoPerson) error {
	pages, err := web.New(web.Options{
		Guard: a.Guard, Accounts: a.Accounts, Listings: a.Listings, Uploads: a.Uploads, Inbox: a.Inbox, Messages: a.Messages,
		Notices: a.Notices, Reach: a.Reach, Saved: a.Saved, Search: a.Search, Blobs: a.Blobs, Leaves: a.Leaves,
		Mail: a.sends(chat.MailChannel), Push: a.sends(chat.PushChannel),
		Demo: people, Epoch: a.DB.Epoch, Version: o.Version, Log: a.log,
	})
	if err != nil {
		return err
	}
	calls := api.New(api.Options{
		Guard: a.Guard, Accounts: a.Accounts, Listings: a.Listings, Uploads: a.Uploads, Inbox: a.Inbox, Messages: a.Messages,
		Notices: a.Notices, Reach: a.Reach, Saved: a.Saved, Search: a.Search, Version: o.Version, Log: a.log,
	})
	a.Sockets = socket.New(socket.Options{
		Guard: a.Guard, Hub: a.Hub, Messages: a.Messages, Inbox: a.Inbox, Presence: a.Presence,
		Epoch: a.DB.Epoch, Media: a.Uploads.Media(), Observer: a.metrics.observer(), Limits: o.RateLimits, Log: a.log,
	})
	mux := http.NewServeMux()
	pages.Routes(mux)
	calls.Routes(mux)
	a.Sockets.Routes(mux)
	mux.HandleFunc("GET /healthz", a.health)
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", a.metrics.guarded(o.MetricsToken, o.PublicURL == nil, http.HandlerFunc(pages.Missing)))
	protection := http.NewCrossOriginProtection()
	for _, origin := range a.Guard.AllowedOrigins("") {
		if o.PublicURL != nil {
			if err := protection.AddTrustedOrigin(origin); err != nil {
				return fmt.Errorf("read the public URL: %w", err)
			}
		}
	}
	protection.AddInsecureBypassPattern("POST " + web.LeavePattern) // its address says who ends what
	config, challenges, err := o.TLS.open(o.DataDir, a.log)
	if err != nil {
		return err
	}
	a.debug = a.debugServer()
	if o.PublicURL != nil {
		a.plain = a.plainServer(a.Guard.AllowedOrigins("")[0], challenges)
	}
	a.server = &http.Server{
		Handler:           a.edge(o.Proxies, web.SecurityHeaders(a.Guard, protection.Handler(mux))),
		TLSConfig:         config,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          a.discreet(),
	}
	return nil
}

// Handler returns the whole site.
func (a *App) Handler() http.Handler { return a.server.Handler }

// Serve answers on l until Shutdown, by TLS where Options say how.
func (a *App) Serve(l net.Listener) error {
	door := newEntrance(l)
	a.server.ConnState = door.note
	a.entrance.Store(door)
	a.address.Store(l.Addr().String())
	l = door
	if a.server.TLSConfig != nil {
		return until(a.server.ServeTLS(l, "", ""))
	}
	return until(a.server.Serve(l))
}

// Shutdown takes no more requests, ends the sockets with 1012, and waits for what
// is under way until ctx ends. Close follows.
func (a *App) Shutdown(ctx context.Context) error {
	a.draining.Store(true)
	door := a.entrance.Load()
	if door != nil {
		door.turn() // before sockets are told to come back, which is to another node
	}
	a.Sockets.Close()
	posted := a.endPostbox(ctx)
	here := a.Hub.Everybody()
	drained := make(chan struct{})
	go func() {
		a.Hub.Drain(ctx)
		close(drained)
	}()
	if door != nil {
		door.quiet(ctx)
	}
	a.Uploads.HandOver()
	// It waits for requests under way that take longer.
	err := errors.Join(a.server.Shutdown(ctx), <-posted)
	for _, beside := range []*http.Server{a.debug, a.plain} {
		if beside != nil {
			// A profile under way is not worth waiting for.
			err = errors.Join(err, beside.Close())
		}
	}
	<-drained
	over := make(chan struct{})
	go func() {
		a.Sockets.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	a.Presence.Left(here, time.Now())
	return err
}

// Close commits what waits and gives the data directory back.
func (a *App) Close() error {
	var errs []error
	for _, s := range []*sweeper{a.sweeper, a.unmuter, a.reviewer} {
		if s != nil {
			s.stop()
		}
	}
	if a.reaper != nil {
		a.reaper.stop()
	}
	if a.peers != nil {
		a.peers.Stop()
	}
	for _, f := range a.followers {
		f.Stop()
	}
	if a.outbox != nil {
		a.outbox.Stop()
	}
	if a.bell != nil {
		a.tail.Stop()
		a.bell.Stop()
	}
	if a.DB != nil {
		errs = append(errs, a.DB.Close())
	}
	if a.relay != nil {
		a.relay.Stop()
	}
	if a.redis != nil {
		a.redis.Close()
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Close())
	}
	return errors.Join(errs...)
}
