package web

import (
	"fmt"
	"slices"
	"strings"

	"swapnest/internal/chat"
)

// reaction is an emoji at a message as it is drawn.
type reaction struct {
	Emoji string
	Count int
	Users string // the ids of who has put it there
	Own   bool   // the reader has
	Who   string // "You and Meera"
}

// quickReactions are the six that are at hand.
var quickReactions = []string{"👍", "❤️", "😂", "😮", "🙏", "🎉"}

// reactionsOf are those of a message for the reader, who stands first among the names.
func reactionsOf(reader chat.UserID, m chat.Message, other string) []reaction {
	groups := m.Reacted()
	all := make([]reaction, len(groups))
	for i, g := range groups {
		r := reaction{Emoji: g.Emoji, Count: len(g.Users), Own: slices.Contains(g.Users, reader)}
		r.Users = strings.Trim(fmt.Sprint(g.Users), "[]")
		var names []string
		if r.Own {
			names = append(names, "You")
		}
		if slices.ContainsFunc(g.Users, func(id chat.UserID) bool { return id != reader }) {
			names = append(names, other)
		}
		r.Who = strings.Join(names, " and ")
		all[i] = r
	}
	return all
}
