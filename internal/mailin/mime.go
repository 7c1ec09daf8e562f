package mailin

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/textproto"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// words decodes RFC 2047. A charset that nobody knows makes no address unreadable.
var words = &mime.WordDecoder{CharsetReader: func(name string, r io.Reader) (io.Reader, error) {
	if known, err := charset.Reader(name, r); err == nil {
		return known, nil
	}
	return charmap.Windows1252.NewDecoder().Reader(r), nil
}}

// part is a mail or a part of one.
type part struct {
	header message.Header
	body   []byte
}

// text is one text of a mail, in one form or both.
type text struct{ plain, html string }

// file is an attachment, with what texts may call it.
type file struct {
	Attachment
	contentID string // without brackets; "" for none
}

// mode says what is taken of a part.
type mode int

const (
	whole mode = iota
	filesOnly
)

// walker gathers what a mail holds. go-message reads the fields; parts are cut here, on what is in
// memory already: its reader bounds no header of a part, and goes on behind no broken one.
type walker struct {
	parts    int
	read     int // bytes of texts so far, of mostText
	texts    []text
	files    []file
	isReport bool
	report   *Bounce
}

var fieldLine = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)

// parseHeader reads a header. Of a part, lines that are none are skipped.
func parseHeader(head []byte, strict bool) (message.Header, error) {
	if len(head) > mostHeader {
		return message.Header{}, ErrMalformed
	}
	var kept bytes.Buffer
	fields, open := 0, false
	for line := range bytes.Lines(head) {
		continued := line[0] == ' ' || line[0] == '\t'
		if !continued {
			if open = fieldLine.Match(line); open {
				fields++
			}
		}
		switch {
		case open:
			kept.Write(line)
		case strict:
			return message.Header{}, ErrMalformed
		}
	}
	if fields > mostFields || strict && fields == 0 {
		return message.Header{}, ErrMalformed
	}
	kept.WriteString("\r\n\r\n")
	h, err := textproto.ReadHeader(bufio.NewReader(&kept))
	if err != nil && strict {
		return message.Header{}, ErrMalformed
	}
	return message.Header{Header: h}, nil
}

// media returns the media type of a part, in lower case, and its parameters.
func media(h message.Header) (string, map[string]string) {
	kind, params, err := h.ContentType()
	if err != nil {
		kind, _, _ = strings.Cut(kind, ";")
		params = map[string]string{}
		// One parameter that is broken makes no text of what is in parts.
		if m := looseBoundary.FindStringSubmatch(h.Get("Content-Type")); m != nil {
			params["boundary"] = m[1] + m[2]
		}
	}
	return strings.ToLower(strings.TrimSpace(kind)), params
}

var looseBoundary = regexp.MustCompile(`(?i)boundary\s*=\s*(?:"([^"]+)"|"?([^\s;"]+))`)

// walk gathers what a part holds.
func (w *walker) walk(p part, m mode, depth int) error {
	if w.parts++; w.parts > mostParts || depth > mostDepth {
		return ErrMalformed
	}
	kind, params := media(p.header)
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		children, err := w.children(p.body, params["boundary"])
		if err != nil {
			return err
		}
		return w.multipart(kind, children, m, depth+1)
	}
	disposition, dispositionParams, _ := p.header.ContentDisposition()
	name := dispositionParams["filename"]
	if name == "" {
		name = params["name"]
	}
	name = decodeWords(name)
	attached := strings.EqualFold(disposition, "attachment")
	switch {
	case kind == "message/delivery-status" && depth > 0:
		w.report = parseReport(decodeTransfer(p, mostText))
	case (kind == "text/plain" || kind == "text/html") && !attached && name == "":
		if m == whole {
			w.addText(p, kind, params)
		}
	case signatureTypes[kind], m == filesOnly && strings.HasPrefix(kind, "text/") && !attached:
	default:
		data := decodeTransfer(p, MaxBytes)
		if len(data) == 0 {
			return nil
		}
		f := file{Attachment: Attachment{Name: name, Type: kind, Data: data}}
		if strings.HasPrefix(kind, "image/") {
			f.contentID = strings.Trim(strings.TrimSpace(p.header.Get("Content-Id")), "<>")
		}
		w.files = append(w.files, f)
	}
	return nil
}

// signatureTypes say who has sent a mail, and are nothing that its author attached.
var signatureTypes = map[string]bool{
	"application/pgp-signature": true, "application/pkcs7-signature": true, "application/x-pkcs7-signature": true, "application/pgp-keys": true,
}

// multipart gathers what parts of a part hold.
func (w *walker) multipart(kind string, children []part, m mode, depth int) error {
	if kind == "multipart/report" {
		w.isReport = true
	}
	if kind != "multipart/alternative" {
		for _, c := range children {
			if err := w.walk(c, m, depth); err != nil {
				return err
			}
		}
		return nil
	}
	// All forms of one text: the plain one is what its author has typed, and the other one tells
	// where pictures stand. Files may be in any of them.
	first := len(w.texts)
	var plain, html []string
	for _, c := range children {
		if err := w.walk(c, m, depth); err != nil {
			return err
		}
		for _, t := range w.texts[first:] {
			if t.plain != "" {
				plain = append(plain, t.plain)
			}
			if t.html != "" {
				html = append(html, t.html)
			}
		}
		w.texts = w.texts[:first]
	}
	if len(plain) > 0 || len(html) > 0 {
		w.texts = append(w.texts, text{plain: strings.Join(plain, "\n"), html: strings.Join(html, "\n")})
	}
	return nil
}

