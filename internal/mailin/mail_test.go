package mailin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"swapnest/internal/mailin"
)

const top = "From: Bilal <bilal@mail.example>\r\nMessage-ID: <1@mail.example>\r\n"

func read(tb testing.TB, mail string) mailin.Mail {
	tb.Helper()
	m, err := mailin.Read([]byte(mail))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func TestWhoHasWrittenAMail(t *testing.T) {
	for from, want := range map[string]string{
		"bilal@mail.example":                                  "bilal@mail.example",
		"Bilal <Bilal@Mail.example>":                          "Bilal@Mail.example",
		`"asha@mail.example" <bilal@mail.example>`:            "bilal@mail.example",
		"=?utf-8?q?Bil=C3=A1l?= <bilal@mail.example>":         "bilal@mail.example",
		"bilal@mail.example (asha@mail.example)":              "bilal@mail.example",
		"bilal@mail.example, asha@mail.example":               "",
		"Both: bilal@mail.example, asha@mail.example;":        "",
		"bilal@mail.example <asha@mail.example> <c@d.example": "",
		"":                          "",
		"Bilal":                     "",
		"<>":                        "",
		"bilal@mail.example\x00":    "",
		"\r\n bilal@mail.example":   "bilal@mail.example",
		"=?x-unknown?q?=FF?= <a@b>": "a@b",
	} {
		if m := read(t, "From: "+from+"\r\n\r\nHello\r\n"); m.From != want {
			t.Errorf("%q is from %q, not %q", from, m.From, want)
		}
	}
}

func TestAMailThatReadersMayTakeInTwoWaysIsRefused(t *testing.T) {
	for name, mail := range map[string]string{
		"two authors":           top + "From: asha@mail.example\r\n\r\nHello\r\n",
		"two ids":               top + "message-id: <2@mail.example>\r\n\r\nHello\r\n",
		"two types":             top + "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nHello\r\n",
		"two encodings":         top + "Content-Transfer-Encoding: base64\r\ncontent-transfer-encoding: 7bit\r\n\r\nHello\r\n",
		"a line without colon":  top + "what is this\r\n\r\nHello\r\n",
		"begins with a blank":   " x\r\n" + top + "\r\nHello\r\n",
		"nothing":               "",
		"no header":             "\r\nHello\r\n",
		"too many fields":       top + strings.Repeat("X: y\r\n", 1001) + "\r\nHello\r\n",
		"too large a header":    top + "X: " + strings.Repeat("y", 256<<10) + "\r\n\r\nHello\r\n",
		"an id without end":     "From: a@b\r\nMessage-ID: <" + strings.Repeat("y", 2001) + "\r\n\r\nHello\r\n",
		"more than may come":    top + "\r\n" + strings.Repeat("y", 25<<20),
		"parts within parts":    nested(13),
		"more parts than fit":   parts(251, "Content-Type: text/plain\r\n\r\nx"),
		"a header of a part":    parts(1, "X: "+strings.Repeat("y", 256<<10)+"\r\n\r\nx"),
		"many fields of a part": parts(1, strings.Repeat("a:\r\n", 1001)+"\r\nx"),
	} {
		if m, err := mailin.Read([]byte(mail)); !errors.Is(err, mailin.ErrMalformed) {
			t.Errorf("%s: read as %.100q, %v", name, m.Text, err)
		}
	}
	for name, mail := range map[string]string{
		"parts within parts": nested(12), "parts": parts(249, "Content-Type: text/plain\r\n\r\nx"),
		"fields": top + strings.Repeat("X: y\r\n", 900) + "\r\nHello\r\n",
	} {
		if m, err := mailin.Read([]byte(mail)); err != nil || m.Text == "" {
			t.Errorf("%s within the bounds: %.100q, %v", name, m.Text, err)
		}
	}
}

func nested(depth int) string {
	head, tail := top, ""
	for i := range depth {
		head += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d.\r\n\r\n--b%d.\r\n", i, i)
		tail = fmt.Sprintf("\r\n--b%d.--", i) + tail
	}
	return head + "Content-Type: text/plain\r\n\r\nHello" + tail + "\r\n"
}

func parts(n int, part string) string {
	return top + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n"+part+"\r\n", n) + "--b--\r\n"
}

func TestWhatNoPersonHasWritten(t *testing.T) {
	for field, want := range map[string]bool{
		"Auto-Submitted: auto-replied": true, "Auto-Submitted: auto-generated; x=y": true, "Auto-Submitted: no": false, "auto-submitted: No; comment": false,
		"Auto-Submitted: notify": true, "Precedence: bulk": true, "Precedence: JUNK": true, "Precedence: auto_reply": true, "Precedence: list": true,
		"Precedence: first-class": false, "X-Autoreply: yes": true, "X-Autoreply: no": false, "X-Autorespond: holiday": true, "List-Id: <x.example>": true,
		"List-Unsubscribe: <mailto:x@y>": true, "Return-Path: <>": true, "Return-Path: <bilal@mail.example>": false, "X-Mailer: Gmail": false,
		"X-MS-Exchange-Organization: list": false, "X-Auto-Response-Suppress: All": false,
	} {
		m := read(t, top+field+"\r\n\r\nHello\r\n")
		if m.Auto != want || (m.Text == "") != want {
			t.Errorf("%s: automatic %v, text %q", field, m.Auto, m.Text)
		}
	}
}

func TestCharsetsThatSayNothingOrTheWrongThing(t *testing.T) {
	for _, c := range []struct{ kind, encoding, body, want string }{
		{"text/plain", "8bit", "gr\u00fc\u00dfe", "grüße"},
		{"text/plain", "8bit", "gr\xfc\xdfe", "grüße"},
		{"text/plain; charset=us-ascii", "8bit", "\x80 5", "€ 5"},
		{"text/plain; charset=utf-8", "8bit", "a\xffb", "a\uFFFDb"},
		{"text/plain; charset=x-never-heard", "8bit", "gr\xfc\xdfe", "grüße"},
		{"text/plain; charset=\"iso-8859-1\"", "8bit", "\x93so\x94", "“so”"},
		{"text/plain; charset=windows-1251", "8bit", "\xe4\xe0", "да"},
		{"text/plain; charset=utf-8", "quoted-printable", "a=\r\nb =3D =zz =C3=BC=  \r\n!", "ab = =zz ü!"},
		{"text/plain; charset=utf-8", "base64", "Z3LDvM\r\n Of!ZQ==", "grüße"},
		{"text/plain; charset=utf-8", "base64", "Z3LDvMOfZ", "grüß"},
		{"text/plain; charset=utf-8", "8bit", "a\x00b\x1b[31mc\x07\u2028d", "ab[31mc\nd"},
		{"text/html; charset=utf-8", "8bit", "a&#0;&#xE000;b&nbsp;c<br>d&lt;e<script>x</script><style>y</style><p>f", "a\uFFFDb c\nd<e\n\nf"},
		{"multipart/mixed; boundary=\"b", "8bit", "--b\r\n\r\nHello\r\n--b--", "Hello"},
	} {
		m := read(t, top+"Content-Type: "+c.kind+"\r\nContent-Transfer-Encoding: "+c.encoding+"\r\n\r\n"+c.body+"\r\n")
		if m.Text != c.want {
			t.Errorf("%s, %s: %q was read as %q, not %q", c.kind, c.encoding, c.body, m.Text, c.want)
		}
	}
}

// FuzzRead reads whatever comes, and holds it against what a message may be.
func FuzzRead(f *testing.F) {
	for _, name := range fixtures(f) {
		f.Add(fixture(f, name))
	}
	f.Add([]byte(nested(3)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := mailin.Read(raw)
		if err != nil {
			return
		}
		if !utf8.ValidString(m.Text) || strings.TrimSpace(m.Text) != m.Text {
			t.Errorf("text %q", m.Text)
		}
		for _, r := range m.Text {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\uE000' && r <= '\uE003' {
				t.Fatalf("text %q has %q", m.Text, r)
			}
		}
		size := 0
		for _, a := range m.Attachments {
			size += len(a.Data)
			if !utf8.ValidString(a.Name) {
				t.Errorf("name %q", a.Name)
			}
		}
		if size > len(raw) {
			t.Errorf("%d bytes attached to a mail of %d", size, len(raw))
		}
		if again := mailin.Own(m.Text); len(again) > len(m.Text) {
			t.Errorf("%q has %q of its own", m.Text, again)
		}
	})
}
