package alias

import (
	"crypto/hmac"
	"strconv"
	"strings"

	"swapnest/internal/chat"
)

// LeaveSecret is under what name the database keeps the secret of Leaves: all nodes make the same
// addresses, and those in old mails go on to work.
const LeaveSecret = "mail leave"

// Leaves makes and reads the tokens by which somebody ends mails of a kind without signing in. A
// token names a person and a kind, does nothing else, and never expires: who has a mail may end it.
type Leaves struct{ secret []byte }

// NewLeaves returns the tokens of a secret, which needs 128 random bits or more.
func NewLeaves(secret string) *Leaves { return &Leaves{secret: []byte(secret)} }

// leaveMac is how many characters of the keyed hash a token has, of 5 bits each.
const leaveMac = 26

// Token returns the token of a person and a kind.
func (l *Leaves) Token(who chat.UserID, kind chat.NoticeKind) string {
	names := strconv.FormatInt(int64(who), 10) + "-" + strings.ReplaceAll(string(kind), "_", "-")
	return names + "-" + keyed(l.secret, "leave", names)[:leaveMac]
}

// Read returns whose token it is and of which kind of notices, and whether it is one at all.
func (l *Leaves) Read(token string) (who chat.UserID, kind chat.NoticeKind, ok bool) {
	number, rest, _ := strings.Cut(token, "-")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id <= 0 {
		return 0, "", false
	}
	for _, k := range chat.NoticeKinds {
		if strings.HasPrefix(rest, strings.ReplaceAll(string(k), "_", "-")+"-") && hmac.Equal([]byte(l.Token(chat.UserID(id), k)), []byte(token)) {
			return chat.UserID(id), k, true
		}
	}
	return 0, "", false
}

// NameSecret is under what name the database keeps the secret of Names.
const NameSecret = "mail names"

// Names makes Message-IDs that stay the same however often something is sent, and that nobody makes
// up who has not seen one.
type Names struct {
	secret []byte
	domain string
}

// NewNames returns the names of a domain, such as that of the sender's address.
func NewNames(secret, domain string) *Names {
	return &Names{secret: []byte(secret), domain: strings.ToLower(domain)}
}

const nameMac = 16

// Delivery names a mail.
func (n *Names) Delivery(id chat.DeliveryID) string {
	name := "n" + strconv.FormatInt(int64(id), 10)
	return name + "." + keyed(n.secret, "id", name)[:nameMac] + "@" + n.domain
}

// Thread names what holds all mails about a conversation to one person together.
func (n *Names) Thread(c chat.ConversationID, who chat.UserID) string {
	name := "c" + strconv.FormatInt(int64(c), 10) + "." + strconv.FormatInt(int64(who), 10)
	return name + "." + keyed(n.secret, "id", name)[:nameMac] + "@" + n.domain
}

// Picture names a picture within a mail.
func (n *Names) Picture(id chat.DeliveryID) string {
	return "p" + strings.TrimPrefix(n.Delivery(id), "n")
}
