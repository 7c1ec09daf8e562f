// Package auth tells who is asking: it reads session cookies and tickets, and
// knows which origins may open a socket. It signs nobody in; package accounts does.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Identity is a signed-in person and the session they use.
type Identity struct {
	User    chat.User
	Session chat.Session
}

// lookTime is how long finding out who asks may take: half of what a person waits for an
// answer at most, so that the other half is left for what they want.
const lookTime = time.Second

// ErrSignedOut is the answer to whoever is not signed in.
var ErrSignedOut = chat.Errorf(chat.Unauthenticated, "Log in first: this needs a signed-in person.")

// NewToken returns a secret of 256 random bits for a cookie or a ticket, and the
// hash under which it is stored.
func NewToken() (token string, hash [32]byte) {
	var secret [32]byte
	// crypto/rand.Read never returns an error.
	_, _ = rand.Read(secret[:])
	token = base64.RawURLEncoding.EncodeToString(secret[:])
	return token, Hash(token)
}

// Hash returns what the database keeps of a token.
func Hash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

// Guard looks sessions up. Demo sessions count only where demo is on.
type Guard struct {
	db      *store.DB
	origins []string // scheme://host[:port]; empty means loopback at the request's own port
	secure  bool
	demo    bool
	now     func() time.Time
}

// NewGuard returns a Guard for the site at publicURL, or for the loopback
// addresses when that is nil.
func NewGuard(db *store.DB, publicURL *url.URL, demo bool, now func() time.Time) *Guard {
	g := &Guard{db: db, demo: demo, now: now}
	if publicURL != nil {
		g.secure = publicURL.Scheme == "https"
		usual := ":80"
		if g.secure {
			usual = ":443"
		}
		// Browsers leave a scheme's usual port out of an Origin.
		g.origins = []string{strings.ToLower(publicURL.Scheme + "://" + strings.TrimSuffix(publicURL.Host, usual))}
	}
	return g
}

// Secure tells whether people use the site over https.
func (g *Guard) Secure() bool { return g.secure }

// CookieName is the session cookie's name; under https its prefix pins it to this host.
func (g *Guard) CookieName() string {
	if g.secure {
		return "__Host-swapnest_session"
	}
	return "swapnest_session"
}

// Who returns the signed-in person behind the request's cookie, or ErrSignedOut.
// A session that is used slides on, at most once a day.
func (g *Guard) Who(r *http.Request) (Identity, error) {
	cookie, err := r.Cookie(g.CookieName())
	if err != nil || cookie.Value == "" {
		return Identity{}, ErrSignedOut
	}
	return g.BySession(r.Context(), Hash(cookie.Value))
}

// BySession returns the person of a live session, or ErrSignedOut, and has the
// session slide on.
func (g *Guard) BySession(ctx context.Context, id chat.SessionID) (Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	who, err := g.Look(ctx, id)
	if err != nil {
		return Identity{}, err
	}
	if until := g.Expiry(who.Session.CreatedAt, g.now()); until.Sub(who.Session.ExpiresAt) >= 24*time.Hour {
		who.Session.ExpiresAt = until
		err := g.db.Update(ctx, func(tx *store.Tx) error { return tx.ExtendSession(ctx, id, until) })
		if err != nil {
			return Identity{}, err
		}
	}
	return who, nil
}

// Look is BySession without using the session: it does not slide on.
func (g *Guard) Look(ctx context.Context, id chat.SessionID) (Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	session, user, err := g.db.Session(ctx, id, g.now())
	if chat.CodeOf(err) == chat.NotFound || (err == nil && user.Demo && !g.demo) {
		return Identity{}, ErrSignedOut
	}
	if err != nil {
		return Identity{}, err
	}
	return Identity{User: user, Session: session}, nil
}

// Expiry is when a session made at created and used at now ends: 7 days on, and 30
// days after it was made at the latest.
func (g *Guard) Expiry(created, now time.Time) time.Time {
	end, most := now.Add(chat.SessionLife), created.Add(chat.SessionLifeMost)
	if end.After(most) {
		return most
	}
	return end
}

// ByTicket uses a ticket up and returns whom it stands for, or ErrSignedOut.
func (g *Guard) ByTicket(ctx context.Context, ticket string) (Identity, error) {
	if ticket == "" || len(ticket) > 128 {
		return Identity{}, ErrSignedOut
	}
	var id chat.SessionID
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	// Nobody who writes waits for a stranger's guess.
	valid, err := g.db.TicketValid(ctx, Hash(ticket), g.now())
	if err == nil && !valid {
		return Identity{}, ErrSignedOut
	}
	if err == nil {
		err = g.db.Update(ctx, func(tx *store.Tx) (err error) {
			id, err = tx.RedeemTicket(ctx, Hash(ticket), g.now())
			return err
		})
	}
	if chat.CodeOf(err) == chat.NotFound {
		return Identity{}, ErrSignedOut
	}
	if err != nil {
		return Identity{}, err
	}
	return g.BySession(ctx, id)
}

// SetCookie signs the browser in until the session ends.
func (g *Guard) SetCookie(w http.ResponseWriter, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: g.CookieName(), Value: token, Path: "/", MaxAge: int(chat.SessionLifeMost / time.Second),
		HttpOnly: true, Secure: g.secure, SameSite: http.SameSiteLaxMode,
	})
}

// ClearCookie signs the browser out.
func (g *Guard) ClearCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: g.CookieName(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: g.secure, SameSite: http.SameSiteLaxMode,
	})
}

// OriginAllowed tells whether a page of the request's Origin may open a socket
// with a cookie. Scheme, host and port must match exactly; no Origin is not one.
func (g *Guard) OriginAllowed(r *http.Request) bool {
	origin := strings.ToLower(r.Header.Get("Origin"))
	if len(r.Header.Values("Origin")) != 1 || origin == "" {
		return false
	}
	return slices.Contains(g.AllowedOrigins(r.Host), origin)
}

// AllowedOrigins returns the origins of this site, for a request to host.
func (g *Guard) AllowedOrigins(host string) []string {
	if g.origins != nil {
		return g.origins
	}
	_, port, ok := strings.Cut(host[strings.LastIndexByte(host, ']')+1:], ":")
	if ok {
		port = ":" + port
	}
	return []string{"http://127.0.0.1" + port, "http://localhost" + port, "http://[::1]" + port}
}

// Origin returns the origin that people use, for whole addresses.
func (g *Guard) Origin(r *http.Request) string {
	if g.origins != nil {
		return g.origins[0]
	}
	return "http://" + r.Host
}

// Public returns the origin that people use, where one is configured.
func (g *Guard) Public() (string, bool) {
	if g.origins == nil {
		return "", false
	}
	return g.origins[0], true
}

// SocketOrigins returns the same origins as ws:// or wss:// addresses, for a CSP.
func (g *Guard) SocketOrigins(host string) []string {
	all := slices.Clone(g.AllowedOrigins(host))
	for i, o := range all {
		all[i] = "ws" + strings.TrimPrefix(o, "http")
	}
	return all
}

// IsSignedOut tells whether err means that nobody is signed in.
func IsSignedOut(err error) bool { return errors.Is(err, ErrSignedOut) }

// Address is where a request came from, for limits: an IPv4 address, or the /64
// network of an IPv6 one, which is what one subscriber has.
func Address(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if ip := at.Addr().Unmap(); ip.Is4() {
		return ip.String()
	}
	network, err := at.Addr().WithZone("").Prefix(64)
	if err != nil {
		return r.RemoteAddr
	}
	return network.String()
}
