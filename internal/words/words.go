// Package words cuts texts into the words that people look for, in any script, and reads
// what they type into a search. It is the one place that says when a word is found: both
// databases keep its tokens and compare them byte by byte.
package words

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// maxToken is how many characters of a word count. What follows is not looked at.
	maxToken = 64
	// maxPlaces is how many places of a text are kept: more than the longest message has, but
	// for one that is made of ligatures.
	maxPlaces = 8000
	// maxRepeats is how often one token is kept: PostgreSQL notes few more places of one.
	maxRepeats = 250
)

// Token is a piece of a text that can be found: a word, or in scripts that are written without
// spaces two neighbouring characters, and the last one of them. Text holds letters, marks,
// digits and emoji, nothing else. Start and End are the bytes of the text that it was made of,
// Head is the end of its first character. Place counts from 1, and those of what is not kept
// are left free.
type Token struct {
	Text             string
	Start, Head, End int
	Place            int

	class  class
	tail   bool // the last character of a run without spaces, kept beside the pair that it ends
	joined bool // at most signs that join are between it and the one before
}

// class is how characters go together to words.
type class uint8

const (
	apart   class = iota // between words
	spaced               // of a script that puts spaces between words, or a digit
	hangul               // the same, where a character is a syllable
	dense                // of a script without spaces between words
	picture              // an emoji or another sign that is a word by itself
)

// unit is a character with its marks, folded.
type unit struct {
	text       string
	start, end int
	class      class
}

// scratch is what cutting a text needs besides its tokens.
type scratch struct {
	pieces []piece
	groups []bool
	units  []unit
}

// scratches are kept for the next text, but for those of long ones.
var scratches = sync.Pool{New: func() any { return new(scratch) }}

const maxScratch = 1024

// Cut returns the tokens of a text in the order of their places: 8,000 at most, and of those
// that are equal the first 250. Bytes that are no UTF-8 are between words.
func Cut(s string) []Token {
	k := scratches.Get().(*scratch)
	c := cutter{text: s}
	all := k.cut(s)
	for i := 0; i < len(all); {
		end := i + 1
		for all[i].class != apart && end < len(all) && together(all[end-1].class, all[end].class) {
			end++
		}
		if all[i].class != apart {
			c.add(all[i:end])
		}
		i = end
	}
	if cap(k.pieces) <= maxScratch {
		clear(all)
		scratches.Put(k)
	}
	return c.tokens
}

// together tells whether a character goes on with the word of the one before.
func together(a, b class) bool {
	word := func(c class) bool { return c == spaced || c == hangul }
	return a == dense && b == dense || word(a) && word(b)
}

// cutter makes tokens of units.
type cutter struct {
	text   string
	tokens []Token
	place  int
	ended  int            // where the run before has ended
	seen   map[string]int // how often each token is there; nil while none can be there too often
}

// add makes tokens of a run of units that go together.
func (c *cutter) add(run []unit) {
	joined := c.place > 0 && connected(c.text[c.ended:max(c.ended, run[0].start)])
	c.ended = run[len(run)-1].end
	if run[0].class != dense {
		t := Token{Start: run[0].start, Head: run[0].end, End: c.ended, class: run[0].class, joined: joined}
		// An article goes off its front: two characters more than count are enough.
		var b strings.Builder
		b.Grow(min(len(run), maxToken+2))
		for n, u := range run {
			if n < maxToken+2 {
				b.WriteString(u.text)
			}
			t.class = max(t.class, u.class) // one syllable of Hangul makes it Hangul
		}
		t.Text = withoutArticle(b.String())
		c.put(t)
		return
	}
	for i, u := range run {
		t := Token{Text: u.text, Start: u.start, Head: u.end, End: u.end, class: dense, joined: joined || i > 0, tail: i > 0}
		if i+1 < len(run) {
			t.Text, t.End, t.tail = u.text+run[i+1].text, run[i+1].end, false
		}
		c.put(t)
	}
}

func (c *cutter) put(t Token) {
	c.place++
	if c.place > maxPlaces {
		return
	}
	t.Text, t.Place = first(t.Text, maxToken), c.place
	if c.place > maxRepeats && c.repeated(t.Text) {
		return
	}
	c.tokens = append(c.tokens, t)
}

// repeated counts a token, and tells whether it has been there often enough.
func (c *cutter) repeated(text string) bool {
	if c.seen == nil {
		c.seen = make(map[string]int)
		for _, t := range c.tokens { // all that have come by now
			c.seen[t.Text]++
		}
	}
	c.seen[text]++
	return c.seen[text] > maxRepeats
}

// first returns the first characters of a text.
func first(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i]
		}
	}
	return s
}

// connected tells whether what is between two words makes them one that is looked for as a
// whole, such as an address or a word with a hyphen.
func connected(between string) bool {
	for _, r := range between {
		switch r {
		case '.', '@', '-', '_', '/', ':', '\'', '’', '&', '+', '#', '%', '=', '?', '~', '‐', '‑', '·', '・':
		default:
			if !vanishes(r) {
				return false
			}
		}
	}
	return utf8.RuneCountInString(between) <= 8
}

// cut returns the characters of a text, each with its marks.
func (k *scratch) cut(s string) []unit {
	k.pieces = fold(k.pieces[:0], s)
	k.ungroup()
	all := slices.Grow(k.units[:0], len(k.pieces))
	for _, p := range k.pieces {
		if unicode.IsMark(p.r) {
			if n := len(all); n > 0 && all[n-1].class != apart && all[n-1].class != picture {
				all[n-1].text += string(p.r)
				all[n-1].end = p.end
			}
			continue
		}
		all = append(all, unit{string(p.r), p.start, p.end, classOf(p.r)})
	}
	k.units = all
	return all
}

// ungroup takes out what groups the digits of a number: 8,500 and 1,25,000 are 8500 and 125000.
func (k *scratch) ungroup() {
	pieces := k.pieces
	digit := func(i int) bool { return i >= 0 && i < len(pieces) && '0' <= pieces[i].r && pieces[i].r <= '9' }
	// From the end, so that each sign knows what the next one is.
	groups := append(k.groups[:0], make([]bool, len(pieces))...)
	k.groups = groups
	run := 0 // digits that follow
	for i := len(pieces) - 1; i >= 0; i-- {
		if digit(i) {
			run++
			continue
		}
		n, next := run, i+1+run
		run = 0
		again := next < len(pieces) && pieces[next].r == pieces[i].r
		groups[i] = n == 3 && !(again && digit(next+1)) || (n == 3 || n == 2) && again && groups[next]
	}
	for i, p := range pieces {
		switch p.r {
		case ',', '.', '\'', '’':
			groups[i] = groups[i] && digit(i-1) && digit(i+1)
		default:
			groups[i] = false
		}
	}
	kept := pieces[:0]
	for i, p := range pieces {
		if !groups[i] {
			kept = append(kept, p)
		}
	}
	k.pieces = kept
}
