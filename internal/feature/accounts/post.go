package accounts

import (
	"context"
	"encoding/json"
	"fmt"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Mail says whether mail is sent here, and what accounts need for that. The zero value sends none:
// then nothing is put into the outbox, and what needs mail is refused.
type Mail struct {
	On   bool
	Demo bool          // also to the people of the demo town, whose addresses are made up
	Site func() string // the origin that links lead to, such as https://swap.example; never from a request
}

// errNoMail is the answer to who asks for a mail where none is sent.
var errNoMail = chat.Errorf(chat.Unavailable, "This marketplace sends no mail. Write to the people who run it: they can help you.")

// SendsMail tells whether mail is sent here.
func (s *Service) SendsMail() bool { return s.mail.On }

// MayMail tells whether mail may go to somebody at all, whatever they wish for: an account that is
// open, and not one of the demo town, unless its mail stays on this machine.
func (s *Service) MayMail(u chat.User) bool {
	return s.mail.On && u.ClosedAt.IsZero() && (!u.Demo || s.demo && s.mail.Demo)
}

// ask puts a mail into the outbox that asks whether an address is somebody's, unless that is known. Beyond
// what one address gets of them, whoever asks, none goes: who has it is a stranger as yet. It is no error, for
// asking once more (AskVerify) says so.
func (s *Service) ask(ctx context.Context, tx *store.Tx, u chat.User, agent string) error {
	if u.Email == "" || !s.MayMail(u) || u.Reachable() || s.limits.Asked.Take(chat.EmailKey(u.Email), "") != nil {
		return nil
	}
	return s.enqueue(ctx, tx, store.DeliverVerify, u.ID, u.Email, agent)
}

// tell puts a mail into the outbox of what was done to somebody's account, to an address that is theirs
// and that mail reaches. Others are told nothing.
func (s *Service) tell(ctx context.Context, tx *store.Tx, kind store.DeliveryKind, u chat.User, agent string) error {
	if !s.MayMail(u) || !u.Reachable() {
		return nil
	}
	return s.enqueue(ctx, tx, kind, u.ID, u.Email, agent)
}

func (s *Service) enqueue(ctx context.Context, tx *store.Tx, kind store.DeliveryKind, to chat.UserID, address, agent string) error {
	now := s.now()
	note, err := json.Marshal(store.MailNote{Address: address, Agent: agent, At: now.UTC()})
	if err != nil {
		return fmt.Errorf("write the note of a mail: %w", err)
	}
	return tx.Enqueue(ctx, store.Delivery{Channel: chat.MailChannel, Kind: kind, To: to, Note: string(note), Due: now})
}
