package chat

import (
	"time"
)

// Preferences say what a person wants to be told of, and by which ways, and what they show
// others of themselves. The ways concern what leaves the site: in it, what is wanted is
// always shown.
type Preferences struct {
	NewMessage     bool // notices of the kind NoticeMessage
	ProductInquiry bool // NoticeInquiry
	PriceUpdate    bool // NoticePriceDrop
	Wishlist       bool // NoticeSold
	Marketing      bool // news and offers of the marketplace itself
	Email          bool
	Push           bool
	ReadReceipts   bool // others see how far one has read; off, one does not see it of them either
	LastSeen       bool // others see whether one is here and when one was; off, one does not see it either

	// What of each kind leaves the site by each way, where both the kind and the way are on.
	EmailNewMessage, EmailProductInquiry, EmailPriceUpdate, EmailWishlist bool
	PushNewMessage, PushProductInquiry, PushPriceUpdate, PushWishlist     bool

	Previews    bool      // a push message shows what was written; off, only that there is something
	Quiet       Hours     // nothing leaves the site meanwhile, but waits
	TimeZone    string    // of Quiet, an IANA name; "" is UTC
	PausedUntil time.Time // nothing leaves the site before; zero is not paused
}

// DefaultPreferences are those of somebody who has not chosen: everything but marketing,
// which one has to ask for.
func DefaultPreferences() Preferences {
	return Preferences{
		NewMessage: true, ProductInquiry: true, PriceUpdate: true, Wishlist: true, Email: true, Push: true, ReadReceipts: true, LastSeen: true,
		EmailNewMessage: true, EmailProductInquiry: true, EmailPriceUpdate: true, EmailWishlist: true,
		PushNewMessage: true, PushProductInquiry: true, PushPriceUpdate: true, PushWishlist: true, Previews: true,
	}
}

// PreferencesChange changes some of them; nil leaves as it is.
type PreferencesChange struct {
	NewMessage, ProductInquiry, PriceUpdate, Wishlist, Marketing, Email, Push, ReadReceipts, LastSeen *bool

	EmailNewMessage, EmailProductInquiry, EmailPriceUpdate, EmailWishlist *bool
	PushNewMessage, PushProductInquiry, PushPriceUpdate, PushWishlist     *bool

	Previews    *bool
	Quiet       *Hours
	TimeZone    *string
	PausedUntil *time.Time
}

// With returns the preferences after a change, and refuses a time zone that there is not, hours
// that no day has, and a pause that ends more than MaxPause after now. A pause that is over is none.
func (p Preferences) With(c PreferencesChange, now time.Time) (Preferences, error) {
	for _, f := range []struct{ from, to *bool }{
		{c.NewMessage, &p.NewMessage},
		{c.ProductInquiry, &p.ProductInquiry},
		{c.PriceUpdate, &p.PriceUpdate},
		{c.Wishlist, &p.Wishlist},
		{c.Marketing, &p.Marketing},
		{c.Email, &p.Email},
		{c.Push, &p.Push},
		{c.ReadReceipts, &p.ReadReceipts},
		{c.LastSeen, &p.LastSeen},
		{c.EmailNewMessage, &p.EmailNewMessage},
		{c.EmailProductInquiry, &p.EmailProductInquiry},
		{c.EmailPriceUpdate, &p.EmailPriceUpdate},
		{c.EmailWishlist, &p.EmailWishlist},
		{c.PushNewMessage, &p.PushNewMessage},
		{c.PushProductInquiry, &p.PushProductInquiry},
		{c.PushPriceUpdate, &p.PushPriceUpdate},
		{c.PushWishlist, &p.PushWishlist},
		{c.Previews, &p.Previews},
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if c.TimeZone != nil {
		if err := checkTimeZone(*c.TimeZone); err != nil {
			return p, err
		}
		p.TimeZone = *c.TimeZone
	}
	if c.Quiet != nil {
		if err := c.Quiet.check(); err != nil {
			return p, err
		}
		p.Quiet = *c.Quiet
	}
	if c.PausedUntil != nil {
		if c.PausedUntil.After(now.Add(MaxPause)) {
			return p, FieldError("paused_until", "A pause lasts a year at the most. Turn the way off instead.")
		}
		p.PausedUntil = *c.PausedUntil
	}
	if !p.PausedUntil.After(now) {
		p.PausedUntil = time.Time{}
	}
	return p, nil
}
