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

// Draft is a message as somebody wants to send it.
type Draft struct {
	Text        string         // as ParseText returns it, or ParseCaption where something is attached
	ReplyTo     MessageID      // the message that it answers, 0 for none
	Attachments []AttachmentID // in the order in which they are to be shown
}

// Post adds a message of a member, with at most as many attachments. It is Closed where nobody would
// read it. One that answers a message is Invalid when there is no such message in the conversation,
// or none any more; so is one with an attachment that the thread does not have for it.
func (t Thread) Post(who UserID, d Draft, most int, now time.Time) (Change, error) {
	if err := t.CanPost(who); err != nil {
		return Change{}, err
	}
	change := Posted(d.Text, now)
	switch {
	case d.ReplyTo == 0:
	case t.Answers.ID != d.ReplyTo:
		return Change{}, FieldError("reply_to", "The message that this answers is not in this conversation. Send it without reply_to.")
	case !t.Answers.DeletedAt.IsZero():
		return Change{}, FieldError("reply_to", "The message that this answers was deleted. Send it without the quote.")
	default:
		change.ReplyTo = t.Answers.Quote()
	}
	var err error
	change.Attachments, err = t.attach(d.Attachments, most)
	if err != nil {
		return Change{}, err
	}
	return change, nil
}
