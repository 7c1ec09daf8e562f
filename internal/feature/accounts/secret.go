package accounts

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// SetPassword replaces a password and ends all sessions of the person, for the command
// line.
func (s *Service) SetPassword(ctx context.Context, username, password string) error {
	username, err := chat.ParseUsername(username)
	if err != nil {
		return err
	}
	u, _, err := s.db.Credentials(ctx, username)
	if err != nil {
		return err
	}
	return s.setPassword(ctx, chat.SessionID{}, password, Origin{}.entry(chat.AuditPasswordSet, u.ID, byOperator))
}

// ChangePassword replaces one's own password and ends all other sessions with their
// sockets. It refuses with Invalid on the field "current" or "password", or with
// RateLimited.
func (s *Service) ChangePassword(ctx context.Context, session chat.Session, current, password string, from Origin) error {
	if _, err := s.prove(ctx, session.User, current, "current"); err != nil {
		return err
	}
	return s.setPassword(ctx, session.ID, password, from.entry(chat.AuditPasswordChanged, session.User, ""))
}

// setPassword replaces the password of whom the entry is about, and ends all their sessions
// but one.
func (s *Service) setPassword(ctx context.Context, but chat.SessionID, password string, e chat.AuditEntry) error {
	hash, err := s.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.endSessions(ctx, but, e, func(tx *store.Tx) error { return s.replace(ctx, tx, e.User, hash, e.Agent) })
}

// replace stores the hash of another password, voids the links that could set one more, and tells the
// person.
func (s *Service) replace(ctx context.Context, tx *store.Tx, who chat.UserID, hash, agent string) error {
	if err := tx.SetPassword(ctx, who, hash); err != nil {
		return err
	}
	if err := tx.DeleteAccountTokens(ctx, who, store.TokenReset); err != nil {
		return err
	}
	if !s.mail.On {
		return nil
	}
	u, err := tx.User(ctx, who)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, store.DeliverPassword, u, agent)
}

// prove refuses who does not know the password of an account, on the field where it was typed, and
// returns the hash that it was compared with.
func (s *Service) prove(ctx context.Context, who chat.UserID, password, field string) (string, error) {
	err := s.limits.SignIn.Take("proof "+strconv.FormatInt(int64(who), 10), "There were too many attempts. Wait a minute, then try again.")
	if err != nil {
		return "", err
	}
	hash, err := s.db.PasswordHash(ctx, who)
	if err != nil {
		return "", err
	}
	ok := len(password) <= chat.MaxPasswordBytes
	if ok {
		ok, err = s.hashers.matches(ctx, password, hash)
	}
	if err == nil && !ok {
		err = chat.FieldError(field, "This is not your password. Try again.")
	}
	return hash, err
}

// endSessions ends all sessions of whom the entry is about but one, in one transaction with
// what also has to be done, and then closes their sockets.
func (s *Service) endSessions(ctx context.Context, but chat.SessionID, e chat.AuditEntry, also func(*store.Tx) error) error {
	var ended []chat.SessionID
	err := s.audited(ctx, &e, func(tx *store.Tx) error {
		if err := also(tx); err != nil {
			return err
		}
		var err error
		ended, err = tx.DeleteSessionsOf(ctx, e.User, but)
		e.Detail = words(e.Detail, fmt.Sprintf("%d sessions ended", len(ended)))
		return err
	})
	if err != nil {
		return err
	}
	s.hub.Revoke(e.User, ended...)
	return nil
}

// Close closes one's account for good: its sessions end, what it offers is taken down, and
// its messages stay with the other people as those of a former member. It refuses like
// ChangePassword.
func (s *Service) Close(ctx context.Context, who chat.UserID, password string, from Origin) error {
	if _, err := s.prove(ctx, who, password, "current"); err != nil {
		return err
	}
	return s.endSessions(ctx, chat.SessionID{}, from.entry(chat.AuditAccountClosed, who, ""), func(tx *store.Tx) error {
		if err := tx.RetireListings(ctx, who); err != nil {
			return err
		}
		return tx.CloseUser(ctx, who, s.now().UTC().Truncate(time.Microsecond))
	})
}
