package inbox

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Hide has who delete a message for themselves, whosever it is and however old, or takes that
// back. Their other tabs and devices are told, and nobody else. It marks nothing as read: what
// was unread counts no more, but the other person's ticks stay. To do again what is done changes
// nothing. It returns the message, Concealed where it is hidden, and refuses with NotFound, also
// for what the conversation was cleared of, with Conflict where MaxHidden are hidden already, and with RateLimited.
func (s *Service) Hide(ctx context.Context, who chat.UserID, id chat.ConversationID, message chat.MessageID, hide bool) (chat.Message, error) {
	if err := s.admit(who); err != nil {
		return chat.Message{}, err
	}
	var m chat.Message
	var changed, rung bool
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Conversation(ctx, id, who); err != nil {
			return err
		}
		k, err := tx.Keeping(ctx, id, who)
		if err != nil {
			return err
		}
		if m, err = tx.Message(ctx, id, message); err != nil {
			return err
		}
		if !k.Sees(m.Seq) {
			return chat.ErrNotFound("message")
		}
		if changed, err = tx.Hide(ctx, m, who, hide); err != nil {
			return err
		}
		if hide && changed {
			n, err := tx.HiddenBy(ctx, id, who)
			if err != nil {
				return err
			}
			if n > chat.MaxHidden {
				return chat.Errorf(chat.Conflict, "You have deleted %d messages of this conversation for yourself. To delete more, delete the conversation.", chat.MaxHidden)
			}
		}
		// What there is nothing left of to read, nobody is told of any more.
		rung, err = tx.ReadNoticesOf(ctx, id, who, 0)
		return err
	})
	if err != nil {
		return chat.Message{}, err
	}
	if hide {
		m = m.Concealed()
	}
	if changed {
		s.relay.Signal(chat.MessageHidden{To: who, Message: m})
		_, err = s.introduce(ctx, who, id)
	}
	if rung {
		s.bell.Ring(who)
	}
	return m, err
}

// Delete has who delete a conversation for themselves: all that is in it by now, and its place
// in the lists until somebody writes again. The other person keeps it, and learns nothing. It
// refuses with NotFound and RateLimited.
func (s *Service) Delete(ctx context.Context, who chat.UserID, id chat.ConversationID) error {
	if err := s.admit(who); err != nil {
		return err
	}
	var rung bool
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		// The lock comes first: what is read behind it is no older than another's Delete.
		k, err := tx.Keeping(ctx, id, who)
		if err != nil {
			return err
		}
		c, err := tx.Conversation(ctx, id, who)
		if err != nil {
			return err
		}
		rung, err = tx.Clear(ctx, c, who, k.Clear(c.Head))
		return err
	})
	if err != nil {
		return err
	}
	if rung {
		s.bell.Ring(who)
	}
	_, err = s.introduce(ctx, who, id)
	return err
}

// introduce tells the tabs and devices of who how a conversation stands now, and returns it.
func (s *Service) introduce(ctx context.Context, who chat.UserID, id chat.ConversationID) (chat.Entry, error) {
	entry, err := s.Entry(ctx, who, id)
	if err == nil {
		s.relay.Signal(chat.Introduced{To: who, Entry: entry})
	}
	return entry, err
}
