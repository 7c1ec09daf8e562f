package web

import (
	"regexp"
	"strings"
)

// part is a piece of a message: plain text, or a link.
type part struct {
	Text string
	Href string // "" for plain text
	Host string // where the link really leads, when the text does not plainly say so
}

// The browser's module has the same expressions, and both are held against one file of
// cases. A link ends before white space, quotes, and the marks of scripts that put no
// space after them.
var (
	linkForm = regexp.MustCompile(`(?i)\b(?:https?://|mailto:)[^\s\p{Z}\x{FEFF}\\<>"` + "`" + `，。、！？；：（）「」『』【】《》]+`)
	webForm  = regexp.MustCompile(`(?i)^https?://(?:([^/?#]*)@)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[0-9]{1,5})?(?:[/?#].*)?$`)
	mailForm = regexp.MustCompile(`(?i)^mailto:[a-z0-9.!#$%&'*+/=^_{|}~-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$`)
)

// parts finds the links of a text. Only what begins with http://, https:// or mailto: is
// one, and only with a host in ASCII letters: others can look like a host that they are not.
func parts(text string) []part {
	var all []part
	plain := 0
	for _, at := range linkForm.FindAllStringIndex(text, -1) {
		link := trimLink(text[at[0]:at[1]])
		host, ok := hostOf(link)
		if !ok {
			continue
		}
		if at[0] > plain {
			all = append(all, part{Text: text[plain:at[0]]})
		}
		all = append(all, part{Text: link, Href: link, Host: host})
		plain = at[0] + len(link)
	}
	if plain < len(text) {
		all = append(all, part{Text: text[plain:]})
	}
	return all
}

// trimLink leaves out what ends the sentence and not the link: full stops and the like,
// and brackets that were opened before it.
func trimLink(link string) string {
	for link != "" {
		last := link[len(link)-1]
		opener := map[byte]string{')': "(", ']': "[", '}': "{"}[last]
		switch {
		case strings.IndexByte(`.,;:!?'*_~`, last) >= 0:
		case opener != "" && strings.Count(link, opener) < strings.Count(link, string(last)):
		default:
			return link
		}
		link = link[:len(link)-1]
	}
	return link
}

// hostOf tells whether a link is one that may be followed, and its real host where a
// name before an @ could be taken for it.
func hostOf(link string) (string, bool) {
	if mailForm.MatchString(link) {
		return "", true
	}
	m := webForm.FindStringSubmatch(link)
	if m == nil || strings.Contains(m[2], "..") {
		return "", false
	}
	if m[1] != "" {
		return strings.ToLower(m[2]), true
	}
	return "", true
}
