package mail_test

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"

	"swapnest/internal/mail"
	"swapnest/internal/testkit/mailtest"
)

func TestHeadersTakeNoLineBreaksAndNothingElseThatIsNotTheirs(t *testing.T) {
	for name, spoil := range map[string]func(*mail.Message){
		"CRLF in the subject":      func(m *mail.Message) { m.Subject = "Hi\r\nBcc: all@swap.example" },
		"LF in the subject":        func(m *mail.Message) { m.Subject = "Hi\nBcc: all@swap.example" },
		"CR in the sender's name":  func(m *mail.Message) { m.From.Name = "Asha\rBcc: x" },
		"LF in the reader's name":  func(m *mail.Message) { m.To.Name = "Asha\n" },
		"line separator in a name": func(m *mail.Message) { m.To.Name = "Asha\u2028x" },
		"NUL in the subject":       func(m *mail.Message) { m.Subject = "a\x00b" },
		"no UTF-8":                 func(m *mail.Message) { m.Subject = "a\xffb" },
		"a subject without end":    func(m *mail.Message) { m.Subject = strings.Repeat("é", mail.MaxSubject+1) },
		"two addresses":            func(m *mail.Message) { m.To.Address = "a@swap.example, b@swap.example" },
		"a name in the address":    func(m *mail.Message) { m.To.Address = "Asha <a@swap.example>" },
		"LF in the address":        func(m *mail.Message) { m.To.Address = "a@swap.example\nRCPT TO:<b@swap.example>" },
		"no address":               func(m *mail.Message) { m.To.Address = "" },
		"a broken envelope":        func(m *mail.Message) { m.Envelope = "a@b> SIZE=1" },
		"an ID with an end":        func(m *mail.Message) { m.ID = "a@b>\r\nX: y" },
		"an ID without @":          func(m *mail.Message) { m.ID = "abc" },
		"a thread with a space":    func(m *mail.Message) { m.Thread = "a@b c@d" },
		"an unsubscribe of script": func(m *mail.Message) { m.Unsubscribe = "javascript:alert(1)" },
		"an unsubscribe with >":    func(m *mail.Message) { m.Unsubscribe = "https://swap.example/ >" },
		"a picture's type":         func(m *mail.Message) { m.Picture.Type = "image/jpeg\r\nX: y" },
		"a picture's name":         func(m *mail.Message) { m.Picture.Name = `a"b` },
	} {
		m := sample()
		spoil(&m)
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err == nil {
			t.Errorf("%s was written: %q", name, b.String())
		}
	}
}

// FuzzHeaders holds that whatever people are called and write in titles, a mail has the headers that
// it was given and no other one, each of them as it was meant.
func FuzzHeaders(f *testing.F) {
	f.Add("Asha", "Asha wrote about Cycle")
	f.Add(`"a", <b@c.example>`, "=?utf-8?q?=0D=0ABcc:_x?=")
	f.Add("Asha\r\nBcc: x", "Hi\r\n\r\n<html>")
	f.Add("आशा "+strings.Repeat("व", 60), strings.Repeat("é", 120))
	f.Add("a  b", "x "+strings.Repeat(" ", 80)+strings.Repeat("y", 90)+"   "+strings.Repeat("z", 80))
	f.Add(strings.Repeat("a", 200), strings.Repeat("b", 290))
	f.Fuzz(func(t *testing.T, name, subject string) {
		m := sample()
		m.From.Name, m.To.Name, m.Subject = name, name, subject
		var b bytes.Buffer
		if _, err := m.WriteTo(&b); err != nil {
			return
		}
		if strings.ContainsAny(name+subject, "\r\n\x00") {
			t.Fatalf("%q, %q: it was not refused", name, subject)
		}
		head, _, _ := strings.Cut(b.String(), "\r\n\r\n")
		for line := range strings.SplitSeq(head, "\r\n") {
			if strings.TrimSpace(line) == "" {
				t.Fatalf("%q, %q: a header has an empty line", name, subject)
			}
			if len(line) > 900 {
				t.Fatalf("%q, %q: a line has %d bytes", name, subject, len(line))
			}
			for i := range len(line) {
				if line[i] >= 0x7f || line[i] < ' ' && line[i] != '\t' {
					t.Fatalf("%q, %q: a header has the byte %x", name, subject, line[i])
				}
			}
		}
		got, err := mailtest.Parse(b.Bytes())
		if err != nil {
			t.Fatalf("%q, %q: %v", name, subject, err)
		}
		want := []string{
			"Auto-Submitted", "Content-Type", "Date", "From", "In-Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-Id", "Mime-Version",
			"References", "Subject", "To", "X-Auto-Response-Suppress",
		}
		if len(got.Header) != len(want) {
			t.Fatalf("%q, %q: got the headers %v", name, subject, got.Header)
		}
		for _, one := range want {
			if len(got.Header[one]) != 1 {
				t.Fatalf("%q, %q: %s stands there %d times", name, subject, one, len(got.Header[one]))
			}
		}
		for header, address := range map[string]netmail.Address{"From": m.From, "To": m.To} {
			all, err := got.Header.AddressList(header)
			if err != nil || len(all) != 1 || all[0].Address != address.Address {
				t.Fatalf("%q: %s is %v (%v)", name, header, all, err)
			}
			if words(all[0].Name) != words(strings.ReplaceAll(name, `\`, "/")) {
				t.Fatalf("%s names %q, want %q", header, all[0].Name, name)
			}
		}
		// An encoded word that somebody typed is read as one, which is what mail programs do, too.
		if !strings.Contains(subject, "=?") && words(got.Get("Subject")) != words(subject) {
			t.Fatalf("the subject is %q, want %q", got.Get("Subject"), subject)
		}
	})
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }
