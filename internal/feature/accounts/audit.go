package accounts

import (
	"context"
	"errors"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Origin is where a command came from: the address, which also counts for the limits, the
// browser as it calls itself, and the secret by which it is known again, which signing in needs
// alone; "" is none. The zero Origin is the operator's command line.
type Origin struct {
	Address, Agent, Browser string
}

// byOperator is the detail of what was done on the command line.
const byOperator = "by the operator"

// errNothing is returned by what has found nothing to change: it is no error, and leaves no
// entry behind.
var errNothing = errors.New("there was nothing to do")

// entry returns what the audit log will be told.
func (o Origin) entry(action chat.AuditAction, who chat.UserID, detail string) chat.AuditEntry {
	return chat.AuditEntry{User: who, Action: action, Address: o.Address, Agent: agentOf(o.Agent), Detail: detail}
}

// audited runs change with its entry of the audit log in one transaction, so that neither is
// there without the other. change may still complete the entry. The log of the node gets
// what was done and to whom, and not from where.
func (s *Service) audited(ctx context.Context, e *chat.AuditEntry, change func(*store.Tx) error) error {
	e.At = s.now()
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return tx.InsertAudit(ctx, *e)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	if err == nil {
		s.log.InfoContext(ctx, "audit", "action", e.Action, "user_id", e.User)
	}
	return err
}

// words adds one to a list of them.
func words(list, one string) string {
	if list == "" {
		return one
	}
	return list + ", " + one
}

// PruneAudit deletes what was done longer ago than it is kept.
func (s *Service) PruneAudit(ctx context.Context) error {
	return s.db.Update(ctx, func(tx *store.Tx) error { return tx.PruneAudit(ctx, s.now().Add(-chat.AuditLife)) })
}
