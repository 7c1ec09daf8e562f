package mailin

import "strings"

// result is what one method has shown of a mail.
type result struct {
	method, value string            // in lower case
	properties    map[string]string // such as header.d; none that stands there twice
}

// parseResults reads the value of an Authentication-Results field (RFC 8601): who says so, and what. It
// is not ok for what breaks the grammar. What stands in comments and between quotation marks is no part
// of it: senders choose some of that.
func parseResults(value string) (server string, all []result, ok bool) {
	s := &scanner{rest: value}
	server, ok = s.word(";")
	if !ok || server == "" {
		return "", nil, false
	}
	version, ok := s.word(";")
	if !ok || version != "" && version != "1" {
		return server, nil, false
	}
	for s.next(';') {
		r, ok := s.result()
		if !ok {
			return server, nil, false
		}
		if r.method != "" {
			all = append(all, r)
		}
	}
	if !s.space() || s.rest != "" {
		return server, nil, false
	}
	return server, all, true
}

// scanner reads words of a field.
type scanner struct{ rest string }

// space passes over white space and comments, which may hold comments. It is false for one without
// an end.
func (s *scanner) space() bool {
	depth := 0
	for s.rest != "" {
		switch c := s.rest[0]; {
		case c == '\\' && depth > 0 && len(s.rest) > 1:
			s.rest = s.rest[1:]
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0 && !strings.ContainsRune(" \t\r\n", rune(c)):
			return true
		}
		s.rest = s.rest[1:]
	}
	return depth == 0
}

// next takes one character behind white space, if it is there.
func (s *scanner) next(c byte) bool {
	if !s.space() || s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// word reads up to white space, a comment or one of some characters, with what stands between
// quotation marks. It is "" where there is no word, and false for one without an end.
func (s *scanner) word(until string) (string, bool) {
	if !s.space() {
		return "", false
	}
	var b strings.Builder
	for s.rest != "" {
		c := s.rest[0]
		if strings.ContainsRune(" \t\r\n(", rune(c)) || strings.IndexByte(until, c) >= 0 {
			break
		}
		s.rest = s.rest[1:]
		if c != '"' {
			b.WriteByte(c)
			continue
		}
		for {
			if s.rest == "" {
				return "", false
			}
			c, s.rest = s.rest[0], s.rest[1:]
			if c == '"' {
				break
			}
			if c == '\\' && s.rest != "" {
				c, s.rest = s.rest[0], s.rest[1:]
			}
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// pair reads a key and its value. A key has no quotation marks. The word none stands alone.
func (s *scanner) pair() (key, value string, ok bool) {
	if !s.space() {
		return "", "", false
	}
	if strings.HasPrefix(s.rest, `"`) {
		return "", "", false
	}
	if key, ok = s.word(`;="`); !ok || key == "" {
		return "", "", ok
	}
	if !s.next('=') {
		return strings.ToLower(key), "", true
	}
	value, ok = s.word(";")
	return strings.ToLower(key), value, ok && value != ""
}

// result reads one, up to the semicolon behind it.
func (s *scanner) result() (result, bool) {
	method, value, ok := s.pair()
	if !ok {
		return result{}, false
	}
	method, _, _ = strings.Cut(method, "/")
	r := result{method: method, value: strings.ToLower(value), properties: map[string]string{}}
	twice := map[string]bool{}
	for {
		if !s.space() {
			return r, false
		}
		if s.rest == "" || s.rest[0] == ';' {
			break
		}
		key, value, ok := s.pair()
		if !ok || key == "" {
			return r, false
		}
		if _, known := r.properties[key]; known {
			twice[key] = true
		}
		r.properties[key] = value
	}
	for key := range twice {
		delete(r.properties, key)
	}
	return r, true
}
