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
	First       string // what one calls the other person in a sentence
	Gone        bool   // the other person's account is closed
	Listing     chat.Listing
	Thing       state
	Priced      bool // the price is known
	Role        chat.Role
	Unread      int64
	Marks       marks
	End         end
	Bubbles     []bubble
	Head        chat.Seq
	HeadAt      string // time of the event at Head, "" when not known
	Seen        chat.Seq
	Older       string // address of the page before, "" on the oldest
	Newest      string // address of the newest page, "" on it
	Composer    composer
	MaxChars    int
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
	details, err := w.chats.Conversation(ctx, who, id)
	if err != nil {
		return err
	}
	page, err := w.messages.Messages(ctx, who, pageQuery(r, details.Entry))
	if err != nil {
		return err
	}
	entries, err := w.chats.List(ctx, who, inbox.Query{})
	if err != nil {
		return err
	}
	view := conversationView{shell: chatShell(s, "conversation"), List: newList(s.Me, "", "", entries, id), talk: newTalk(who, details, page)}
	view.Title = view.Other.User.Name
	c.Action, c.First = view.URL, view.First
	view.Composer = c
	return w.render(rw, r, status, "conversation", view)
}

// pageQuery asks for the page that the address names, or for the newest one: 50
// messages, and more when more are new, so that the first new one is on it.
func pageQuery(r *http.Request, e chat.Entry) messaging.MessagesQuery {
	q := messaging.MessagesQuery{Conversation: e.Conversation.ID}
	if before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64); err == nil && before > 0 {
		seq := chat.Seq(before)
		q.Before = &seq
		return q
	}
	if e.Unread == 0 {
		return q
	}
	const context = 10
	q.Limit = int(min(max(chat.MessagePage, int64(e.Conversation.Head-e.ReadSeq)+context), chat.MaxMessagePage))
	return q
}

func newTalk(who chat.UserID, d inbox.Details, page messaging.MessagesPage) talk {
	e := d.Entry
	other := chat.Participant{User: e.Other, ReadSeq: e.OtherRead}
	for _, p := range d.Participants {
		if p.User.ID == e.Other.ID {
			other = p
		}
	}
	seen := e.ReadSeq
	if len(page.Messages) > 0 && page.Messages[0].Seq > seen+1 {
		seen = page.Head // what is new begins further up than this page: no line says where
	}
	t := talk{
		ID: e.Conversation.ID, Other: other, First: firstName(other.User), Gone: !other.User.ClosedAt.IsZero(),
		Listing: e.Listing, Thing: stateOf(e.Listing), Priced: e.Listing.Price.Currency != "", Role: e.Role,
		Unread: e.Unread, Marks: marksOf(e, "/chat/"), End: endOf(e), Head: page.Head, Seen: seen,
		Bubbles: bubbles(who, page.Messages, seen, other), MaxChars: chat.MaxMessageChars,
		URL: wire.ConversationURL(e.Conversation.ID), MarkReadURL: fmt.Sprintf("/chat/mark-read/%d/", e.Conversation.ID),
	}
	if n := len(page.Messages); n > 0 {
		first, last := page.Messages[0], page.Messages[n-1]
		if last.Seq == page.Head {
			t.HeadAt = iso(last.SentAt)
		}
		if page.HasMore {
			t.Older = t.URL + "?before=" + strconv.FormatInt(int64(first.Seq), 10) + "#messages"
		}
	}
	if page.HasNewer {
		t.Newest = t.URL
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
	if err := parseForm(r); err != nil {
		return err
	}
	c := composer{Text: r.PostForm.Get("message"), ClientID: r.PostForm.Get("client_id")}
	_, err = w.messages.Send(r.Context(), who.User.ID, messaging.SendCommand{Conversation: id, ClientID: c.ClientID, Text: c.Text})
	if fault, ok := refusal(err); ok {
		c.Fault = fault.Detail
		// Another text under the old name would be a conflict.
		c.ClientID = retryID(fault, c.ClientID)
		after(rw, err)
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
	id, err := pathID[chat.ConversationID](r, "conversation")
	if err != nil {
		return err
	}
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	seq, err := strconv.ParseInt(strings.TrimSpace(r.PostForm.Get("seq")), 10, 64)
	if err != nil || seq <= 0 {
		return chat.FieldError("seq", "The form does not say up to which message. Open the conversation and press the button there.")
	}
	if err := w.messages.MarkRead(r.Context(), who.User.ID, id, chat.Seq(seq)); err != nil {
		return err
	}
	return redirect(rw, r, wire.ConversationURL(id)+"#composer")
}
