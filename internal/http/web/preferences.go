package web

import (
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// switches are the preferences as a form.
type switches struct {
	About, Ways, Others []toggle
	Back                string
}

// toggle is one switch.
type toggle struct {
	Name, Label, Hint string
	On                bool
}

// switchesOf returns the form that shows the preferences of the page's reader.
func switchesOf(p chat.Preferences, s shell) switches {
	email := "There is no address of yours yet"
	if s.Me.User.Email != "" {
		email = "To " + s.Me.User.Email
	}
	return switches{
		About: []toggle{
			{"new_message", "New messages", "Somebody wrote in a conversation", p.NewMessage},
			{"product_inquiry", "Questions about my things", "The first message of a buyer", p.ProductInquiry},
			{"price_update", "Lower prices", "On things I saved", p.PriceUpdate},
			{"wishlist", "Saved things", "When one was sold", p.Wishlist},
			{"marketing", "News and offers", "From SwapNest itself, rarely", p.Marketing},
		},
		Ways: []toggle{
			{"email", "E-mail", email + ". This site sends none yet; your choice holds once it does", p.Email},
			{"push", "My devices", "This site sends nothing to devices yet; your choice holds once it does", p.Push},
		},
		Others: []toggle{
			{"read_receipts", "Read receipts", "Others see that you have read what they wrote. Turned off, you do not see it of theirs either", p.ReadReceipts},
			{"last_seen", "Last seen and online", "Others see whether you are here, and when you were. Turned off, you do not see it of them either", p.LastSeen},
		},
		Back: s.Path,
	}
}

// preferencesView is the form on a page of its own.
type preferencesView struct {
	shell
	Wants switches
}

// preferencesForm answers GET /notifications/preferences/.
func (w *Web) preferencesForm(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Notification preferences", "notices")
	if err != nil {
		return err
	}
	wants, err := w.notices.Preferences(r.Context(), s.Me.User.ID)
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "notification", "push", "form")
	s.Scripts = append(s.Scripts, "notices")
	v := preferencesView{shell: s, Wants: switchesOf(wants, s)}
	return w.render(rw, r, http.StatusOK, "preferences", v)
}

// editPreferences answers POST /notifications/preferences/. A form says all of it: a
// switch that is not in it is off. So do the scripts of the system before this one, which
// know nothing of what others see.
func (w *Web) editPreferences(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	on := func(name string) *bool {
		switch r.PostForm.Get(name) {
		case "on", "true", "1":
			return new(true)
		}
		return new(false)
	}
	change := chat.PreferencesChange{
		NewMessage: on("new_message"), ProductInquiry: on("product_inquiry"), PriceUpdate: on("price_update"),
		Wishlist: on("wishlist"), Marketing: on("marketing"), Email: on("email"), Push: on("push"),
	}
	if r.PostForm.Has("others") { // a form that has these switches; older ones do not
		change.ReadReceipts, change.LastSeen = on("read_receipts"), on("last_seen")
	}
	_, err = w.notices.Prefer(r.Context(), who.User.ID, change)
	if err != nil {
		return err
	}
	if byScript(r) {
		return answerJSON(rw, http.StatusOK, map[string]bool{"success": true})
	}
	return redirect(rw, r, back(r, wire.NoticesURL+"preferences/"))
}
