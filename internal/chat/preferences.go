package chat

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
}

// DefaultPreferences are those of somebody who has not chosen: everything but marketing,
// which one has to ask for.
func DefaultPreferences() Preferences {
	return Preferences{NewMessage: true, ProductInquiry: true, PriceUpdate: true, Wishlist: true, Email: true, Push: true, ReadReceipts: true, LastSeen: true}
}

// PreferencesChange changes some of them; nil leaves as it is.
type PreferencesChange struct {
	NewMessage, ProductInquiry, PriceUpdate, Wishlist, Marketing, Email, Push, ReadReceipts, LastSeen *bool
}

// With returns the preferences after a change.
func (p Preferences) With(c PreferencesChange) Preferences {
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
	} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return p
}
