package web

import "swapnest/internal/chat"

// end is what a conversation page says where things end: the listing is sold or gone,
// the other person has left, the conversation is closed.
type end struct {
	Writes bool   // one can still write
	Text   string // what has happened; "" for nothing
	Way    string // what one can do next; "" for nothing but writing
	WayTo  string
}

func endOf(e chat.Entry) end {
	similar := likeURL(e.Listing)
	switch {
	case !e.Conversation.ClosedAt.IsZero():
		return end{Text: "This conversation is closed. What was said stays here.", Way: "Go to the shop", WayTo: "/shop/"}
	case !e.Other.ClosedAt.IsZero():
		return end{
			Text: "The other person has closed their account, so nobody would read a message. What was said stays here.",
			Way:  "See similar things", WayTo: similar,
		}
	}
	open := end{Writes: true}
	switch {
	case e.Listing.Status == chat.ListingSold && e.Role == chat.Seller:
		open.Text = "You have marked this as sold. You can still write here."
	case e.Listing.Status == chat.ListingSold:
		open.Text, open.Way, open.WayTo = "This is sold. You can still write here.", "See similar things", similar
	case e.Listing.Status == chat.ListingInactive && e.Role == chat.Seller:
		open.Text = "This is no longer offered. You can still write here."
	case e.Listing.Status == chat.ListingInactive:
		open.Text, open.Way, open.WayTo = "This is no longer offered. You can still write here.", "See similar things", similar
	}
	return open
}
