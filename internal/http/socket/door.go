// Package socket is the door for WebSocket connections: it checks who knocks,
// reads frames, calls the services, and writes through a bounded queue. Rules live
// in the services; only this package knows the WebSocket library.
package socket

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/presence"
	"swapnest/internal/http/auth"
	"swapnest/internal/http/trace"
	"swapnest/internal/live/hub"
	"swapnest/internal/live/wire"
)

// The bounds of a connection.
const (
	writeTimeout   = 10 * time.Second
	leaveTimeout   = 3 * time.Second  // for a write while the server goes down
	frameTimeout   = 10 * time.Second // for the rest of a frame once it has begun
	silence        = 25 * time.Second // ± 20 %, then a ping
	pongTimeout    = 10 * time.Second
	closeTimeout   = time.Second // for the peer's answer to a close frame
	commandTimeout = 2 * time.Second
	checkSession   = 5 * time.Second
	maxBad         = 20  // bad frames in a row
	replayPage     = 25  // events read at once for a replay
	maxPerPerson   = 100 // connections of one person
	maxPerAddress  = 300 // connections from one address, see auth.Address
	floodBurst     = 200 // frames at once
	floodPerSecond = 50
)

// Options are what the door needs.
type Options struct {
	Guard    *auth.Guard
	Hub      *hub.Hub
	Messages Messages
	Inbox    *inbox.Service
	Presence *presence.Service
	Epoch    func() string // of the database, at the moment
	Media    chat.Media    // the limits of what people attach
	Observer Observer
	Limits   bool // false lifts the limits on floods and connections
	Log      *slog.Logger
}

// Door opens sockets.
type Door struct {
	Options
	conns     sync.WaitGroup
	people    *crowd[chat.UserID]
	addresses *crowd[string]
	gate      *gate
	began     time.Time
	calm      calm
}

// New returns the door.
func New(o Options) *Door {
	o.Observer = o.Observer.whole()
	return &Door{Options: o, people: newCrowd[chat.UserID](maxPerPerson), addresses: newCrowd[string](maxPerAddress), gate: newGate(o.Observer), began: time.Now(), calm: calm{then: debug.FreeOSMemory}}
}

// Routes mounts the two addresses.
func (d *Door) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /ws/chat/{id}/", d.one)
	mux.HandleFunc("GET /ws/{$}", d.all)
}

// Wait returns when all connections are over. The HTTP server has been shut down.
func (d *Door) Wait() { d.conns.Wait() }

// Close says that the server goes down: nobody waits to be admitted any more.
func (d *Door) Close() { d.gate.close() }

// one serves the original's address, which carries one conversation. Whoever asks
// for what is no id at all gets the answer of an unknown conversation.
func (d *Door) one(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		id = -1
	}
	d.open(w, r, chat.ConversationID(id))
}

// all serves the address that carries everything of the signed-in person.
func (d *Door) all(w http.ResponseWriter, r *http.Request) {
	d.open(w, r, 0)
}

// open checks the Origin, upgrades and serves. Everything else is said by a close
// code, because a browser cannot read an HTTP status here.
func (d *Door) open(w http.ResponseWriter, r *http.Request, only chat.ConversationID) {
	ticket := r.URL.Query().Get("ticket")
	_, named := r.Header["Origin"]
	if (named || ticket == "") && !d.Guard.OriginAllowed(r) {
		http.Error(w, "This origin may not open a socket here.", http.StatusForbidden)
		return
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		http.Error(w, "This address is for WebSocket connections.", http.StatusUpgradeRequired)
		return
	}
	// Counted while the HTTP server still knows the request, so that Wait after its
	// Shutdown misses none.
	d.conns.Add(1)
	address := auth.Address(r)
	counted := d.Limits && d.addresses.enter(address)
	served := false
	defer func() {
		if served {
			return // the connection gives both back
		}
		if counted {
			d.addresses.leave(address)
		}
		d.conns.Done()
	}()
	start := Start{Only: only, Position: position(r), Address: address, Err: errCrowded, counted: counted, request: trace.ID(r.Context())}
	if counted || !d.Limits {
		// Here the HTTP server still notices when a visitor gives up waiting. Nothing has been
		// looked up yet, and who is refused has their ticket.
		if start.Err = d.gate.enter(r.Context(), false); r.Context().Err() != nil {
			if start.Err == nil {
				d.gate.leave()
			}
			return
		}
	}
	// The request's context ends with the handler, and the connection does not.
	ctx := context.WithoutCancel(r.Context())
	if start.Err == nil {
		start.Who, start.Err = d.identify(ctx, r, ticket)
		start.admitted = true
	}
	conn, rw, _, upgradeErr := ws.UpgradeHTTP(r, w)
	if upgradeErr != nil {
		// The library has answered with a fitting status. It has taken the connection from
		// the HTTP server before, and leaves it open.
		if conn != nil {
			_ = conn.Close() // nothing more is said on it
		}
		return
	}
	served = true
	if n := rw.Reader.Buffered(); n > 0 {
		ahead, _ := rw.Reader.Peek(n) // these bytes are in the buffer
		start.ahead = slices.Clone(ahead)
	}
	c := d.newConn(conn, start)
	c.guarded = true
	// Nothing of the request and of its buffers is kept beyond the handler.
	go c.live(start)
}

// errCrowded says that an address has as many connections as it may. Nobody's ticket is
// used up for it, and no database asked.
var errCrowded = errors.New("too many connections from one address")

// identify finds out who knocks. It has a place in the gate, and gives it back.
func (d *Door) identify(ctx context.Context, r *http.Request, ticket string) (auth.Identity, error) {
	defer d.gate.leave()
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if ticket != "" {
		return d.Guard.ByTicket(ctx, ticket)
	}
	return d.Guard.Who(r.WithContext(ctx))
}

// position reads how far the client has come. What does not read as one is a
// position that fits no log.
func position(r *http.Request) *wire.Position {
	q := r.URL.Query()
	if !q.Has("after") {
		return nil
	}
	p := wire.Position{Epoch: q.Get("epoch")}
	after, err := strconv.ParseInt(q.Get("after"), 10, 64)
	if err != nil || after < 0 {
		after = 1 << 53
	}
	p.After = chat.Seq(after)
	if q.Has("at") {
		if p.At, err = wire.ParseTime(q.Get("at")); err != nil {
			p.After = 1 << 53
		}
	}
	return &p
}
