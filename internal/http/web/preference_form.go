package web

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"swapnest/internal/chat"
)

// switches are the preferences as a form.
type switches struct {
	Mail, Push bool   // by which ways this site reaches people
	Email      string // the reader's address, "" for none
	Address    addressState
	MayMail    bool // mail may go to the reader at all
	Kinds      []kindRow
	Ways       []toggle // heads of the columns behind "here"
	News       toggle
	Previews   []toggle // none where nothing is sent to devices
	Others     []toggle
	Quiet      *quietForm // nil where the form says nothing of them
	Back       string
}

// toggle is one switch.
type toggle struct {
	Name, Label, Hint string
	On                bool
	Needs             string // the switches without which it has no effect, "" for none
	Idle              bool   // one of them is off
}

// kindRow is what one is told of, and by which ways.
type kindRow struct {
	Label, Hint string
	Cells       []toggle // here, and by each of the ways
}

// quietForm are the quiet hours as a form.
type quietForm struct {
	On             bool
	From, To, Zone field
	Line           string // what is stored means, "" for none
	Zones          []string
}

// Names are the switches that the form has. It says nothing of others.
func (s switches) Names() string {
	var names []string
	for _, k := range s.Kinds {
		for _, c := range k.Cells {
			names = append(names, c.Name)
		}
	}
	for _, w := range s.Ways {
		names = append(names, w.Name)
	}
	names = append(names, s.News.Name)
	for _, t := range append(s.Previews, s.Others...) {
		names = append(names, t.Name)
	}
	return strings.Join(names, " ")
}

// switchesOf returns the form that shows the preferences of the page's reader, without quiet hours.
func (w *Web) switchesOf(p chat.Preferences, s shell) switches {
	out := switches{
		Mail: w.mail, Push: w.push, Email: s.Me.User.Email, Address: s.Me.Address, MayMail: s.Me.Mail, Back: s.Path,
		News: toggle{Name: "marketing", Label: "News and offers", Hint: "From SwapNest itself. It sends none yet; your choice holds once it does", On: p.Marketing},
		Others: []toggle{
			{Name: "read_receipts", Label: "Read receipts", Hint: "Others see that you have read what they wrote. Turned off, you do not see it of theirs either", On: p.ReadReceipts},
			{Name: "last_seen", Label: "Last seen and online", Hint: "Others see whether you are here, and when you were. Turned off, you do not see it of them either", On: p.LastSeen},
		},
	}
	if w.push {
		out.Ways = append(out.Ways, toggle{Name: "push", Label: "My devices", On: p.Push})
		out.Previews = []toggle{{
			Name: "previews", Label: "Show what was written on my devices", Hint: "Turned off, they say only that there is something new",
			On: p.Previews, Needs: "push", Idle: !p.Push,
		}}
	}
	if w.mail {
		out.Ways = append(out.Ways, toggle{Name: "email", Label: "E-mail", On: p.Email})
	}
	for _, k := range []struct {
		name, label, hint string
		here, push, email bool
	}{
		{"new_message", "New messages", "Somebody wrote in a conversation", p.NewMessage, p.PushNewMessage, p.EmailNewMessage},
		{"product_inquiry", "Questions about my things", "The first message of a buyer", p.ProductInquiry, p.PushProductInquiry, p.EmailProductInquiry},
		{"price_update", "Lower prices", "On things I saved", p.PriceUpdate, p.PushPriceUpdate, p.EmailPriceUpdate},
		{"wishlist", "Saved things", "When one was sold", p.Wishlist, p.PushWishlist, p.EmailWishlist},
	} {
		row := kindRow{Label: k.label, Hint: k.hint, Cells: []toggle{{Name: k.name, Label: k.label + ", here", On: k.here}}}
		for _, by := range out.Ways {
			c := toggle{Name: "push_" + k.name, Label: k.label + ", on my devices", On: k.push, Needs: k.name + " " + by.Name, Idle: !k.here || !by.On}
			if by.Name == "email" {
				c.Name, c.Label, c.On = "email_"+k.name, k.label+", by e-mail", k.email
			}
			row.Cells = append(row.Cells, c)
		}
		out.Kinds = append(out.Kinds, row)
	}
	return out
}

// Times of quiet hours for who has none yet.
const quietFrom, quietTo = "22:00", "07:30"

// quietOf returns the quiet hours as a form.
func quietOf(p chat.Preferences) *quietForm {
	from, to := p.Quiet.Clock()
	q := &quietForm{
		On: !p.Quiet.None(), From: field{Name: "quiet_from", Value: from}, To: field{Name: "quiet_to", Value: to},
		Zone: field{Name: "time_zone", Value: p.TimeZone}, Zones: zones,
	}
	if q.On {
		q.Line = fmt.Sprintf("Nothing is sent between %s and %s in %s; it waits.", from, to, zoneName(p.TimeZone))
	} else {
		q.From.Value, q.To.Value = quietFrom, quietTo
	}
	return q
}

func zoneName(zone string) string {
	if zone == "" {
		return "UTC"
	}
	return zone
}

