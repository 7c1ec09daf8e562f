package web

import (
	"fmt"
	"net/http"
	"strconv"

	"swapnest/internal/chat"
	"swapnest/internal/feature/saved"
	"swapnest/internal/live/wire"
)

// savedURL is the page of one's saved replies.
const savedURL = "/accounts/saved-replies/"

// savedOffer is where a composer offers saved replies, and what is put for their placeholders.
type savedOffer struct {
	Name, Title string
	URL         string // of the page on which one chooses without a script; "" for no button
}

// savedView is the page of one's saved replies, with a form for a new one.
type savedView struct {
	shell
	form
	Replies            []chat.SavedReply
	For                string // the page of the conversation for which one chooses; "" for none
	Name, Text         field  // of the form
	MaxTitle, MaxChars int
	Most               int
	Full               bool
}

// Use is the address at which a reply is put into the box of the conversation.
func (v savedView) Use(r chat.SavedReply) string {
	return fmt.Sprintf("%s?saved=%d#composer", v.For, r.ID)
}

// savedReplies answers GET /accounts/saved-replies/.
func (w *Web) savedReplies(rw http.ResponseWriter, r *http.Request) error {
	return w.showSaved(rw, r, savedView{form: form{Status: http.StatusOK}, Name: field{Name: "title"}, Text: field{Name: "text"}})
}

// addSavedReply answers POST /accounts/saved-replies/.
func (w *Web) addSavedReply(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	v := savedView{Name: typed(r, "title"), Text: typed(r, "text")}
	_, err = w.saved.Add(r.Context(), who.User.ID, v.Name.Value, v.Text.Value)
	if err == nil {
		return redirect(rw, r, savedURL)
	}
	if err := v.refuse(rw, err, &v.Name, &v.Text); err != nil {
		return err
	}
	return w.showSaved(rw, r, v)
}

func (w *Web) showSaved(rw http.ResponseWriter, r *http.Request, v savedView) error {
	var err error
	if v.shell, err = w.signedIn(r, "Saved replies", "you"); err != nil {
		return err
	}
	if v.Replies, err = w.saved.List(r.Context(), v.Me.User.ID); err != nil {
		return err
	}
	if id, err := strconv.ParseInt(r.URL.Query().Get("for"), 10, 64); err == nil && id > 0 {
		v.For = wire.ConversationURL(chat.ConversationID(id))
	}
	v.Styles = append(v.Styles, "banner", "form", "account")
	v.MaxTitle, v.MaxChars, v.Most = chat.MaxReplyTitle, chat.MaxMessageChars, chat.MaxSavedReplies
	v.Full = len(v.Replies) >= v.Most
	return w.render(rw, r, v.form.Status, "saved-replies", v)
}

// savedForm is the form in which one changes a saved reply.
type savedForm struct {
	shell
	form
	Action             string
	Name, Text         field
	MaxTitle, MaxChars int
}

// savedReplyForm answers GET /accounts/saved-replies/{id}/.
func (w *Web) savedReplyForm(rw http.ResponseWriter, r *http.Request) error {
	s, id, err := w.savedReply(r)
	if err != nil {
		return err
	}
	reply, err := w.saved.Reply(r.Context(), s.Me.User.ID, id)
	if err != nil {
		return err
	}
	v := savedForm{shell: s, form: form{Status: http.StatusOK}, Name: field{Name: "title", Value: reply.Title}, Text: field{Name: "text", Value: reply.Text}}
	return w.showSavedForm(rw, r, id, v)
}

// savedReply returns which one the address names.
func (w *Web) savedReply(r *http.Request) (shell, chat.SavedReplyID, error) {
	s, err := w.signedIn(r, "Change a saved reply", "you")
	if err != nil {
		return s, 0, err
	}
	id, err := pathID[chat.SavedReplyID](r, "saved reply")
	return s, id, err
}

// editSavedReply answers POST /accounts/saved-replies/{id}/: what the button that was pressed
// says is done with it.
func (w *Web) editSavedReply(rw http.ResponseWriter, r *http.Request) error {
	s, id, err := w.savedReply(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	ctx, who := r.Context(), s.Me.User.ID
	switch r.PostForm.Get("do") {
	case "delete":
		err = w.saved.Delete(ctx, who, id)
	case "raise":
		err = w.saved.Raise(ctx, who, id)
	default:
		v := savedForm{shell: s, Name: typed(r, "title"), Text: typed(r, "text")}
		_, err = w.saved.Edit(ctx, who, saved.EditCommand{ID: id, Title: &v.Name.Value, Text: &v.Text.Value})
		if err == nil || chat.CodeOf(err) == chat.NotFound {
			break
		}
		if err := v.refuse(rw, err, &v.Name, &v.Text); err != nil {
			return err
		}
		return w.showSavedForm(rw, r, id, v)
	}
	if err != nil {
		return err
	}
	return redirect(rw, r, savedURL)
}

func (w *Web) showSavedForm(rw http.ResponseWriter, r *http.Request, id chat.SavedReplyID, v savedForm) error {
	v.Action = fmt.Sprintf("%s%d/", savedURL, id)
	v.Styles = append(v.Styles, "banner", "form")
	v.MaxTitle, v.MaxChars = chat.MaxReplyTitle, chat.MaxMessageChars
	return w.render(rw, r, v.form.Status, "saved-reply", v)
}

// savedText is the text of the saved reply that the address asks for, or otherwise. One that is
// not there is no fault: the conversation is worth showing.
func (w *Web) savedText(r *http.Request, reader chat.UserID, o savedOffer, otherwise string) (string, error) {
	id, err := strconv.ParseInt(r.URL.Query().Get("saved"), 10, 64)
	if err != nil || id <= 0 {
		return otherwise, nil
	}
	reply, err := w.saved.Reply(r.Context(), reader, chat.SavedReplyID(id))
	if chat.CodeOf(err) == chat.NotFound {
		return otherwise, nil
	}
	return reply.Filled(o.Name, o.Title), err
}
