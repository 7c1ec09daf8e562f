package inbox

import (
	"context"
	"errors"
	"strconv"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Keep changes how who keeps a conversation, and tells the other tabs and devices of the
// same person. It refuses with NotFound, and with Invalid when nothing is to be changed,
// or when MaxPinned conversations are pinned already, and with RateLimited.
func (s *Service) Keep(ctx context.Context, who chat.UserID, id chat.ConversationID, change chat.KeepingChange) (chat.Entry, error) {
	if change.Empty() {
		return chat.Entry{}, chat.Errorf(chat.Invalid, "Say what to change: muted, archived, pinned or marked_unread.")
	}
	if err := s.admit(who); err != nil {
		return chat.Entry{}, err
	}
	if err := change.CanMute(time.Now()); err != nil {
		return chat.Entry{}, err
	}
	return s.change(ctx, who, id, func(chat.Keeping) chat.KeepingChange { return change })
}

// admit refuses who changes a lot at once with RateLimited.
func (s *Service) admit(who chat.UserID) error {
	return s.keep.Take(strconv.FormatInt(int64(who), 10), "You have changed a lot at once. You can go on in a moment.")
}

// Muted returns what who has muted, archived or not, newest activity first: at most
// MaxConversationPage.
func (s *Service) Muted(ctx context.Context, who chat.UserID) ([]chat.Entry, error) {
	entries, err := s.db.MutedEntries(ctx, who, chat.MaxConversationPage)
	for i := range entries {
		s.present(&entries[i])
	}
	return entries, err
}

// Unmute has people hear again of conversations that they had muted for a time. Several nodes
// may do it at once.
func (s *Service) Unmute(ctx context.Context) error {
	for {
		over, err := s.db.MutesOver(ctx, time.Now(), overAtOnce)
		if err != nil {
			return err
		}
		var errs []error
		for _, p := range over {
			_, err := s.change(ctx, p.Who, p.Conversation, func(k chat.Keeping) chat.KeepingChange {
				if k.MutedUntil.IsZero() || k.MutedUntil.After(time.Now()) {
					return chat.KeepingChange{} // they have changed their mind
				}
				return chat.KeepingChange{Muted: new(bool)}
			})
			errs = append(errs, err)
		}
		if err := errors.Join(errs...); err != nil || len(over) < overAtOnce {
			return err
		}
	}
}

// overAtOnce is how many mutes end between two looks at the database.
const overAtOnce = 100

// change stores what a decision makes of how who keeps a conversation, and tells their tabs.
func (s *Service) change(ctx context.Context, who chat.UserID, id chat.ConversationID, decide func(chat.Keeping) chat.KeepingChange) (chat.Entry, error) {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		c, err := tx.Conversation(ctx, id, who)
		if err != nil {
			return err
		}
		pinned, err := tx.PinnedBy(ctx, who)
		if err != nil {
			return err
		}
		before, err := tx.Keeping(ctx, id, who)
		if err != nil {
			return err
		}
		after := before.With(decide(before), c.LastSeq)
		if after.Pinned && !before.Pinned && pinned >= chat.MaxPinned {
			return chat.FieldError("pinned", "You have pinned %d conversations already. Unpin one of them first.", chat.MaxPinned)
		}
		return tx.SetKeeping(ctx, id, who, after)
	})
	if err != nil {
		return chat.Entry{}, err
	}
	return s.introduce(ctx, who, id)
}
