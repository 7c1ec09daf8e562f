package mailer

import (
	"context"
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"
	"unicode"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
	"swapnest/internal/store"
)

// letter is what a mail says. Texts of people are put into it as they are: the templates escape them.
type letter struct {
	Site     string // origin
	Subject  string
	Lang     string
	Peek     string // what mail programs show beside the subject
	Marker   string // the line above which one answers; "" where nobody answers by mail
	Heading  string
	Lead     []string
	Messages []quoted
	More     string // what is left out; "" for nothing
	Card     *card  // nil for none
	Button   button
	Hint     string   // how to answer
	Notes    []string // below the button
	Why      string   // why one gets this
	Leave    string   // ends such mails; "" for what cannot be ended
	Wishes   string   // where one says what to be told of
}

// quoted is a message of somebody's.
type quoted struct {
	Who, When string
	Lines     []string
	Brought   string // what came with it, in words; "" for nothing
}

// button is the one thing to do.
type button struct{ Label, URL string }

// card is the listing that a mail is about.
type card struct {
	Title, Price, Was, State, URL string
	Off                           bool // the price no longer counts
	Picture                       template.URL
	Width, Height                 int
}

// shownWidth is how wide a picture is in a mail, in CSS pixels, and mostHeight how high it may be.
const (
	shownWidth = 120
	mostHeight = 120
)

// show has the card show a picture that goes with the mail.
func (c *card) show(id string, p chat.Photo) {
	c.Picture = template.URL("cid:" + id) //nolint:gosec // the ID is ours: letters, digits, a dot and @
	c.Width, c.Height = shownWidth, shownWidth*3/4
	if p.Width > 0 && p.Height > 0 {
		c.Height = shownWidth * p.Height / p.Width
		if c.Height > mostHeight {
			c.Width, c.Height = mostHeight*p.Width/p.Height, mostHeight
		}
	}
}

// Marker is the line above which one answers a mail.
const Marker = "— Reply above this line —"

const (
	mostQuoted = 5   // messages in a mail
	mostChars  = 600 // of each of them
	// lookBack is among how many of the newest messages the unread ones are looked for.
	lookBack = 30
)

// noticeLetter returns what a mail about a notice says; nil when there is nothing to say any more.
func (m *Mailer) noticeLetter(ctx context.Context, n store.News) (*letter, error) {
	site := m.o.Site()
	l := &letter{
		Subject: oneLine(n.Notice.Headline()), Heading: n.Notice.Headline(), Peek: n.Notice.Line(),
		Leave:  site + "/unsubscribe/" + m.o.Leaves.Token(n.Person.ID, n.Notice.Kind) + "/",
		Wishes: site + wire.NoticesURL + "preferences/",
	}
	if n.Listing.ID != 0 {
		l.Card = cardOf(n.Listing, site)
	}
	switch n.Notice.Kind {
	case chat.NoticePriceDrop:
		l.Lead = []string{n.Notice.Line()}
		l.Button = button{"See it", site + wire.NoticeURL(n.Notice)}
		l.Why = "You get this because you saved it on SwapNest."
		if l.Card != nil {
			l.Card.Was = chat.Money{Amount: n.Notice.PriceWas, Currency: n.Notice.Price.Currency}.String()
		}
	case chat.NoticeSold:
		l.Lead = []string{"You had saved it, and somebody else has it now."}
		l.Button = button{"Look for others", site + "/shop/"}
		l.Why = "You get this because you saved it on SwapNest."
	default:
		return m.conversationLetter(ctx, n, l)
	}
	return l, nil
}

// conversationLetter adds the messages that are unread.
func (m *Mailer) conversationLetter(ctx context.Context, n store.News, l *letter) (*letter, error) {
	found, err := m.o.Store.As(n.Person.ID).MessagesBefore(ctx, n.Notice.Conversation, math.MaxInt64, lookBack)
	if err != nil {
		return nil, err
	}
	place, zone := placeOf(n.Wants)
	var unread []chat.Message
	for _, x := range found {
		if x.Sender.ID != n.Person.ID && x.DeletedAt.IsZero() && !x.Hidden {
			unread = append(unread, x)
		}
	}
	if n.Notice.Count == 0 || len(unread) == 0 {
		return nil, nil
	}
	unread = unread[max(0, len(unread)-int(min(n.Notice.Count, mostQuoted))):]
	for _, x := range unread {
		l.Messages = append(l.Messages, quoted{
			Who: x.Sender.Name, When: x.SentAt.In(place).Format("2 Jan, 15:04") + zone, Lines: lines(shorten(x.Text, mostChars)), Brought: brought(x.Attachments),
		})
	}
	if more := n.Notice.Count - int64(len(unread)); more > 0 {
		l.More = fmt.Sprintf("And %d earlier messages that you have not read.", more)
		if more == 1 {
			l.More = "And one earlier message that you have not read."
		}
	}
	newest := unread[len(unread)-1]
	l.Peek = shorten(oneLine(newest.Text), chat.NoticeChars)
	if l.Peek == "" {
		l.Peek = brought(newest.Attachments)
	}
	// All mails about a conversation have the same subject: mail programs keep them together by it.
	l.Subject = oneLine(fmt.Sprintf("%s wrote about %s", n.Notice.From.Name, n.Notice.Title))
	l.Button = button{"Read and answer", m.o.Site() + wire.ConversationURL(n.Notice.Conversation)}
	l.Hint = "Answer on SwapNest: mail to this address is read by nobody."
	l.Why = "You get this because you had not read it on SwapNest."
	if m.o.Aliases != nil {
		l.Marker = Marker
		l.Hint = "Or answer this mail: what you write above the line is sent to " + n.Notice.From.Name + ", who does not see your address."
	}
	return l, nil
}

// placeOf is whose clock the times of a mail are of, and what stands behind them.
func placeOf(p chat.Preferences) (*time.Location, string) {
	if place, err := time.LoadLocation(p.TimeZone); err == nil && p.TimeZone != "" {
		return place, ""
	}
	return time.UTC, " UTC"
}

// cardOf is a listing as it is now.
func cardOf(l chat.Listing, site string) *card {
	c := &card{Title: l.Title, Price: l.Price.String(), URL: site + wire.ListingURL(l)}
	switch l.Status {
	case chat.ListingActive:
	case chat.ListingReserved:
		c.State = "Reserved"
	case chat.ListingSold:
		c.State, c.Off = "Sold", true
	default:
		c.State, c.Off = "No longer available", true
	}
	return c
}

// brought says what came with a message.
func brought(all []chat.Attachment) string {
	switch {
	case len(all) == 0:
		return ""
	case len(all) == 1 && all[0].Kind == chat.FileAttachment:
		return "File: " + all[0].Name
	}
	return chat.Message{Attachments: all}.Summary()
}

// shorten cuts a text to so many characters, where there is a space near by.
func shorten(text string, most int) string {
	runes := []rune(strings.TrimSpace(text))
	if len(runes) <= most {
		return string(runes)
	}
	cut := most - 1
	for i := cut; i > cut-40 && i > 0; i-- {
		if unicode.IsSpace(runes[i]) {
			cut = i
			break
		}
	}
	// What joins two characters does not end a text.
	for cut > 0 && (unicode.Is(unicode.Mn, runes[cut]) || runes[cut] == '\u200d' || runes[cut-1] == '\u200d') {
		cut--
	}
	return strings.TrimSpace(string(runes[:cut])) + "…"
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

// oneLine is a text as it stands in a header: without what ends a line.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}
