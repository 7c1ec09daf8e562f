package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/testkit"
	"swapnest/internal/testkit/apptest"
)

const preferencesPage = "/notifications/preferences/"

// chosen are the preferences of the buyer, as they are stored.
func (s *site) chosen(t *testing.T) chat.Preferences {
	t.Helper()
	p, err := s.Notices.Preferences(t.Context(), s.town.Buyer.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s *site) prefer(t *testing.T, c chat.PreferencesChange) chat.Preferences {
	t.Helper()
	p, err := s.Notices.Prefer(t.Context(), s.town.Buyer.ID, c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// filled is the form of preferences as a browser would post it from a page.
func filled(page string) url.Values {
	main := page[strings.Index(page, "data-preferences"):]
	main = main[:strings.Index(main, "</form>")]
	form := url.Values{}
	attr := func(tag, name string) string {
		if m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag); m != nil {
			return m[1]
		}
		return ""
	}
	for _, tag := range regexp.MustCompile(`<input[^>]*>`).FindAllString(main, -1) {
		switch {
		case attr(tag, "type") != "checkbox":
			form.Set(attr(tag, "name"), attr(tag, "value"))
		case strings.Contains(tag, " checked"):
			form.Set(attr(tag, "name"), "on")
		}
	}
	return form
}

func TestAFormChangesWhatItHasAndNothingElse(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		off := new(false)
		pause := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
		want := s.prefer(t, chat.PreferencesChange{
			EmailNewMessage: off, PushWishlist: off, Previews: off, LastSeen: off, PriceUpdate: off, Push: off,
			Quiet: &chat.Hours{From: 60, To: 120}, TimeZone: new("Asia/Kolkata"), PausedUntil: &pause,
		})
		post := func(path string, form url.Values) {
			t.Helper()
			if got := s.buyer.Do("POST", preferencesPage, form.Encode()); got.Status != http.StatusSeeOther || got.Header.Get("Location") != path {
				t.Errorf("got %d to %q, want %s: %s", got.Status, got.Header.Get("Location"), path, got.Body)
			}
			if diff := cmp.Diff(want, s.chosen(t)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		// As it is shown, on either page: also what is without effect keeps its value.
		for _, path := range []string{preferencesPage, "/notifications/"} {
			post(path, filled(s.buyer.Do("GET", path, "").Body))
		}
		form := filled(s.buyer.Do("GET", preferencesPage, "").Body)
		form.Del("new_message")
		form.Set("price_update", "on")
		form.Del("read_receipts")
		form.Set("quiet_from", "23:15")
		want.NewMessage, want.PriceUpdate, want.ReadReceipts, want.Quiet.From = false, true, false, 23*60+15
		post(preferencesPage, form)
		form.Del("quiet")
		want.Quiet = chat.Hours{}
		post(preferencesPage, form)

		// The scripts of the system before this one have seven switches, and know of no others.
		want.NewMessage, want.ProductInquiry, want.PriceUpdate, want.Wishlist, want.Email, want.Push = true, false, false, false, true, false
		post(preferencesPage, url.Values{"new_message": {"true"}, "email": {"1"}, "push": {"false"}})
		// So did a page that was open all the while, but for two.
		want.NewMessage, want.Email, want.LastSeen, want.ReadReceipts = false, false, true, false
		post(preferencesPage, url.Values{"others": {"1"}, "last_seen": {"on"}})
	})
}

func TestWhatIsRefusedComesBackAsItWasTyped(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		s.prefer(t, chat.PreferencesChange{Quiet: &chat.Hours{From: 60, To: 120}})
		want := s.chosen(t)
		for _, c := range []struct {
			field, value, says string
		}{
			{"time_zone", "Mars/<b>", "There is no such time zone"},
			{"quiet_from", "25:00", "Quiet hours need two times"},
			{"quiet_to", "", "Quiet hours need two times"},
			{"quiet_to", "01:00", "two different times"},
		} {
			form := filled(s.buyer.Do("GET", preferencesPage, "").Body)
			form.Set(c.field, c.value)
			form.Del("wishlist")
			got := s.buyer.Do("POST", preferencesPage, form.Encode())
			if got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, `id="`+c.field+`-fault"`) || !strings.Contains(got.Body, c.says) {
				t.Errorf("%s %q: %d, and not told beside the field", c.field, c.value, got.Status)
			}
			form.Set(c.field, strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(c.value))
			if diff := cmp.Diff(form, filled(got.Body)); diff != "" {
				t.Errorf("%s %q: what was typed came back otherwise (-want +got):\n%s", c.field, c.value, diff)
			}
			if diff := cmp.Diff(want, s.chosen(t)); diff != "" {
				t.Errorf("%s %q: something was stored (-want +got):\n%s", c.field, c.value, diff)
			}
		}
	})
}

