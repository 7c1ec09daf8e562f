package web

import (
	"fmt"
	"net/http"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// marks is how somebody keeps a conversation: what its menu shows and changes.
type marks struct {
	ID                                    chat.ConversationID
	Muted, Archived, Pinned, MarkedUnread bool
	MutedUntil                            time.Time
	Name                                  string // of the other person, who keeps what is deleted here
	Back                                  string // where one goes from here
}

func marksOf(e chat.Entry, back string) marks {
	return marks{
		ID: e.Conversation.ID, Muted: e.Muted, MutedUntil: e.MutedUntil, Archived: e.Archived, Pinned: e.Pinned, MarkedUnread: e.MarkedUnread, Name: e.Other.Name, Back: back,
	}
}

// muteFor are the times for which the menu mutes; on is without an end.
var muteFor = map[string]time.Duration{"1h": time.Hour, "8h": 8 * time.Hour}

// mark answers POST /chat/mark/{id}/: each field that is there, on or off, changes how
// the person keeps the conversation. Who puts it away or marks it as unread leaves it:
// looking at it would take that back.
func (w *Web) mark(rw http.ResponseWriter, r *http.Request) error {
	id, who, err := w.posted(r)
	if err != nil {
		return err
	}
	field := func(name string) *bool {
		if !r.PostForm.Has(name) {
			return nil
		}
		return new(r.PostForm.Get(name) == "on")
	}
	change := chat.KeepingChange{
		Muted: field("muted"), Archived: field("archived"), Pinned: field("pinned"), MarkedUnread: field("marked_unread"),
	}
	if forHow, known := muteFor[r.PostForm.Get("muted")]; known {
		change.Muted, change.MutedUntil = new(true), time.Now().Add(forHow)
	}
	if _, err := w.chats.Keep(r.Context(), who, id, change); err != nil {
		return err
	}
	leaves := func(b *bool) bool { return b != nil && *b }
	to := back(r, wire.ConversationURL(id))
	if leaves(change.Archived) || leaves(change.MarkedUnread) {
		to = "/chat/"
		if back := nextPath(r.PostForm.Get("back")); back != "" {
			to = back
		}
	}
	return redirect(rw, r, to)
}

// removeForm answers GET /chat/delete/{id}/.
func (w *Web) removeForm(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathID[chat.ConversationID](r, "conversation")
	if err != nil {
		return err
	}
	s, err := w.signedIn(r, "", "chats")
	if err != nil {
		return err
	}
	e, err := w.chats.Entry(r.Context(), s.Me.User.ID, id)
	if err != nil {
		return err
	}
	return w.confirm(rw, r, confirmView{
		shell: s, Listing: e.Listing, Action: removeURL(id), Ask: "Delete this conversation?",
		Tell:   "All that is in it is gone for you. " + e.Other.Name + " keeps it, and when somebody writes again it comes back with the new messages only.",
		Button: "Delete for me", Kind: "danger", Stay: wire.ConversationURL(id),
	})
}

// remove answers POST /chat/delete/{id}/.
func (w *Web) remove(rw http.ResponseWriter, r *http.Request) error {
	id, who, err := w.posted(r)
	if err != nil {
		return err
	}
	if err := w.chats.Delete(r.Context(), who, id); err != nil {
		return err
	}
	return redirect(rw, r, "/chat/")
}

func removeURL(id chat.ConversationID) string { return fmt.Sprintf("/chat/delete/%d/", id) }

// posted reads what the forms of a conversation have in common: which one, who, and the
// fields.
func (w *Web) posted(r *http.Request) (chat.ConversationID, chat.UserID, error) {
	id, err := pathID[chat.ConversationID](r, "conversation")
	if err != nil {
		return 0, 0, err
	}
	who, err := w.guard.Who(r)
	if err != nil {
		return 0, 0, err
	}
	return id, who.User.ID, parseForm(r)
}
