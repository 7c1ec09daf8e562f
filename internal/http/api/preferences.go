package api

import (
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/live/wire"
)

// preferences are what a person wants to be told of, by which ways, and what they show others.
type preferences struct {
	NewMessage          bool `json:"new_message" doc:"Notices of new messages."`
	ProductInquiry      bool `json:"product_inquiry" doc:"Notices of a buyer's first message."`
	PriceUpdate         bool `json:"price_update" doc:"Notices of lower prices on the wishlist."`
	Wishlist            bool `json:"wishlist" doc:"Notices of things on the wishlist that were sold."`
	Marketing           bool `json:"marketing" doc:"News and offers of the marketplace itself."`
	Email               bool `json:"email" doc:"Also by e-mail."`
	Push                bool `json:"push" doc:"Also on the devices that take it."`
	ReadReceipts        bool `json:"read_receipts" doc:"Others see how far one has read. When false, one does not see how far they have."`
	LastSeen            bool `json:"last_seen" doc:"Others see whether one is online and when one was last seen. When false, one does not see it of them."`
	EmailNewMessage     bool `json:"email_new_message" doc:"New messages by e-mail, where both are on."`
	EmailProductInquiry bool `json:"email_product_inquiry" doc:"A buyer's first message by e-mail, where both are on."`
	EmailPriceUpdate    bool `json:"email_price_update" doc:"Lower prices by e-mail, where both are on."`
	EmailWishlist       bool `json:"email_wishlist" doc:"Things that were sold by e-mail, where both are on."`
	PushNewMessage      bool `json:"push_new_message" doc:"New messages on devices, where both are on."`
	PushProductInquiry  bool `json:"push_product_inquiry" doc:"A buyer's first message on devices, where both are on."`
	PushPriceUpdate     bool `json:"push_price_update" doc:"Lower prices on devices, where both are on."`
	PushWishlist        bool `json:"push_wishlist" doc:"Things that were sold on devices, where both are on."`
	Previews            bool `json:"previews" doc:"A push message shows what was written. When false, it says only that there is something."`

	QuietFrom   string     `json:"quiet_from" doc:"Nothing leaves the site from this time of the day on, such as 22:00, and waits; empty for no quiet hours."`
	QuietTo     string     `json:"quiet_to" doc:"When the quiet hours end, such as 07:30."`
	TimeZone    string     `json:"time_zone" doc:"Of the quiet hours, an IANA name; empty is UTC."`
	PausedUntil *wire.Time `json:"paused_until,omitempty" doc:"Nothing leaves the site before, and waits; absent when not paused."`
}

func preferencesOf(p chat.Preferences) preferences {
	from, to := p.Quiet.Clock()
	out := preferences{
		NewMessage:          p.NewMessage,
		ProductInquiry:      p.ProductInquiry,
		PriceUpdate:         p.PriceUpdate,
		Wishlist:            p.Wishlist,
		Marketing:           p.Marketing,
		Email:               p.Email,
		Push:                p.Push,
		ReadReceipts:        p.ReadReceipts,
		LastSeen:            p.LastSeen,
		EmailNewMessage:     p.EmailNewMessage,
		EmailProductInquiry: p.EmailProductInquiry,
		EmailPriceUpdate:    p.EmailPriceUpdate,
		EmailWishlist:       p.EmailWishlist,
		PushNewMessage:      p.PushNewMessage,
		PushProductInquiry:  p.PushProductInquiry,
		PushPriceUpdate:     p.PushPriceUpdate,
		PushWishlist:        p.PushWishlist,
		Previews:            p.Previews,
		QuietFrom:           from, QuietTo: to, TimeZone: p.TimeZone,
	}
	if !p.PausedUntil.IsZero() {
		out.PausedUntil = new(wire.Time{Time: p.PausedUntil})
	}
	return out
}

// preferencesPatch changes what it names.
type preferencesPatch struct {
	NewMessage          *bool `json:"new_message,omitempty"`
	ProductInquiry      *bool `json:"product_inquiry,omitempty"`
	PriceUpdate         *bool `json:"price_update,omitempty"`
	Wishlist            *bool `json:"wishlist,omitempty"`
	Marketing           *bool `json:"marketing,omitempty"`
	Email               *bool `json:"email,omitempty"`
	Push                *bool `json:"push,omitempty"`
	ReadReceipts        *bool `json:"read_receipts,omitempty"`
	LastSeen            *bool `json:"last_seen,omitempty"`
	EmailNewMessage     *bool `json:"email_new_message,omitempty"`
	EmailProductInquiry *bool `json:"email_product_inquiry,omitempty"`
	EmailPriceUpdate    *bool `json:"email_price_update,omitempty"`
	EmailWishlist       *bool `json:"email_wishlist,omitempty"`
	PushNewMessage      *bool `json:"push_new_message,omitempty"`
	PushProductInquiry  *bool `json:"push_product_inquiry,omitempty"`
	PushPriceUpdate     *bool `json:"push_price_update,omitempty"`
	PushWishlist        *bool `json:"push_wishlist,omitempty"`
	Previews            *bool `json:"previews,omitempty"`

	QuietFrom   *string    `json:"quiet_from,omitempty" doc:"Goes with quiet_to; both empty for no quiet hours."`
	QuietTo     *string    `json:"quiet_to,omitempty"`
	TimeZone    *string    `json:"time_zone,omitempty"`
	PausedUntil *time.Time `json:"paused_until,omitempty" doc:"A time that is over ends a pause."`
}

// change returns what the patch changes.
func (p preferencesPatch) change() (chat.PreferencesChange, error) {
	c := chat.PreferencesChange{
		NewMessage:          p.NewMessage,
		ProductInquiry:      p.ProductInquiry,
		PriceUpdate:         p.PriceUpdate,
		Wishlist:            p.Wishlist,
		Marketing:           p.Marketing,
		Email:               p.Email,
		Push:                p.Push,
		ReadReceipts:        p.ReadReceipts,
		LastSeen:            p.LastSeen,
		EmailNewMessage:     p.EmailNewMessage,
		EmailProductInquiry: p.EmailProductInquiry,
		EmailPriceUpdate:    p.EmailPriceUpdate,
		EmailWishlist:       p.EmailWishlist,
		PushNewMessage:      p.PushNewMessage,
		PushProductInquiry:  p.PushProductInquiry,
		PushPriceUpdate:     p.PushPriceUpdate,
		PushWishlist:        p.PushWishlist,
		Previews:            p.Previews,
		TimeZone:            p.TimeZone, PausedUntil: p.PausedUntil,
	}
	if p.QuietFrom == nil && p.QuietTo == nil {
		return c, nil
	}
	if p.QuietFrom == nil || p.QuietTo == nil {
		missing := "quiet_from"
		if p.QuietTo == nil {
			missing = "quiet_to"
		}
		return c, chat.FieldError(missing, "Quiet hours need both of their ends.")
	}
	hours, err := chat.ParseHours(*p.QuietFrom, *p.QuietTo)
	c.Quiet = &hours
	return c, err
}
