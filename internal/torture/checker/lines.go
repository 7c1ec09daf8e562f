package checker

import (
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
				if before != r.Entry {
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

// saw holds what was seen against the database.
func (c *check) saw(r Record) {
	e, ok := c.log[place{r.Entry.Conversation, r.Entry.Seq}]
	switch {
	case !ok:
		c.broken(Phantom, "%s saw %+v, which is not stored", r.Tab, r.Entry)
	case e != r.Entry:
		c.broken(Divergence, "%s saw %+v, where there is %+v", r.Tab, r.Entry, e)
	}
}

// held compares what each tab has at the end with the database: the same messages in the
// same order up to the end.
func (c *check) held() {
	for _, tab := range slices.Sorted(maps.Keys(c.truth.Holds)) {
		for _, id := range slices.Sorted(maps.Keys(c.truth.Holds[tab])) {
			has, all := c.truth.Holds[tab][id], c.truth.Log[id]
			var last int64
			for i, e := range has {
				if i > 0 && e.Seq != last+1 {
					c.broken(Gap, "%s has %d behind %d in conversation %d", tab, e.Seq, last, id)
				}
				last = e.Seq
				if stored, ok := c.log[place{id, e.Seq}]; ok && stored != e {
					c.broken(Divergence, "%s ends with %+v, where there is %+v", tab, e, stored)
				} else if !ok {
					c.broken(Phantom, "%s ends with %+v, which is not stored", tab, e)
				}
			}
			if last < int64(len(all)) {
				c.broken(Gap, "%s ends at %d of conversation %d, which has %d", tab, last, id, len(all))
			}
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
