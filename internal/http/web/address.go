package web

import (
	"net/http"

	"swapnest/internal/chat"
)

// addressState is what a page has to tell its reader of their e-mail address.
type addressState string

// The states. Where no mail is sent there is nothing to tell.
const (
	addressFine       addressState = ""
	addressUnverified addressState = "unverified" // nobody has shown that it is theirs
	addressBounced    addressState = "bounced"    // mail to it came back
)

func (w *Web) addressOf(u chat.User) addressState {
	switch {
	case u.Email == "" || !w.accounts.MayMail(u):
		return addressFine
	case !u.EmailBounced.IsZero():
		return addressBounced
	case u.EmailVerified.IsZero():
		return addressUnverified
	}
	return addressFine
}

// Hint is said below the field for the address: what happens to one.
func (s shell) Hint() string {
	if s.Me == nil || !s.Me.Mail {
		return ""
	}
	return "We write to a new one, to see that it is yours, and tell the one before."
}

// addressPage answers GET /accounts/verify-email/: how the reader's address stands.
func (w *Web) addressPage(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Your e-mail address", "you")
	if err != nil {
		return err
	}
	v := noteView{shell: s, Way: "To your account", WayTo: "/accounts/profile/"}
	u := s.Me.User
	switch {
	case !w.accounts.MayMail(u):
		v.Heading, v.Text = "No mail is sent here", "This marketplace sends no mail, so there is nothing to do for your address."
	case u.Email == "":
		v.Heading, v.Text = "You have given no address", "With an e-mail address we can tell you what happens while you are away, and give you a new password."
		v.Way, v.WayTo = "Add an address", "/accounts/profile/edit/"
	case s.Me.Address == addressFine:
		v.Heading, v.Text = "Your address is verified", "Mail reaches you at "+u.Email+"."
	case r.URL.Query().Get("sent") != "":
		v.Heading = "A mail is on its way"
		v.Text = "Follow the link in it within " + chat.InWords(chat.VerifyLife) + ". If it does not come, look where your mail program puts what it does not trust: it goes to " + u.Email + "."
	default:
		v.Heading, v.Text, v.Ask = "Is this your address?", "We write to "+u.Email+" once you have shown that it is yours, by a link in a mail.", true
		if s.Me.Address == addressBounced {
			v.Text = "Mail to " + u.Email + " came back. Correct the address, or have us try again."
		}
	}
	v.Styles = append(v.Styles, "empty")
	return w.render(rw, r, http.StatusOK, "note", v)
}

// askVerify answers POST /accounts/verify-email/: it has the mail sent, once more as a rule.
func (w *Web) askVerify(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := w.accounts.AskVerify(r.Context(), who.User.ID, origin(r)); err != nil {
		return err
	}
	return redirect(rw, r, "/accounts/verify-email/?sent=1")
}

// verifyView asks whoever has followed the link of a mail to press a button: programs that look
// at mails follow links, too.
type verifyView struct {
	shell
	Token string
}

// verifyForm answers GET /accounts/verify-email/{token}/.
func (w *Web) verifyForm(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.hiddenShell(rw, r, "Your e-mail address")
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "empty")
	return w.render(rw, r, http.StatusOK, "verify-email", verifyView{shell: s, Token: r.PathValue("token")})
}

// verify answers POST /accounts/verify-email/{token}/.
func (w *Web) verify(rw http.ResponseWriter, r *http.Request) error {
	u, err := w.accounts.Verify(r.Context(), r.PathValue("token"), origin(r))
	if err != nil && chat.CodeOf(err) != chat.Invalid {
		return err
	}
	s, shellErr := w.hiddenShell(rw, r, "Your e-mail address")
	if shellErr != nil {
		return shellErr
	}
	s.Styles = append(s.Styles, "empty")
	if err != nil {
		return w.render(rw, r, status(err), "note", noteView{
			shell: s, Heading: "This link is over", Text: "It was used, is older than " + chat.InWords(chat.VerifyLife) + ", or was for another address. Have a new mail sent to you.",
			Way: "To your address", WayTo: "/accounts/verify-email/",
		})
	}
	return w.render(rw, r, http.StatusOK, "note", noteView{
		shell: s, Heading: "Thank you, this address is yours", Text: "Mail for " + u.Username + " goes there from now on.",
		Way: "To your account", WayTo: "/accounts/profile/",
	})
}

// hiddenShell is the frame of a page whose address holds a secret: no other page is told it, no
// link of the page leads back to it, and nothing keeps it. The origin alone is told, for browsers
// that tell none at all send forms from nowhere, and those are refused.
func (w *Web) hiddenShell(rw http.ResponseWriter, r *http.Request, title string) (shell, error) {
	rw.Header().Set("Referrer-Policy", hiding)
	s, err := w.shell(r, title, "you")
	s.Path = "/"
	return s, err
}

// hiding is the Referrer-Policy of such pages.
const hiding = "strict-origin"

func hidden(h http.Header) bool { return h.Get("Referrer-Policy") == hiding }
