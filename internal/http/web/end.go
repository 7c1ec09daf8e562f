package web

import "swapnest/internal/chat"

// end is what a conversation page says where things end: the listing is sold or gone,
// the other person has left, the conversation is closed.
type end struct {
	Writes bool   // one can still write
	Lines  []line // what is said above where one writes
	Text   string // what has happened, where one cannot
	Way    string // what one can do next
	WayTo  string
}

// line is said while the listing has a state.
type line struct {
	Status  chat.ListingStatus
	Current bool // it has it
	Text    string
	Way     string // what one can do next; "" for nothing but writing
	WayTo   string
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
	for _, l := range []line{
		{Status: chat.ListingSold, Text: "This is sold. You can still write here."},
		{Status: chat.ListingInactive, Text: "This is no longer offered. You can still write here."},
	} {
		l.Current = l.Status == e.Listing.Status
		switch {
		case e.Role == chat.Buyer:
			l.Way, l.WayTo = "See similar things", similar
		case l.Status == chat.ListingSold:
			l.Text = "You have marked this as sold. You can still write here."
		}
		open.Lines = append(open.Lines, l)
	}
	return open
}
