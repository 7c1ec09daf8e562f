package web

import (
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
)

func TestTheTableOfPreferencesHasTheWaysThatThisSiteHas(t *testing.T) {
	p := chat.DefaultPreferences()
	p.PriceUpdate, p.Email, p.PushWishlist = false, false, false
	p.Quiet, p.TimeZone = chat.Hours{From: 22 * 60, To: 450}, "Asia/Kolkata"
	for _, c := range []struct {
		name       string
		mail, push bool
		has, not   []string
	}{
		{"both", true, true, []string{
			`<th scope="col">Here</th>`, `>My devices<input type="checkbox" role="switch" name="push" checked>`, `>E-mail<input type="checkbox" role="switch" name="email">`,
			`name="new_message" checked>`, `name="push_new_message" checked data-needs="new_message push">`,
			`name="push_price_update" checked data-needs="price_update push" aria-disabled="true">`, // its kind is off
			`name="email_new_message" checked data-needs="new_message email" aria-disabled="true">`, // its way is
			`name="push_wishlist" data-needs="wishlist push">`, `name="previews"`,
			"Nothing is sent between 22:00 and 07:30 in Asia/Kolkata; it waits.", `name="pause" value="1h"`, "there is no address of yours yet",
		}, []string{"This site sends no e-mail", "nothing to devices"}},
		{"push", false, true, []string{`name="push_new_message"`, "This site sends no e-mail.", `name="quiet_from"`}, []string{`name="email`, ` email`}},
		{"mail", true, false, []string{`name="email_new_message"`, "This site sends nothing to devices.", `name="pause"`}, []string{`name="push`, ` push`, `name="previews"`}},
		{"neither", false, false, []string{`name="new_message"`, "This site sends nothing to devices.", "This site sends no e-mail."}, []string{`name="push`, `name="email`, `name="quiet`, `name="pause"`}},
	} {
		w := newWeb(t)
		w.mail, w.push = c.mail, c.push
		page := rendered(t, w, "preferences", w.preferencesView(frame(w, "Preferences", "notices"), p))
		page = page[strings.Index(page, "<preference-switches>"):]
		contains(t, page, c.has...)
		for _, not := range c.not {
			if strings.Contains(page, not) {
				t.Errorf("%s: the page has %q", c.name, not)
			}
		}
	}
}

func TestTheWayOfMailSaysWhetherItGetsThere(t *testing.T) {
	w := newWeb(t)
	w.mail, w.push = true, true
	for _, c := range []struct {
		email   string
		address addressState
		may     bool
		says    string
	}{
		{"", addressFine, true, "there is no address of yours yet"},
		{"meera@example.org", addressFine, true, "E-mail: to <bdi>meera@example.org</bdi>, for what you have not read after a while."},
		{"meera@example.org", addressUnverified, true, "E-mail: nothing is sent to <bdi>meera@example.org</bdi> until you have shown that it is yours."},
		{"meera@example.org", addressBounced, true, "E-mail: nothing is sent to <bdi>meera@example.org</bdi>, since mail to it came back."},
		{"meera@example.org", addressFine, false, "E-mail: none is sent to this account."},
	} {
		s, me := frame(w, "", "notices"), *aarav
		me.User.Email, me.Address, me.Mail = c.email, c.address, c.may
		s.Me = &me
		p := chat.DefaultPreferences()
		contains(t, rendered(t, w, "preferences", w.preferencesView(s, p)), c.says)
		aside := noticesView{shell: s, Kind: "unread", Wants: w.switchesOf(p, s)}
		contains(t, rendered(t, w, "notifications", aside), c.says)
	}
}

func TestADeviceIsHeldBackByThePreferenceOfAll(t *testing.T) {
	w := newWeb(t)
	for _, c := range []struct{ site, on, held bool }{{true, true, false}, {true, false, true}, {false, false, false}} {
		w.push = c.site
		s, p := frame(w, "", "notices"), chat.DefaultPreferences()
		p.Push = c.on
		for name, page := range map[string]string{
			"preferences":   rendered(t, w, "preferences", w.preferencesView(s, p)),
			"notifications": rendered(t, w, "notifications", noticesView{shell: s, Kind: "unread", Wants: w.switchesOf(p, s)}),
		} {
			if got := strings.Contains(page, `aria-label="On this device" data-held hidden>`); got != c.held {
				t.Errorf("%s with %+v: held %t", name, c, got)
			}
		}
	}
}

func TestAPauseShowsUntilItIsOver(t *testing.T) {
	w := newWeb(t)
	w.mail = true
	for until, shown := range map[time.Time]bool{today.Add(time.Minute): true, today: false, {}: false} {
		v := w.preferencesView(frame(w, "Preferences", "notices"), chat.Preferences{PausedUntil: until})
		page := rendered(t, w, "preferences", v)
		if got := strings.Contains(page, `data-while="running" hidden`); got != shown || strings.Contains(page, `data-while="paused" hidden`) == shown {
			t.Errorf("paused until %s: shown as paused %t, want %t", until, got, shown)
		}
	}
}

func TestEverySuggestedTimeZoneIsTaken(t *testing.T) {
	for _, zone := range zones {
		if _, err := chat.DefaultPreferences().With(chat.PreferencesChange{TimeZone: &zone}, today); err != nil {
			t.Errorf("%s: %v", zone, err)
		}
	}
	if len(zones) < 400 {
		t.Errorf("%d zones", len(zones))
	}
}
