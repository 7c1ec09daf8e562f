package web

import (
	"errors"
	"net/http"

	"swapnest/internal/chat"
)

// resetView asks for the address to which a link for a new password goes.
type resetView struct {
	shell
	form
	Asked    bool // it was, and nothing is told of whether somebody has this address
	Email    field
	MaxEmail int
}

// resetForm answers GET /accounts/password-reset/.
func (w *Web) resetForm(rw http.ResponseWriter, r *http.Request) error {
	v := resetView{Email: field{Name: "email"}, Asked: r.URL.Query().Get("asked") != ""}
	v.Status = http.StatusOK
	return w.showReset(rw, r, v)
}

// askReset answers POST /accounts/password-reset/, alike for addresses that somebody has and that
// nobody has.
func (w *Web) askReset(rw http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := resetView{Email: typed(r, "email")}
	err := w.accounts.AskReset(r.Context(), v.Email.Value, origin(r))
	if err == nil {
		return redirect(rw, r, "/accounts/password-reset/?asked=1")
	}
	if err := v.refuse(rw, err, &v.Email); err != nil {
		return err
	}
	return w.showReset(rw, r, v)
}

// showReset shows the form, or says who can help where no mail is sent.
func (w *Web) showReset(rw http.ResponseWriter, r *http.Request, v resetView) error {
	s, err := w.shell(r, "A new password", "you")
	if err != nil {
		return err
	}
	if !w.accounts.SendsMail() {
		s.Styles = append(s.Styles, "empty")
		return w.render(rw, r, v.Status, "note", noteView{
			shell: s, Heading: "Forgotten your password?",
			Text: "This marketplace sends no mail. Write to the people who run it: they can give you a new password.",
			Way:  "Back to log in", WayTo: "/accounts/login/",
		})
	}
	v.shell, v.MaxEmail = authShell(s), chat.MaxEmailChars
	return w.render(rw, r, v.Status, "password-reset", v)
}

// newPasswordView sets a new password by the link of a mail.
type newPasswordView struct {
	shell
	form
	Token       string
	Over        bool // the link sets none
	Password    field
	MinPassword int
}

// newPasswordForm answers GET /accounts/password-reset/confirm/?token=.
func (w *Web) newPasswordForm(rw http.ResponseWriter, r *http.Request) error {
	v := newPasswordView{Token: r.URL.Query().Get("token"), Password: field{Name: "password"}}
	v.Status = http.StatusOK
	err := w.accounts.MayReset(r.Context(), v.Token, origin(r))
	return w.showNewPassword(rw, r, v, err)
}

// setNewPassword answers POST /accounts/password-reset/confirm/.
func (w *Web) setNewPassword(rw http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := newPasswordView{Token: r.PostForm.Get("token"), Password: field{Name: "password"}}
	err := w.accounts.Reset(r.Context(), v.Token, r.PostForm.Get("password"), origin(r))
	if err == nil {
		w.leave(r)
		w.guard.ClearCookie(rw)
		return redirect(rw, r, "/accounts/login/?done=password")
	}
	return w.showNewPassword(rw, r, v, err)
}

// showNewPassword shows the form with what was wrong, or says that the link is over.
func (w *Web) showNewPassword(rw http.ResponseWriter, r *http.Request, v newPasswordView, fault error) error {
	if refusal, ok := errors.AsType[*chat.Error](fault); ok && refusal.Field == "token" {
		v.Over = true
		if r.Method == http.MethodPost {
			v.Status = status(fault)
		}
	} else if fault != nil {
		if err := v.refuse(rw, fault, &v.Password); err != nil {
			return err
		}
	}
	s, err := w.hiddenShell(rw, r, "A new password")
	if err != nil {
		return err
	}
	v.shell, v.MinPassword = authShell(s), chat.MinPasswordChars
	return w.render(rw, r, v.Status, "new-password", v)
}
