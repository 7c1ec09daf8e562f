// Package mailin reads the mails that people answer with: who has sent one, whether that is shown
// by a signature or by who took it in, what they have written themselves, and what they attached.
// It also reads what mail systems say of mail that they could not deliver. It knows no store.
package mailin

import (
	"bytes"
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message"
)

// The bounds of a mail. One that is beyond them is refused, but for a text that is longer than
// mostText: it is read so far, and what people write stands above what they quote.
const (
	// MaxBytes is how large a mail may be as it comes.
	MaxBytes = 25 << 20

	mostHeader = 256 << 10 // bytes of the header of a mail or a part
	mostFields = 1000      // in a header
	mostDepth  = 12        // of parts within parts
	mostParts  = 250
	mostText   = 256 << 10 // bytes of all texts together, when they are decoded
	mostID     = 2000      // bytes of a Message-ID
)

// ErrMalformed is a mail that cannot be read without guessing, or that is beyond the bounds.
var ErrMalformed = errors.New("the mail is malformed")

// Mail is what is read of one.
type Mail struct {
	// From is the address of the one person who is named as its author, as it is written there; "" when
	// nobody is or several are.
	From string
	// MessageID is what its sender's program calls it, with the brackets; "" for nothing.
	MessageID string
	// To are the addresses that it names as those to whom it goes, in To and Cc.
	To []string
	// Date is when it was written, as its sender's program says; zero when it does not say so.
	Date time.Time
	// Text is what its author has written: no quotes, no signature, lines that end with LF. It may
	// be empty.
	Text string
	// Attachments are in their order; pictures of signatures and of quotes are left out.
	Attachments []Attachment
	// Auto tells that no person has written it: it is an automatic answer, a report, or came by a
	// list. Its Text is not looked at.
	Auto bool
	// Report is what a mail system says of a mail that it was to deliver; nil for every other mail.
	Report *Bounce

	header message.Header
}

// Attachment is a file that came with a mail.
type Attachment struct {
	Name string // as its sender's program calls it, which may be nothing
	Type string // its media type as the sender's program says
	Data []byte
}

// Bounce is a report of a delivery (RFC 3464).
type Bounce struct {
	Failed bool   // for good, for one of those to whom the mail went
	Status string // of that, such as 5.1.1; "" for none
}

// single are the fields of which a mail may have one. Of two, a signature and a reader might
// each take another one.
var single = []string{"From", "To", "Cc", "Content-Type", "Content-Transfer-Encoding", "Message-Id", "Date", "Subject"}

// Read reads a mail as it has come, with lines that end with CRLF. It is ErrMalformed for one that
// is no mail or is beyond the bounds; whatever can be read of a body is read.
func Read(raw []byte) (Mail, error) {
	if len(raw) > MaxBytes {
		return Mail{}, ErrMalformed
	}
	head, body := split(raw)
	h, err := parseHeader(head, true)
	if err != nil {
		return Mail{}, err
	}
	for _, name := range single {
		if h.FieldsByKey(name).Len() > 1 {
			return Mail{}, ErrMalformed
		}
	}
	m := Mail{From: author(h), To: recipients(h), MessageID: strings.TrimSpace(h.Get("Message-Id")), Date: written(h), Auto: automatic(h), header: h}
	if len(m.MessageID) > mostID {
		return Mail{}, ErrMalformed
	}
	w := walker{}
	if err := w.walk(part{header: h, body: body}, whole, 0); err != nil {
		return Mail{}, err
	}
	if m.Report = w.report; w.isReport {
		m.Auto = true
	}
	if m.Auto {
		return m, nil
	}
	m.Text, m.Attachments = w.compose()
	return m, nil
}

// author returns the address of the only author, or "". A group (RFC 5322, 3.4) is none.
func author(h message.Header) string {
	parser := mail.AddressParser{WordDecoder: words}
	one, err := parser.Parse(h.Get("From"))
	if err != nil || strings.ContainsAny(one.Address, "\r\n\x00") {
		return ""
	}
	return one.Address
}

