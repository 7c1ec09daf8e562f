package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The characters that join others to one emoji.
const (
	emojiVariant = '\ufe0f' // the character before it is to be shown as an emoji
	emojiJoiner  = '\u200d'
	emojiKeycap  = '\u20e3'
	emojiFlag    = '\U0001f3f4' // the black flag, which tags make one of a country without a code of its own
	emojiTagEnd  = '\U000e007f'
)

// maxJoiners is how many parts of an emoji are joined to the first one: three in the largest family.
const maxJoiners = 3

// ParseEmoji returns an emoji in the one form in which it is stored: with U+FE0F behind each
// part that would be shown as text without it, and nowhere else. So the same emoji is the
// same text, however it was typed. Whatever is not exactly one emoji (one grapheme cluster; text,
// digits, two emoji, nothing) is Invalid, in the field emoji. Nothing is trimmed.
func ParseEmoji(s string) (string, error) {
	var emoji string
	if len(s) <= MaxEmojiBytes && utf8.ValidString(s) {
		emoji = emojiOf([]rune(strings.ReplaceAll(s, string(emojiVariant), "")))
	}
	// Families have three joiners at most; the stored form is one that can be sent, too.
	if emoji == "" || len(emoji) > MaxEmojiBytes || strings.Count(emoji, string(emojiJoiner)) > maxJoiners {
		return "", &Error{Code: Invalid, Field: "emoji", Detail: "A reaction is one single emoji, such as 👍. Choose one."}
	}
	return emoji, nil
}

// emojiOf returns the stored form of characters without variation selectors, "" when they are
// not one emoji.
func emojiOf(all []rune) string {
	var b strings.Builder
	switch {
	case len(all) == 2 && all[1] == emojiKeycap && strings.ContainsRune("0123456789#*", all[0]):
		return string([]rune{all[0], emojiVariant, emojiKeycap})
	case len(all) == 2 && isRegion(all[0], all[1]), len(all) == 7 && isSubdivision(all):
		return string(all)
	}
	for {
		rest := emojiPart(all, &b)
		switch {
		case rest == nil:
			return ""
		case len(rest) == 0:
			return b.String()
		case rest[0] != emojiJoiner:
			return ""
		}
		b.WriteRune(emojiJoiner)
		all = rest[1:]
	}
}

// emojiPart writes what stands before a joiner, and returns what follows; nil when it is no emoji.
func emojiPart(all []rune, b *strings.Builder) []rune {
	if len(all) == 0 || !unicode.Is(emojiBases, all[0]) {
		return nil
	}
	b.WriteRune(all[0])
	switch {
	case len(all) > 1 && isTone(all[1]):
		if !unicode.Is(emojiToned, all[0]) {
			return nil
		}
		b.WriteRune(all[1])
		return all[2:]
	case !unicode.Is(emojiColoured, all[0]):
		b.WriteRune(emojiVariant)
	}
	return all[1:]
}

func isTone(r rune) bool { return r >= '\U0001f3fb' && r <= '\U0001f3ff' }

// isRegion tells whether two regional indicators are a flag that there is.
func isRegion(a, b rune) bool {
	const first, last = '\U0001f1e6', '\U0001f1ff'
	if a < first || a > last || b < first || b > last {
		return false
	}
	pair := string([]rune{a - first + 'A', b - first + 'A'})
	for i := 0; i < len(emojiRegions); i += 2 {
		if emojiRegions[i:i+2] == pair {
			return true
		}
	}
	return false
}

// isSubdivision tells whether tags behind a black flag make it that of England, Scotland or Wales.
func isSubdivision(all []rune) bool {
	if all[0] != emojiFlag || all[6] != emojiTagEnd {
		return false
	}
	var code strings.Builder
	for _, r := range all[1:6] {
		code.WriteRune(r - '\U000e0000')
	}
	return code.String() == "gbeng" || code.String() == "gbsct" || code.String() == "gbwls"
}
