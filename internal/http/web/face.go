package web

import (
	"strings"
	"unicode"

	"swapnest/internal/chat"
)

// faces are the colours of people without a picture. A person's is at their id
// modulo six; the browser's modules count the same way.
var faces = [...]string{"rose", "clay", "olive", "pine", "sea", "iris"}

// face returns the colour of a person.
func face(id chat.UserID) string {
	return faces[uint64(id)%uint64(len(faces))]
}

// initial returns the first character of a name as a reader sees it: a letter with
// its marks, or a whole emoji. It is "?" for a name without one.
func initial(name string) string {
	runes := []rune(strings.TrimSpace(name))
	if len(runes) == 0 {
		return "?"
	}
	end := 1
	for end < len(runes) && joins(runes[end-1], runes[end]) {
		end++
	}
	if flag(runes[0]) && end == 1 && len(runes) > 1 && flag(runes[1]) {
		end = 2
	}
	runes[0] = unicode.ToTitle(runes[0])
	return string(runes[:end])
}

// joins tells whether r belongs to the character that before is a part of.
func joins(before, r rune) bool {
	const joiner = '\u200d'
	skin := r >= '\U0001f3fb' && r <= '\U0001f3ff'
	return unicode.IsMark(r) || r == joiner || before == joiner || skin
}

// flag tells whether r is one half of a flag.
func flag(r rune) bool { return r >= '\U0001f1e6' && r <= '\U0001f1ff' }
