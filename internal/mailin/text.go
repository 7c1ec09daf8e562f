package mailin

import (
	"strings"
	"unicode"
)

// Signs of ours within a text; clean takes them out of what comes.
const (
	cutSign      = '\uE000' // a line of it: what follows was quoted
	pictureBegin = '\uE001' // the Content-ID of a picture stands between these
	pictureEnd   = '\uE002'
	ownSign      = '\uE003' // the line that begins with it is no quote, whatever comes behind
)

// clean leaves of a text what a message may hold: lines that end with LF, no control characters
// but LF and tab, plain spaces, none of our signs.
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case r == '\u00A0', r == '\u202F':
			return ' '
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), r >= cutSign && r <= ownSign, r == '\uFEFF':
			return -1
		}
		return r
	}, s)
}

// unflow joins the lines of a flowed text (RFC 3676), those of quotes too.
func unflow(s string, deleteSpace bool) string {
	var out strings.Builder
	depth, open := 0, false // of the line before, and whether it goes on
	for line := range strings.SplitSeq(s, "\n") {
		rest := strings.TrimLeft(line, ">")
		level := len(line) - len(rest)
		rest = strings.TrimPrefix(rest, " ")
		signature := rest == "-- "
		flows := strings.HasSuffix(rest, " ") && !signature
		if flows && deleteSpace {
			rest = rest[:len(rest)-1]
		}
		if !open || level != depth || signature {
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
			switch {
			case level > 0:
				out.WriteString("> ")
			case isQuote(rest):
				out.WriteRune(ownSign)
			}
		}
		out.WriteString(rest)
		depth, open = level, flows
	}
	return out.String()
}
