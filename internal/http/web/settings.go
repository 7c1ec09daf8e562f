package web

import (
	"net/http"
	"strconv"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/reach"
	"swapnest/internal/http/auth"
)

// profileFormView is the form in which people say who they are.
type profileFormView struct {
	shell
	form
	Name, Email, City, About, Password   field
	MaxName, MaxEmail, MaxCity, MaxAbout int
}

// profileForm answers GET /accounts/profile/edit/.
func (w *Web) profileForm(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "", "you")
	if err != nil {
		return err
	}
	u := s.Me.User
	v := profileFormView{
		shell: s, Name: field{Name: "name", Value: u.Name}, Email: field{Name: "email", Value: u.Email},
		City: field{Name: "city", Value: u.City}, About: field{Name: "about", Value: u.About}, Password: field{Name: "password"},
	}
	v.form.Status = http.StatusOK
	return w.showProfileForm(rw, r, v)
}

// editProfile answers POST /accounts/profile/edit/.
func (w *Web) editProfile(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "", "you")
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	v := profileFormView{shell: s, Name: typed(r, "name"), Email: typed(r, "email"), City: typed(r, "city"), About: typed(r, "about"), Password: field{Name: "password"}}
	email := &v.Email.Value
	if !r.PostForm.Has("email") { // none was typed, and none is taken away
		v.Email.Value, email = s.Me.User.Email, nil
	}
	_, err = w.accounts.Edit(r.Context(), s.Me.User.ID, accounts.EditCommand{
		Name: &v.Name.Value, Email: email, City: &v.City.Value, About: &v.About.Value,
		Password: r.PostForm.Get("password"),
	}, origin(r))
	if err == nil {
		return redirect(rw, r, "/accounts/profile/")
	}
	if err := v.refuse(rw, err, &v.Name, &v.Email, &v.City, &v.About, &v.Password); err != nil {
		return err
	}
	return w.showProfileForm(rw, r, v)
}

func (w *Web) showProfileForm(rw http.ResponseWriter, r *http.Request, v profileFormView) error {
	v.Title = "Who you are"
	v.Styles = append(v.Styles, "banner", "form")
	v.MaxName, v.MaxEmail, v.MaxCity, v.MaxAbout = chat.MaxNameChars, chat.MaxEmailChars, chat.MaxCityChars, chat.MaxAboutChars
	return w.render(rw, r, v.form.Status, "profile-form", v)
}

// secretView is a form that asks for one's password: to change it, or to close the account.
type secretView struct {
	shell
	form
	Closing           bool
	Current, Password field
	MinPassword       int
}

// passwordForm answers GET /accounts/password-change/.
func (w *Web) passwordForm(rw http.ResponseWriter, r *http.Request) error {
	return w.askSecret(rw, r, "Change your password", false)
}

// closeForm answers GET /accounts/close/.
func (w *Web) closeForm(rw http.ResponseWriter, r *http.Request) error {
	return w.askSecret(rw, r, "Close your account", true)
}

func (w *Web) askSecret(rw http.ResponseWriter, r *http.Request, title string, closing bool) error {
	s, err := w.signedIn(r, title, "you")
	if err != nil {
		return err
	}
	v := secretView{shell: s, Closing: closing, Current: field{Name: "current"}, Password: field{Name: "password"}}
	v.form.Status = http.StatusOK
	return w.showSecret(rw, r, v)
}

func (w *Web) showSecret(rw http.ResponseWriter, r *http.Request, v secretView) error {
	v.Styles = append(v.Styles, "banner", "form")
	v.MinPassword = chat.MinPasswordChars
	return w.render(rw, r, v.form.Status, "secret", v)
}

// changePassword answers POST /accounts/password-change/. All other devices are signed out.
func (w *Web) changePassword(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Change your password", "you")
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	v := secretView{shell: s, Current: field{Name: "current"}, Password: field{Name: "password"}}
	err = w.accounts.ChangePassword(r.Context(), s.Me.Session, r.PostForm.Get("current"), r.PostForm.Get("password"), origin(r))
	if err == nil {
		return redirect(rw, r, "/accounts/devices/")
	}
	if err := v.refuse(rw, err, &v.Current, &v.Password); err != nil {
		return err
	}
	return w.showSecret(rw, r, v)
}

// closeAccount answers POST /accounts/close/.
func (w *Web) closeAccount(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Close your account", "you")
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	v := secretView{shell: s, Closing: true, Current: field{Name: "current"}, Password: field{Name: "password"}}
	err = w.accounts.Close(r.Context(), s.Me.User.ID, r.PostForm.Get("current"), origin(r))
	if err == nil {
		w.guard.ClearCookie(rw)
		return redirect(rw, r, "/")
	}
	if err := v.refuse(rw, err, &v.Current); err != nil {
		return err
	}
	return w.showSecret(rw, r, v)
}

// devicesView lists where the reader is signed in, and which browsers are sent push messages.
type devicesView struct {
	shell
	Devices []accounts.Device
	Pushed  []reach.Device
}

// devices answers GET /accounts/devices/.
func (w *Web) devices(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.signedIn(r, "Signed in on these devices", "you")
	if err != nil {
		return err
	}
	all, err := w.accounts.Devices(r.Context(), s.Me.Session)
	if err != nil {
		return err
	}
	pushed, err := w.reach.Devices(r.Context(), s.Me.Session)
	if err != nil {
		return err
	}
	s.Styles = append(s.Styles, "form", "account")
	return w.render(rw, r, http.StatusOK, "devices", devicesView{shell: s, Devices: all, Pushed: pushed})
}

// endDevices answers POST /accounts/devices/: it signs one device out, or all others, or has a browser
// sent no push messages any more.
func (w *Web) endDevices(rw http.ResponseWriter, r *http.Request) error {
	who, err := w.guard.Who(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	if browser := r.PostForm.Get("push_device"); browser != "" {
		// What is no number is no browser, like 0.
		id, _ := strconv.ParseInt(browser, 10, 64)
		err = w.reach.Remove(r.Context(), who.User.ID, chat.PushDeviceID(id), auth.Address(r))
	} else if device := r.PostForm.Get("device"); device != "" {
		err = w.accounts.EndDevice(r.Context(), who.User.ID, device, origin(r))
	} else {
		err = w.accounts.EndOtherDevices(r.Context(), who.Session, origin(r))
	}
	// One that has gone meanwhile is as it should be.
	if err != nil && chat.CodeOf(err) != chat.NotFound {
		return err
	}
	return redirect(rw, r, "/accounts/devices/")
}
