package words

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// piece is a character as it is compared, and the bytes of the text that it stands for.
type piece struct {
	r          rune
	start, end int
}

// fold adds the characters of a text as they are compared: without case, width, accents
// and the other differences that people do not type.
func fold(all []piece, s string) []piece {
	all = slices.Grow(all, min(len(s), 2*maxPlaces))
	var base rune // the last character that is no mark
	// A ligature is up to 18 letters: more than twice what is kept of a text is not looked at.
	for i := 0; i < len(s) && len(all) < 2*maxPlaces; {
		if s[i] < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			base = unicode.ToLower(rune(s[i]))
			all = append(all, piece{base, i, i + 1})
			i++
			continue
		}
		n := norm.NFKC.NextBoundaryInString(s[i:], true)
		if n <= 0 {
			n = len(s) - i
		}
		var kept []rune
		for _, r := range norm.NFKD.String(s[i : i+n]) {
			for _, lower := range lowered(r) {
				if !unicode.IsMark(lower) {
					base = lower
				}
				if !vanishes(lower) && !dropped(base, lower) {
					kept = append(kept, lower)
				}
			}
		}
		for _, r := range norm.NFC.String(string(kept)) {
			all = append(all, piece{replaced(r), i, i + n})
		}
		i += n
	}
	return all
}

// lowered is a character without its case: two for some.
func lowered(r rune) []rune {
	if s, ok := letters[r]; ok {
		return s
	}
	lower := unicode.ToLower(r)
	if s, ok := letters[lower]; ok {
		return s
	}
	return []rune{lower}
}

// letters are those that have no accent to take off, and are yet typed without.
var letters = map[rune][]rune{
	'ß': []rune("ss"), 'æ': []rune("ae"), 'œ': []rune("oe"), 'ø': []rune("o"), 'đ': []rune("d"), 'ð': []rune("d"), 'þ': []rune("th"),
	'ł': []rune("l"), 'ħ': []rune("h"), 'ŧ': []rune("t"), 'ı': []rune("i"), 'ĸ': []rune("k"), 'ŋ': []rune("n"), 'ς': []rune("σ"),
	'İ': []rune("i"),
	// Arabic: the forms of alef, ya and ta marbuta, and the letters that Persian and Urdu write
	// with characters of their own. What bears a hamza is taken apart before.
	'ٱ': []rune("ا"), 'ى': []rune("ي"), 'ی': []rune("ي"), 'ة': []rune("ه"), 'ک': []rune("ك"), 'ہ': []rune("ه"), 'ھ': []rune("ه"), 'ە': []rune("ه"),
	// A dot above is written for the half moon, and the other way round.
	'ँ': []rune("ं"),
}

const (
	tatweel = 'ـ'
	nukta   = '\u093C'
	// The marks of Cyrillic that make no other letter: of stress, and the dots of ё.
	grave, acute, dots = '\u0300', '\u0301', '\u0308'
)

// vanishes tells of a character that is no part of a word and does not end it either.
func vanishes(r rune) bool {
	return r == tatweel || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Me, r) || (r >= '\U0001F3FB' && r <= '\U0001F3FF')
}

// dropped tells of a mark that people leave out when they type the character that bears it.
func dropped(base, mark rune) bool {
	if !unicode.Is(unicode.Mn, mark) {
		return false
	}
	switch {
	case base < utf8.RuneSelf || unicode.In(base, unicode.Latin, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Common, unicode.Inherited):
		return true
	case unicode.Is(unicode.Cyrillic, base):
		return mark == grave || mark == acute || (mark == dots && base == 'е')
	case unicode.Is(unicode.Devanagari, base):
		return mark == nukta
	}
	return false
}

// replaced is a character by which another one is compared.
func replaced(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case r >= 'ァ' && r <= 'ヶ', r == 'ヽ', r == 'ヾ':
		return r - ('ァ' - 'ぁ')
	case r == '٬':
		return ','
	case unicode.Is(unicode.Nd, r):
		return '0' + digitOf(r)
	}
	return r
}

// digitOf returns the value of a decimal digit of any script: each has its ten in a row.
func digitOf(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

// withoutArticle takes the article off an Arabic word that has two letters beside it at least: one
// looks for a book and means the book, too.
func withoutArticle(word string) string {
	rest, ok := strings.CutPrefix(word, "ال")
	if !ok || utf8.RuneCountInString(rest) < 2 || word == "الله" {
		return word
	}
	return rest
}

// classOf tells how a folded character that is no mark goes together with others.
func classOf(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return spaced
		}
		return apart
	case r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return dense
		}
	case unicode.IsLetter(r):
		if unicode.Is(unicode.Hangul, r) {
			return hangul
		}
		return spaced
	case unicode.IsNumber(r):
		return spaced
	case r != utf8.RuneError && unicode.Is(unicode.So, r):
		return picture
	}
	return apart
}

// Joined are the tokens of a text in one line, for a test and for who looks into an index.
func Joined(tokens []Token) string {
	all := make([]string, len(tokens))
	for i, t := range tokens {
		all[i] = t.Text
	}
	return strings.Join(all, " ")
}
