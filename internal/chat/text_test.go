package chat

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestParseText(t *testing.T) {
	full := strings.Repeat("🎉", MaxMessageChars)
	for name, c := range map[string]struct {
		in, want string
		code     Code
	}{
		"a word":                         {"hi", "hi", ""},
		"CRLF":                           {"a\r\nb", "a\nb", ""},
		"lone CR":                        {"a\rb\r\rc", "a\nb\n\nc", ""},
		"CR CRLF":                        {"a\r\r\nb", "a\n\nb", ""},
		"blanks at both ends":            {" \t\r\n hi there \n\u00a0\u3000\u2028", "hi there", ""},
		"blanks within":                  {"a  b\t\tc\n\n\nd", "a  b\t\tc\n\n\nd", ""},
		"zero width at both ends":        {"\u200b\ufeff hi \u2060\u200b", "hi", ""},
		"zero width within":              {"a\u200bb", "a\u200bb", ""},
		"a joiner within an emoji":       {"👩‍🌾", "👩‍🌾", ""},
		"a joiner at the end":            {"क्\u200d", "क्\u200d", ""},
		"right to left":                  {" هل هو متوفر؟ ", "هل هو متوفر؟", ""},
		"4,000 beyond the basic plane":   {full, full, ""},
		"4,000 and blanks around":        {" " + full + "\r\n", full, ""},
		"4,001 beyond the basic plane":   {full + "🎉", "", TooLong},
		"4,000 with CRLF counted as one": {strings.Repeat("a\r\n", 1999) + "ab", strings.Repeat("a\n", 1999) + "ab", ""},
		"nothing":                        {"", "", Empty},
		"blanks only":                    {" \t\r\n", "", Empty},
		"zero width only":                {"\u200b\u2060\ufeff", "", Empty},
		"NUL":                            {"a\x00b", "", BadText},
		"escape":                         {"a\x1b[31mb", "", BadText},
		"backspace":                      {"a\bb", "", BadText},
		"form feed within":               {"a\fb", "", BadText},
		"DEL":                            {"a\x7fb", "", BadText},
		"a C1 control":                   {"a\u0085b\u0090c", "", BadText},
		"not UTF-8":                      {"a\xffb", "", BadText},
		"half a character":               {"a\xf0\x9f\x8e", "", BadText},
		"a surrogate in UTF-8":           {"\xed\xa0\x80", "", BadText},
		"an overlong NUL":                {"\xc0\x80", "", BadText},
		"a replacement character":        {"a\uFFFDb", "a\uFFFDb", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseText(c.in)
			if got != c.want || CodeOf(err) != c.code {
				t.Errorf("got %.40q, %v, want %.40q and code %q", got, err, c.want, c.code)
			}
		})
	}
}

func FuzzParseText(f *testing.F) {
	for _, s := range []string{
		"", "hi", "a\r\nb", "\u200b", "\r", "a\x00", "\xff", "🎉", "क्\u200d", " \u2060x\ufeff ", "\u0085x", strings.Repeat("é\r\n", 2001),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseText(in)
		if caption, other := ParseCaption(in); CodeOf(err) == Empty && (caption != "" || other != nil) || CodeOf(err) != Empty && (caption != got || CodeOf(other) != CodeOf(err)) {
			t.Errorf("a message of %q, %v is the caption %q, %v", got, err, caption, other)
		}
		if err != nil {
			switch code := CodeOf(err); code {
			case Empty, TooLong, BadText:
			default:
				t.Errorf("got the code %q", code)
			}
			if got != "" {
				t.Errorf("got %q with an error", got)
			}
			return
		}
		if n := utf8.RuneCountInString(got); n < 1 || n > MaxMessageChars || !utf8.ValidString(got) {
			t.Errorf("got %d code points of %q", n, got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
			t.Errorf("got a control character at %d of %q", i, got)
		}
		if again, err := ParseText(got); err != nil || again != got {
			t.Errorf("parsed again: got %q, %v, want %q", again, err, got)
		}
	})
}

func TestValidClientID(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "A.z:0_9-": true, "s.WQ7K": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "a b": false, "a/b": false, "é": false, "a\n": false, "a\x00": false, "{}": false,
	} {
		if got := ValidClientID(id); got != want {
			t.Errorf("ValidClientID(%q): got %v, want %v", id, got, want)
		}
	}
}
