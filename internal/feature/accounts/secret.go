package accounts

import (
	"context"
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
	return s.setPassword(ctx, u.ID, password, chat.SessionID{})
}

// ChangePassword replaces one's own password and ends all other sessions with their
// sockets. It refuses with Invalid on the field "current" or "password", or with
// RateLimited.
func (s *Service) ChangePassword(ctx context.Context, session chat.Session, current, password string) error {
	if err := s.prove(ctx, session.User, current); err != nil {
		return err
	}
	return s.setPassword(ctx, session.User, password, session.ID)
}

func (s *Service) setPassword(ctx context.Context, who chat.UserID, password string, but chat.SessionID) error {
	hash, err := s.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.endSessions(ctx, who, but, func(tx *store.Tx) error { return tx.SetPassword(ctx, who, hash) })
}

// prove refuses who does not know the password of an account.
func (s *Service) prove(ctx context.Context, who chat.UserID, password string) error {
	err := s.limits.SignIn.Take("proof "+strconv.FormatInt(int64(who), 10), "There were too many attempts. Wait a minute, then try again.")
	if err != nil {
		return err
	}
	hash, err := s.db.PasswordHash(ctx, who)
	if err != nil {
		return err
	}
	ok := len(password) <= chat.MaxPasswordBytes
	if ok {
		ok, err = s.hashers.matches(ctx, password, hash)
	}
	if err == nil && !ok {
		err = chat.FieldError("current", "This is not your password. Try again.")
	}
	return err
}

// endSessions ends all sessions of a person but one, in one transaction with what also has
// to be done, and then closes their sockets.
func (s *Service) endSessions(ctx context.Context, who chat.UserID, but chat.SessionID, also func(*store.Tx) error) error {
	var ended []chat.SessionID
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if err := also(tx); err != nil {
			return err
		}
		var err error
		ended, err = tx.DeleteSessionsOf(ctx, who, but)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ended {
		s.hub.EndSession(id)
	}
	return nil
}

// Close closes one's account for good: its sessions end, what it offers is taken down, and
// its messages stay with the other people as those of a former member. It refuses like
// ChangePassword.
func (s *Service) Close(ctx context.Context, who chat.UserID, password string) error {
	if err := s.prove(ctx, who, password); err != nil {
		return err
	}
	return s.endSessions(ctx, who, chat.SessionID{}, func(tx *store.Tx) error {
		if err := tx.RetireListings(ctx, who); err != nil {
			return err
		}
		return tx.CloseUser(ctx, who, s.now().UTC().Truncate(time.Microsecond))
	})
}
