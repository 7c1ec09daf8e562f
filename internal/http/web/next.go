package web

import (
	"net/url"
	"strings"
	"unicode"
)

// maxNext bounds an address to come back to, in bytes.
const maxNext = 2000

// nextPath returns next if it is a path of this site, and otherwise "". Browsers
// take a backslash for a slash and drop tabs and newlines, so what holds one, or
// two slashes in a row, may lead elsewhere.
func nextPath(next string) string {
	if !strings.HasPrefix(next, "/") || len(next) > maxNext || strings.ContainsRune(next, '\\') ||
		strings.ContainsFunc(next, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return ""
	}
	path, _, _ := strings.Cut(next, "?")
	if strings.Contains(path, "//") {
		return ""
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.Contains(u.Path, "//") ||
		strings.ContainsRune(u.Path, '\\') {
		return ""
	}
	return next
}

// loginURL is the login page that leads back to next.
func loginURL(next string) string {
	if next = nextPath(next); next == "" || next == "/" {
		return "/accounts/login/"
	}
	return "/accounts/login/?next=" + url.QueryEscape(next)
}
