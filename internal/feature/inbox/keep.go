package inbox

import (
	"context"
	"strconv"

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
	if err := s.keep.Take(strconv.FormatInt(int64(who), 10), "You have changed a lot at once. You can go on in a moment."); err != nil {
		return chat.Entry{}, err
	}
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
		after := before.With(change, c.LastSeq)
		if after.Pinned && !before.Pinned && pinned >= chat.MaxPinned {
			return chat.FieldError("pinned", "You have pinned %d conversations already. Unpin one of them first.", chat.MaxPinned)
		}
		return tx.SetKeeping(ctx, id, who, after)
	})
	if err != nil {
		return chat.Entry{}, err
	}
	entry, err := s.Entry(ctx, who, id)
	if err == nil {
		s.relay.Signal(chat.Introduced{To: who, Entry: entry})
	}
	return entry, err
}
