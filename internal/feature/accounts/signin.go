package accounts

import (
	"context"
	"errors"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// SignInCommand asks for a session.
type SignInCommand struct {
	Username, Password string
	Origin
}

// SignIn opens a session and returns the person and the token for the cookie. An
// unknown name and a wrong password get the same answer in the same time.
func (s *Service) SignIn(ctx context.Context, c SignInCommand) (chat.User, string, error) {
	const slower = "There were too many attempts to log in. Wait a minute, then try again."
	if err := s.limits.SignIn.Take("address "+c.Address, slower); err != nil {
		return chat.User{}, "", s.limited(ctx, c, "address "+c.Address, err)
	}
	// What cannot be a name is nobody's: no limit remembers it, and no database need be asked for it.
	username, unnamed := chat.ParseUsername(c.Username) // "" for all of it
	guessed := chat.UsernameKey(username)
	pair := guessed + " " + c.Address
	if unnamed != nil {
		guessed = pair // nobody is to be slowed for what somebody else has mistyped
	}
	if err := s.limits.SignIn.Take("name "+pair, slower); err != nil {
		return chat.User{}, "", s.limited(ctx, c, "address "+c.Address, err)
	}
	wrong := &chat.Error{Code: chat.Unauthenticated, Field: "password", Detail: "Username and password do not match. Try again."}
	var u chat.User
	var hash string
	var err error = chat.ErrNotFound("person")
	if unnamed == nil {
		u, hash, err = s.db.Credentials(ctx, username)
	}
	known := err == nil && u.ClosedAt.IsZero() && (!u.Demo || s.demo)
	if err != nil && chat.CodeOf(err) != chat.NotFound {
		return chat.User{}, "", err
	}
	// Whoever guesses from many addresses is slowed by all of them together, and does not
	// lock out an owner who comes from where they came before. The demo's passwords are
	// known to everybody.
	if !(known && u.Demo) && !s.known.has(pair) {
		if err := s.limits.Guess.Take(guessed, slower); err != nil {
			return chat.User{}, "", s.limited(ctx, c, "name "+guessed, err)
		}
	}
	if !known || len(c.Password) > chat.MaxPasswordBytes {
		hash = s.decoy
		c.Password = "not the password of the decoy"
	}
	ok, err := s.hashers.matches(ctx, c.Password, hash)
	if err != nil {
		return chat.User{}, "", err
	}
	if !ok || !known {
		return chat.User{}, "", s.failed(ctx, c, u.ID, wrong)
	}
	s.known.add(pair)
	token, err := s.open(ctx, u, c.Origin, func(tx *store.Tx) error {
		// Changing a password ends all sessions: one that is opened with the old password
		// at the same time is not to come after that.
		now, err := tx.LockPasswordHash(ctx, u.ID)
		if chat.CodeOf(err) == chat.NotFound || (err == nil && now != hash) {
			return wrong
		}
		return err
	})
	if errors.Is(err, wrong) {
		err = s.failed(ctx, c, u.ID, wrong)
	}
	return u, token, err
}

// failed tells the audit log of an attempt that was looked at, and returns its refusal.
// Somebody who is not known is written down, too: it takes as long, and what was typed as a
// name, which may be a password, is not.
func (s *Service) failed(ctx context.Context, c SignInCommand, who chat.UserID, refusal *chat.Error) error {
	e := c.entry(chat.AuditSignInFailed, who, "")
	if err := s.audited(ctx, &e, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	return refusal
}

// limited tells the audit log of an attempt that was one too many, and returns its refusal:
// once in a while for each address or name that is full, so that whoever goes on trying does
// not fill the log. Nothing is refused less because that could not be told.
func (s *Service) limited(ctx context.Context, c SignInCommand, full string, refusal error) error {
	if s.limits.Noted.Take(full, "") != nil {
		return refusal
	}
	e := c.entry(chat.AuditSignInLimited, 0, "")
	err := s.audited(ctx, &e, func(tx *store.Tx) error {
		username, err := chat.ParseUsername(c.Username)
		if err != nil {
			return nil //nolint:nilerr // what cannot be a name is nobody's
		}
		u, _, err := tx.Credentials(ctx, username)
		if chat.CodeOf(err) == chat.NotFound {
			return nil
		}
		e.User = u.ID
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "audit entry lost", "action", e.Action, "error", err)
	}
	return refusal
}
