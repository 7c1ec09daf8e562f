package messaging

import (
	"context"

	"swapnest/internal/chat"
)

// Place returns where a message stands in a conversation that its asker has been shown, or
// NotFound: also for a message of another conversation.
func (s *Service) Place(ctx context.Context, c chat.Conversation, message chat.MessageID) (chat.Seq, error) {
	return s.db.MessageSeq(ctx, c.ID, message)
}
