package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseText returns the text of a message as it will be stored and shown: CRLF
// and lone CR become LF and both ends are trimmed. It refuses with Empty, TooLong
// (over MaxMessageChars code points) or BadText (not UTF-8, or a control character
// other than newline and tab).
func ParseText(s string) (string, error) {
	s, err := ParseCaption(s)
	if err == nil && s == "" {
		return "", errEmpty
	}
	return s, err
}

var errEmpty = &Error{Code: Empty, Field: "message", Detail: "Write something first: a message needs at least one character."}

// ParseCaption is ParseText for a message with attachments, whose text may be empty.
func ParseCaption(s string) (string, error) {
	s, err := clean(s, "message")
	if err != nil {
		return "", err
	}
	if n := utf8.RuneCountInString(s); n > MaxMessageChars {
		return "", &Error{
			Code: TooLong, Field: "message",
			Detail: "This message is too long: at most 4,000 characters fit in one. Send it in parts.",
		}
	}
	return s, nil
}

// clean normalises line ends and trims. It refuses what no text may hold.
func clean(s, field string) (string, error) {
	if !utf8.ValidString(s) {
		return "", &Error{Code: BadText, Field: field, Detail: "The text is not valid UTF-8."}
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	s = strings.TrimFunc(s, blank)
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return "", &Error{Code: BadText, Field: field, Detail: "The text holds a control character, which cannot be shown. Remove it and send again."}
		}
	}
	return s, nil
}

// FirstChars returns the first n code points of s, or all of it.
func FirstChars(s string, n int) string {
	for at := range s {
		if n == 0 {
			return s[:at]
		}
		n--
	}
	return s
}

// blank tells whether r shows nothing at an end of a text: white space, and the
// zero-width characters that would let an empty message look like one.
func blank(r rune) bool {
	switch r {
	case '\u200B', '\u2060', '\uFEFF':
		return true
	}
	return unicode.IsSpace(r)
}

// line parses a text of one line: names, titles, places.
func line(field, label, s string, least, most int) (string, error) {
	s, err := clean(s, field)
	if err != nil {
		return "", err
	}
	s = strings.Join(strings.Fields(s), " ")
	switch n := utf8.RuneCountInString(s); {
	case n < least && least == 1:
		return "", FieldError(field, "%s is needed.", label)
	case n < least:
		return "", FieldError(field, "%s needs at least %d characters.", label, least)
	case n > most:
		return "", FieldError(field, "%s can have at most %d characters.", label, most)
	}
	return s, nil
}

// ValidClientID tells whether s may name a command: 1 to 64 characters of
// A-Z a-z 0-9 _ . : -
func ValidClientID(s string) bool {
	if s == "" || len(s) > MaxClientIDChars {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '_', c == '.', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// beginning returns at most n characters of a text on one line, with an ellipsis in place
// of what is left out.
func beginning(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n-1])) + "…"
}
