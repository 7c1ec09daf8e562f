package chat

import "time"

// Keeping is how a member keeps a conversation: their own affair, of which the other
// person learns nothing.
type Keeping struct {
	Muted        bool      // no sound and no notification
	MutedUntil   time.Time // zero when it has no end, or is not muted
	Pinned       bool      // stands above the others; at most MaxPinned
	MarkedUnread bool      // until it is read again
	ArchivedSeq  Seq       // up to which message it is archived; 0 for not at all
	ClearedSeq   Seq       // up to where they have deleted it for themselves; 0 for not at all
}

// Archived tells whether the conversation, whose last message is at last, is out of the
// list. The next message brings it back, unless it is muted.
func (k Keeping) Archived(last Seq) bool {
	return k.ArchivedSeq > 0 && (k.ArchivedSeq >= last || k.Muted)
}

// KeepingChange changes how a conversation is kept; nil leaves as it is.
type KeepingChange struct {
	Muted, Archived, Pinned, MarkedUnread *bool
	MutedUntil                            time.Time // with Muted; zero is without an end
}

// CanMute refuses an end of being muted that is none.
func (c KeepingChange) CanMute(now time.Time) error {
	switch {
	case c.MutedUntil.IsZero():
		return nil
	case c.Muted == nil || !*c.Muted || !c.MutedUntil.After(now):
		return FieldError("muted_for_ms", "Say for how long to mute, together with muted.")
	case c.MutedUntil.After(now.Add(MaxMute)):
		return FieldError("muted_for_ms", "A conversation can be muted for a year, or without an end.")
	}
	return nil
}

// Empty tells whether it changes nothing.
func (c KeepingChange) Empty() bool { return c == KeepingChange{} }

// With returns the keeping, after the change, of a conversation whose last message is at last.
func (k Keeping) With(c KeepingChange, last Seq) Keeping {
	if c.Archived == nil && !k.Archived(last) {
		// It has come back: muting it now must not put it away again.
		k.ArchivedSeq = 0
	}
	if c.Muted != nil {
		if !*c.Muted && k.Archived(last) {
			// What has come while it was muted does not bring it back now.
			k.ArchivedSeq = last
		}
		k.Muted, k.MutedUntil = *c.Muted, c.MutedUntil
	}
	if c.Archived != nil {
		k.ArchivedSeq = 0
		if *c.Archived {
			k.ArchivedSeq = last
		}
	}
	if c.Pinned != nil {
		k.Pinned = *c.Pinned
	}
	if c.MarkedUnread != nil {
		k.MarkedUnread = *c.MarkedUnread
	}
	return k
}
