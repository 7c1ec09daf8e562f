package chat

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// User is a person's account, without its password.
type User struct {
	ID       UserID
	Username string
	Name     string // shown to others; the username when none was given
	Email    string // shown to nobody but its owner
	// Both are of the address as it is, and zero for one that nothing is known of.
	EmailVerified time.Time // when they have shown that it is theirs
	EmailBounced  time.Time // when mail to it came back for good
	City          string
	About         string // what they say of themselves
	Demo          bool   // made by the demo town; locked outside of it
	CreatedAt     time.Time
	LastSeen      time.Time // zero when never
	ClosedAt      time.Time // zero while the account is open
	Online        bool      // as far as the service that returned it looked
	HidesRead     bool      // keeps to themselves how far they have read; see ReadsShown
	HidesSeen     bool      // keeps to themselves whether they are here; see ShownTo
}

// Reachable tells whether somebody's e-mail address is known to be theirs, and mail to reach it.
func (u User) Reachable() bool {
	return u.Email != "" && !u.EmailVerified.IsZero() && u.EmailBounced.IsZero()
}

// FormerMember is the name under which a closed account's messages stay.
const FormerMember = "Former member"

// reservedNames are no usernames: their profiles would have the address of another page.
var reservedNames = []string{"edit"}

// ParseUsername accepts 3 to 30 characters of A-Z a-z 0-9 _.
func ParseUsername(s string) (string, error) {
	s = strings.TrimSpace(s)
	if n := len(s); n < MinUsernameChars || n > MaxUsernameChars {
		return "", FieldError("username", "A username has %d to %d characters.", MinUsernameChars, MaxUsernameChars)
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return "", FieldError("username", "A username has only the letters A to Z, digits and the underscore.")
		}
	}
	if slices.Contains(reservedNames, UsernameKey(s)) {
		return "", FieldError("username", "This username is taken. Choose another one.")
	}
	return s, nil
}

// UsernameKey is what makes usernames unique: they differ by more than case.
func UsernameKey(username string) string { return lowerASCII(username) }

// ParseName accepts a display name of 1 to 60 characters on one line.
func ParseName(s string) (string, error) { return line("name", "A name", s, 1, MaxNameChars) }

// ParseEmail accepts an empty address or one that mail could reach: something
// before one @, a domain with a dot after it, no spaces, at most 254 characters.
func ParseEmail(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	local, domain, ok := strings.Cut(s, "@")
	dot := strings.LastIndexByte(domain, '.')
	if !ok || local == "" || dot < 1 || dot == len(domain)-1 || len(s) > MaxEmailChars ||
		strings.ContainsAny(s, " \t\r\n\x00,;<>()[]\"\\") || strings.Contains(domain, "@") || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", FieldError("email", "This does not look like an e-mail address.")
	}
	return s, nil
}

// EmailKey is what makes e-mail addresses unique: they differ by more than the case of the letters A to Z.
// Other letters stay as they are, for some of them have one of those as their small form, such as
// U+0130 and U+212A: whoever has an address with such a letter is not who has the one without.
func EmailKey(email string) string { return lowerASCII(email) }

// EqualFoldASCII tells whether two texts differ by no more than the case of the letters A to Z.
func EqualFoldASCII(a, b string) bool { return lowerASCII(a) == lowerASCII(b) }

// lowerASCII writes the letters A to Z small, and leaves all else as it is.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// ParsePlace accepts a place of at most 80 characters on one line, or none.
func ParsePlace(s string) (string, error) { return line("city", "A place", s, 0, MaxCityChars) }

// ParseAbout accepts at most 500 characters about a person, or none.
func ParseAbout(s string) (string, error) {
	s, err := clean(s, "about")
	if err == nil && utf8.RuneCountInString(s) > MaxAboutChars {
		err = FieldError("about", "Some words about you can have at most %d characters.", MaxAboutChars)
	}
	return s, err
}

// CheckPassword refuses a password of fewer than 8 characters or more than 256 bytes.
func CheckPassword(s string) error {
	switch {
	case utf8.RuneCountInString(s) < MinPasswordChars:
		return FieldError("password", "A password needs at least %d characters.", MinPasswordChars)
	case len(s) > MaxPasswordBytes:
		return FieldError("password", "A password can have at most %d bytes.", MaxPasswordBytes)
	}
	return nil
}

// Session is one sign-in of a person.
type Session struct {
	ID        SessionID
	User      UserID
	Agent     string // the browser that signed in, as it calls itself; "" when not known
	CreatedAt time.Time
	ExpiresAt time.Time
}
