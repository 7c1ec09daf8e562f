package mailin

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fromHTML returns the text of a mail in HTML: a line for each block and <br>, quotes with "> " in
// front, nothing of scripts, styles, signatures that say so, and what is not displayed. Where a program
// has put what it quotes behind a sign of its own stands a line of cutSign, and where a picture of
// the mail stands, its Content-ID.
func fromHTML(s string) string {
	if s == "" {
		return ""
	}
	w := &htmlText{open: map[string]int{}}
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(mostText + 1)
	for {
		switch z.Next() {
		case html.ErrorToken:
			w.line()
			return w.out.String()
		case html.TextToken:
			raw := string(z.Text())
			// A line of nothing but such a space is an empty line.
			w.hard = w.hard || w.skipped == 0 && strings.Contains(raw, "\u00A0")
			w.text(clean(raw))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token())
		case html.EndTagToken:
			w.end(z.Token().Data)
		}
	}
}

// htmlText makes lines of tokens.
type htmlText struct {
	out     strings.Builder
	current strings.Builder
	blank   bool           // the line before is empty, or there is none
	written bool           // there is a line
	hard    bool           // the current line is shown though there may be nothing to see in it
	stack   []element      // what is open
	open    map[string]int // how often, by name

	quotes, skipped, pres int // open elements of that kind
}

// element is one that is open.
type element struct {
	name             string
	quote, skip, pre bool
	apart            bool // with an empty line around it
	href             string
	from             int // where the text of a link begins in the current line
}

var (
	blocks = []atom.Atom{
		atom.P, atom.Div, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Li, atom.Table, atom.Tr,
		atom.Blockquote, atom.Pre, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address, atom.Dl, atom.Dt, atom.Dd, atom.Center,
		atom.Form, atom.Figure, atom.Body,
	}
	voids = []atom.Atom{atom.Br, atom.Hr, atom.Img, atom.Meta, atom.Link, atom.Input, atom.Base, atom.Col, atom.Area, atom.Wbr, atom.Source, atom.Track, atom.Embed, atom.Param}
	never = []atom.Atom{atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Object, atom.Iframe, atom.Svg, atom.Math, atom.Textarea, atom.Select}

	// What programs write around a quote, where what follows is one as well.
	cutIDs = regexp.MustCompile(`(?i)^(x_)*(divRplyFwdMsg|appendonsend|mail-editor-reference-message-container|ms-outlook-mobile-body-separator-line)$`)
	// Outlook for Windows draws a line above the header of what it quotes.
	outlookRule  = regexp.MustCompile(`(?i)^border:none;border-top:solid#[0-9a-f]{6}1\.0pt;padding:3\.0pt`)
	quoteIDs     = regexp.MustCompile(`(?i)^(x_)*yahoo_quoted`)
	signatureIDs = regexp.MustCompile(`(?i)^(x_)*(Signature|ms-outlook-mobile-signature|AppleMailSignature|composer_signature)$`)
	hidden       = regexp.MustCompile(`(?i)display:none`)
	indented     = regexp.MustCompile(`(?i)border:none`)
)

// start opens an element.
func (w *htmlText) start(t html.Token) {
	attr := map[string]string{}
	for _, a := range t.Attr {
		attr[a.Key] = a.Val
	}
	style := strings.ReplaceAll(attr["style"], " ", "")
	classes := strings.Fields(attr["class"])
	class := func(name string) bool { return slices.Contains(classes, name) || slices.Contains(classes, "x_"+name) }
	apart := false
	if slices.Contains(blocks, t.DataAtom) {
		w.line()
		if apart = t.DataAtom == atom.P && !strings.Contains(attr["class"], "Mso") && !strings.Contains(style, "margin:0"); apart {
			w.gap()
		}
	}
	if w.skipped == 0 && w.quotes == 0 && (cutIDs.MatchString(attr["id"]) || outlookRule.MatchString(style) || class("OutlookMessageHeader")) {
		w.line()
		w.current.WriteRune(cutSign)
		w.line()
	}
	switch t.DataAtom {
	case atom.Br:
		w.breakLine()
	case atom.Hr:
		w.line()
		w.text("_____")
		w.line()
	case atom.Img:
		if id, ok := strings.CutPrefix(attr["src"], "cid:"); ok && w.skipped == 0 && w.quotes == 0 {
			w.current.WriteString(string(pictureBegin) + clean(id) + string(pictureEnd))
		}
	case atom.Li:
		if w.skipped == 0 {
			w.current.WriteString("- ")
		}
	case atom.Td, atom.Th:
		w.space()
	}
	if slices.Contains(voids, t.DataAtom) || t.Type == html.SelfClosingTagToken {
		return
	}
	e := element{name: t.Data, apart: apart, pre: t.DataAtom == atom.Pre, from: w.current.Len()}
	e.skip = slices.Contains(never, t.DataAtom) || hidden.MatchString(style) || class("gmail_signature") || class("moz-signature") ||
		class("gmail_attr") || class("moz-cite-prefix") || signatureIDs.MatchString(attr["id"])
	e.quote = t.DataAtom == atom.Blockquote && !(indented.MatchString(style) && attr["type"] != "cite") ||
		class("yahoo_quoted") || quoteIDs.MatchString(attr["id"]) || t.DataAtom == atom.Div && attr["name"] == "quote"
	if t.DataAtom == atom.A {
		e.href = clean(attr["href"])
	}
	w.push(e)
}

