package words

import (
	"math/rand/v2"
	"testing"
)

// What is turned away at a glance is never a match.
func TestNoMatchIsTurnedAwayAtAGlance(t *testing.T) {
	for _, c := range []struct {
		query, text string
		foreign     bool
	}{
		{"lamp", "The LAMP is there", false},
		{"lam", "The Lamp is there", false},
		{"lamp", "The chair is there", true},
		{"lamp chair", "The Chair is there", true},
		{"8500", "It is 8,500 rupees", false},
		{"lamp", "Die Lampe für dich", false},
		{"lamp", "ＬＡＭＰ", false},
		{"für", "Die Lampe", true}, // which is looked for as fur
		{"km2", "100 KM2", false},
		{"k", "5 \u212a", false}, // the sign of Kelvin is a k
		{"zebra", "", true},
		{"ab", "a B", true},
	} {
		q := Parse(c.query)
		if got := q.foreign(c.text); got != c.foreign {
			t.Errorf("%q in %q: turned away %t, want %t", c.query, c.text, got, c.foreign)
		}
	}
}

// Whatever texts of few letters are asked for in one another: what is turned away is in none.
func TestNothingThatIsThereIsTurnedAway(t *testing.T) {
	letters := []rune("aBb1,. -'\"É")
	rng := rand.New(rand.NewPCG(1, 2))
	some := func(n int) string {
		text := make([]rune, n)
		for i := range text {
			text[i] = letters[rng.IntN(len(letters))]
		}
		return string(text)
	}
	turned := 0
	for range 20_000 {
		query, text := some(1+rng.IntN(5)), some(rng.IntN(20))
		q := Parse(query)
		if len(q.Phrases) == 0 || !q.foreign(text) {
			continue
		}
		turned++
		tokens, all := Cut(text), true
		for _, p := range q.Phrases {
			found := false
			for i := range tokens {
				_, ok := p.at(tokens[i:])
				found = found || ok
			}
			all = all && found
		}
		if all {
			t.Fatalf("%q is in %q, and was turned away", query, text)
		}
	}
	if turned < 100 {
		t.Errorf("only %d were turned away", turned)
	}
}