func TestAPauseIsBegunAndEndedByAForm(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		s.prefer(t, chat.PreferencesChange{TimeZone: new("Asia/Kolkata"), Wishlist: new(false)})
		place, err := time.LoadLocation("Asia/Kolkata")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		day := now.In(place).AddDate(0, 0, 1)
		morning := time.Date(day.Year(), day.Month(), day.Day(), 8, 0, 0, 0, place)
		pause := func(form url.Values) (apptest.Response, time.Time) {
			t.Helper()
			got := s.buyer.Do("POST", preferencesPage, form.Encode())
			return got, s.chosen(t).PausedUntil
		}
		for _, c := range []struct {
			form url.Values
			want time.Time
		}{
			{url.Values{"pause": {"1h"}}, now.Add(time.Hour)},
			{url.Values{"pause": {"off"}}, time.Time{}},
			{url.Values{"pause": {"week"}}, now.AddDate(0, 0, 7)},
			{url.Values{"pause": {"morning"}, "time_zone": {""}}, morning},
			{url.Values{"pause": {"until"}, "paused_until": {morning.Format("2006-01-02T15:04")}}, morning},
			{url.Values{"pause": {"until"}, "paused_until": {morning.Format("2006-01-02T15:04")}, "time_zone": {"UTC"}}, morning.Add(5*time.Hour + 30*time.Minute)},
		} {
			got, until := pause(c.form)
			if c.form.Get("pause") == "morning" && time.Now().In(place).Day() != now.In(place).Day() && until.Sub(morning) > time.Hour {
				c.want = morning.AddDate(0, 0, 1) // it is past midnight by now
			}
			if got.Status != http.StatusSeeOther || until.Sub(c.want).Abs() > time.Minute {
				t.Errorf("%v: %d, until %s, want %s", c.form, got.Status, until, c.want)
			}
		}
		if page := s.buyer.Do("GET", preferencesPage, "").Body; !strings.Contains(page, "13:30 (Asia/Kolkata)</time>") {
			t.Error("the page does not say until when")
		}
		held := s.chosen(t)
		for typed, says := range map[string]string{"": "Say until when", "2020-01-01T00:00": "is over", "2999-01-01T00:00": "a year at the most"} {
			got, _ := pause(url.Values{"pause": {"until"}, "paused_until": {typed}})
			if got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, says) || !strings.Contains(got.Body, `id="paused_until-fault"`) {
				t.Errorf("until %q: %d, and %q is not told beside the field", typed, got.Status, says)
			}
		}
		script := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}}
		if got := s.buyer.SendWith("POST", preferencesPage, script, "pause=until&paused_until=x"); got.Status != 422 || got.JSON(t)["error"] == nil {
			t.Errorf("a script is refused by %d %s", got.Status, got.Body)
		}
		if diff := cmp.Diff(held, s.chosen(t)); diff != "" || held.Wishlist {
			t.Errorf("what was refused has changed something (-want +got):\n%s", diff)
		}
		if got := s.buyer.SendWith("POST", preferencesPage, script, "pause=week"); got.Status != 200 || got.JSON(t)["paused_until"] == nil {
			t.Errorf("a script gets %d %s", got.Status, got.Body)
		}
		if got := s.buyer.SendWith("POST", preferencesPage, script, "pause=off"); got.Body != `{"paused_until":null,"success":true}` {
			t.Errorf("a script that goes on gets %d %s", got.Status, got.Body)
		}
	})
}

func TestWhatIsMutedIsUnmutedWhereOneChooses(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		s := open(t, d)
		started, err := s.Messages.Start(t.Context(), s.town.Buyer.ID, messaging.StartCommand{Listing: s.town.Listing.ID, ClientID: "a", Text: "Hi"})
		if err != nil {
			t.Fatal(err)
		}
		mark := fmt.Sprintf("/chat/mark/%d/", started.Conversation)
		muted := func() bool { return strings.Contains(s.buyer.Do("GET", preferencesPage, "").Body, mark) }
		if muted() {
			t.Error("what is not muted is listed")
		}
		s.buyer.Do("POST", mark, "muted=8h")
		if !muted() {
			t.Error("what is muted is not listed")
		}
		if strings.Contains(s.seller.Do("GET", preferencesPage, "").Body, mark) {
			t.Error("the other one sees that it is muted")
		}
		got := s.buyer.Do("POST", mark, "muted=off&next="+preferencesPage)
		if got.Status != http.StatusSeeOther || got.Header.Get("Location") != preferencesPage || muted() {
			t.Errorf("unmuted: %d to %q", got.Status, got.Header.Get("Location"))
		}
		if got := s.buyer.Do("POST", mark, "muted=off&next=https://elsewhere.example/"); got.Header.Get("Location") != fmt.Sprintf("/chat/conversation/%d/", started.Conversation) {
			t.Errorf("led to %q", got.Header.Get("Location"))
		}
	})
}
