package web

import (
	"net/http"
	"net/url"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/live/wire"
)

// inboxView is the list with an empty pane beside it.
type inboxView struct {
	shell
	List list
}

// list is somebody's conversations, as both chat pages show them.
type list struct {
	Filter  inbox.Filter
	Chips   []chip
	Entries []entry
	Older   string // address of the next page, "" on the last
	Next    string // its cursor
	Newest  string // address of the first page, "" on it
	Current chat.ConversationID
	Unread  int64 // conversations
}

// Menu is the blank menu of an entry, which the script fills.
func (list) Menu() marks { return marks{} }

// chip is one of the filters.
type chip struct {
	Label, URL string
	Current    bool
	Counts     bool  // it shows how many there are
	Count      int64 // 0 shows none
}

// entry is a conversation of the list.
type entry struct {
	chat.Entry
	Current bool
	Sold    bool   // it can no longer be had
	State   string // of the reader's own last message: sent or read; "" for others'
	URL     string // of the conversation, with this list beside it
}

var chips = []struct {
	filter inbox.Filter
	label  string
}{
	{inbox.All, "All"}, {inbox.Buying, "Buying"}, {inbox.Selling, "Selling"}, {inbox.Unread, "Unread"}, {inbox.Archived, "Archived"},
}

// inbox answers GET /chat/.
func (w *Web) inbox(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Chats", "chats")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	filter, cursor := inbox.Filter(q.Get("filter")), q.Get("cursor")
	page, err := w.chats.List(r.Context(), s.Me.User.ID, inbox.Query{Filter: filter, Cursor: cursor})
	if err != nil {
		return err
	}
	return w.render(rw, r, http.StatusOK, "inbox", inboxView{shell: chatShell(s, "inbox"), List: newList(s.Me, filter, cursor, page, 0)})
}

func newList(reader *me, filter inbox.Filter, cursor string, page inbox.Page, current chat.ConversationID) list {
	if filter == "" {
		filter = inbox.All
	}
	l := list{Filter: filter, Current: current, Unread: reader.UnreadConversations}
	for _, c := range chips {
		one := chip{Label: c.label, URL: inboxURL(c.filter, ""), Current: c.filter == filter}
		if c.filter == inbox.Unread {
			one.Counts, one.Count = true, reader.UnreadConversations
		}
		l.Chips = append(l.Chips, one)
	}
	for _, e := range page.Entries {
		l.Entries = append(l.Entries, entry{Entry: e, Current: e.Conversation.ID == current, Sold: stateOf(e.Listing).Off, State: lastState(reader, e), URL: besideURL(e.Conversation.ID, filter)})
	}
	if page.Next != "" {
		l.Older, l.Next = inboxURL(filter, page.Next), page.Next
	}
	if cursor != "" {
		l.Newest = inboxURL(filter, "")
	}
	return l
}

// lastState is how far the reader's own last message has come, "" for another's.
func lastState(reader *me, e chat.Entry) string {
	switch {
	case e.Last == nil || e.Last.Sender.ID != reader.User.ID:
		return ""
	case e.Last.Read:
		return "read"
	}
	return "sent"
}

func inboxURL(filter inbox.Filter, cursor string) string {
	q := url.Values{}
	if filter != inbox.All {
		q.Set("filter", string(filter))
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if len(q) == 0 {
		return "/chat/"
	}
	return "/chat/?" + q.Encode()
}

// besideURL is the page of a conversation with the list under a filter beside it.
func besideURL(id chat.ConversationID, filter inbox.Filter) string {
	if filter == inbox.All {
		return wire.ConversationURL(id)
	}
	return wire.ConversationURL(id) + "?filter=" + url.QueryEscape(string(filter))
}
