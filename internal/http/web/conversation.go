package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/feature/inbox"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/http/auth"
	"swapnest/internal/live/wire"
)

// conversationView is the list and one conversation of it.
type conversationView struct {
	shell
	List list
	talk
}

// talk is a conversation: the person, the thing, the messages and where one writes.
type talk struct {
	ID          chat.ConversationID
	Other       chat.Participant
	Habit       string // how fast the seller usually answers, for the buyer; "" when too little is known
	First       string // what one calls the other person in a sentence
	Gone        bool   // the other person's account is closed
	Listing     chat.Listing
	Listed      chat.ListingID // Listing's, even when it is gone
	Thing       state
	Priced      bool // the price is known
	Role        chat.Role
	Unread      int64
	ReadUpTo    chat.Seq // what a reader without a script marks as read
	Marks       marks
	End         end
	Bubbles     []bubble
	Head        chat.Seq
	HeadAt      string // time of the event at Head, "" when not known
	Seen        chat.Seq
	Older       string // address of the page before, "" on the oldest
	Newer       string // address of the page behind, "" on the newest
	Newest      string // address of the newest page, whatever is new
	Composer    composer
	MaxChars    int
	MaxQuery    int
	Media       chat.Media // limits of what goes with a message
	URL         string
	MarkReadURL string
}

// composer is the form in which one writes. ClientID is new each time the form is
// rendered, so that sending it twice is one message.
type composer struct {
	Action   string
	ClientID string
	Text     string
	Fault    string
	First    string
	Files    []keptFile   // that have come with a form that was refused
	Quick    []quickReply // to begin with; none once one has written
	Saved    savedOffer
}

// conversation answers GET /chat/conversation/{id}/. It changes nothing: what was
// read is told by the script, or with a button.
func (w *Web) conversation(rw http.ResponseWriter, r *http.Request) error {
	return w.showConversation(rw, r, http.StatusOK, composer{ClientID: newClientID()})
}

func (w *Web) showConversation(rw http.ResponseWriter, r *http.Request, status int, c composer) error {
	id, err := pathID[chat.ConversationID](r, "conversation")
	if err != nil {
		return err
	}
	s, err := w.signedIn(r, "", "chats")
	if err != nil {
		return err
	}
	ctx, who := r.Context(), s.Me.User.ID
	e, err := w.chats.Entry(ctx, who, id)
	if err != nil {
		return err
	}
	query, err := w.pageQuery(r, who, e)
	if err != nil {
		return err
	}
	page, err := w.messages.Page(ctx, who, e.Conversation, query)
	if err == nil && len(page.Messages) == 0 {
		// The address names a place beyond either end.
		page, err = w.messages.Page(ctx, who, e.Conversation, messaging.MessagesQuery{Conversation: id})
	}
	if err != nil {
		return err
	}
	filter := knownFilter(r.URL.Query().Get("filter"))
	entries, err := w.chats.List(ctx, who, inbox.Query{Filter: filter})
	if err != nil {
		return err
	}
	view := conversationView{
		shell: chatShell(s, "conversation"), List: newList(s.Me, filter, "", entries, id),
		talk: newTalk(who, e, page, inboxURL(filter, "")),
	}
	view.Media = w.uploads.Media()
	if view.Role == chat.Buyer && !view.Gone {
		record, err := w.accounts.Record(ctx, e.Other.ID)
		if err != nil {
			return err
		}
		view.Habit = habit(record)
	}
	view.Title = view.Other.User.Name
	if speaks(page.Messages) {
		view.Styles = append(view.Styles, "voice")
	}
	if carry(view.Bubbles) {
		view.Styles = append(view.Styles, "attachment")
	}
	c.Action, c.First, c.Saved = view.URL, view.First, savedOffer{Name: view.First, Title: view.Listing.Title}
	if view.Role == chat.Seller {
		c.Saved.URL = fmt.Sprintf("%s?for=%d", savedURL, id)
	}
	if c.Text, err = w.savedText(r, who, c.Saved, c.Text); err != nil {
		return err
	}
	if e.Conversation.Sent(view.Role) == 0 {
		c.Quick = quickReplies(view.Role, view.URL)
		c.Text = quickText(r, view.Role, c.Text)
	}
	view.Composer = c
	return w.render(rw, r, status, "conversation", view)
}

// knownFilter returns the filter of the list beside a conversation; a conversation
// is worth showing even when its address names one that is none.
func knownFilter(s string) inbox.Filter {
	for _, c := range chips {
		if string(c.filter) == s {
			return c.filter
		}
	}
	return inbox.All
}

// pageQuery asks for the page that the address names: the one before or after a seq, or
// the one around a message; one that is not there counts as none named. Otherwise it is
// the newest page, or the one around the first new message when that is further up.
func (w *Web) pageQuery(r *http.Request, who chat.UserID, e chat.Entry) (messaging.MessagesQuery, error) {
	q := messaging.MessagesQuery{Conversation: e.Conversation.ID}
	named := r.URL.Query()
	if before := seqOf(named.Get("before")); before != nil {
		q.Before = before
		return q, nil
	}
	if after := seqOf(named.Get("after")); after != nil {
		q.After = after
		return q, nil
	}
	if id, err := strconv.ParseInt(named.Get("message"), 10, 64); err == nil && id > 0 {
		seq, err := w.messages.Place(r.Context(), who, e.Conversation, chat.MessageID(id))
		if err == nil {
			q.Around = &seq
			return q, nil
		}
		if chat.CodeOf(err) != chat.NotFound {
			return q, err
		}
	}
	const context = 10 // messages that stand above the first new one at least
	read := max(e.ReadSeq, e.ClearedSeq)
	if e.Unread > 0 && e.Conversation.Head-read+context > chat.MessagePage {
		first := read + 1
		q.Around = &first
	}
	return q, nil
}

