package store_test

import (
	"regexp"
	"strings"
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/testkit"
	"swapnest/internal/words"
)

// Each word of a search is looked up in the index of the whole site, and the beginning of one is many of them.
func TestTheIndexIsAskedForFewWordsOfASearch(t *testing.T) {
	asked := regexp.MustCompile(`\bw[^\s"']+`)
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		for _, test := range []struct {
			query string
			want  int
		}{
			{"is it there", 3},
			{strings.Repeat("th ", 33), 8},
			{strings.Repeat("a ", 50), 8},
			{strings.Repeat("我", chat.MaxQueryChars), 8},
			{`"` + strings.Repeat("in ", 32) + `"`, 8},
			{strings.Repeat("a-b ", 25), 8},
		} {
			if found := asked.FindAllString(db.Asked(words.Parse(test.query)), -1); len(found) != test.want {
				t.Errorf("%q: the index is asked for %d words, want %d: %v", test.query, len(found), test.want, found)
			}
		}
	})
}
