package mail

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Kind says what a failure means for the next attempt.
type Kind int

// The kinds of failures.
const (
	Temporary  Kind = iota // try again: the line, the server or how it is set up is at fault
	BadAddress             // there is no such mailbox, and never will be: a hard bounce
	BadMessage             // the server will never take this message
)

// Fault is why a mail was not sent. Its text is for operators, and has nothing of the person.
type Fault struct {
	Kind Kind
	Step string // what was being done, such as "RCPT TO"
	Code int    // of the server's answer; 0 when there was none
	// Status is the answer's enhanced one (RFC 3463), such as 5.1.1; "" when it had none.
	Status string
	Text   string // of the answer, without addresses
	// Away says that the server takes no mail at all at the moment: it was not reached, or refused us
	// before it knew for whom the mail is.
	Away bool
}

// Error says at which step what happened.
func (f *Fault) Error() string {
	if f.Code == 0 {
		return fmt.Sprintf("%s: %s", f.Step, f.Text)
	}
	return fmt.Sprintf("%s was answered with %s", f.Step, f.Text)
}

// steps are the names of what go-mail does.
var steps = map[gomail.SendErrReason]string{
	gomail.ErrSMTPMailFrom:  "MAIL FROM",
	gomail.ErrSMTPRcptTo:    "RCPT TO",
	gomail.ErrSMTPData:      "DATA",
	gomail.ErrSMTPDataClose: "the message",
	gomail.ErrWriteContent:  "the message",
}

// faultOf sorts what go-mail returned from sending to an address.
func faultOf(err error, to string) *Fault {
	f := &Fault{Step: "sending", Text: scrub(err.Error(), to)}
	sent, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return f
	}
	if step, known := steps[sent.Reason]; known {
		f.Step = step
	}
	f.Code, f.Status = sent.ErrorCode(), sent.EnhancedStatusCode()
	if text := answerOf(err); text != "" {
		f.Text = scrub(text, to)
	}
	// 552 is said of how large this one is.
	f.Away = sent.Reason == gomail.ErrSMTPMailFrom && f.Code != 552
	if f.Code < 500 {
		return f
	}
	switch sent.Reason {
	case gomail.ErrSMTPRcptTo:
		f.Kind = BadAddress
		// What is refused for who we are, for a full mailbox, or for a line between servers says
		// nothing of the address.
		for _, other := range []string{"5.2.2", "5.3.", "5.4.", "5.5.", "5.7."} {
			if strings.HasPrefix(f.Status, other) {
				f.Kind = BadMessage
			}
		}
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose, gomail.ErrWriteContent:
		f.Kind = BadMessage
	default:
		// A server that does not take our MAIL FROM takes no mail at all: this one is not at fault.
	}
	return f
}

// answerOf returns what the server said, "" where it said nothing.
func answerOf(err error) string {
	// go-mail keeps the answer as text only.
	return strings.TrimSpace(answer.FindString(err.Error()))
}

var answer = regexp.MustCompile(`\b[245]\d\d[ -].*`)

// faultAt is a failure at a step before the message: nothing of it is the message's fault.
func faultAt(step string, err error, to string) *Fault {
	f := &Fault{Step: step, Text: scrub(err.Error(), to), Away: true}
	if said, ok := errors.AsType[*textproto.Error](err); ok {
		f.Code, f.Text = said.Code, scrub(said.Error(), to)
	}
	return f
}

var addresses = regexp.MustCompile(`[^\s<>"'(),;:=]+@[^\s<>"'(),;:]+`)

// mostText is how much is kept of what a server says.
const mostText = 200

// scrub takes addresses out of a text, and its line breaks.
func scrub(text, to string) string {
	if at := strings.Index(text, ", affected recipient"); at >= 0 {
		text = text[:at] // go-mail repeats the address there
	}
	text = addresses.ReplaceAllString(text, "(address)")
	if local, domain, ok := strings.Cut(to, "@"); ok {
		for _, part := range []string{local, domain} {
			if len(part) > 2 {
				text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(part)).ReplaceAllString(text, "(…)")
			}
		}
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > mostText {
		text = string(runes[:mostText]) + "…"
	}
	return text
}
