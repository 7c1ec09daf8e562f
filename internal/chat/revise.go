package chat

import "time"

// DeletedText stands where a deleted message was.
const DeletedText = "This message was deleted"

// MayRevise tells whether who may still edit or delete a message. It is also what a page
// asks before it offers to.
func (m Message) MayRevise(who UserID, now time.Time) bool {
	return m.Sender.ID == who && m.DeletedAt.IsZero() && now.Sub(m.SentAt) <= EditWindow
}

// Edit gives the message that the command is about another text. The same text again
// changes nothing, and none at all is Empty unless something is attached. Others' messages and those older than EditWindow are Forbidden, a deleted
// one is a Conflict, and where nothing can be posted nothing can be edited.
func (t Thread) Edit(who UserID, text string, now time.Time) (Change, error) {
	switch {
	case t.About.Sender.ID != who:
		return Change{}, Errorf(Forbidden, "Only who has sent a message can edit it.")
	case !t.About.DeletedAt.IsZero():
		return Change{}, Errorf(Conflict, "This message was deleted, so it cannot be edited any more. Send a new one.")
	case t.About.Text == text:
		return Change{}, nil
	case text == "" && len(t.About.Attachments) == 0:
		return Change{}, errEmpty
	case !t.About.MayRevise(who, now):
		return Change{}, Errorf(Forbidden, "A message can be edited for %d minutes after it was sent. Send a new one instead.", int(EditWindow.Minutes()))
	}
	if err := t.CanPost(who); err != nil {
		return Change{}, err
	}
	return Change{Kind: MessageEdited, Text: text, At: stamp(now)}, nil
}

// Delete takes the message that the command is about away for everyone. One that is deleted
// already stays so. Others' messages and those older than EditWindow are Forbidden.
func (t Thread) Delete(who UserID, now time.Time) (Change, error) {
	switch {
	case t.About.Sender.ID != who:
		return Change{}, Errorf(Forbidden, "Only who has sent a message can delete it.")
	case !t.About.DeletedAt.IsZero():
		return Change{}, nil
	case !t.About.MayRevise(who, now):
		return Change{}, Errorf(Forbidden, "A message can be deleted for %d minutes after it was sent.", int(EditWindow.Minutes()))
	}
	return Change{Kind: MessageDeleted, At: stamp(now)}, nil
}

// stamp returns a time as events keep it.
func stamp(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }
