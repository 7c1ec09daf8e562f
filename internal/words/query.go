package words

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxTerms is how many tokens of a query count. What follows is not looked for.
const maxTerms = 100

// Query is what somebody looks for: all phrases must be in a text.
type Query struct{ Phrases []Phrase }

// Phrase is a row of tokens that must stand in a text one behind the other. With Prefix the
// last one is the beginning of a word.
type Phrase struct {
	Tokens []string
	Prefix bool

	single bool // the last token is one character of a script without spaces
}

// Range is a part of a text in bytes.
type Range struct{ Start, End int }

// quotes are what phrases stand between, in pairs or alike.
const quotes = "\"“”„«»＂"

// Parse reads a query. Each word is the beginning of one, from two characters on, and from one
// in Hangul and in scripts without spaces. What stands in quotes is looked for word by word as it is;
// a quote that is not closed yet ends in the beginning of a word. Any text is a query, and one without
// words has no phrases.
func Parse(s string) Query {
	var q Query
	terms := 0
	parts := strings.FieldsFunc(mark(s), func(r rune) bool { return r == quoteOut })
	for _, part := range parts {
		inner, quoted := strings.CutPrefix(part, string(quoteIn))
		inner, closed := strings.CutSuffix(inner, string(quoteEnd))
		for _, tokens := range grouped(Cut(inner), quoted) {
			if terms += len(tokens); terms > maxTerms {
				return q
			}
			q.Phrases = append(q.Phrases, phrase(tokens, quoted && closed))
		}
	}
	return q
}

const quoteIn, quoteEnd, quoteOut = '\x01', '\x02', '\x00'

// mark puts signs that nobody types around what stands in quotes.
func mark(s string) string {
	var b strings.Builder
	inside := false
	for _, r := range s {
		switch {
		case r == quoteIn || r == quoteEnd || r == quoteOut:
			b.WriteByte(' ')
		case !strings.ContainsRune(quotes, r):
			b.WriteRune(r)
		case inside:
			b.WriteString(string(quoteEnd) + string(quoteOut))
			inside = false
		default:
			b.WriteString(string(quoteOut) + string(quoteIn))
			inside = true
		}
	}
	return b.String()
}

// grouped puts tokens together that are looked for as a whole.
func grouped(tokens []Token, whole bool) [][]Token {
	var all [][]Token
	for i, t := range tokens {
		if i > 0 && (whole || t.joined) {
			all[len(all)-1] = append(all[len(all)-1], t)
			continue
		}
		all = append(all, []Token{t})
	}
	return all
}

func phrase(tokens []Token, exact bool) Phrase {
	// In a longer run of the text the last character is no token of its own.
	if n := len(tokens); tokens[n-1].tail {
		tokens = tokens[:n-1]
	}
	var p Phrase
	for _, t := range tokens {
		p.Tokens = append(p.Tokens, t.Text)
	}
	last := tokens[len(tokens)-1]
	p.single = last.class == dense && last.Head == last.End
	switch {
	case p.single:
		p.Prefix = true
	case exact || last.class == picture:
	case last.class == spaced:
		p.Prefix = utf8.RuneCountInString(last.Text) >= 2
	default:
		p.Prefix = true
	}
	return p
}

// Telling returns a query of at most n tokens that is in every text in which q is. Of more it keeps the longest phrases, of those
// that are equally long the ones that are no beginning of a word: the fewest texts have them. Length is in bytes: a character
// of a script that has thousands of them says more than a letter. Of a phrase of more than n tokens it keeps the first ones.
func (q Query) Telling(n int) Query {
	tokens := 0
	for _, p := range q.Phrases {
		tokens += len(p.Tokens)
	}
	if tokens <= n {
		return q
	}
	phrases := slices.Clone(q.Phrases)
	begins := func(p Phrase) int {
		if p.Prefix {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(phrases, func(a, b Phrase) int {
		return cmp.Or(cmp.Compare(b.length(), a.length()), cmp.Compare(begins(a), begins(b)))
	})
	var telling Query
	for _, p := range phrases {
		if n == 0 {
			break
		}
		if len(p.Tokens) > n {
			p = Phrase{Tokens: p.Tokens[:n]}
		}
		n -= len(p.Tokens)
		telling.Phrases = append(telling.Phrases, p)
	}
	return telling
}

// length is how many bytes a phrase has, without what is between its words.
func (p Phrase) length() (n int) {
	for _, t := range p.Tokens {
		n += len(t)
	}
	return n
}

// maxRanges is how many places of a text are told.
const maxRanges = 100

// Match tells whether all phrases are in a text, and where: in rising order, without overlap.
// A query without phrases is in none.
func (q Query) Match(text string) ([]Range, bool) {
	if len(q.Phrases) == 0 || q.foreign(text) {
		return nil, false
	}
	tokens := Cut(text)
	var all []Range
	for _, p := range q.Phrases {
		found := false
		for i := range tokens {
			if end, ok := p.at(tokens[i:]); ok {
				found = true
				all = append(all, Range{tokens[i].Start, end})
			}
		}
		if !found {
			return nil, false
		}
	}
	slices.SortFunc(all, func(a, b Range) int { return a.Start - b.Start })
	merged := all[:1]
	for _, r := range all[1:] {
		if last := &merged[len(merged)-1]; r.Start <= last.End {
			last.End = max(last.End, r.End)
			continue
		}
		merged = append(merged, r)
	}
	return merged[:min(len(merged), maxRanges)], true
}

// foreign tells of most texts at a glance that the query is not in them. Of letters of ASCII in a text of ASCII
// nothing but their case is folded; digits may be grouped.
func (q Query) foreign(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	for _, p := range q.Phrases {
		for _, t := range p.Tokens {
			letters := strings.IndexFunc(t, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
			if letters && !holdsFolded(text, t) {
				return true
			}
		}
	}
	return false
}

// holdsFolded tells whether small letters of ASCII are in a text of ASCII, whatever their case there.
func holdsFolded(text, letters string) bool {
	for i := 0; i+len(letters) <= len(text); i++ {
		j := 0
		for j < len(letters) && (text[i+j] == letters[j] || text[i+j] == letters[j]-('a'-'A')) {
			j++
		}
		if j == len(letters) {
			return true
		}
	}
	return false
}

// at tells whether a phrase stands at the beginning of tokens, and where it ends in the text.
func (p Phrase) at(tokens []Token) (end int, ok bool) {
	n := len(p.Tokens)
	if len(tokens) < n {
		return 0, false
	}
	for i, want := range p.Tokens {
		t := tokens[i]
		prefix := p.Prefix && i == n-1
		if t.Place != tokens[0].Place+i || (t.Text != want && !(prefix && strings.HasPrefix(t.Text, want))) {
			return 0, false
		}
	}
	if p.single {
		return tokens[n-1].Head, true
	}
	return tokens[n-1].End, true
}

// Characters returns ranges in characters of a text, that is in Unicode code points, which
// are in bytes.
func Characters(text string, ranges []Range) []Range {
	all := make([]Range, len(ranges))
	at, n := 0, 0
	count := func(to int) int {
		n += utf8.RuneCountInString(text[at:to])
		at = to
		return n
	}
	for i, r := range ranges {
		start := count(r.Start)
		all[i] = Range{start, count(r.End)}
	}
	return all
}
