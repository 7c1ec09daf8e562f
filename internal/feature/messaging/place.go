package messaging

import (
	"context"

	"swapnest/internal/chat"
)

// Place returns where a message stands in a conversation that who has been shown, or NotFound:
// also for a message of another conversation, or one that who has deleted for themselves.
func (s *Service) Place(ctx context.Context, who chat.UserID, c chat.Conversation, message chat.MessageID) (chat.Seq, error) {
	return s.db.As(who).MessageSeq(ctx, c.ID, message)
}
