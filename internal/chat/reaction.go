package chat

import (
	"slices"
	"time"
)

// Reaction is an emoji that somebody has put to a message.
type Reaction struct {
	User  UserID
	Emoji string // as ParseEmoji returns it
}

// Reacted is one emoji at a message, with everybody who has put it there.
type Reacted struct {
	Emoji string
	Users []UserID // in the order in which they did
}

// Reacted groups the reactions of a message by emoji, in the order in which the emoji came up.
func (m Message) Reacted() []Reacted {
	var groups []Reacted
	for _, r := range m.Reactions {
		i := slices.IndexFunc(groups, func(g Reacted) bool { return g.Emoji == r.Emoji })
		if i < 0 {
			i, groups = len(groups), append(groups, Reacted{Emoji: r.Emoji})
		}
		groups[i].Users = append(groups[i].Users, r.User)
	}
	return groups
}

// React puts an emoji of who's to the message that the command is about, or takes it back.
// What is as it should be already changes nothing, wherever it is. A deleted message takes none: Conflict.
// Where nothing can be posted there is no reacting either: Closed. One more than MaxReactions different
// emoji is Invalid, in the field emoji. There is no limit of time.
func (t Thread) React(who UserID, emoji string, on bool, now time.Time) (Change, error) {
	switch {
	case slices.Contains(t.About.Reactions, Reaction{who, emoji}) == on:
		return Change{}, nil
	case !t.About.DeletedAt.IsZero():
		return Change{}, Errorf(Conflict, "This message was deleted, so there is nothing to react to.")
	}
	if err := t.CanPost(who); err != nil {
		return Change{}, err
	}
	if groups := t.About.Reacted(); on && len(groups) >= MaxReactions &&
		!slices.ContainsFunc(groups, func(g Reacted) bool { return g.Emoji == emoji }) {
		e := Errorf(Invalid, "A message takes %d different emoji. Choose one of those that it has.", MaxReactions)
		e.Field = "emoji"
		return Change{}, e
	}
	return Change{Kind: MessageReacted, Reaction: Reaction{who, emoji}, Off: !on, At: stamp(now)}, nil
}

// reacted returns the reactions of a message after a change. Those before stay as they are, for an
// earlier event of the same commit may hold them.
func reacted(before []Reaction, c Change) []Reaction {
	after := slices.DeleteFunc(slices.Clone(before), func(r Reaction) bool { return r == c.Reaction })
	if !c.Off {
		after = append(after, c.Reaction)
	}
	if len(after) == 0 {
		return nil
	}
	return after
}
