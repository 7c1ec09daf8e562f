package chat

import "time"

// Somebody may keep two things to themselves: how far they have read, and whether they are
// here or when they were. Each is mutual: who keeps it is not told of others either. So what
// may be shown follows from both people alone, whoever of them looks.

// ReadsShown tells whether two people show each other how far they have read.
func ReadsShown(a, b User) bool { return !a.HidesRead && !b.HidesRead }

// ShownTo returns a person as a viewer is shown them, given whether they are here: with
// neither that nor when they were last, when one of both keeps it to themselves. Oneself is
// shown what others see. The zero viewer is somebody who is not signed in.
func (u User) ShownTo(viewer User, here bool) User {
	u.Online = here
	if u.HidesSeen || viewer.HidesSeen {
		u.Online, u.LastSeen = false, time.Time{}
	}
	return u
}
