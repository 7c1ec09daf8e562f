package mailtest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
)

// Mail is one that came.
type Mail struct {
	From, To string // of the envelope
	User     string // who signed in; "" for nobody
	TLS      bool
	Header   netmail.Header // as it stands, encoded
	Plain    string
	HTML     string
	Pictures map[string][]byte // by Content-ID
	Raw      []byte
}

// Get returns a header, decoded.
func (m Mail) Get(name string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
	if err != nil {
		return m.Header.Get(name)
	}
	return text
}

// mostLine is how long a line may be (RFC 5322, 2.1.1), without its end.
const mostLine = 998

// Parse reads a mail, and refuses what other servers might: bare line feeds, lines too long, bytes
// above 127 where nothing says so, and a header that stands there twice.
func Parse(raw []byte) (Mail, error) {
	m := Mail{Raw: raw, Pictures: map[string][]byte{}}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > mostLine {
			return m, fmt.Errorf("a line has %d bytes", len(line))
		}
		if bytes.ContainsAny(line, "\r\n\x00") {
			return m, errors.New("a line has a bare CR, LF or NUL")
		}
	}
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	m.Header = parsed.Header
	for name, values := range m.Header {
		if len(values) > 1 {
			return m, fmt.Errorf("%s stands there %d times", name, len(values))
		}
	}
	return m, m.part(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Header.Get("Content-ID"), parsed.Body)
}

func (m *Mail) part(kind, encoding, id string, body io.Reader) error {
	media, parameters, err := mime.ParseMediaType(kind)
	if err != nil {
		return fmt.Errorf("Content-Type %q: %w", kind, err)
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			h := p.Header
			if err := m.part(h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-ID"), p); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	switch {
	case id != "":
		m.Pictures[strings.Trim(id, "<>")] = data
	case media == "text/html":
		m.HTML = string(data)
	case media == "text/plain":
		m.Plain = strings.ReplaceAll(string(data), "\r\n", "\n")
	default:
		return fmt.Errorf("there is a part of the type %s", media)
	}
	return nil
}