// addText adds the text of a part.
func (w *walker) addText(p part, kind string, params map[string]string) {
	data := decodeTransfer(p, mostText-w.read)
	w.read += len(data)
	s := clean(decodeCharset(data, params["charset"]))
	if kind == "text/html" {
		w.texts = append(w.texts, text{html: s})
		return
	}
	if strings.EqualFold(params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(params["delsp"], "yes"))
	}
	w.texts = append(w.texts, text{plain: s})
}

// children cuts a body at its boundary (RFC 2046). What stands before the first one and behind
// the last one belongs to no part; a last part without an end ends with the body.
func (w *walker) children(body []byte, boundary string) ([]part, error) {
	delimiter := []byte("--" + boundary)
	var all []part
	start := -1
	add := func(end int) error {
		if start < 0 {
			return nil
		}
		raw := body[start:max(start, end)]
		raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
		head, content := split(raw)
		h, err := parseHeader(head, false)
		all = append(all, part{header: h, body: content})
		if err == nil && len(all) > mostParts {
			err = ErrMalformed
		}
		return err
	}
	at := 0
	for line := range bytes.Lines(body) {
		rest, ok := bytes.CutPrefix(line, delimiter)
		if ok {
			rest = bytes.TrimRight(rest, " \t\r\n")
			last := bytes.Equal(rest, []byte("--"))
			if ok = last || len(rest) == 0; ok {
				if err := add(at); err != nil {
					return nil, err
				}
				start = at + len(line)
				if last {
					return all, nil
				}
			}
		}
		at += len(line)
	}
	return all, add(len(body))
}

// decodeTransfer undoes the transfer encoding of a part, up to most bytes. What is broken in it is
// passed over.
func decodeTransfer(p part, most int) []byte {
	var decoded []byte
	switch strings.ToLower(strings.TrimSpace(p.header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		decoded = unbase64(p.body)
	case "quoted-printable":
		decoded = unquote(p.body)
	default:
		decoded = p.body
	}
	return decoded[:min(len(decoded), most)]
}

// unbase64 decodes base64, leaving out what is none.
func unbase64(body []byte) []byte {
	kept := make([]byte, 0, len(body))
	for _, c := range body {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' {
			kept = append(kept, c)
		}
	}
	if len(kept)%4 == 1 {
		kept = kept[:len(kept)-1]
	}
	n, err := base64.RawStdEncoding.Decode(kept, kept) // in place: it writes behind where it reads
	if err != nil {
		return nil
	}
	return kept[:n]
}

// unquote decodes quoted-printable; what is none stays as it is.
func unquote(body []byte) []byte {
	decoded := make([]byte, 0, len(body))
	for line := range bytes.Lines(body) {
		kept := bytes.TrimRight(line, " \t\r\n")
		soft := bytes.HasSuffix(kept, []byte("="))
		if soft {
			kept = kept[:len(kept)-1]
		}
		for i := 0; i < len(kept); i++ {
			if kept[i] == '=' && i+2 < len(kept) {
				if high, low := hex(kept[i+1]), hex(kept[i+2]); high >= 0 && low >= 0 {
					decoded = append(decoded, byte(high<<4|low))
					i += 2
					continue
				}
			}
			decoded = append(decoded, kept[i])
		}
		if !soft && bytes.HasSuffix(line, []byte("\n")) {
			decoded = append(decoded, '\n')
		}
	}
	return decoded
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeCharset returns a text in UTF-8. What says nothing of itself, or something that cannot be, is
// UTF-8 where it may be, and Windows' Latin else, as everybody reads it.
func decodeCharset(b []byte, name string) string {
	name = strings.ToLower(strings.Trim(strings.TrimSpace(name), `"'`))
	switch name {
	case "", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "x-unknown":
		if utf8.Valid(b) {
			return string(b)
		}
		if strings.HasPrefix(name, "utf") {
			return strings.ToValidUTF8(string(b), string(utf8.RuneError))
		}
		name = "windows-1252"
	}
	var r io.Reader
	if e, err := htmlindex.Get(name); err == nil {
		r = e.NewDecoder().Reader(bytes.NewReader(b))
	} else if r, err = charset.Reader(name, bytes.NewReader(b)); err != nil {
		if utf8.Valid(b) {
			return string(b)
		}
		r = charmap.Windows1252.NewDecoder().Reader(bytes.NewReader(b))
	}
	decoded, err := io.ReadAll(r)
	if err != nil {
		return strings.ToValidUTF8(string(b), string(utf8.RuneError))
	}
	return string(decoded)
}

// decodeWords decodes encoded words where some programs put them though they must not.
func decodeWords(s string) string {
	if d, err := words.DecodeHeader(s); err == nil {
		return strings.ToValidUTF8(d, "")
	}
	return strings.ToValidUTF8(s, "")
}
