package chat

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzFields holds what people enter in one line against what all of it must be once it has
// been taken: UTF-8 without control characters, within its length, and taken again as it is.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{"", "meera", "Meera K.", "a@b.example", "12.50", "\x00", "\xff", "a\r\nBcc: x", "'; DROP TABLE users; --", "\u202Eevil", "पुणे", strings.Repeat("x", 300), " a ", "a@b@c", "<b>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, field := range map[string]struct {
			parse func(string) (string, error)
			most  int
		}{
			"username": {ParseUsername, MaxUsernameChars}, "name": {ParseName, MaxNameChars}, "email": {ParseEmail, MaxEmailChars},
			"place": {ParsePlace, MaxCityChars},
			"what a saved reply is called": {func(s string) (string, error) {
				r, err := ParseSavedReply(s, "Yes.")
				return r.Title, err
			}, MaxReplyTitle},
		} {
			got, err := field.parse(text)
			if err != nil {
				if strings.TrimSpace(text) != "" && len(text) > 8 && strings.Contains(err.Error(), text) {
					t.Errorf("%s: the refusal of %q repeats it: %v", name, text, err)
				}
				continue
			}
			if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || utf8.RuneCountInString(got) > field.most {
				t.Errorf("%s: %q was taken as %q", name, text, got)
			}
			if again, err := field.parse(got); err != nil || again != got {
				t.Errorf("%s: %q was taken as %q, and that as %q, %v", name, text, got, again, err)
			}
		}
	})
}

func FuzzHours(f *testing.F) {
	f.Add("22:00", "07:30")
	f.Add("", "")
	f.Add("24:00", "-1:00")
	f.Fuzz(func(t *testing.T, from, to string) {
		h, err := ParseHours(from, to)
		if err != nil {
			return
		}
		if err := h.check(); err != nil {
			t.Errorf("%q to %q is taken for %v: %v", from, to, h, err)
		}
		again, err := ParseHours(h.Clock())
		if err != nil || (again != h && !h.None()) {
			t.Errorf("%v is read again as %v, %v", h, again, err)
		}
	})
}
