package store

import (
	"fmt"
	"strconv"
	"strings"

	"swapnest/internal/chat"
)

// reactionsColumn are the reactions of message m in the order in which they came, each as "user emoji"
// and a comma between them: neither stands in an emoji. It costs a message without any a look into the
// key of the table.
const reactionsColumn = `
	COALESCE((SELECT string_agg(CAST(x.user_id AS TEXT) || ' ' || x.emoji, ',' ORDER BY x.seq) FROM reaction x WHERE x.message_id = m.id), '')`

// reactionsInto scans reactionsColumn.
type reactionsInto struct{ to *[]chat.Reaction }

// Scan implements sql.Scanner.
func (r reactionsInto) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("read reactions: they are %T", value)
	}
	*r.to = nil
	if text == "" {
		return nil
	}
	for one := range strings.SplitSeq(text, ",") {
		user, emoji, _ := strings.Cut(one, " ")
		id, err := strconv.ParseInt(user, 10, 64)
		if err != nil {
			return fmt.Errorf("read reactions: %w", err)
		}
		*r.to = append(*r.to, chat.Reaction{User: chat.UserID(id), Emoji: emoji})
	}
	return nil
}

// reactionKey is a row of the table.
type reactionKey struct {
	message chat.MessageID
	chat.Reaction
}

// reactionRow is what a batch makes of a reaction.
type reactionRow struct {
	reactionKey
	seq chat.Seq
	at  int64
}

// reactions returns what a batch makes of reactions, each once: those that are put, those that are taken back, and
// the messages that lose all, for they were deleted.
func reactions(events []*call) (put []reactionRow, back []reactionKey, cleared []chat.MessageID) {
	last := make(map[reactionKey]*call)
	var order []reactionKey
	for _, c := range events {
		switch c.result.Event.Kind {
		case chat.MessageReacted:
			key := reactionKey{c.About, c.reaction}
			if _, again := last[key]; !again {
				order = append(order, key)
			}
			last[key] = c
		case chat.MessageDeleted:
			cleared = append(cleared, c.About)
		}
	}
	gone := make(map[chat.MessageID]struct{}, len(cleared))
	for _, id := range cleared {
		gone[id] = struct{}{}
	}
	for _, key := range order {
		c := last[key]
		if _, deleted := gone[key.message]; deleted {
			continue
		}
		if c.off {
			back = append(back, key)
		} else {
			put = append(put, reactionRow{key, c.result.Event.Seq, micros(c.result.Event.At)})
		}
	}
	return put, back, cleared
}
