package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/feature/search"
	"swapnest/internal/live/wire"
)

// searchView is the page on which one looks for what was said, in all of one's conversations
// or in one of them.
type searchView struct {
	shell
	Text       string
	Fault      field
	In         chat.ConversationID // 0 for all
	Place      chat.Entry          // the conversation In
	Back       string              // its address, "" for all
	Everywhere string              // address of the same search in all, "" there
	Things     []called
	People     []called
	Hits       []hit
	None       bool   // there is no word in Text
	Older      string // address of where the search goes on, "" on the last page
	Newest     string // address of its beginning, "" there
	Max        int
}

// Count says how much was found on this page.
func (v searchView) Count() string {
	n := len(v.Hits)
	switch {
	case v.Older != "" || v.Newest != "":
		return fmt.Sprintf("%d messages on this page", n)
	case n == 1:
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}

// Found tells whether there is anything to show.
func (v searchView) Found() bool { return len(v.Hits)+len(v.Things)+len(v.People) > 0 }

// hit is a message that was found, and where it stands.
type hit struct {
	chat.Message
	Title string
	Other chat.User
	Mine  bool
	Parts []fit
	URL   string
}

// called is a conversation that was found by its title, or by the other person.
type called struct {
	Name, About []fit
	Username    []fit // empty where it was not found by it
	Other       chat.User
	URL         string
}

// fit is a part of a text: one that was looked for, or one around it.
type fit struct {
	Text string
	Is   bool
}

// fits cuts a text into the parts that fit and the others.
func fits(text string, ranges []search.Range) []fit {
	characters := []rune(text)
	var all []fit
	at := 0
	for _, r := range ranges {
		if r.Start > at {
			all = append(all, fit{Text: string(characters[at:r.Start])})
		}
		all = append(all, fit{string(characters[r.Start:r.End]), true})
		at = r.End
	}
	if at < len(characters) {
		all = append(all, fit{Text: string(characters[at:])})
	}
	return all
}

// lead is how many characters stand before the first part that fits, in a text that is cut
// in front; and most how many are shown at most.
const (
	lead = 60
	most = 400
)

// excerpt is fits of a message, without most of what is before the first part that fits.
func excerpt(text string, ranges []search.Range) []fit {
	all := fits(text, ranges)
	if len(all) > 0 && !all[0].Is {
		if before := []rune(all[0].Text); len(before) > lead {
			rest := string(before[len(before)-lead:])
			if _, behind, ok := strings.Cut(rest, " "); ok && behind != "" {
				rest = behind
			}
			all[0].Text = "… " + rest
		}
	}
	n := 0
	for i, f := range all {
		characters := []rune(f.Text)
		if n += len(characters); n > most {
			all[i].Text = string(characters[:len(characters)-(n-most)]) + " …"
			return all[:i+1]
		}
	}
	return all
}

// foundURL is a message in its conversation, with what it was found by.
func foundURL(m chat.Message, text string) string {
	id := strconv.FormatInt(int64(m.ID), 10)
	return wire.ConversationURL(m.Conversation) + "?message=" + id + "&q=" + url.QueryEscape(text) + "#m" + id
}

// searchChats answers GET /chat/search/?q=.
func (w *Web) searchChats(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Search your chats", "chats")
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "shop", "empty", "form", "search")
	asked, ctx, who := r.URL.Query(), r.Context(), s.Me.User.ID
	v := searchView{shell: s, Text: strings.TrimSpace(asked.Get("q")), Fault: field{Name: "q"}, Max: chat.MaxQueryChars}
	if id, err := strconv.ParseInt(asked.Get("conversation"), 10, 64); err == nil && id > 0 {
		v.In = chat.ConversationID(id)
		if v.Place, err = w.chats.Entry(ctx, who, v.In); err != nil {
			return err
		}
		v.Title, v.Back = "Search this chat", wire.ConversationURL(v.In)
	}
	if v.Text == "" {
		return w.render(rw, r, http.StatusOK, "search", v)
	}
	if err := w.fillSearch(r, &v); err != nil {
		fault, ok := refusal(err)
		if !ok {
			return err
		}
		v.Fault.Fault = fault.Detail
		after(rw, err)
		return w.render(rw, r, status(err), "search", v)
	}
	return w.render(rw, r, http.StatusOK, "search", v)
}

// found is what is shown of a message that was found: its text or, without one, what stands for it; where
// nothing in the text fits, the names of its files, by which it was found, follow.
func found(h search.Hit) string {
	text := h.Message.Summary()
	if len(h.Highlights) > 0 || len(h.Message.Attachments) == 0 || len(h.Message.Attachments) == 1 && h.Message.Attachments[0].Name == text {
		return text
	}
	names := make([]string, len(h.Message.Attachments))
	for i, a := range h.Message.Attachments {
		names[i] = a.Name
	}
	return text + ": " + strings.Join(names, ", ")
}

// fillSearch looks for what a page asks for.
func (w *Web) fillSearch(r *http.Request, v *searchView) error {
	ctx, who, cursor := r.Context(), v.Me.User.ID, r.URL.Query().Get("cursor")
	page, err := w.search.Messages(ctx, who, search.Query{Text: v.Text, Conversation: v.In, Cursor: cursor})
	if err != nil {
		return err
	}
	v.None = page.None
	for _, h := range page.Hits {
		v.Hits = append(v.Hits, hit{
			Message: h.Message, Title: h.Entry.Listing.Title, Other: h.Entry.Other, Mine: v.Is(h.Message.Sender.ID),
			Parts: excerpt(found(h), h.Highlights), URL: foundURL(h.Message, v.Text),
		})
	}
	here := "/chat/search/?q=" + url.QueryEscape(v.Text)
	if v.In != 0 {
		v.Everywhere = here
		here += "&conversation=" + strconv.FormatInt(int64(v.In), 10)
	}
	if page.Next != "" {
		v.Older = here + "&cursor=" + url.QueryEscape(page.Next)
	}
	if cursor != "" {
		v.Newest = here
	}
	if cursor != "" || v.In != 0 {
		return nil
	}
	talks, err := w.search.Talks(ctx, who, v.Text)
	if err != nil {
		return err
	}
	for _, t := range talks.Things {
		v.Things = append(v.Things, called{Name: fits(t.Other.Name, nil), About: fits(t.Title, t.Highlights), Other: t.Other, URL: wire.ConversationURL(t.ID)})
	}
	for _, t := range talks.People {
		c := called{Name: fits(t.Other.Name, t.Highlights), About: fits(t.Title, nil), Other: t.Other, URL: wire.ConversationURL(t.ID)}
		if t.ByUsername {
			c.Name, c.Username = fits(t.Other.Name, nil), fits(t.Other.Username, t.Highlights)
		}
		v.People = append(v.People, c)
	}
	return nil
}
