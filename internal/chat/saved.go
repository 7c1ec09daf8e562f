package chat

import (
	"errors"
	"strings"
)

// SavedReply is a text that somebody writes often, kept for themselves.
type SavedReply struct {
	ID    SavedReplyID
	Title string // what it is called in the list; may be empty
	Text  string // by the rules of a message
}

// ParseSavedReply accepts a title of at most 60 characters on one line, or none, and a text as a
// message takes it. It refuses with Invalid, Empty, TooLong or BadText.
func ParseSavedReply(title, text string) (SavedReply, error) {
	title, err := line("title", "A title", title, 0, MaxReplyTitle)
	if err != nil {
		return SavedReply{}, err
	}
	text, err = ParseText(text)
	if refusal, ok := errors.AsType[*Error](err); ok {
		about := *refusal
		about.Field = "text"
		switch about.Code {
		case Empty:
			about.Detail = "Write something first: a saved reply needs at least one character."
		case TooLong:
			about.Detail = "This text is too long: at most 4,000 characters fit into a message."
		}
		err = &about
	}
	return SavedReply{Title: title, Text: text}, err
}

// Filled returns the text with the name of whom one writes to in place of {name}, and what
// it is about in place of {title}.
func (r SavedReply) Filled(name, title string) string {
	return strings.NewReplacer("{name}", name, "{title}", title).Replace(r.Text)
}

// MoveReply puts the reply with an id to a place, 1 for the first, and beyond the end for the
// last, and tells whether it is there.
func MoveReply(all []SavedReply, id SavedReplyID, place int) bool {
	for i, one := range all {
		if one.ID != id {
			continue
		}
		to := min(max(place, 1), len(all)) - 1
		for ; i < to; i++ {
			all[i] = all[i+1]
		}
		for ; i > to; i-- {
			all[i] = all[i-1]
		}
		all[to] = one
		return true
	}
	return false
}
