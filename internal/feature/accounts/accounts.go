// Package accounts lets people register, sign in and sign out, hands out tickets, and tells people by
// mail what happens to their accounts.
package accounts

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/limit"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// Service holds the accounts.
type Service struct {
	db      *store.DB
	guard   *auth.Guard
	hub     *hub.Hub
	hashers hashers
	decoy   string // a hash that is checked when there is no such person
	limits  *Limits
	known   *known
	demo    bool
	mail    Mail
	log     *slog.Logger
	now     func() time.Time
}

// Options are what accounts stand on besides the database.
type Options struct {
	Limits *Limits
	Demo   bool // demo accounts can sign in
	Mail   Mail
	Log    *slog.Logger // is told what was done to which account
	Now    func() time.Time
}

// Limits bound how often somebody may try.
type Limits struct {
	SignIn   *limit.Keyed // per address, and per username from one address
	Guess    *limit.Keyed // per username, from all addresses that have not signed in to it before
	Noted    *limit.Keyed // refusals by the two above that the audit log is told, per address or username
	Register *limit.Keyed // per address
	Ticket   *limit.Keyed // per session
	Look     *limit.Keyed // per address: whether a name is free
	Verify   *limit.Keyed // per person: mails that ask whether an address is theirs
	Asked    *limit.Keyed // the same per e-mail address that they go to, whoever gives it
	Reset    *limit.Keyed // per e-mail address that was typed: mails that lead to a new password
	Resets   *limit.Keyed // the same per address that they were asked for from
	Link     *limit.Keyed // per address: links of mails that are followed
	Browsers *limit.Keyed // per person: mails of browsers that are not known
}

// New returns the service.
func New(db *store.DB, guard *auth.Guard, h *hub.Hub, o Options) *Service {
	return &Service{
		db: db, guard: guard, hub: h, hashers: newHashers(runtime.NumCPU()), decoy: decoy(), limits: o.Limits, known: newKnown(50_000),
		demo: o.Demo, mail: o.Mail, log: o.Log, now: o.Now,
	}
}

// RegisterCommand asks for a new account.
type RegisterCommand struct {
	Username, Password, Name, Email string
	Origin
}

// Register makes an account and signs it in: it returns the person and the token
// for the cookie. It refuses with Invalid (a field), Conflict (the username is
// taken) or RateLimited.
func (s *Service) Register(ctx context.Context, c RegisterCommand) (chat.User, string, error) {
	u, err := parse(c)
	if err != nil {
		return chat.User{}, "", err
	}
	if err := s.limits.Register.Take("register "+c.Address, "You have made several accounts already. Wait a while before making another one."); err != nil {
		return chat.User{}, "", err
	}
	u, err = s.insert(ctx, u, c.Password, c.entry(chat.AuditRegistered, 0, ""))
	if err != nil {
		return chat.User{}, "", err
	}
	s.known.add(chat.UsernameKey(u.Username) + " " + c.Address)
	token, err := s.open(ctx, u, c.Origin, func(*store.Tx) error { return nil })
	return u, token, err
}

func parse(c RegisterCommand) (chat.User, error) {
	var u chat.User
	var err error
	if u.Username, err = chat.ParseUsername(c.Username); err != nil {
		return u, err
	}
	if c.Name == "" {
		c.Name = u.Username
	}
	if u.Name, err = chat.ParseName(c.Name); err != nil {
		return u, err
	}
	if u.Email, err = chat.ParseEmail(c.Email); err != nil {
		return u, err
	}
	return u, chat.CheckPassword(c.Password)
}

// Create makes an account without signing it in, for the command line. Its address counts as verified:
// the operator answers for it.
func (s *Service) Create(ctx context.Context, username, name, email, password string) (chat.User, error) {
	u, err := parse(RegisterCommand{Username: username, Password: password, Name: name, Email: email})
	if err != nil {
		return chat.User{}, err
	}
	if u.Email != "" {
		u.EmailVerified = s.now()
	}
	return s.insert(ctx, u, password, Origin{}.entry(chat.AuditRegistered, 0, byOperator))
}

// insert makes an account and tells the audit log so. An address that is not verified is asked about.
func (s *Service) insert(ctx context.Context, u chat.User, password string, e chat.AuditEntry) (chat.User, error) {
	hash, err := s.Hash(ctx, password)
	if err != nil {
		return chat.User{}, err
	}
	u.CreatedAt = s.now()
	u.LastSeen = u.CreatedAt
	err = s.audited(ctx, &e, func(tx *store.Tx) error {
		if u, err = tx.InsertUser(ctx, u, hash); err != nil {
			return err
		}
		e.User = u.ID
		return s.ask(ctx, tx, u, e.Agent)
	})
	return u, err
}

