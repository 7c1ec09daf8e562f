package words_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/testkit"
	"swapnest/internal/words"
)

func TestTheLabelledQueriesFindWhatTheyShould(t *testing.T) {
	for _, talk := range testkit.LabelledQueries(t) {
		if len(talk.Queries) < 20 && talk.Name != "korean" {
			t.Errorf("%s has %d queries, which are too few", talk.Name, len(talk.Queries))
		}
		for _, q := range talk.Queries {
			parsed := words.Parse(q.Text)
			var got []int
			for i := len(talk.Texts); i > 0; i-- {
				if ranges, ok := parsed.Match(talk.Texts[i-1]); ok {
					got = append(got, i)
					if len(ranges) == 0 {
						t.Errorf("%s: %q is in %q and nowhere", talk.Name, q.Text, talk.Texts[i-1])
					}
				}
			}
			if diff := cmp.Diff(q.Want, got); diff != "" {
				t.Errorf("%s: %q is looked for as %+v (-want +got):\n%s", talk.Name, q.Text, parsed.Phrases, diff)
			}
		}
	}
}

func TestATextIsCutIntoWords(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{" \t\n.,;!?“”", ""},
		{"Hello, World", "hello world"},
		{"Don't", "don t"},
		{"a_b@c.de/f", "a b c de f"},
		{"3.14 1.500 1,234,567 12,34 1,25,000 2026.11.28", "3 14 1500 1234567 12 34 125000 2026 11 28"},
		{"8,500,00 123,4567", "8 500 00 123 4567"},
		{"iPhone12手机", "iphone12 手机 机"},
		{"手", "手"},
		{"扶手椅", "扶手 手椅 椅"},
		{"カタカナ ﾊﾟﾝ", "かた たか かな な ぱん ん"},
		{"สวัสดี", "สวั วัส สดี ดี"},
		{"책을 read한다", "책을 read한다"},
		{"é e\u0301 ǟ", "e e a"},
		{"й и\u0306 ё е\u0308 ї", "й й е е ї"},
		{"क़लम क\u093Cलम", "कलम कलम"},
		{"١٢٣ १२३ ๑๒๓ １２３", "123 123 123 123"},
		{"🎉👍🏽 👨\u200d👩\u200d👧", "🎉 👍 👨 👩 👧"},
		{"\xff\xfea\xffb", "a b"},
		{"\u0301x \u093Cक", "x क"},
		{"a\x00b", "a b"},
		{"' OR 1=1 -- \" * NEAR(a b) -c ^d :*", "or 1 1 near a b c d"},
		{strings.Repeat("x", 100), strings.Repeat("x", 64)},
	} {
		if got := words.Joined(words.Cut(test.text)); got != test.want {
			t.Errorf("%q is cut into %q, want %q", test.text, got, test.want)
		}
	}
}

func TestALongTextHasItsBounds(t *testing.T) {
	same := words.Cut(strings.Repeat("a b ", 2000))
	if len(same) != 500 || same[499].Place != 500 {
		t.Errorf("of 2,000 equal pairs %d tokens are kept, want 500", len(same))
	}
	many := words.Cut(strings.Repeat("ﷺ", 4000) + " end")
	if last := many[len(many)-1]; last.Place > 8000 || last.Text == "end" {
		t.Errorf("the last token is %+v", last)
	}
}

func TestWhatFitsIsTold(t *testing.T) {
	for _, test := range []struct{ query, text, want string }{
		{"cafe", "A CAFÉ, a cafe\u0301!", "A [CAFÉ], a [cafe\u0301]!"},
		{"bask", "My basket", "My [basket]"},
		{"椅", "扶手椅和椅子", "扶手[椅]和[椅]子"},
		{"扶手椅", "绿扶手椅", "绿[扶手椅]"},
		{"8500", "₹8,500!", "₹[8,500]!"},
		{`"two words"`, "just two, words here", "just [two, words] here"},
		{"a b", "b a", "[b] [a]"},
		{"てれび", "ﾃﾚﾋﾞ台", "[ﾃﾚﾋﾞ]台"},
		{"👍", "ok 👍🏽", "ok [👍]🏽"},
		{"fine", "ﬁne", "[ﬁne]"},
		{"x@y.z", "to x@y.z", "to [x@y.z]"},
	} {
		ranges, ok := words.Parse(test.query).Match(test.text)
		if !ok {
			t.Errorf("%q is not in %q", test.query, test.text)
			continue
		}
		characters := []rune(test.text)
		var b strings.Builder
		at := 0
		for _, r := range words.Characters(test.text, ranges) {
			b.WriteString(string(characters[at:r.Start]) + "[" + string(characters[r.Start:r.End]) + "]")
			at = r.End
		}
		if got := b.String() + string(characters[at:]); got != test.want {
			t.Errorf("%q in %q: got %q, want %q", test.query, test.text, got, test.want)
		}
	}
}

