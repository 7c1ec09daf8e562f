package messaging

import (
	"context"
	"crypto/sha256"
	"strconv"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// ReviseCommand is about a message of one's own.
type ReviseCommand struct {
	Conversation chat.ConversationID
	Message      chat.MessageID
	// ClientID names the command among those that change messages; "" has the server make one up.
	ClientID string
	Text     string // of an edit
	Address  string // as in SendCommand
	Behind   error  // as in SendCommand
}

// Revised is what became of it: the event, with the message as it is now. Duplicate tells that
// it was done before, or that there was nothing to do: then Event has no Kind, and the place and
// time of the message.
type Revised struct {
	ClientID  string
	Event     chat.Event
	Duplicate bool
}

// Edit gives a message of who's another text, for chat.EditWindow after it was sent; of one with attachments it may
// be empty. It refuses with Empty, TooLong, BadText, BadFrame (ClientID), NotFound, Forbidden, Conflict, Closed,
// RateLimited or Unavailable.
func (s *Service) Edit(ctx context.Context, who chat.UserID, c ReviseCommand) (Revised, error) {
	text, err := chat.ParseCaption(c.Text)
	if err != nil {
		return Revised{}, err
	}
	return s.revise(ctx, who, c, "edit", text, func(t chat.Thread) (chat.Change, error) { return t.Edit(who, text, s.now()) })
}

// Delete takes a message of who's away for everyone, for chat.EditWindow after it was sent. It
// refuses with BadFrame (ClientID), NotFound, Forbidden, Conflict, RateLimited or Unavailable.
func (s *Service) Delete(ctx context.Context, who chat.UserID, c ReviseCommand) (Revised, error) {
	return s.revise(ctx, who, c, "delete", "", func(t chat.Thread) (chat.Change, error) { return t.Delete(who, s.now()) })
}

// revise costs what a message does, but where there is nothing to do.
func (s *Service) revise(ctx context.Context, who chat.UserID, c ReviseCommand, verb, text string, rule func(chat.Thread) (chat.Change, error)) (Revised, error) {
	clientID, err := clientID(c.ClientID)
	if err != nil {
		return Revised{}, err
	}
	known := func() (bool, error) { return s.db.Revised(ctx, c.Conversation, who, clientID) }
	tokens := s.limits.sender(who, c.Address)
	if err := s.admit(tokens, known); err != nil {
		return Revised{}, err
	}
	toll := s.toll(tokens, c.Conversation)
	done, err := s.db.Append(ctx, store.Append{
		Conversation: c.Conversation,
		Actor:        who,
		ClientID:     clientID,
		About:        c.Message,
		Digest:       sha256.Sum256([]byte(verb + "\x00" + strconv.FormatInt(int64(c.Message), 10) + "\x00" + text)),
		Decide: func(t chat.Thread) (chat.Change, error) {
			change, err := rule(t)
			switch {
			case err != nil:
				return chat.Change{}, err
			case c.Behind != nil:
				return chat.Change{}, c.Behind
			case change.Kind == "":
				return change, nil
			}
			return change, toll.pay()
		},
	})
	s.charge(who, err)
	return Revised{ClientID: clientID, Event: done.Event, Duplicate: done.Duplicate}, err
}

// atOnce is how many earlier texts are deleted at once: on SQLite nobody else writes meanwhile.
const atOnce = 1000

// Prune deletes the texts that messages had longer ago than they are kept for.
func (s *Service) Prune(ctx context.Context) error {
	before := s.now().Add(-chat.VersionLife)
	for n := int64(atOnce); n == atOnce; {
		err := s.db.Update(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.PruneVersions(ctx, before, atOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