// seqOf returns the seq in an address, or nil when there is none.
func seqOf(s string) *chat.Seq {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return nil
	}
	seq := chat.Seq(n)
	return &seq
}

// newTalk is a conversation for its page; back is where its reader comes from.
func newTalk(who chat.UserID, e chat.Entry, page messaging.MessagesPage, back string) talk {
	other := chat.Participant{User: e.Other, ReadSeq: e.OtherRead, DeliveredSeq: e.OtherGot}
	seen := max(e.ReadSeq, e.ClearedSeq)
	if page.HasOlder && page.Messages[0].Seq > seen+1 {
		seen = page.Head // what is new begins further up than this page: no line says where
	}
	t := talk{
		ID: e.Conversation.ID, Other: other, First: firstName(other.User), Gone: !other.User.ClosedAt.IsZero(),
		Listing: e.Listing, Listed: e.Conversation.Listing, Thing: stateOf(e.Listing), Priced: e.Listing.Price.Currency != "", Role: e.Role,
		Unread: e.Unread, Marks: marksOf(e, back), End: endOf(e), Head: page.Head, Seen: seen,
		Bubbles: bubbles(who, page.Messages, seen, other), MaxChars: chat.MaxMessageChars, MaxQuery: chat.MaxQueryChars,
		URL: wire.ConversationURL(e.Conversation.ID), MarkReadURL: fmt.Sprintf("/chat/mark-read/%d/", e.Conversation.ID),
	}
	t.Newest = fmt.Sprintf("%s?before=%d#composer", t.URL, page.Head+1)
	if n := len(page.Messages); n > 0 {
		first, last := page.Messages[0], page.Messages[n-1]
		if last.Seq == page.Head {
			t.HeadAt = iso(last.SentAt)
		}
		t.ReadUpTo = last.Seq
		place := func(way string, seq chat.Seq) string { return fmt.Sprintf("%s?%s=%d#messages", t.URL, way, seq) }
		if page.HasOlder {
			t.Older = place("before", first.Seq)
		}
		if page.HasNewer {
			t.Newer = place("after", last.Seq)
		}
	}
	return t
}

// Blank is the message that the script clones.
func (talk) Blank() bubble { return bubble{Side: "mine", Run: "only", Who: "You"} }

// newClientID names a command that a form will send.
func newClientID() string { return "f." + rand.Text() }

// say answers POST /chat/conversation/{id}/.
func (w *Web) say(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathID[chat.ConversationID](r, "conversation")
	if err != nil {
		return err
	}
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	files, refused, err := w.parseMessageForm(r, who.User.ID)
	if err != nil {
		return err
	}
	c := composer{Text: r.PostForm.Get("message"), ClientID: r.PostForm.Get("client_id")}
	files, refused = w.withKept(files, r.PostForm["attachments"], refused)
	ctx, cancel := sending(r)
	defer cancel()
	if refused != nil {
		// Nothing is sent without a file that somebody has chosen: they may want to choose another one.
		err = refused
	} else {
		_, err = w.messages.Send(ctx, who.User.ID, messaging.SendCommand{
			Conversation: id, ClientID: c.ClientID, Text: c.Text, Attachments: files, Address: auth.Address(r),
		})
	}
	if fault, ok := refusal(err); ok {
		c.Fault, c.Files = fault.Detail, w.keptFiles(ctx, who.User.ID, files)
		// Another text under the old name would be a conflict.
		c.ClientID = retryID(fault, c.ClientID)
		after(rw, err)
		r, cancel := hurried(r, err)
		defer cancel()
		return w.showConversation(rw, r, status(err), c)
	}
	if err != nil {
		return err
	}
	return redirect(rw, r, wire.ConversationURL(id)+"#composer")
}

// refusal returns err when it is one that the person can answer on the same page.
func refusal(err error) (*chat.Error, bool) {
	e, ok := errors.AsType[*chat.Error](err)
	if !ok {
		return nil, false
	}
	switch e.Code {
	case chat.NotFound, chat.Unauthenticated, chat.Forbidden:
		return nil, false
	}
	return e, true
}

// retryID keeps the name of a command whose outcome is not known, so that sending it
// again makes no second message, and gives a new one to what was refused.
func retryID(e *chat.Error, id string) string {
	if e.Code == chat.Unavailable && chat.ValidClientID(id) {
		return id
	}
	return newClientID()
}

// markRead answers POST /chat/mark-read/{id}/: it marks what the page showed, up to
// the seq in the form, and comes back.
func (w *Web) markRead(rw http.ResponseWriter, r *http.Request) error {
	id, who, err := w.posted(r)
	if err != nil {
		return err
	}
	seq, err := strconv.ParseInt(strings.TrimSpace(r.PostForm.Get("seq")), 10, 64)
	if err != nil || seq <= 0 {
		return chat.FieldError("seq", "The form does not say up to which message. Open the conversation and press the button there.")
	}
	if err := w.messages.MarkRead(r.Context(), who, id, chat.Seq(seq)); err != nil {
		return err
	}
	return redirect(rw, r, wire.ConversationURL(id)+"#composer")
}
