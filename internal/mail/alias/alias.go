// Package alias makes what stands in mails for somebody or something of the site, by keyed hashes: the
// addresses under which people answer, those to which mail that cannot be delivered comes back (Book),
// the links that end mails (Leaves), and the names of mails (Names). They show nothing of who is behind
// them but numbers, and nobody who has not been told of one can make one up.
package alias

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"

	"swapnest/internal/chat"
)

// SecretName is under what name the database keeps the secret of a Book: all nodes make the same
// addresses.
const SecretName = "mail alias"

const (
	replyPrefix  = "r-"
	bouncePrefix = "b-"

	// A mac has 100 bits, which are 20 characters of base32. With two
	// numbers of 19 digits a local part has 62 characters, of the 64 that RFC 5321 allows.
	macChars  = 20
	markChars = 10
	// mostAddress is the longest address that is looked at, in bytes.
	mostAddress = 64 + 1 + 255
)

// lower is base32 in lower case, for mail systems change the case of addresses.
var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Book makes and reads the addresses of one domain.
type Book struct {
	secret []byte
	domain string
}

// New returns the book of a domain, such as reply.swap.example. Books of the same secret and domain
// make the same addresses; the secret needs 128 random bits or more.
func New(secret, domain string) *Book {
	return &Book{secret: []byte(secret), domain: strings.ToLower(domain)}
}

// Domain returns the domain of all addresses, in lower case.
func (b *Book) Domain() string { return b.domain }

// Address returns the address by which who writes into a conversation. It stays the same.
func (b *Book) Address(c chat.ConversationID, who chat.UserID) string {
	numbers := strconv.FormatInt(int64(c), 10) + "-" + strconv.FormatInt(int64(who), 10)
	return replyPrefix + numbers + "-" + b.mac("reply", numbers)[:macChars] + "@" + b.domain
}

// Parse reads an address that Address made, in any case. It is not ok for every other one.
func (b *Book) Parse(address string) (c chat.ConversationID, who chat.UserID, ok bool) {
	parts := b.parts(address, replyPrefix)
	if len(parts) != 3 {
		return 0, 0, false
	}
	c, who = chat.ConversationID(number(parts[0])), chat.UserID(number(parts[1]))
	if c == 0 || who == 0 || !same(b.Address(c, who), address) {
		return 0, 0, false
	}
	return c, who, true
}

// Bounce returns the envelope sender of mail to somebody at an e-mail address: what cannot be
// delivered comes back to it. It tells the address of before from the one of today, without
// showing either.
func (b *Book) Bounce(who chat.UserID, email string) string {
	return b.bounce(who, b.Mark(email))
}

func (b *Book) bounce(who chat.UserID, mark string) string {
	body := strconv.FormatInt(int64(who), 10) + "-" + mark
	return bouncePrefix + body + "-" + b.mac("bounce", body)[:macChars] + "@" + b.domain
}

// Mark names an e-mail address, as it is written, without showing it: 10 characters of a-z and 2-7.
func (b *Book) Mark(email string) string {
	return b.mac("address", email)[:markChars]
}

// ParseBounce reads an address that Bounce made, in any case. mark is the Mark of the address that
// the mail went to. It is not ok for every other address.
func (b *Book) ParseBounce(address string) (who chat.UserID, mark string, ok bool) {
	parts := b.parts(address, bouncePrefix)
	if len(parts) != 3 {
		return 0, "", false
	}
	who, mark = chat.UserID(number(parts[0])), parts[1]
	if who == 0 || !same(b.bounce(who, mark), address) {
		return 0, "", false
	}
	return who, mark, true
}

// Owns tells whether an address is one of the domain's, whether somebody has it or not.
func (b *Book) Owns(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return at >= 0 && len(address) <= mostAddress && chat.EqualFoldASCII(address[at+1:], b.domain)
}

// parts returns what stands between the hyphens behind the prefix of an address of the domain.
func (b *Book) parts(address, prefix string) []string {
	if !b.Owns(address) {
		return nil
	}
	local := chat.EmailKey(address[:strings.LastIndexByte(address, '@')])
	rest, ok := strings.CutPrefix(local, prefix)
	if !ok {
		return nil
	}
	return strings.Split(rest, "-")
}

// same compares in constant time, but for the case of what came from outside.
func same(made, address string) bool {
	return hmac.Equal([]byte(made), []byte(chat.EmailKey(address)))
}

// number reads a positive number; 0 is none. Who compares what is made of it with what was read
// refuses all but one way to write it.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func (b *Book) mac(kind, text string) string { return keyed(b.secret, kind, text) }

// keyed is a keyed hash of a text of one kind, in the letters a-z and the digits 2-7: two kinds never
// share one.
func keyed(secret []byte, kind, text string) string {
	h := hmac.New(sha256.New, secret)
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(kind)))
	for _, part := range [][]byte{length[:], []byte(kind), []byte(text)} {
		_, _ = h.Write(part) // a hash takes everything
	}
	return lower.EncodeToString(h.Sum(nil))
}
