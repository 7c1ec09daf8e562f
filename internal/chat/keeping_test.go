package chat

import (
	"testing"
	"time"
)

func TestKeeping(t *testing.T) {
	on, off := new(true), new(false)
	const head = 7
	evening := time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		before Keeping
		change KeepingChange
		want   Keeping
		// archived now, and once somebody has written
		now, then bool
	}{
		{"archiving", Keeping{}, KeepingChange{Archived: on}, Keeping{ArchivedSeq: 7}, true, false},
		{"bringing back", Keeping{ArchivedSeq: 7}, KeepingChange{Archived: off}, Keeping{}, false, false},
		{"archiving what is muted", Keeping{Muted: true}, KeepingChange{Archived: on}, Keeping{Muted: true, ArchivedSeq: 7}, true, true},
		{"muting what is archived", Keeping{ArchivedSeq: 7}, KeepingChange{Muted: on}, Keeping{Muted: true, ArchivedSeq: 7}, true, true},
		{"muting what has come back", Keeping{ArchivedSeq: 5}, KeepingChange{Muted: on}, Keeping{Muted: true}, false, false},
		{"unmuting what stayed archived", Keeping{Muted: true, ArchivedSeq: 5}, KeepingChange{Muted: off}, Keeping{ArchivedSeq: 7}, true, false},
		{"muting for a time", Keeping{}, KeepingChange{Muted: on, MutedUntil: evening}, Keeping{Muted: true, MutedUntil: evening}, false, false},
		{"muting for good what was muted for a time", Keeping{Muted: true, MutedUntil: evening}, KeepingChange{Muted: on}, Keeping{Muted: true}, false, false},
		{"unmuting before its time", Keeping{Muted: true, MutedUntil: evening}, KeepingChange{Muted: off}, Keeping{}, false, false},
		{"pinning what is muted for a time", Keeping{Muted: true, MutedUntil: evening}, KeepingChange{Pinned: on}, Keeping{Muted: true, MutedUntil: evening, Pinned: true}, false, false},
		{"pinning", Keeping{Muted: true}, KeepingChange{Pinned: on}, Keeping{Muted: true, Pinned: true}, false, false},
		{"marking as unread", Keeping{ArchivedSeq: 7}, KeepingChange{MarkedUnread: on}, Keeping{ArchivedSeq: 7, MarkedUnread: true}, true, false},
		{"everything back", Keeping{Pinned: true, MarkedUnread: true}, KeepingChange{Pinned: off, MarkedUnread: off}, Keeping{}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.before.With(c.change, head)
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if now, then := got.Archived(head), got.Archived(head+1); now != c.now || then != c.then {
				t.Errorf("got archived %v and then %v, want %v and %v", now, then, c.now, c.then)
			}
		})
	}
}

func TestTheEndOfBeingMutedIsWithinAYear(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		change KeepingChange
		ok     bool
	}{
		{"without an end", KeepingChange{Muted: new(true)}, true},
		{"nothing about it", KeepingChange{Pinned: new(true)}, true},
		{"an hour", KeepingChange{Muted: new(true), MutedUntil: now.Add(time.Hour)}, true},
		{"a year", KeepingChange{Muted: new(true), MutedUntil: now.Add(MaxMute)}, true},
		{"more than a year", KeepingChange{Muted: new(true), MutedUntil: now.Add(MaxMute + 1)}, false},
		{"in the past", KeepingChange{Muted: new(true), MutedUntil: now}, false},
		{"unmuting with an end", KeepingChange{Muted: new(false), MutedUntil: now.Add(time.Hour)}, false},
		{"an end alone", KeepingChange{MutedUntil: now.Add(time.Hour)}, false},
	} {
		if err := c.change.CanMute(now); (err == nil) != c.ok || (err != nil && CodeOf(err) != Invalid) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
