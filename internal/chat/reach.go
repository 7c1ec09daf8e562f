package chat

import (
	"fmt"
	"time"
	_ "time/tzdata" // a machine may know no time zones
)

// Channel is a way to reach somebody who is not on the site.
type Channel string

// The channels. Their texts stand in the database.
const (
	PushChannel Channel = "push" // a browser that takes push messages
	MailChannel Channel = "mail"
)

// Takes tells whether somebody wants notices of a kind by a channel, at some time.
func (p Preferences) Takes(k NoticeKind, c Channel) bool {
	kind, mail, push := p.kind(k)
	switch c {
	case MailChannel:
		return kind && mail && p.Email
	case PushChannel:
		return kind && push && p.Push
	default:
		return false
	}
}

// kind returns the switches of a kind: its own, and those of its mail and push.
func (p Preferences) kind(k NoticeKind) (kind, mail, push bool) {
	switch k {
	case NoticeInquiry:
		return p.ProductInquiry, p.EmailProductInquiry, p.PushProductInquiry
	case NoticeMessage:
		return p.NewMessage, p.EmailNewMessage, p.PushNewMessage
	case NoticePriceDrop:
		return p.PriceUpdate, p.EmailPriceUpdate, p.PushPriceUpdate
	case NoticeSold:
		return p.Wishlist, p.EmailWishlist, p.PushWishlist
	default:
		return false, false, false
	}
}

// SilentUntil returns when what is to be sent at now may leave the site: when a pause and the
// quiet hours are over. It is zero when that is at once.
func (p Preferences) SilentUntil(now time.Time) time.Time {
	at := now
	if p.PausedUntil.After(at) {
		at = p.PausedUntil
	}
	at = p.Quiet.end(at, p.location())
	if at.Equal(now) {
		return time.Time{}
	}
	return at
}

// location is the place whose clock counts. A zone that this program does not know any more is UTC.
func (p Preferences) location() *time.Location {
	place, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return time.UTC
	}
	return place
}

// Hours are a part of each day, from one minute of the day on until another one, which may lie on
// the day after. Where both are alike there are none.
type Hours struct{ From, To int }

// minutesOfDay is how many there are when no clock is changed.
const minutesOfDay = 24 * 60

// ParseHours reads two times such as "22:00" and "07:30"; both empty are no hours. It refuses
// two that are alike, which might be all day or none of it.
func ParseHours(from, to string) (Hours, error) {
	if from == "" && to == "" {
		return Hours{}, nil
	}
	var h Hours
	for _, part := range []struct {
		field, text string
		into        *int
	}{{"quiet_from", from, &h.From}, {"quiet_to", to, &h.To}} {
		at, err := time.Parse("15:04", part.text)
		if err != nil {
			return Hours{}, FieldError(part.field, "Quiet hours need two times, such as 22:00 and 07:30.")
		}
		*part.into = at.Hour()*60 + at.Minute()
	}
	if h.None() {
		return Hours{}, FieldError("quiet_to", "Quiet hours need two different times. To be told of nothing, turn the ways off.")
	}
	return h, nil
}

// None tells whether there are no such hours.
func (h Hours) None() bool { return h.From == h.To }

// Clock returns both ends as ParseHours reads them; "" for no hours.
func (h Hours) Clock() (from, to string) {
	if h.None() {
		return "", ""
	}
	clock := func(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
	return clock(h.From), clock(h.To)
}

func (h Hours) check() error {
	if h.From < 0 || h.To < 0 || h.From >= minutesOfDay || h.To >= minutesOfDay {
		return FieldError("quiet_from", "Quiet hours need two times, such as 22:00 and 07:30.")
	}
	return nil
}

// end returns at, or the end of the hours that it lies in.
func (h Hours) end(at time.Time, place *time.Location) time.Time {
	if h.None() {
		return at
	}
	local := at.In(place)
	minute := local.Hour()*60 + local.Minute()
	over := func(days int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+days, h.To/60, h.To%60, 0, 0, place)
	}
	switch {
	case h.From < h.To && minute >= h.From && minute < h.To:
		return over(0)
	case h.From > h.To && minute >= h.From:
		return over(1)
	case h.From > h.To && minute < h.To:
		return over(0)
	default:
		return at
	}
}

// checkTimeZone accepts "" and the names of the IANA time zone database.
func checkTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return FieldError("time_zone", "There is no such time zone. It needs a name such as Asia/Kolkata.")
	}
	return nil
}
