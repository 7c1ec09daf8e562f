package socket

import (
	"context"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
)

// Messages is what the door asks of package messaging.
type Messages interface {
	Send(ctx context.Context, who chat.UserID, c messaging.SendCommand) (messaging.Sent, error)
	Edit(ctx context.Context, who chat.UserID, c messaging.ReviseCommand) (messaging.Revised, error)
	Delete(ctx context.Context, who chat.UserID, c messaging.ReviseCommand) (messaging.Revised, error)
	React(ctx context.Context, who chat.UserID, c messaging.ReactCommand) (messaging.Revised, error)
	MarkRead(ctx context.Context, who chat.UserID, id chat.ConversationID, seq chat.Seq) error
	MarkDelivered(ctx context.Context, who chat.UserID, id chat.ConversationID, seq chat.Seq) error
	Head(ctx context.Context, who chat.UserID, id chat.ConversationID) (chat.Seq, error)
	Resume(ctx context.Context, who chat.UserID, q messaging.ResumeQuery) (messaging.Resumed, error)
	Missing(ctx context.Context, who chat.UserID, id chat.ConversationID, after chat.Seq, limit int) ([]chat.Event, error)
}
