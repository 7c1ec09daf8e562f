package checker

import (
	"errors"
	"maps"
	"slices"
)

// follower is where a tab stands in a conversation on its line.
type follower struct {
	line   int
	last   int64
	open   bool
	behind bool // not caught up: an event beyond the next one only tells that there is more
}

// lines follows what came on every line: from a position on nothing is missing, what comes
// twice is the same, and everything that was seen is in the database.
func (c *check) lines() {
	type key struct {
		tab          Tab
		conversation int64
	}
	at := make(map[key]*follower)
	seen := make(map[key]map[int64]Entry)
	for _, r := range c.records {
		k := key{r.Tab, r.Entry.Conversation}
		f := at[k]
		switch r.Kind {
		case Began:
			at[k] = &follower{line: r.Line, last: r.Entry.Seq, open: true, behind: true}
		case Saw:
			c.saw(r)
			if f == nil || !f.open || f.line != r.Line {
				continue
			}
			if seen[k] == nil {
				seen[k] = make(map[int64]Entry)
			}
			if before, again := seen[k][r.Entry.Seq]; again {
				c.report.Counts.Again++
				if place := r.Entry.at(before); place != r.Entry {
					c.broken(Divergence, "%s saw %+v, and then %+v at that place", r.Tab, before, r.Entry)
				}
			}
			seen[k][r.Entry.Seq] = r.Entry
			if r.Entry.Seq > f.last+1 {
				if f.behind {
					continue
				}
				c.broken(Gap, "on line %d of %s the seq %d of conversation %d follows %d", r.Line, r.Tab, r.Entry.Seq, r.Entry.Conversation, f.last)
			}
			f.last = max(f.last, r.Entry.Seq)
		case CaughtUp:
			if f == nil || f.line != r.Line {
				continue
			}
			f.behind = false
			if r.Entry.Seq > f.last {
				c.broken(Gap, "on line %d %s was told that all up to %d of conversation %d had been sent, and has got %d",
					r.Line, r.Tab, r.Entry.Seq, r.Entry.Conversation, f.last)
			}
		case Reset:
			if f != nil {
				f.open = false
			}
			delete(seen, k)
		case Loaded:
			c.saw(r)
		case Sent, Acked, Refused, Doubted, Killed:
		}
	}
}

// at returns another entry with what changes of a message as this one has it.
func (e Entry) at(other Entry) Entry {
	other.Text, other.Deleted, other.Reactions, other.Files = e.Text, e.Deleted, e.Reactions, e.Files
	return other
}

// saw holds what was seen against the database.
func (c *check) saw(r Record) {
	switch err := c.match(r.Entry); {
	case errors.Is(err, errNotStored):
		c.broken(Phantom, "%s saw %+v, %v", r.Tab, r.Entry, err)
	case err != nil:
		c.broken(Divergence, "%s saw %+v, %v", r.Tab, r.Entry, err)
	}
}

// held compares what each tab has at the end with the database: the same messages in the
// same order up to the end, and each as it is now.
func (c *check) held() {
	for _, tab := range slices.Sorted(maps.Keys(c.truth.Holds)) {
		for _, id := range slices.Sorted(maps.Keys(c.truth.Holds[tab])) {
			var last int64
			now := make(map[int64]Entry) // by place
			for i, e := range c.truth.Holds[tab][id] {
				if i > 0 && e.Seq != last+1 {
					c.missed(tab, id, last+1, e.Seq)
				}
				last = e.Seq
				switch err := c.match(e); {
				case errors.Is(err, errNotStored):
					c.broken(Phantom, "%s ends with %+v, %v", tab, e, err)
				case err != nil:
					c.broken(Divergence, "%s ends with %+v, %v", tab, e, err)
				}
				if e.Changes != 0 {
					now[e.Changes] = e
				} else {
					now[e.Seq] = e
				}
			}
			c.missed(tab, id, last+1, int64(len(c.truth.Log[id]))+1)
			for at, e := range now {
				if stored, ok := c.log[place{id, at}]; ok && stateOf(stored) != stateOf(e) {
					c.broken(Divergence, "%s ends with %v at %d of conversation %d, where there is %v", tab, stateOf(e), at, id, stateOf(stored))
				}
			}
		}
	}
}

// missed finds messages that a tab does not have. What changed messages may have been in a page.
func (c *check) missed(tab Tab, id, from, to int64) {
	for seq := from; seq < to; seq++ {
		if e, ok := c.log[place{id, seq}]; !ok || e.Changes == 0 {
			c.broken(Gap, "%s ends without %d of conversation %d, and goes on at %d", tab, seq, id, to)
			return
		}
	}
}

// counted holds what people are told about themselves against the log.
func (c *check) counted() {
	for _, s := range c.truth.Standings {
		var unread, newest int64
		for _, e := range c.truth.Log[s.Conversation] {
			if e.Sender != s.Person && e.Seq > s.Read && e.Changes == 0 {
				unread++
				newest = e.Seq
			}
		}
		if s.Unread != unread {
			c.broken(Miscount, "person %d is told of %d unread messages in conversation %d, and has %d", s.Person, s.Unread, s.Conversation, unread)
		}
		if s.Read < s.Marked {
			c.broken(Miscount, "person %d had read conversation %d up to %d, and stands at %d", s.Person, s.Conversation, s.Marked, s.Read)
		}
		if s.Told >= 0 && s.Told != newest {
			c.broken(Miscount, "the notice of person %d in conversation %d is of %d, and the newest unread message is %d",
				s.Person, s.Conversation, s.Told, newest)
		}
	}
}
