package web

import (
	"net/http"

	"swapnest/internal/http/auth"
)

// logoutView asks whether somebody really wants to go: a GET changes nothing.
type logoutView struct{ shell }

// logoutForm answers GET /accounts/logout/.
func (w *Web) logoutForm(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.shell(r, "Log out", "you")
	if err != nil {
		return err
	}
	if s.Me == nil {
		return redirect(rw, r, "/accounts/login/")
	}
	s.Styles = append(s.Styles, "form")
	return w.render(rw, r, http.StatusOK, "logout", logoutView{s})
}

// logout answers POST /accounts/logout/. The cookie goes even when its session had
// ended before.
func (w *Web) logout(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err == nil {
		err = w.accounts.SignOut(r.Context(), who.Session, origin(r))
	}
	if err != nil && !auth.IsSignedOut(err) {
		return err
	}
	w.guard.ClearCookie(rw)
	return redirect(rw, r, "/")
}