func TestOfManyWordsTheMostTellingOnesAreKept(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{"a b c", "a| b| c|"},
		{"th an he in", "th*| an*| he*|"},
		{"is the blue chair there", "chair*| there*| blue*|"},
		{`to "two" red cat`, "two| red*| cat*|"},
		{`tea "at the gate" bicycle`, "at the gate|"},
		{`bicycle "at the gate of it all"`, "at the gate|"},
		{"is it 扶手椅 yet", "扶手 手椅*| yet*|"},
		{"", ""},
	} {
		got := ""
		for _, p := range words.Parse(test.query).Telling(3).Phrases {
			got += " " + strings.Join(p.Tokens, " ")
			if p.Prefix {
				got += "*"
			}
			got += "|"
		}
		if got = strings.TrimSpace(got); got != test.want {
			t.Errorf("%q: got %q, want %q", test.query, got, test.want)
		}
	}
}

func FuzzCut(f *testing.F) {
	for _, talk := range testkit.LabelledQueries(f) {
		for _, text := range talk.Texts {
			f.Add(text, text)
		}
		for _, q := range talk.Queries {
			f.Add(q.Text, talk.Texts[0])
		}
	}
	f.Add(`" * NEAR( ) AND OR -: ' <-> :* \ !`, "\x00\x01\x02\xff")
	f.Fuzz(func(t *testing.T, query, text string) {
		tokens := words.Cut(text)
		place := 0
		for _, token := range tokens {
			if n := utf8.RuneCountInString(token.Text); n == 0 || n > 64 || token.Place <= place || token.Place > 8000 {
				t.Fatalf("%q has the token %+v behind place %d", text, token, place)
			}
			place = token.Place
			if token.Start < 0 || token.Start >= token.Head || token.Head > token.End || token.End > len(text) {
				t.Fatalf("%q has the token %+v", text, token)
			}
			// Nothing in it means anything to FTS5, to tsvector or to tsquery.
			if strings.ContainsAny(token.Text, " \t\n\x00'\"\\()*:&|!<>-+^{}") || !utf8.ValidString(token.Text) {
				t.Fatalf("%q has the token %q", text, token.Text)
			}
			for _, r := range token.Text {
				if r < utf8.RuneSelf && !('a' <= r && r <= 'z' || '0' <= r && r <= '9') {
					t.Fatalf("%q has the token %q", text, token.Text)
				}
			}
		}
		q := words.Parse(query)
		n := 0
		for _, p := range q.Phrases {
			n += len(p.Tokens)
		}
		if n > 100 {
			t.Fatalf("%q has %d tokens", query, n)
		}
		ranges, ok := q.Match(text)
		if ok != (len(ranges) > 0) {
			t.Fatalf("%q in %q: %v, %v", query, text, ranges, ok)
		}
		end := 0
		for _, r := range words.Characters(text, ranges) {
			if r.Start < end || r.End <= r.Start || r.End > utf8.RuneCountInString(text) {
				t.Fatalf("%q in %q: %v", query, text, ranges)
			}
			end = r.End
		}
	})
}

func BenchmarkCut(b *testing.B) {
	for _, talk := range testkit.LabelledQueries(b) {
		b.Run(talk.Name, func(b *testing.B) {
			for b.Loop() {
				for _, text := range talk.Texts {
					words.Cut(text)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(talk.Texts)), "ns/message")
		})
	}
}