func (w *htmlText) push(e element) {
	w.count(e, 1)
	w.stack = append(w.stack, e)
}

// count notes that an element is open, or is not any more.
func (w *htmlText) count(e element, by int) {
	w.open[e.name] += by
	for _, c := range []struct {
		is   bool
		open *int
	}{{e.quote, &w.quotes}, {e.skip, &w.skipped}, {e.pre, &w.pres}} {
		if c.is {
			*c.open += by
		}
	}
}

// end closes an element with all that is open within it; one that is not open is passed over.
func (w *htmlText) end(name string) {
	if w.open[name] == 0 {
		return
	}
	for len(w.stack) > 0 {
		e := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		w.link(e)
		if slices.Contains(blocks, atom.Lookup([]byte(e.name))) || e.quote {
			w.line()
		}
		if e.apart {
			w.gap()
		}
		w.count(e, -1)
		if e.name == name {
			return
		}
	}
}

// link adds where a link leads, when its text does not say so.
func (w *htmlText) link(e element) {
	if e.name != "a" || w.skipped > 0 || !strings.HasPrefix(e.href, "https://") && !strings.HasPrefix(e.href, "http://") {
		return
	}
	written := w.current.String()
	if e.from > len(written) {
		return
	}
	shown := strings.TrimSpace(written[e.from:])
	bare := strings.TrimSuffix(e.href[strings.Index(e.href, "//")+2:], "/")
	if shown != "" && !strings.Contains(shown, bare) && !strings.ContainsRune(shown, pictureBegin) {
		w.current.WriteString(" <" + e.href + ">")
	}
}

// text adds words to the current line.
func (w *htmlText) text(s string) {
	if w.skipped > 0 {
		return
	}
	if w.pres > 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				w.breakLine()
			}
			w.current.WriteString(line)
		}
		return
	}
	if s != "" && strings.ContainsRune(" \t\n", rune(s[0])) {
		w.space()
	}
	fields := strings.Fields(s)
	for i, f := range fields {
		if i > 0 {
			w.current.WriteByte(' ')
		}
		w.current.WriteString(f)
	}
	if len(fields) > 0 && strings.ContainsRune(" \t\n", rune(s[len(s)-1])) {
		w.current.WriteByte(' ')
	}
}

// space adds one to the current line, unless that ends with one or is empty.
func (w *htmlText) space() {
	if w.skipped > 0 || w.current.Len() == 0 || strings.HasSuffix(w.current.String(), " ") {
		return
	}
	w.current.WriteByte(' ')
}

// line ends the current line if there is something in it.
func (w *htmlText) line() {
	if w.skipped > 0 {
		return
	}
	if w.hard || strings.TrimSpace(w.current.String()) != "" {
		w.breakLine()
		return
	}
	w.current.Reset()
}

// breakLine ends the current line.
func (w *htmlText) breakLine() {
	if w.skipped > 0 {
		return
	}
	s := strings.TrimRight(w.current.String(), " ")
	w.blank, w.written, w.hard = s == "", true, false
	w.out.WriteString(strings.Repeat("> ", min(w.quotes, 9)) + s + "\n")
	w.current.Reset()
}

// gap leaves an empty line before what follows.
func (w *htmlText) gap() {
	if w.written && !w.blank {
		w.line()
		w.breakLine()
	}
}
