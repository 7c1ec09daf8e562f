package web

import (
	"time"

	"swapnest/internal/chat"
)

// runWithin is how close in time messages of one person are to stand together. The
// browser's modules group in the same way.
const runWithin = 5 * time.Minute

// bubble is a message as it is drawn. The zero bubble is the blank that the script
// clones.
type bubble struct {
	chat.Message
	Side  string // mine or theirs
	Run   string // first, middle, last or only
	State string // of one's own: sent, delivered or read
	Word  string // the state, spoken
	Meta  bool   // the state shows although others of its run follow
	Who   string // spoken before the text
	Jumbo bool   // a few emoji and nothing else
	Day   *time.Time
	New   bool // what the reader has not seen begins here
	Last  bool // the one that the keyboard reaches first
	Put   []reaction
}

// Deleted tells whether it was taken away for everyone.
func (b bubble) Deleted() bool { return !b.DeletedAt.IsZero() }

// Edited tells whether its text was changed, and is there.
func (b bubble) Edited() bool { return !b.EditedAt.IsZero() && !b.Deleted() }

// bubbles lays a page of messages out for the reader. A day is one of UTC, since
// the server does not know the reader's zone; the script draws it again in theirs.
func bubbles(reader chat.UserID, page []chat.Message, seen chat.Seq, other chat.Participant) []bubble {
	all := make([]bubble, len(page))
	divided := false
	for i, m := range page {
		b := bubble{Message: m, Side: "theirs", Run: "only", Who: other.User.Name, Jumbo: len(m.Attachments) == 0 && jumbo(m.Text), Last: i == len(page)-1}
		b.Put = reactionsOf(reader, m, other.User.Name)
		if m.Sender.ID == reader {
			b.Side, b.Who = "mine", "You"
			b.State, b.Word = stateAt(m, other)
		}
		if i == 0 || !midnight(m.SentAt).Equal(midnight(page[i-1].SentAt)) {
			day := midnight(m.SentAt)
			b.Day = &day
		}
		if b.New = !divided && b.Side == "theirs" && m.Seq > seen; b.New {
			divided = true
		}
		all[i] = b
	}
	for i := range all {
		before, after := i > 0 && joined(all[i-1], all[i]), i+1 < len(all) && joined(all[i], all[i+1])
		switch {
		case before && after:
			all[i].Run = "middle"
		case before:
			all[i].Run = "last"
		case after:
			all[i].Run = "first"
		}
		all[i].Meta = after && all[i].State != all[i+1].State
	}
	return all
}

// joined tells whether two neighbours belong to one run.
func joined(a, b bubble) bool {
	return a.Side == b.Side && b.Day == nil && !b.New && b.SentAt.Sub(a.SentAt).Abs() <= runWithin
}

// stateAt is how far a message of one's own has come.
func stateAt(m chat.Message, other chat.Participant) (state, word string) {
	switch {
	case m.Read || m.Seq <= other.ReadSeq:
		return "read", "Read"
	case m.Seq <= other.DeliveredSeq:
		return "delivered", "Delivered"
	}
	return "sent", "Sent"
}

// jumbo tells whether a text is one to three emoji, which are shown large.
func jumbo(text string) bool {
	const joiner, variant, most = '\u200d', '\ufe0f', 3
	n, flags, joined := 0, 0, false
	for _, r := range text {
		switch {
		case r == joiner:
			joined = true
			continue
		case r == variant, r >= '\U0001f3fb' && r <= '\U0001f3ff', r >= '\U000e0020' && r <= '\U000e007f': // of colours, and of the flags of parts of a country
		case flag(r):
			flags++
		case r >= '\U0001f000' && r <= '\U0001faff', r >= '\u2600' && r <= '\u27bf', r >= '\u2b00' && r <= '\u2bff':
			if !joined {
				n++
			}
		default:
			return false
		}
		joined = false
	}
	n += flags / 2
	return !joined && n > 0 && n <= most && flags%2 == 0
}