// CreateMany makes n accounts with made-up names, a password that nobody knows and
// a session each, and hands each with its token to each: for benchmarks.
func (s *Service) CreateMany(ctx context.Context, n int, at time.Time, each func(chat.User, string) error) error {
	hash, err := s.Hash(ctx, rand.Text())
	if err != nil {
		return err
	}
	run := strings.ToLower(rand.Text()[:6])
	for made := 0; made < n; {
		var users []chat.User
		var tokens []string
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			for ; made < n && len(users) < 1000; made++ {
				u := chat.User{Username: fmt.Sprintf("u%s_%d", run, made+1), CreatedAt: at, LastSeen: at}
				u.Name = u.Username
				if u, err = tx.InsertUser(ctx, u, hash); err != nil {
					return err
				}
				token, id := auth.NewToken()
				if err := tx.InsertSession(ctx, chat.Session{ID: id, User: u.ID, CreatedAt: at, ExpiresAt: s.guard.Expiry(at, at)}); err != nil {
					return err
				}
				e := Origin{}.entry(chat.AuditRegistered, u.ID, byOperator)
				e.At = at
				if err := tx.InsertAudit(ctx, e); err != nil {
					return err
				}
				users, tokens = append(users, u), append(tokens, token)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i, u := range users {
			if err := each(u, tokens[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Hash returns the stored form of a password that fits the rules.
func (s *Service) Hash(ctx context.Context, password string) (string, error) {
	if err := chat.CheckPassword(password); err != nil {
		return "", err
	}
	return s.hashers.hash(ctx, password)
}

// open makes a session, unless check refuses in the same transaction, and returns its token.
func (s *Service) open(ctx context.Context, who chat.User, from Origin, check func(*store.Tx) error) (string, error) {
	token, hash := auth.NewToken()
	now := s.now()
	e := from.entry(chat.AuditSignedIn, who.ID, "")
	err := s.audited(ctx, &e, func(tx *store.Tx) error {
		if err := check(tx); err != nil {
			return err
		}
		if err := tx.DeleteExpired(ctx, now); err != nil {
			return err
		}
		if err := s.meet(ctx, tx, who, from); err != nil {
			return err
		}
		return tx.InsertSession(ctx, chat.Session{ID: hash, User: who.ID, Agent: e.Agent, CreatedAt: now, ExpiresAt: s.guard.Expiry(now, now)})
	})
	return token, err
}

// meet notes the browser in which somebody signs in, and tells them of one that is not known. The
// first one of an account is the one that it was made in, or was used in before browsers were noted.
func (s *Service) meet(ctx context.Context, tx *store.Tx, who chat.User, from Origin) error {
	if from.Browser == "" {
		return nil
	}
	known, others, err := tx.KnowBrowser(ctx, who.ID, auth.Hash(from.Browser), s.now())
	if err != nil || known || !others || s.limits.Browsers.Take(fmt.Sprint(who.ID), "") != nil {
		return err
	}
	return s.tell(ctx, tx, store.DeliverNewBrowser, who, agentOf(from.Agent))
}

// SignOut ends a session and closes its sockets. One that is gone already is no error.
func (s *Service) SignOut(ctx context.Context, session chat.Session, from Origin) error {
	return s.endSession(ctx, session.ID, from.entry(chat.AuditSignedOut, session.User, ""))
}

// endSession ends a session, closes its sockets, and tells the audit log so unless it was
// gone already.
func (s *Service) endSession(ctx context.Context, id chat.SessionID, e chat.AuditEntry) error {
	err := s.audited(ctx, &e, func(tx *store.Tx) error {
		was, err := tx.DeleteSession(ctx, id)
		if err == nil && !was {
			err = errNothing
		}
		return err
	})
	if err != nil {
		return err
	}
	s.hub.Revoke(e.User, id)
	return nil
}

// Ticket returns a secret that opens one socket for the session within 30 seconds.
func (s *Service) Ticket(ctx context.Context, id chat.SessionID) (string, error) {
	if err := s.limits.Ticket.Take(string(id[:]), "A little slower, please. You can ask for a ticket again in a moment."); err != nil {
		return "", err
	}
	ticket, hash := auth.NewToken()
	now := s.now()
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteExpired(ctx, now); err != nil {
			return err
		}
		return tx.InsertTicket(ctx, hash, id, now.Add(chat.TicketLife))
	})
	return ticket, err
}
