// Package words cuts texts into the words that people look for, in any script, and reads
// what they type into a search. It is the one place that says when a word is found: both
// databases keep its tokens and compare them byte by byte.
package words

import (
	"strings"
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

// Cut returns the tokens of a text in the order of their places: 8,000 at most, and of those
// that are equal the first 250. Bytes that are no UTF-8 are between words.
func Cut(s string) []Token {
	c := cutter{text: s, seen: map[string]int{}}
	for _, u := range units(s) {
		if len(c.run) > 0 && !together(c.run[len(c.run)-1].class, u.class) {
			c.end()
		}
		if u.class != apart {
			c.run = append(c.run, u)
		}
	}
	c.end()
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
	run    []unit // what is not made into tokens yet
	place  int
	ended  int // where the run before has ended
	seen   map[string]int
}

// end makes tokens of the run.
func (c *cutter) end() {
	run := c.run
	if len(run) == 0 {
		return
	}
	joined := c.place > 0 && connected(c.text[c.ended:max(c.ended, run[0].start)])
	c.run, c.ended = run[:0], run[len(run)-1].end
	if run[0].class != dense {
		t := Token{Start: run[0].start, Head: run[0].end, End: c.ended, class: run[0].class, joined: joined}
		// An article goes off its front: two characters more than count are enough.
		var b strings.Builder
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
	if c.seen[t.Text]++; c.seen[t.Text] <= maxRepeats {
		c.tokens = append(c.tokens, t)
	}
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

// units returns the characters of a text, each with its marks.
func units(s string) []unit {
	pieces := ungroup(fold(s))
	all := make([]unit, 0, len(pieces))
	for _, p := range pieces {
		if unicode.IsMark(p.r) {
			if n := len(all); n > 0 && all[n-1].class != apart && all[n-1].class != picture {
				all[n-1].text += string(p.r)
				all[n-1].end = p.end
			}
			continue
		}
		all = append(all, unit{string(p.r), p.start, p.end, classOf(p.r)})
	}
	return all
}

// ungroup takes out what groups the digits of a number: 8,500 and 1,25,000 are 8500 and 125000.
func ungroup(pieces []piece) []piece {
	digit := func(i int) bool { return i >= 0 && i < len(pieces) && '0' <= pieces[i].r && pieces[i].r <= '9' }
	// From the end, so that each sign knows what the next one is.
	groups := make([]bool, len(pieces))
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
	kept := make([]piece, 0, len(pieces))
	for i, p := range pieces {
		switch p.r {
		case ',', '.', '\'', '’':
			if digit(i-1) && digit(i+1) && groups[i] {
				continue
			}
		}
		kept = append(kept, p)
	}
	return kept
}
