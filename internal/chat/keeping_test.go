package chat

import "testing"

func TestKeeping(t *testing.T) {
	on, off := new(true), new(false)
	const head = 7
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
