package messaging

import (
	"context"
	"strconv"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
)

// Limits bound how much somebody may write. A message takes one token of each of the first
// three, or of none.
type Limits struct {
	Send         *limit.Keyed // messages, per person
	Address      *limit.Keyed // messages, per address
	Conversation *limit.Keyed // messages, per conversation, of both people together
	Start        *limit.Keyed // new conversations, per person
}

const (
	slower      = "A little slower, please. You can send again in a moment."
	manyStarted = "You have started many conversations. Wait a while before starting another one."
)

func key[ID ~int64](id ID) string { return strconv.FormatInt(int64(id), 10) }

// sender is what a message of who's costs wherever it goes. A program of the site's own has
// no address.
func (l *Limits) sender(who chat.UserID, address string) []limit.Token {
	tokens := []limit.Token{{Of: l.Send, Key: key(who)}}
	if address != "" {
		tokens = append(tokens, limit.Token{Of: l.Address, Key: address})
	}
	return tokens
}

// admit refuses who has no token for a message, before it costs the writers anything. A
// message that is stored already is let through: a retry is answered, however full the
// buckets of those are with whom its sender shares them.
func (s *Service) admit(ctx context.Context, who chat.UserID, c SendCommand, clientID string) error {
	refusal := limit.Look(slower, s.limits.sender(who, c.Address)...)
	if refusal == nil {
		return nil
	}
	sent, err := s.db.Sent(ctx, c.Conversation, who, clientID)
	if err != nil || sent {
		return err
	}
	return refusal
}

// toll returns what takes a message's tokens once. It is asked behind membership, the
// duplicate and the rules: so nobody empties the bucket of a conversation that is not theirs,
// and a retry costs nothing. A second try at the same commit costs no second time.
func (s *Service) toll(who chat.UserID, c SendCommand) func() error {
	paid := false
	return func() error {
		if paid {
			return nil
		}
		tokens := append(s.limits.sender(who, c.Address), limit.Token{Of: s.limits.Conversation, Key: key(c.Conversation)})
		err := limit.TakeAll(slower, tokens...)
		paid = err == nil
		return err
	}
}

// charge has who pay for a message that the rules have refused: else nothing would bound how
// often somebody tries. Only the person does, and not those who share the address.
func (s *Service) charge(who chat.UserID, err error) {
	switch chat.CodeOf(err) {
	case "", chat.RateLimited, chat.Unavailable:
	default:
		_ = s.limits.Send.Take(key(who), slower) // who has none is refused the next time
	}
}
