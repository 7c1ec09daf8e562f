package chat

import "time"

// Quote is what an answer shows of the message that it answers: as that is now, however it was
// when it was answered.
type Quote struct {
	ID         MessageID
	Seq        Seq
	SenderID   UserID
	SenderName string
	Text       string // the first QuoteChars characters of its Summary; empty once it was deleted
	Deleted    bool
}

// Quote returns what an answer shows of a message.
func (m Message) Quote() Quote {
	q := Quote{ID: m.ID, Seq: m.Seq, SenderID: m.Sender.ID, SenderName: m.Sender.Name, Text: m.Summary(), Deleted: !m.DeletedAt.IsZero()}
	if m.Sender.Former {
		q.SenderName = FormerMember
	}
	n := 0
	for at := range q.Text {
		if n++; n > QuoteChars {
			q.Text = q.Text[:at]
			break
		}
	}
	return q
}

// Posted is the change of a new message that answers none.
func Posted(text string, at time.Time) Change {
	return Change{Kind: MessagePosted, Text: text, At: stamp(at)}
}

// Post adds a message of a member. It is Closed where nobody would read it. One that answers a
// message (to, 0 for none) is Invalid when there is no such message in the conversation, or none
// any more.
func (t Thread) Post(who UserID, text string, to MessageID, now time.Time) (Change, error) {
	if err := t.CanPost(who); err != nil {
		return Change{}, err
	}
	change := Posted(text, now)
	switch {
	case to == 0:
		return change, nil
	case t.Answers.ID != to:
		return Change{}, FieldError("reply_to", "The message that this answers is not in this conversation. Send it without reply_to.")
	case !t.Answers.DeletedAt.IsZero():
		return Change{}, FieldError("reply_to", "The message that this answers was deleted. Send it without the quote.")
	}
	change.ReplyTo = t.Answers.Quote()
	return change, nil
}
