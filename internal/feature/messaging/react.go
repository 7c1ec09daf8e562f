package messaging

import (
	"context"
	"crypto/sha256"
	"strconv"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/store"
)

// ReactCommand puts an emoji to a message of either person, or takes one's own back.
type ReactCommand struct {
	Conversation chat.ConversationID
	Message      chat.MessageID
	// ClientID names the command among those that change messages; "" has the server make one up.
	ClientID string
	Emoji    string
	On       bool
	Address  string // as in SendCommand
}

// React puts who's emoji to a message, or takes it back. What is so already stays so, and is no
// refusal. It refuses with Invalid (emoji), BadFrame (ClientID), NotFound, Conflict, Closed, RateLimited or
// Unavailable.
func (s *Service) React(ctx context.Context, who chat.UserID, c ReactCommand) (Revised, error) {
	emoji, err := chat.ParseEmoji(c.Emoji)
	if err != nil {
		return Revised{}, err
	}
	clientID, err := clientID(c.ClientID)
	if err != nil {
		return Revised{}, err
	}
	tokens := s.limits.reactor(who, c.Address)
	// Refused before it costs the writers anything, but for a retry of what is stored already.
	if refusal := limit.Look(manyReacted, tokens...); refusal != nil {
		stored, err := s.db.Revised(ctx, c.Conversation, who, clientID)
		if err != nil {
			return Revised{}, err
		}
		if !stored {
			return Revised{}, refusal
		}
	}
	paid := false
	done, err := s.db.Append(ctx, store.Append{
		Conversation: c.Conversation,
		Actor:        who,
		ClientID:     clientID,
		About:        c.Message,
		Digest:       sha256.Sum256([]byte("react\x00" + strconv.FormatInt(int64(c.Message), 10) + "\x00" + emoji + "\x00" + strconv.FormatBool(c.On))),
		Decide: func(t chat.Thread) (chat.Change, error) {
			change, err := t.React(who, emoji, c.On, s.now())
			if err != nil {
				return change, err
			}
			if !paid { // a second try at the same commit costs no second time, and what changes nothing as much
				err = limit.TakeAll(manyReacted, tokens...)
				paid = err == nil
			}
			return change, err
		},
	})
	switch chat.CodeOf(err) {
	case "", chat.RateLimited, chat.Unavailable:
	default: // else nothing would bound how often somebody tries
		_ = s.limits.React.Take(key(who), manyReacted) // who has none is refused the next time
	}
	return Revised{ClientID: clientID, Event: done.Event, Duplicate: done.Duplicate}, err
}
