package chat

import (
	"testing"
	"time"
)

func TestNothingLeavesInQuietHoursAndPauses(t *testing.T) {
	night := Hours{From: 22 * 60, To: 7*60 + 30}
	noon := Hours{From: 12 * 60, To: 14 * 60}
	for _, c := range []struct {
		name  string
		zone  string
		quiet Hours
		now   string
		pause string
		want  string // "" for at once
	}{
		{name: "by day", quiet: night, now: "2026-11-28T12:00:00Z"},
		{name: "before midnight", quiet: night, now: "2026-11-28T22:00:00Z", want: "2026-11-29T07:30:00Z"},
		{name: "after midnight", quiet: night, now: "2026-11-29T03:00:00Z", want: "2026-11-29T07:30:00Z"},
		{name: "as they end", quiet: night, now: "2026-11-29T07:30:00Z"},
		{name: "at noon", quiet: noon, now: "2026-11-29T13:59:59Z", want: "2026-11-29T14:00:00Z"},
		{name: "not at night", quiet: noon, now: "2026-11-29T03:00:00Z"},
		{name: "none", now: "2026-11-29T00:00:00Z"},
		{name: "elsewhere", zone: "Asia/Kolkata", quiet: night, now: "2026-11-28T17:00:00Z", want: "2026-11-29T02:00:00Z"},
		{name: "a night that loses an hour", zone: "Europe/Berlin", quiet: night, now: "2026-03-28T22:00:00Z", want: "2026-03-29T05:30:00Z"},
		{name: "a pause", now: "2026-11-28T12:00:00Z", pause: "2026-11-28T13:00:00Z", want: "2026-11-28T13:00:00Z"},
		{name: "a pause that ends at night", quiet: night, now: "2026-11-28T12:00:00Z", pause: "2026-11-28T23:00:00Z", want: "2026-11-29T07:30:00Z"},
		{name: "a pause that is over", now: "2026-11-28T12:00:00Z", pause: "2026-11-28T11:00:00Z"},
		{name: "a zone that is no more", zone: "Nowhere/Land", quiet: night, now: "2026-11-28T22:00:00Z", want: "2026-11-29T07:30:00Z"},
	} {
		at := func(s string) time.Time {
			if s == "" {
				return time.Time{}
			}
			parsed, err := time.Parse(time.RFC3339, s)
			if err != nil {
				t.Fatal(err)
			}
			return parsed
		}
		p := Preferences{Quiet: c.quiet, TimeZone: c.zone, PausedUntil: at(c.pause)}
		if got := p.SilentUntil(at(c.now)); !got.Equal(at(c.want)) {
			t.Errorf("%s: got %s, want %s", c.name, got.UTC(), c.want)
		}
	}
}

func TestEachKindGoesByEachWayAsItIsWanted(t *testing.T) {
	set := []func(*Preferences, bool){
		func(p *Preferences, on bool) { p.EmailProductInquiry = on },
		func(p *Preferences, on bool) { p.EmailNewMessage = on },
		func(p *Preferences, on bool) { p.EmailPriceUpdate = on },
		func(p *Preferences, on bool) { p.EmailWishlist = on },
		func(p *Preferences, on bool) { p.PushProductInquiry = on },
		func(p *Preferences, on bool) { p.PushNewMessage = on },
		func(p *Preferences, on bool) { p.PushPriceUpdate = on },
		func(p *Preferences, on bool) { p.PushWishlist = on },
	}
	for i, off := range set {
		p := DefaultPreferences()
		off(&p, false)
		for j, c := range []Channel{MailChannel, PushChannel} {
			for k, kind := range NoticeKinds {
				if got, want := p.Takes(kind, c), i != j*len(NoticeKinds)+k; got != want {
					t.Errorf("switch %d off: %s by %s is %t, want %t", i, kind, c, got, want)
				}
			}
		}
	}
	for name, off := range map[string]func(*Preferences){
		"the kind": func(p *Preferences) { p.NewMessage = false },
		"the way":  func(p *Preferences) { p.Email = false },
	} {
		p := DefaultPreferences()
		off(&p)
		if p.Takes(NoticeMessage, MailChannel) {
			t.Errorf("%s is off, and it goes", name)
		}
	}
}

func TestHoursAreReadAndWritten(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     Hours
		refused  bool
	}{
		{from: "22:00", to: "07:30", want: Hours{22 * 60, 450}},
		{from: "", to: ""},
		{from: "22:00", to: "", refused: true},
		{from: "24:00", to: "07:00", refused: true},
		{from: "10", to: "11", refused: true},
		{from: "22:00", to: "22:00", refused: true},
	} {
		h, err := ParseHours(c.from, c.to)
		if h != c.want || (err != nil) != c.refused {
			t.Errorf("%q to %q: got %v, %v", c.from, c.to, h, err)
		}
		if from, to := h.Clock(); err == nil && (from != c.from || to != c.to) {
			t.Errorf("%v is written as %q to %q", h, from, to)
		}
	}
}

func TestAChangeThatMakesNoSenseIsRefused(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for field, c := range map[string]PreferencesChange{
		"time_zone":    {TimeZone: new("Mars/Olympus")},
		"quiet_from":   {Quiet: &Hours{From: -1, To: 3}},
		"paused_until": {PausedUntil: new(now.Add(MaxPause + time.Minute))},
	} {
		_, err := DefaultPreferences().With(c, now)
		e, ok := err.(*Error)
		if !ok || e.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
	p, err := DefaultPreferences().With(PreferencesChange{PausedUntil: new(now.Add(-time.Minute))}, now)
	if err != nil || !p.PausedUntil.IsZero() {
		t.Errorf("a pause that is over: got %s, %v", p.PausedUntil, err)
	}
}
