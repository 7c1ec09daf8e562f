package words_test

import (
	"strings"
	"testing"

	"swapnest/internal/words"
)

// BenchmarkCutLong cuts messages of 4,000 characters: of common words, and of what takes longest. None
// takes more than some milliseconds, for nobody else is found meanwhile.
func BenchmarkCutLong(b *testing.B) {
	for name, part := range map[string]string{
		"words": "The lamp is still there. ", "ligatures": "\ufdf4", "longest": "\ufdfa", "letters": "\U00010428", "grouped": "111,", "dense": "扶手椅",
	} {
		text := string([]rune(strings.Repeat(part, 4000))[:4000])
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				words.Cut(text)
			}
		})
	}
}
