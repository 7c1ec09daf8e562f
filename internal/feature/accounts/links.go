package accounts

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/store"
)

// errLinkOver is the answer to a link that does nothing, for whichever reason.
var errLinkOver = chat.FieldError("token", "This link is over: it was used, is too old, or was for another address. Ask for a new mail.")

// tooManyLinks is told to who follows one link after the other.
const tooManyLinks = "There were too many attempts. Wait a minute, then try again."

// AskVerify has a mail sent by which somebody shows that their address is theirs. It refuses with
// Invalid who has given none, with RateLimited, also when others have had as many mails sent there, and with Unavailable where no mail is sent. There
// is nothing to do for an address that is verified.
func (s *Service) AskVerify(ctx context.Context, who chat.UserID, from Origin) error {
	u, err := s.db.User(ctx, who)
	switch {
	case err != nil:
		return err
	case !s.MayMail(u):
		return errNoMail
	case u.Email == "":
		return chat.FieldError("email", "You have given no e-mail address. Add one first.")
	case u.Reachable():
		return nil
	}
	if err := s.limits.Verify.Take(fmt.Sprint(who), "We have sent you several mails already. Look where your mail program puts what it does not trust, or try again later."); err != nil {
		return err
	}
	if err := s.limits.Asked.Take(chat.EmailKey(u.Email), "Several mails went to this address within the last hour, so none goes there now. Look where your mail program puts what it does not trust, or try again later."); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		return s.enqueue(ctx, tx, store.DeliverVerify, u.ID, u.Email, agentOf(from.Agent))
	})
}

// Verify takes the link of such a mail, from anybody who has it, and returns whose address it
// was. The same link once more is no error while the address stays. Any other is Invalid, on the field "token".
func (s *Service) Verify(ctx context.Context, token string, from Origin) (chat.User, error) {
	if err := s.limits.Link.Take(from.Address, tooManyLinks); err != nil {
		return chat.User{}, err
	}
	hash, now := auth.Hash(token), s.now()
	var u chat.User
	e := from.entry(chat.AuditEmailVerified, 0, "")
	err := s.audited(ctx, &e, func(tx *store.Tx) error {
		var err error
		u, err = tx.RedeemAccountToken(ctx, hash, store.TokenVerify, now)
		if chat.CodeOf(err) == chat.NotFound {
			if u, err = tx.UsedToVerify(ctx, hash, now); err == nil {
				err = errNothing
			}
		}
		if err != nil {
			return err
		}
		e.User = u.ID
		if err := tx.VerifyEmail(ctx, u.ID, chat.EmailKey(u.Email), now); err != nil {
			return err
		}
		return tx.RememberVerified(ctx, store.AccountToken{
			Hash: hash, User: u.ID, EmailKey: chat.EmailKey(u.Email), Created: now, Expires: now.Add(chat.VerifyLife),
		})
	})
	return u, over(err)
}

// AskReset has a mail sent by which whoever has an address sets a new password. What it does and
// answers is the same whether somebody has it or not: who that is is found out when the mail is sent. It
// refuses with Invalid what is no address, and with Unavailable where no mail is sent. What is asked too
// often is silently not done.
func (s *Service) AskReset(ctx context.Context, email string, from Origin) error {
	if !s.mail.On {
		return errNoMail
	}
	email, err := chat.ParseEmail(email)
	if err == nil && email == "" {
		err = chat.FieldError("email", "An e-mail address is needed.")
	}
	if err != nil {
		return err
	}
	if s.limits.Resets.Take(from.Address, "") != nil || s.limits.Reset.Take(chat.EmailKey(email), "") != nil {
		return nil
	}
	e := from.entry(chat.AuditResetAsked, 0, "")
	return s.audited(ctx, &e, func(tx *store.Tx) error {
		return s.enqueue(ctx, tx, store.DeliverReset, 0, email, e.Agent)
	})
}

// MayReset tells whether the link of such a mail sets a password. It refuses like Reset.
func (s *Service) MayReset(ctx context.Context, token string, from Origin) error {
	if err := s.limits.Link.Take(from.Address, tooManyLinks); err != nil {
		return err
	}
	_, err := s.resetting(ctx, token)
	return err
}

// resetting returns who would set a password by a link.
func (s *Service) resetting(ctx context.Context, token string) (chat.User, error) {
	u, err := s.db.AccountToken(ctx, auth.Hash(token), store.TokenReset, s.now())
	if err == nil && u.Demo && !s.demo {
		err = errLinkOver
	}
	return u, over(err)
}

