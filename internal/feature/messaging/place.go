package messaging

import (
	"context"

	"swapnest/internal/chat"
)

// Place returns where a message stands in a conversation of who, or NotFound: also for
// a message of another conversation.
func (s *Service) Place(ctx context.Context, who chat.UserID, id chat.ConversationID, message chat.MessageID) (chat.Seq, error) {
	c, err := s.db.Conversation(ctx, id, who)
	if err != nil {
		return 0, err
	}
	return s.db.MessageSeq(ctx, c.ID, message)
}
