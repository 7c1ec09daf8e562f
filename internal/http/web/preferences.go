package web

import (
	"errors"
	"net/http"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// preferencesURL is the page of preferences.
const preferencesURL = wire.NoticesURL + "preferences/"

// preferencesView is all that one can choose, on a page of its own.
type preferencesView struct {
	shell
	form
	Wants switches
	Pause *pauseForm // nil where nothing leaves the site
	Muted []chat.Entry
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
	v := w.preferencesView(s, wants)
	v.form.Status = http.StatusOK
	return w.showPreferences(rw, r, v)
}

func (w *Web) preferencesView(s shell, p chat.Preferences) preferencesView {
	s.Styles = append(s.Styles, "notification", "preferences", "push", "form", "account", "banner")
	s.Scripts = append(s.Scripts, "notices")
	v := preferencesView{shell: s, Wants: w.switchesOf(p, s)}
	if w.mail || w.push {
		v.Wants.Quiet, v.Pause = quietOf(p), w.pauseOf(p, s)
	}
	return v
}

func (w *Web) showPreferences(rw http.ResponseWriter, r *http.Request, v preferencesView) error {
	var err error
	if v.Muted, err = w.chats.Muted(r.Context(), v.Me.User.ID); err != nil {
		return err
	}
	return w.render(rw, r, v.form.Status, "preferences", v)
}

// editPreferences answers POST /notifications/preferences/. With "pause" it pauses or goes on, and
// changes nothing else. What is refused comes back with the form; scripts get {"success"}.
func (w *Web) editPreferences(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	var change chat.PreferencesChange
	if r.PostForm.Has("pause") {
		change, err = w.pausing(r, who.User.ID)
	} else {
		change = switched(r.PostForm)
		if r.PostForm.Has("others") { // of pages that were open before forms said what they have
			change.ReadReceipts, change.LastSeen = new(ticked(r.PostForm, "read_receipts")), new(ticked(r.PostForm, "last_seen"))
		}
		err = quieted(&change, r.PostForm)
	}
	var wants chat.Preferences
	if err == nil {
		wants, err = w.notices.Prefer(r.Context(), who.User.ID, change)
	}
	switch refusal, refused := errors.AsType[*chat.Error](err); {
	case refused && byScript(r):
		after(rw, err)
		return answerJSON(rw, status(err), map[string]any{"success": false, "error": refusal.Detail})
	case refused:
		return w.refusedPreferences(rw, r, err)
	case err != nil:
		return err
	case byScript(r):
		answer := map[string]any{"success": true}
		if r.PostForm.Has("pause") {
			answer["paused_until"] = wire.Time{Time: wants.PausedUntil}
		}
		return answerJSON(rw, http.StatusOK, answer)
	}
	return redirect(rw, r, back(r, preferencesURL))
}

// pausing returns the change that a pause is.
func (w *Web) pausing(r *http.Request, who chat.UserID) (chat.PreferencesChange, error) {
	wants, err := w.notices.Preferences(r.Context(), who)
	if err != nil {
		return chat.PreferencesChange{}, err
	}
	at, err := pauseUntil(r.PostForm, wants.TimeZone, w.now())
	return chat.PreferencesChange{PausedUntil: &at}, err
}

// refusedPreferences shows the form as it was posted, with what is wrong beside the field.
func (w *Web) refusedPreferences(rw http.ResponseWriter, r *http.Request, refusal error) error {
	s, err := w.signedIn(r, "Notification preferences", "notices")
	if err != nil {
		return err
	}
	wants, err := w.notices.Preferences(r.Context(), s.Me.User.ID)
	if err != nil {
		return err
	}
	s.Path = preferencesURL // where the form leads once it is right
	pausing := r.PostForm.Has("pause")
	if !pausing {
		if wants, err = wants.With(switched(r.PostForm), w.now()); err != nil {
			return err
		}
	}
	v := w.preferencesView(s, wants)
	quiet, pause := v.Wants.Quiet, v.Pause
	if quiet == nil {
		quiet, pause = &quietForm{}, &pauseForm{}
	}
	if !pausing && r.PostForm.Has("quiet_from") {
		quiet.On = ticked(r.PostForm, "quiet")
		quiet.From, quiet.To, quiet.Zone = typed(r, "quiet_from"), typed(r, "quiet_to"), typed(r, "time_zone")
	}
	if pausing {
		pause.Typed = typed(r, "paused_until")
	}
	if err := v.refuse(rw, refusal, &quiet.From, &quiet.To, &quiet.Zone, &pause.Typed); err != nil {
		return err
	}
	return w.showPreferences(rw, r, v)
}