// recipients returns whom a mail names as those to whom it goes, as far as that can be read.
func recipients(h message.Header) []string {
	parser := mail.AddressParser{WordDecoder: words}
	var all []string
	for _, field := range []string{"To", "Cc"} {
		list, err := parser.ParseList(h.Get(field))
		if err != nil {
			continue
		}
		for _, one := range list {
			all = append(all, one.Address)
		}
	}
	return all
}

// written returns when a mail was written, as it says.
func written(h message.Header) time.Time {
	at, err := mail.ParseDate(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// auto are values of fields that no mail of a person has. "" is whatever value there is.
var auto = []struct {
	field  string
	values *regexp.Regexp
}{
	{"Auto-Submitted", regexp.MustCompile(`(?i)^\s*(?:[^n\s]|n[^o]|no[^\s;])`)}, // all but "no"
	{"Precedence", regexp.MustCompile(`(?i)^\s*(bulk|junk|list|auto_?reply)\b`)},
	{"X-Autoreply", regexp.MustCompile(`(?i)^\s*[^n\s]`)},
	{"X-Autorespond", regexp.MustCompile(`\S`)},
	{"X-Autoresponder", regexp.MustCompile(`\S`)},
	{"X-Mail-Autoreply", regexp.MustCompile(`\S`)},
	{"X-Autogenerated", regexp.MustCompile(`\S`)},
	{"X-Failed-Recipients", regexp.MustCompile(`\S`)},
	{"X-Loop", regexp.MustCompile(`\S`)},
	{"List-Id", regexp.MustCompile(`\S`)},
	{"List-Post", regexp.MustCompile(`\S`)},
	{"List-Help", regexp.MustCompile(`\S`)},
	{"List-Unsubscribe", regexp.MustCompile(`\S`)},
	{"Feedback-Id", regexp.MustCompile(`\S`)},
}

// automatic tells whether a header says that no person has written the mail (RFC 3834), or that it
// came by a list.
func automatic(h message.Header) bool {
	if p := strings.TrimSpace(h.Get("Return-Path")); p == "<>" {
		return true
	}
	for _, a := range auto {
		for f := h.FieldsByKey(a.field); f.Next(); {
			if a.values.MatchString(f.Value()) {
				return true
			}
		}
	}
	return false
}

// compose puts together what the author has written, and what they attached.
func (w *walker) compose() (string, []Attachment) {
	var texts []string
	shown := map[string]bool{} // pictures in the author's own text
	for _, t := range w.texts {
		own, pictures := strip(fromHTML(t.html))
		for _, id := range pictures {
			shown[id] = true
		}
		if strings.TrimSpace(t.plain) != "" {
			own, _ = strip(t.plain)
		}
		if own != "" {
			texts = append(texts, own)
		}
	}
	var files []Attachment
	pictured := w.pictured()
	for _, f := range w.files {
		if f.contentID == "" || shown[f.contentID] && len(f.Data) >= leastPicture || !pictured[strings.ToLower(f.contentID)] {
			files = append(files, f.Attachment)
		}
	}
	return strings.Join(texts, "\n\n"), files
}

// leastPicture is how many bytes a picture within a text has that is sent on: smaller ones are
// logos and icons of signatures.
const leastPicture = 12 << 10

// pictured are the Content-IDs that texts show, in lower case.
func (w *walker) pictured() map[string]bool {
	all := map[string]bool{}
	for _, t := range w.texts {
		for _, m := range contentID.FindAllStringSubmatch(t.html, -1) {
			all[strings.ToLower(m[1])] = true
		}
	}
	return all
}

var contentID = regexp.MustCompile(`(?i)cid:([^"'\s>)]+)`)

// split cuts a mail or a part into header and body.
func split(raw []byte) (head, body []byte) {
	for at := 0; at < len(raw); {
		end := bytes.IndexByte(raw[at:], '\n')
		if end < 0 {
			return raw, nil
		}
		if len(bytes.TrimRight(raw[at:at+end], "\r")) == 0 {
			return raw[:at], raw[at+end+1:]
		}
		at += end + 1
	}
	return raw, nil
}
