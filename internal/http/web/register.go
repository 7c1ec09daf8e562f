package web

import (
	"net/http"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
)

// registerView is the form for a new account.
type registerView struct {
	shell
	form
	Next                            string
	Username, Name, Email, Password field
	MaxUsername, MaxName, MaxEmail  int
	MinPassword                     int
}

func newRegisterView(r *http.Request) registerView {
	return registerView{
		Username: typed(r, "username"), Name: typed(r, "name"), Email: typed(r, "email"), Password: field{Name: "password"},
		MaxUsername: chat.MaxUsernameChars, MaxName: chat.MaxNameChars, MaxEmail: chat.MaxEmailChars, MinPassword: chat.MinPasswordChars,
	}
}

// registerForm answers GET /accounts/register/.
func (w *Web) registerForm(rw http.ResponseWriter, r *http.Request) error {
	v := newRegisterView(r)
	v.Next = nextPath(r.URL.Query().Get("next"))
	v.Status = http.StatusOK
	return w.showRegister(rw, r, v)
}

// register answers POST /accounts/register/.
func (w *Web) register(rw http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := newRegisterView(r)
	v.Next = nextPath(r.PostForm.Get("next"))
	from := w.arrival(r)
	_, token, err := w.accounts.Register(r.Context(), accounts.RegisterCommand{
		Username: v.Username.Value, Password: r.PostForm.Get("password"), Name: strings.TrimSpace(v.Name.Value),
		Email: v.Email.Value, Origin: from,
	})
	if err == nil {
		w.leave(r)
		w.guard.SetCookie(rw, token)
		w.guard.SetBrowser(rw, from.Browser)
		return redirect(rw, r, orHome(v.Next))
	}
	if err := v.refuse(rw, err, &v.Username, &v.Name, &v.Email, &v.Password); err != nil {
		return err
	}
	return w.showRegister(rw, r, v)
}

// showRegister shows the form, or leads on whoever is signed in already.
func (w *Web) showRegister(rw http.ResponseWriter, r *http.Request, v registerView) error {
	s, err := w.shell(r, "Make an account", "you")
	if err != nil {
		return err
	}
	if s.Me != nil && r.Method != http.MethodPost {
		return redirect(rw, r, orHome(v.Next))
	}
	v.shell = authShell(s)
	return w.render(rw, r, v.Status, "register", v)
}
