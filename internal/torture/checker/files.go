package checker

import (
	"maps"
	"slices"
	"strings"
)

// File is what the database holds of a file that somebody may send.
type File struct {
	Message int64 // the id of the message that it is in, 0 for none
	Gone    bool  // it is to be removed
}

// files holds the files of messages against what is stored of each: a message has those that it was
// sent with, each is in one message, what was deleted lets them go, and whoever was refused came late.
func (c *check) files() {
	if c.truth.Files == nil {
		return
	}
	owners := make(map[string]int64) // the messages that show a file
	places := make(map[int64]Entry)  // messages by id
	for at, e := range c.log {
		if e.Changes != 0 {
			continue
		}
		places[e.Message] = e
		for _, id := range strings.Fields(e.Files) {
			if before, twice := owners[id]; twice {
				c.broken(Duplicate, "the file %s is in the messages %d and %d", id, before, e.Message)
			}
			owners[id] = e.Message
			if of, there := c.truth.Files[id]; !there || of.Message != e.Message || of.Gone {
				c.broken(LostFile, "message %d at %v shows the file %s, of which is stored %+v", e.Message, at, id, of)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.truth.Files)) {
		of := c.truth.Files[id]
		if of.Message == 0 {
			continue
		}
		c.report.Counts.Files++
		switch e, there := places[of.Message]; {
		case !there:
			c.broken(LostFile, "the file %s is in message %d, which is not stored", id, of.Message)
		case e.Deleted && !of.Gone:
			c.broken(LostFile, "the file %s is kept, and its message %d was deleted", id, of.Message)
		case !e.Deleted && owners[id] != of.Message:
			c.broken(LostFile, "the file %s is in message %d, which does not show it", id, of.Message)
		}
	}
	for _, one := range c.commands {
		late := func(id string) bool { return c.truth.Files[id].Message != 0 }
		if one.refused && one.files != "" && !slices.ContainsFunc(strings.Fields(one.files), late) {
			c.broken(LostFile, "%v was refused, and its files %s are in no message", one.name, one.files)
		}
	}
}

// brought returns the files that a message was sent with, once it is clear that they are there.
func (c *check) brought(at place, e Entry, one *command) string {
	if !e.Deleted && e.Files != one.files {
		c.broken(LostFile, "what stands at %v has the files %q, and was sent with %q", at, e.Files, one.files)
		return e.Files // it is the same breach wherever it was seen
	}
	return one.files
}
