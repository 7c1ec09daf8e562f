package messaging

import (
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
	React        *limit.Keyed // reactions put and taken back, per person; they take of Address, too
}

const (
	slower      = "A little slower, please. You can send again in a moment."
	manyReacted = "A little slower, please. You can react again in a moment."
	manyStarted = "You have started many conversations. Wait a while before starting another one."
)

func key[ID ~int64](id ID) string { return strconv.FormatInt(int64(id), 10) }

// sender is what a message of who's, or a change of one, costs wherever it goes. A program of the site's own has
// no address.
func (l *Limits) sender(who chat.UserID, address string) []limit.Token {
	tokens := []limit.Token{{Of: l.Send, Key: key(who)}}
	if address != "" {
		tokens = append(tokens, limit.Token{Of: l.Address, Key: address})
	}
	return tokens
}

// reactor is what a reaction of who's costs wherever it goes. It takes nothing of what the two people of
// a conversation write with, so that nobody is kept from writing by the other's reactions.
func (l *Limits) reactor(who chat.UserID, address string) []limit.Token {
	tokens := l.sender(who, address)
	tokens[0].Of = l.React
	return tokens
}

// admit refuses who has no token for a command, before it costs the writers anything. One
// that is stored already is let through: a retry is answered, however full the
// buckets of those are with whom its sender shares them.
func (s *Service) admit(who chat.UserID, address string, known func() (bool, error)) error {
	refusal := limit.Look(slower, s.limits.sender(who, address)...)
	if refusal == nil {
		return nil
	}
	stored, err := known()
	if err != nil || stored {
		return err
	}
	return refusal
}

// toll returns what takes a command's tokens once. It is asked behind membership, the
// duplicate and the rules: so nobody empties the bucket of a conversation that is not theirs,
// and a retry costs nothing. A second try at the same commit costs no second time.
func (s *Service) toll(who chat.UserID, id chat.ConversationID, address string) func() error {
	paid := false
	return func() error {
		if paid {
			return nil
		}
		tokens := append(s.limits.sender(who, address), limit.Token{Of: s.limits.Conversation, Key: key(id)})
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
