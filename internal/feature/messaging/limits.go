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
	Read         *limit.Keyed // cursors that move, read and delivered, per person
}

const (
	slower      = "A little slower, please. You can send again in a moment."
	manyReacted = "A little slower, please. You can react again in a moment."
	manyRead    = "A little slower, please. You can mark messages as read again in a moment."
	manyStarted = "You have started many conversations. Wait a while before starting another one."
)

func key[ID ~int64](id ID) string { return strconv.FormatInt(int64(id), 10) }

// sender is what a message of who's, or a change of one, costs wherever it goes. A program of the site's own has
// no address.
func (l *Limits) sender(who chat.UserID, address string) []limit.Token {
	tokens := make([]limit.Token, 1, 3) // with room for the conversation's
	tokens[0] = limit.Token{Of: l.Send, Key: key(who)}
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

// admit refuses who has none of the tokens of its sender for a command, before it costs the writers anything. One
// that is stored already is let through: a retry is answered, however full the
// buckets of those are with whom its sender shares them.
func (s *Service) admit(tokens []limit.Token, known func() (bool, error)) error {
	refusal := limit.Look(slower, tokens...)
	if refusal == nil {
		return nil
	}
	stored, err := known()
	if err != nil || stored {
		return err
	}
	return refusal
}

// toll takes a command's tokens, those of its sender and the conversation's, once: a second try at the
// same commit costs no second time. It is the writer's, from which pay and undo are called.
type toll struct {
	tokens []limit.Token
	paid   bool
}

func (s *Service) toll(tokens []limit.Token, id chat.ConversationID) *toll {
	return &toll{tokens: append(tokens, limit.Token{Of: s.limits.Conversation, Key: key(id)})}
}

// pay takes the tokens. It is asked behind membership and the rules: so nobody empties the bucket of
// a conversation that is not theirs.
func (t *toll) pay() error {
	if t.paid {
		return nil
	}
	err := limit.TakeAll(slower, t.tokens...)
	t.paid = err == nil
	return err
}

// undo gives the tokens back when it turns out that somebody's command was known: a retry costs nothing, and
// takes nothing from who stands beside it.
func (t *toll) undo() {
	if t.paid {
		limit.GiveBack(t.tokens...)
		t.paid = false
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
