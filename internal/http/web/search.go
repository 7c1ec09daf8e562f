package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// searchView is the page on which one looks for what was said.
type searchView struct {
	shell
	Text   string
	Fault  field
	Hits   []hit
	Older  string // address of where the search goes on, "" when everything has been read
	Newest string // address of its beginning, "" there
	Max    int
}

// hit is a message that was found, and where it stands.
type hit struct {
	chat.Message
	Title string
	Other chat.User
	Mine  bool
	URL   string
}

// searchChats answers GET /chat/search/?q=.
func (w *Web) searchChats(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Search your chats", "chats")
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "shop", "empty", "form", "search")
	v := searchView{shell: s, Text: strings.TrimSpace(r.URL.Query().Get("q")), Fault: field{Name: "q"}, Max: chat.MaxQueryChars}
	// What is no place is the beginning.
	before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	page, err := w.search.Messages(r.Context(), s.Me.User.ID, v.Text, chat.MessageID(before))
	if chat.CodeOf(err) == chat.Invalid {
		v.Fault.Fault, err = err.Error(), nil
	}
	if err != nil {
		return err
	}
	for _, h := range page.Hits {
		v.Hits = append(v.Hits, hit{
			Message: h.Message, Title: h.Title, Other: h.Other, Mine: s.Is(h.Sender.ID),
			URL: wire.ConversationURL(h.Conversation) + "?message=" + strconv.FormatInt(int64(h.ID), 10) + "#m" + strconv.FormatInt(int64(h.ID), 10),
		})
	}
	here := "/chat/search/?q=" + url.QueryEscape(v.Text)
	if page.Next != 0 {
		v.Older = here + "&before=" + strconv.FormatInt(int64(page.Next), 10)
	}
	if before > 0 {
		v.Newest = here
	}
	return w.render(rw, r, http.StatusOK, "search", v)
}