// Reset sets the password of who got the link, and ends all of their sessions with their sockets. That
// the link came there shows that the address is theirs. It refuses with Invalid on the field "token" or "password", or
// with RateLimited.
func (s *Service) Reset(ctx context.Context, token, password string, from Origin) error {
	if err := s.limits.Link.Take(from.Address, tooManyLinks); err != nil {
		return err
	}
	u, err := s.resetting(ctx, token)
	if err != nil {
		return err
	}
	hash, err := s.Hash(ctx, password)
	if err != nil {
		return err
	}
	e := from.entry(chat.AuditPasswordReset, u.ID, "")
	err = s.endSessions(ctx, chat.SessionID{}, e, func(tx *store.Tx) error {
		u, err := tx.RedeemAccountToken(ctx, auth.Hash(token), store.TokenReset, s.now())
		if err != nil {
			return err
		}
		if err := tx.VerifyEmail(ctx, u.ID, chat.EmailKey(u.Email), s.now()); err != nil {
			return err
		}
		return s.replace(ctx, tx, u.ID, hash, e.Agent)
	})
	if err == nil {
		s.known.add(chat.UsernameKey(u.Username) + " " + from.Address)
	}
	return over(err)
}

// over makes the answer for people of a link that is not there.
func over(err error) error {
	if chat.CodeOf(err) == chat.NotFound {
		return errLinkOver
	}
	return err
}

// MailToken returns to whom a mail about an account goes, Email being the address, and the link
// in it. A link goes to the address of the account alone, as it is written there, whatever was typed by who has asked for it: for DeliverVerify and DeliverReset one with a new secret, which it stores, and for others the page
// where one sees to it. It is not ok when nobody is to get this mail any more, or ever was: an
// account that is closed, an address that has changed or that nobody has.
func (s *Service) MailToken(ctx context.Context, d store.Delivery) (to chat.User, link string, ok bool, err error) {
	var note store.MailNote
	if err := json.Unmarshal([]byte(d.Note), &note); err != nil {
		return chat.User{}, "", false, fmt.Errorf("read the note of delivery %d: %w", d.ID, err)
	}
	if d.Kind == store.DeliverReset {
		to, err = s.db.UserByEmail(ctx, note.Address)
	} else {
		to, err = s.db.User(ctx, d.To)
	}
	if chat.CodeOf(err) == chat.NotFound || err == nil && !s.MayMail(to) {
		return chat.User{}, "", false, nil
	}
	if err != nil {
		return chat.User{}, "", false, err
	}
	current := chat.EmailKey(to.Email) == chat.EmailKey(note.Address)
	site := s.mail.Site()
	switch d.Kind {
	case store.DeliverVerify:
		if !current || to.Reachable() {
			return chat.User{}, "", false, nil
		}
		secret, err := s.makeToken(ctx, to, store.TokenVerify, chat.VerifyLife, func(*store.Tx) error { return nil })
		return to, site + "/accounts/verify-email/" + secret + "/", err == nil, err
	case store.DeliverReset:
		if may, err := s.mayReset(ctx, to); err != nil || !may {
			return chat.User{}, "", false, err
		}
		secret, err := s.makeToken(ctx, to, store.TokenReset, chat.ResetLife, func(tx *store.Tx) error {
			return tx.InsertAudit(ctx, chat.AuditEntry{At: s.now(), User: to.ID, Action: chat.AuditResetMailed, Agent: note.Agent})
		})
		return to, site + "/accounts/password-reset/confirm/?token=" + secret, err == nil, err
	case store.DeliverPassword:
		link = "/accounts/password-reset/"
	case store.DeliverAddress:
		link = "/accounts/profile/edit/"
	case store.DeliverNewBrowser:
		link = "/accounts/devices/"
	default:
		return chat.User{}, "", false, fmt.Errorf("delivery %d is of the kind %q, and not about an account", d.ID, d.Kind)
	}
	// What was done is told to the address of then, which this program has noted itself.
	to.Email = note.Address
	return to, site + link, !current || to.EmailBounced.IsZero(), nil
}

// mayReset tells whether the address of somebody leads to a new password: one that is verified, or the
// one of an account that has never had such an address. So whoever sits at somebody's account and gives another
// address gets nothing by it.
func (s *Service) mayReset(ctx context.Context, u chat.User) (bool, error) {
	if !u.EmailVerified.IsZero() {
		return true, nil
	}
	proven, err := s.db.EmailProven(ctx, u.ID)
	if chat.CodeOf(err) == chat.NotFound {
		return false, nil // it was closed meanwhile
	}
	return err == nil && !proven, err
}

// makeToken stores a link of somebody's, and returns its secret, which is kept nowhere.
func (s *Service) makeToken(
	ctx context.Context, u chat.User, purpose store.TokenPurpose, life time.Duration, also func(*store.Tx) error,
) (string, error) {
	secret := strings.ToLower(rand.Text())
	now := s.now()
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		err := tx.InsertAccountToken(ctx, store.AccountToken{
			Hash: auth.Hash(secret), User: u.ID, Purpose: purpose, EmailKey: chat.EmailKey(u.Email), Created: now, Expires: now.Add(life),
		})
		if err != nil {
			return err
		}
		return also(tx)
	})
	return secret, err
}

// PruneLinks deletes links that have expired, and forgets browsers that were not seen for long.
func (s *Service) PruneLinks(ctx context.Context) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PruneAccountTokens(ctx, s.now()); err != nil {
			return err
		}
		return tx.PruneBrowsers(ctx, s.now().Add(-chat.BrowserLife))
	})
}