// switchSetters are the switches that a form may have, by name.
var switchSetters = map[string]func(c *chat.PreferencesChange, on *bool){
	"new_message":           func(c *chat.PreferencesChange, on *bool) { c.NewMessage = on },
	"product_inquiry":       func(c *chat.PreferencesChange, on *bool) { c.ProductInquiry = on },
	"price_update":          func(c *chat.PreferencesChange, on *bool) { c.PriceUpdate = on },
	"wishlist":              func(c *chat.PreferencesChange, on *bool) { c.Wishlist = on },
	"marketing":             func(c *chat.PreferencesChange, on *bool) { c.Marketing = on },
	"email":                 func(c *chat.PreferencesChange, on *bool) { c.Email = on },
	"push":                  func(c *chat.PreferencesChange, on *bool) { c.Push = on },
	"email_new_message":     func(c *chat.PreferencesChange, on *bool) { c.EmailNewMessage = on },
	"email_product_inquiry": func(c *chat.PreferencesChange, on *bool) { c.EmailProductInquiry = on },
	"email_price_update":    func(c *chat.PreferencesChange, on *bool) { c.EmailPriceUpdate = on },
	"email_wishlist":        func(c *chat.PreferencesChange, on *bool) { c.EmailWishlist = on },
	"push_new_message":      func(c *chat.PreferencesChange, on *bool) { c.PushNewMessage = on },
	"push_product_inquiry":  func(c *chat.PreferencesChange, on *bool) { c.PushProductInquiry = on },
	"push_price_update":     func(c *chat.PreferencesChange, on *bool) { c.PushPriceUpdate = on },
	"push_wishlist":         func(c *chat.PreferencesChange, on *bool) { c.PushWishlist = on },
	"previews":              func(c *chat.PreferencesChange, on *bool) { c.Previews = on },
	"read_receipts":         func(c *chat.PreferencesChange, on *bool) { c.ReadReceipts = on },
	"last_seen":             func(c *chat.PreferencesChange, on *bool) { c.LastSeen = on },
}

// older are the switches that forms have which do not say what they have: those of the scripts
// of the system before this one.
const older = "new_message product_inquiry price_update wishlist marketing email push"

// ticked tells whether a switch of a form is on.
func ticked(form url.Values, name string) bool {
	switch form.Get(name) {
	case "on", "true", "1":
		return true
	}
	return false
}

// switched returns what the switches of a form say. "switches" names those that it has: one of
// them that is not posted is off, and all others stay as they are.
func switched(form url.Values) chat.PreferencesChange {
	names := form.Get("switches")
	if names == "" {
		names = older
	}
	var c chat.PreferencesChange
	for name := range strings.FieldsSeq(names) {
		if set, known := switchSetters[name]; known {
			set(&c, new(ticked(form, name)))
		}
	}
	return c
}

// quieted adds what a form says of quiet hours, which older ones do not.
func quieted(c *chat.PreferencesChange, form url.Values) error {
	if form.Has("time_zone") {
		c.TimeZone = new(strings.TrimSpace(form.Get("time_zone")))
	}
	if !form.Has("quiet_from") {
		return nil
	}
	c.Quiet = &chat.Hours{}
	if !ticked(form, "quiet") {
		return nil
	}
	from, to := form.Get("quiet_from"), form.Get("quiet_to")
	if from == "" && to == "" {
		return chat.FieldError("quiet_from", "Quiet hours need two times, such as %s and %s.", quietFrom, quietTo)
	}
	var err error
	*c.Quiet, err = chat.ParseHours(from, to)
	return err
}

// pauseForm is a pause as a form.
type pauseForm struct {
	Until time.Time // zero when there is none
	Zone  string    // of times that are typed, "" is UTC
	Typed field
	Back  string
}

// pauseOf returns the pause of the page's reader. One that is over is none.
func (w *Web) pauseOf(p chat.Preferences, s shell) *pauseForm {
	f := &pauseForm{Zone: p.TimeZone, Typed: field{Name: "paused_until"}, Back: s.Path}
	if p.PausedUntil.After(w.now()) {
		f.Until = p.PausedUntil
	}
	return f
}

// When is the end of the pause for who has no script.
func (f pauseForm) When() string {
	place, err := time.LoadLocation(f.Zone)
	if err != nil {
		place = time.UTC
	}
	return f.Until.In(place).Format("Mon 2 Jan 2006, 15:04") + " (" + zoneName(f.Zone) + ")"
}

// pauseUntil returns when a pause ends that begins at now: after a while, at eight in the morning of
// the next day, or when somebody says. It is now for who goes on.
func pauseUntil(form url.Values, zone string, now time.Time) (time.Time, error) {
	switch form.Get("pause") {
	case "1h":
		return now.Add(time.Hour), nil
	case "week":
		return now.AddDate(0, 0, 7), nil
	case "morning", "until":
	default:
		return now, nil
	}
	if typed := form.Get("time_zone"); typed != "" {
		zone = typed
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		return now, chat.FieldError("paused_until", "There is no such time zone. Choose yours below “Quiet hours”.")
	}
	if form.Get("pause") == "morning" {
		today := now.In(place)
		return time.Date(today.Year(), today.Month(), today.Day()+1, 8, 0, 0, 0, place), nil
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", form.Get("paused_until"), place)
	if err != nil {
		return now, chat.FieldError("paused_until", "Say until when: a day and a time.")
	}
	if !at.After(now) {
		return now, chat.FieldError("paused_until", "This time is over. Say one that is to come.")
	}
	return at, nil
}
