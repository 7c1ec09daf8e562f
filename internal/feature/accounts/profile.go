package accounts

import (
	"context"
	"fmt"
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
	Password                 string // the one that they have, which another address, or none, needs
}

// Edit changes one's own account. It refuses with Invalid and the field at fault, with
// Conflict an e-mail address that somebody else has, and with RateLimited. Another address is not verified: it
// gets a mail that asks whose it is, and the one before is told.
func (s *Service) Edit(ctx context.Context, who chat.UserID, c EditCommand, from Origin) (chat.User, error) {
	u, err := s.db.User(ctx, who)
	if err != nil {
		return chat.User{}, err
	}
	proof, err := s.mayReaddress(ctx, u, c)
	if err != nil {
		return chat.User{}, err
	}
	e := from.entry(chat.AuditProfileChanged, who, "")
	err = s.audited(ctx, &e, func(tx *store.Tx) error {
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
		moved := chat.EmailKey(u.Email) != chat.EmailKey(before.Email)
		if moved {
			// Changing a password ends all other sessions, and what they have begun.
			hash, err := tx.LockPasswordHash(ctx, who)
			if err != nil {
				return err
			}
			if hash != proof {
				return errNotProven
			}
		}
		if err := tx.UpdateUser(ctx, u); err != nil || !moved {
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

// errNotProven is the answer to who changes an address without the password of the account.
var errNotProven = chat.FieldError("password", "Your password is needed to change the e-mail address.")

// mayReaddress refuses who may not change the address of an account as they ask for: who sits at somebody's
// account has no password of theirs, and is not to have mail to strangers sent by giving one address after
// the other. It returns the hash of the password that they have shown to know; "" where none was needed.
func (s *Service) mayReaddress(ctx context.Context, u chat.User, c EditCommand) (proof string, err error) {
	if c.Email == nil {
		return "", nil
	}
	email, err := chat.ParseEmail(*c.Email)
	if err != nil {
		return "", nil //nolint:nilerr // it is refused with the other fields, in their order
	}
	if chat.EmailKey(email) == chat.EmailKey(u.Email) {
		return "", nil
	}
	if c.Password == "" {
		return "", errNotProven
	}
	if proof, err = s.prove(ctx, u.ID, c.Password, "password"); err != nil {
		return "", err
	}
	if email == "" {
		return proof, nil
	}
	return proof, s.limits.Verify.Take(fmt.Sprint(u.ID), "You have changed your e-mail address several times already. Try again later.")
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
