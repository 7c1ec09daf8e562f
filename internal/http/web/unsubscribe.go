package web

import (
	"net/http"

	"swapnest/internal/chat"
)

// leaveRoutes mounts the pages by which somebody ends mails from a link in one of them. They ask for no
// session and take posts from anywhere (RFC 8058): the address itself says who ends what.
func (w *Web) leaveRoutes(mux Mux) {
	mux.Handle("GET "+LeavePattern, w.page(w.leaveForm))
	mux.Handle("POST "+LeavePattern, w.page(w.leaveMail))
}

// LeavePattern is what may be posted from other sites.
const LeavePattern = "/unsubscribe/{token}/{$}"

// leaveView asks whether somebody wants no more mails of a kind, or says that they get none.
type leaveView struct {
	shell
	When string // the mails come, behind "no more mail"
	Done bool
	All  bool // no mails of notices at all
}

// leaving are the kinds of mails: when they come, and the switch that ends them.
var leaving = map[chat.NoticeKind]struct {
	when string
	off  func(*chat.PreferencesChange, *bool)
}{
	chat.NoticeInquiry:   {"when somebody asks about your things", func(c *chat.PreferencesChange, off *bool) { c.EmailProductInquiry = off }},
	chat.NoticeMessage:   {"when somebody writes in a conversation", func(c *chat.PreferencesChange, off *bool) { c.EmailNewMessage = off }},
	chat.NoticePriceDrop: {"when something that you saved costs less", func(c *chat.PreferencesChange, off *bool) { c.EmailPriceUpdate = off }},
	chat.NoticeSold:      {"when something that you saved was sold", func(c *chat.PreferencesChange, off *bool) { c.EmailWishlist = off }},
}

// leaveForm answers GET /unsubscribe/{token}/: looking ends nothing, since mail programs look by themselves.
func (w *Web) leaveForm(rw http.ResponseWriter, r *http.Request) error {
	_, kind, ok := w.leaves.Read(r.PathValue("token"))
	if !ok {
		return chat.ErrNotFound("page")
	}
	return w.showLeave(rw, r, leaveView{When: leaving[kind].when})
}

// leaveMail answers POST /unsubscribe/{token}/, by a person at the page or by a mail program that has
// never shown it. With all=on it ends mails of all kinds. Doing it again changes nothing.
func (w *Web) leaveMail(rw http.ResponseWriter, r *http.Request) error {
	who, kind, ok := w.leaves.Read(r.PathValue("token"))
	if !ok {
		return chat.ErrNotFound("page")
	}
	if err := parseForm(r); err != nil {
		return err
	}
	v := leaveView{When: leaving[kind].when, Done: true, All: r.PostForm.Get("all") == "on"}
	var change chat.PreferencesChange
	if v.All {
		change.Email = new(false)
	} else {
		leaving[kind].off(&change, new(false))
	}
	if _, err := w.notices.Prefer(r.Context(), who, change); err != nil {
		return err
	}
	return w.showLeave(rw, r, v)
}

func (w *Web) showLeave(rw http.ResponseWriter, r *http.Request, v leaveView) error {
	title := "No more mail?"
	if v.Done {
		title = "No more mail"
	}
	s, err := w.shell(r, title, "")
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "empty")
	v.shell = s
	return w.render(rw, r, http.StatusOK, "unsubscribe", v)
}
