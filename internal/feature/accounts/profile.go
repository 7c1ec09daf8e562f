package accounts

import (
	"context"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Profile returns the open account of a username, whatever its case, as a viewer is shown it,
// who is the zero User when not signed in, and how it has sold so far; NotFound when there is
// none.
func (s *Service) Profile(ctx context.Context, viewer chat.User, username string) (chat.User, chat.Record, error) {
	var u chat.User
	username, err := chat.ParseUsername(username)
	if err == nil {
		u, _, err = s.db.Credentials(ctx, username)
	}
	if err != nil && chat.CodeOf(err) != "" || err == nil && !u.ClosedAt.IsZero() {
		return chat.User{}, chat.Record{}, chat.ErrNotFound("person")
	}
	if err != nil {
		return chat.User{}, chat.Record{}, err
	}
	u = u.ShownTo(viewer, s.hub.Online(u.ID))
	u.Email, u.EmailVerified, u.EmailBounced = "", time.Time{}, time.Time{}
	record, err := s.db.Record(ctx, u.ID)
	return u, record, err
}

// Record returns how somebody has sold so far.
func (s *Service) Record(ctx context.Context, seller chat.UserID) (chat.Record, error) {
	return s.db.Record(ctx, seller)
}

// EditCommand changes what a person says of themselves; nil fields stay as they are.
type EditCommand struct {
	Name, Email, City, About *string
}

// Edit changes one's own account. It refuses with Invalid and the field at fault, and with
// Conflict an e-mail address that somebody else has. Another address is not verified: it gets a
// mail that asks whose it is, and the one before is told.
func (s *Service) Edit(ctx context.Context, who chat.UserID, c EditCommand, from Origin) (chat.User, error) {
	var u chat.User
	e := from.entry(chat.AuditProfileChanged, who, "")
	err := s.audited(ctx, &e, func(tx *store.Tx) error {
		// Two changes at once follow each other, and none follows the end of the account.
		err := tx.LockUser(ctx, who)
		if err != nil {
			return err
		}
		if u, err = tx.User(ctx, who); err == nil && !u.ClosedAt.IsZero() {
			err = chat.ErrNotFound("person")
		}
		if err != nil {
			return err
		}
		before := u
		for _, part := range []struct {
			name  string
			typed *string
			into  *string
			parse func(string) (string, error)
		}{
			{"name", c.Name, &u.Name, chat.ParseName},
			{"email", c.Email, &u.Email, chat.ParseEmail},
			{"city", c.City, &u.City, chat.ParsePlace},
			{"about", c.About, &u.About, chat.ParseAbout},
		} {
			if part.typed == nil {
				continue
			}
			was := *part.into
			if *part.into, err = part.parse(*part.typed); err != nil {
				return err
			}
			if *part.into != was {
				e.Detail = words(e.Detail, part.name)
			}
		}
		if e.Detail == "" {
			return errNothing
		}
		if err := tx.UpdateUser(ctx, u); err != nil || chat.EmailKey(u.Email) == chat.EmailKey(before.Email) {
			return err
		}
		u.EmailVerified, u.EmailBounced = time.Time{}, time.Time{}
		if err := s.tell(ctx, tx, store.DeliverAddress, before, e.Agent); err != nil {
			return err
		}
		return s.ask(ctx, tx, u, e.Agent)
	})
	return u, err
}

// Free tells whether a username, or an e-mail address where that is empty, can be
// registered. What is no username or address is Invalid. It is limited by where the
// request comes from.
func (s *Service) Free(ctx context.Context, username, email, address string) (bool, error) {
	if err := s.limits.Look.Take("look "+address, "A little slower, please. Try again in a moment."); err != nil {
		return false, err
	}
	if username != "" || email == "" {
		username, err := chat.ParseUsername(username)
		if err != nil {
			return false, err
		}
		_, _, err = s.db.Credentials(ctx, username)
		if chat.CodeOf(err) == chat.NotFound {
			return true, nil
		}
		return false, err
	}
	email, err := chat.ParseEmail(email)
	if err != nil {
		return false, err
	}
	taken, err := s.db.EmailTaken(ctx, email)
	return !taken, err
}
