package web

import (
	"net/http"
	"strings"

	"swapnest/internal/feature/accounts"
	"swapnest/internal/http/auth"
)

// home is where somebody goes who has just signed in and came from nowhere.
const home = "/chat/"

// loginView is the form to log in.
type loginView struct {
	shell
	form
	Next               string
	Reason             string // why one should
	Done               bool   // a new password was set a moment ago
	Username, Password field
	People             []DemoPerson
}

// loginForm answers GET /accounts/login/.
func (w *Web) loginForm(rw http.ResponseWriter, r *http.Request) error {
	v := loginView{
		Next: nextPath(r.URL.Query().Get("next")), Username: field{Name: "username"}, Password: field{Name: "password"},
		Done: r.URL.Query().Get("done") == "password",
	}
	v.Status = http.StatusOK
	return w.showLogin(rw, r, v)
}

// login answers POST /accounts/login/.
func (w *Web) login(rw http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := loginView{Next: nextPath(r.PostForm.Get("next")), Username: typed(r, "username"), Password: field{Name: "password"}}
	from := w.arrival(r)
	_, token, err := w.accounts.SignIn(r.Context(), accounts.SignInCommand{
		Username: strings.TrimSpace(v.Username.Value), Password: r.PostForm.Get("password"), Origin: from,
	})
	if err == nil {
		w.leave(r)
		w.guard.SetCookie(rw, token)
		w.guard.SetBrowser(rw, from.Browser)
		return redirect(rw, r, orHome(v.Next))
	}
	if err := v.refuse(rw, err, &v.Username, &v.Password); err != nil {
		return err
	}
	return w.showLogin(rw, r, v)
}

// showLogin shows the form, or leads on whoever is signed in already.
func (w *Web) showLogin(rw http.ResponseWriter, r *http.Request, v loginView) error {
	s, err := w.shell(r, "Log in", "you")
	if err != nil {
		return err
	}
	if s.Me != nil && r.Method != http.MethodPost {
		return redirect(rw, r, orHome(v.Next))
	}
	v.shell, v.People, v.Reason = authShell(s), w.demo, reason(v.Next)
	return w.render(rw, r, v.Status, "login", v)
}

// origin is where a request came from, for the limits and the audit log.
func origin(r *http.Request) accounts.Origin {
	return accounts.Origin{Address: auth.Address(r), Agent: r.UserAgent()}
}

// arrival is the origin of a request that signs in: the browser is known by it later on.
func (w *Web) arrival(r *http.Request) accounts.Origin {
	from := origin(r)
	from.Browser = w.guard.Browser(r)
	return from
}

// leave ends the session that the browser still had, so that signing in as
// somebody else leaves none behind that nobody sees.
func (w *Web) leave(r *http.Request) {
	who, err := w.guard.Who(r)
	if err != nil {
		return // nobody was signed in, or the session cannot be read: it ends by itself
	}
	if err := w.accounts.SignOut(r.Context(), who.Session, origin(r)); err != nil {
		w.log.WarnContext(r.Context(), "old session not ended", "error", err)
	}
}

// authShell is the frame of the pages without a bar.
func authShell(s shell) shell {
	s.Body = "auth-split"
	s.Styles = append(s.Styles, "conversation-header", "message", "banner", "form", "auth")
	return s
}

func orHome(next string) string {
	if next == "" {
		return home
	}
	return next
}

// reason tells why logging in helps, by where the reader was going.
func reason(next string) string {
	switch {
	case strings.HasPrefix(next, "/chat/start/"):
		return "Log in to ask the seller. Nothing is sent until you press Send."
	case next == "/share/": // the service worker has it
		return "Log in to share. What you have chosen waits on this device until then."
	case strings.HasPrefix(next, "/create/"):
		return "Log in to sell something."
	case strings.HasPrefix(next, "/chat/"):
		return "Log in to go on with your conversations."
	}
	return "Log in to ask, to sell and to go on with your conversations."
}
