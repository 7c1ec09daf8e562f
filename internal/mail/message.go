// Package mail composes e-mails and hands them to a mail server by SMTP. It knows neither the
// database nor the marketplace.
package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
)

// MaxSubject is how many characters a subject may have; longer ones are refused.
const MaxSubject = 300

// maxHeader is how many bytes any other header may have.
const maxHeader = 900

// Picture is shown within the HTML part of a message, as <img src="cid:ID">.
type Picture struct {
	ID    string // letters, digits, dots, dashes and one @
	Name  string // of the file
	Type  string // media type
	Bytes []byte
}

// Message is one mail to one person. What it says stands in it twice: Plain is complete by itself.
type Message struct {
	From, To netmail.Address
	// Envelope is the address that a bounce goes to (MAIL FROM); "" is that of From.
	Envelope string
	// ID names the message, without angle brackets. Who sends the same thing again gives the same one.
	ID string
	// Thread names the first message of the talk that this one belongs to; "" for none. There need
	// not be such a message.
	Thread  string
	Subject string
	Date    time.Time
	// Unsubscribe is the address that ends such mails by one POST (RFC 8058); "" for none.
	Unsubscribe string
	Plain, HTML string
	Picture     *Picture // nil for none
}

// check refuses what would be more than one header, or none. Nothing that it says repeats a value.
func (m Message) check() error {
	for _, a := range []struct {
		name    string
		address netmail.Address
	}{{"From", m.From}, {"To", m.To}, {"MAIL FROM", netmail.Address{Address: m.Envelope}}} {
		if a.name == "MAIL FROM" && m.Envelope == "" {
			continue
		}
		if err := CheckAddress(a.address.Address); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		if err := checkText(a.address.Name, maxHeader); err != nil {
			return fmt.Errorf("name in %s: %w", a.name, err)
		}
	}
	if err := checkText(m.Subject, MaxSubject*utf8.UTFMax); err != nil {
		return fmt.Errorf("the subject: %w", err)
	}
	if utf8.RuneCountInString(m.Subject) > MaxSubject {
		return fmt.Errorf("the subject: it has more than %d characters", MaxSubject)
	}
	if err := checkID(m.ID); err != nil {
		return fmt.Errorf("the ID: %w", err)
	}
	if m.Thread != "" {
		if err := checkID(m.Thread); err != nil {
			return fmt.Errorf("the thread: %w", err)
		}
	}
	if m.Unsubscribe != "" && (!strings.HasPrefix(m.Unsubscribe, "https://") && !strings.HasPrefix(m.Unsubscribe, "http://") ||
		!bare(m.Unsubscribe) || len(m.Unsubscribe) > maxHeader) {
		return errors.New("the address that ends such mails is none of a page")
	}
	if p := m.Picture; p != nil {
		if err := checkID(p.ID); err != nil {
			return fmt.Errorf("the picture's ID: %w", err)
		}
		if !bare(p.Name) || !bare(p.Type) || strings.ContainsAny(p.Name+p.Type, `"\`) {
			return errors.New("the picture: its name and type need visible ASCII alone")
		}
	}
	if !utf8.ValidString(m.Plain) || !utf8.ValidString(m.HTML) {
		return errors.New("the text is not UTF-8")
	}
	return nil
}

// CheckAddress refuses what is no single address such as asha@swap.example. One that is not ASCII
// passes: whether it can be sent to is for the mail server to say.
func CheckAddress(address string) error {
	parsed, err := netmail.ParseAddress("<" + address + ">")
	if err != nil || parsed.Address != address || parsed.Name != "" || len(address) > 320 || strings.ContainsFunc(address, unicode.IsControl) {
		return errors.New("it is no e-mail address")
	}
	return nil
}

// checkText refuses what does not fit on one line of a header: CR, LF and other control
// characters, and what is no UTF-8.
func checkText(s string, most int) error {
	switch {
	case !utf8.ValidString(s):
		return errors.New("it is not UTF-8")
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return errors.New("it has a line break or another control character")
	case len(s) > most:
		return fmt.Errorf("it has more than %d bytes", most)
	}
	return nil
}

// checkID refuses what is no name of a message: something of ASCII letters, an @ and a domain.
func checkID(id string) error {
	left, right, ok := strings.Cut(id, "@")
	if !ok || left == "" || right == "" || !bare(id) || len(id) > maxHeader || strings.ContainsAny(id, `<>()[]",;:\`) || strings.Contains(right, "@") {
		return errors.New("it is no identifier of the form name@domain")
	}
	return nil
}

// bare tells whether s is visible ASCII without spaces.
func bare(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// oneSpace joins words by one space each: the library folds headers at spaces, and where there are
// several it could leave a line of nothing but them.
func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// display is a name as it stands in a header. net/mail leaves a backslash in an encoded word, which it
// and others then cannot read.
func display(name string) string { return oneSpace(strings.ReplaceAll(name, `\`, "/")) }

// compose makes the mail, or says what is wrong with it.
func (m Message) compose() (*gomail.Msg, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	from, to := m.From, m.To
	from.Name, to.Name = display(from.Name), display(to.Name)
	msg.FromMailAddress(&from)
	msg.ToMailAddress(&to)
	if m.Envelope != "" {
		msg.EnvelopeFromMailAddress(&netmail.Address{Address: m.Envelope})
	}
	msg.SetMessageIDWithValue(m.ID)
	if m.Thread != "" {
		msg.SetGenHeader(gomail.HeaderReferences, "<"+m.Thread+">")
		msg.SetGenHeader(gomail.HeaderInReplyTo, "<"+m.Thread+">")
	}
	msg.Subject(oneSpace(m.Subject))
	msg.SetDateWithValue(m.Date)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All") // what Exchange understands
	if m.Unsubscribe != "" {
		msg.SetListUnsubscribe(m.Unsubscribe)
		msg.SetListUnsubscribePost()
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Plain)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	if p := m.Picture; p != nil {
		if err := msg.EmbedReader(p.Name, bytes.NewReader(p.Bytes), gomail.WithFileContentID(p.ID), gomail.WithFileContentType(gomail.ContentType(p.Type))); err != nil {
			return nil, fmt.Errorf("picture: %w", err)
		}
	}
	return msg, nil
}

// WriteTo writes the mail as it goes over the wire.
func (m Message) WriteTo(w io.Writer) (int64, error) {
	msg, err := m.compose()
	if err != nil {
		return 0, err
	}
	return msg.WriteTo(w)
}

// international tells whether an address needs SMTPUTF8 (RFC 6531).
func international(addresses ...string) bool {
	for _, a := range addresses {
		if strings.ContainsFunc(a, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return true
		}
	}
	return false
}
