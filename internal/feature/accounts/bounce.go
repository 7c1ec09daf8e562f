package accounts

import (
	"context"
	"regexp"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// bounceStatus is how mail systems say why a mail came back: a status of RFC 3463, or an answer's code.
var bounceStatus = regexp.MustCompile(`^[245](\.\d{1,3}\.\d{1,3}|\d\d)$`)

// Bounced notes that mail to somebody's address came back for good, where it is theirs still: is tells
// whether an address is the one that the mail went to, as it was written there. Nothing goes there until they have verified it
// again. The audit log is told the status, such as 5.1.1 or 550, and nothing of what else was said. An
// address that has bounced, another one by now, and nobody are no error, and change nothing.
func (s *Service) Bounced(ctx context.Context, who chat.UserID, is func(email string) bool, status string) error {
	if !bounceStatus.MatchString(status) {
		status = ""
	}
	e := Origin{}.entry(chat.AuditEmailBounced, who, status)
	return s.audited(ctx, &e, func(tx *store.Tx) error {
		err := tx.LockUser(ctx, who)
		if chat.CodeOf(err) == chat.NotFound {
			return errNothing
		}
		if err != nil {
			return err
		}
		u, err := tx.User(ctx, who)
		if err != nil {
			return err
		}
		if u.Email == "" || !u.ClosedAt.IsZero() || !u.EmailBounced.IsZero() || !is(u.Email) {
			return errNothing
		}
		return tx.EmailBounced(ctx, who, u.Email, s.now())
	})
}
