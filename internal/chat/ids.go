package chat

// Identifiers are positive integers that the database assigns. Zero means none.
type (
	// UserID identifies a person's account.
	UserID int64
	// ListingID identifies a thing for sale.
	ListingID int64
	// ConversationID identifies the talk of one buyer with one seller about one listing.
	ConversationID int64
	// MessageID identifies a message, across all conversations.
	MessageID int64
	// SavedReplyID identifies a saved reply, across all people.
	SavedReplyID int64
	// NoticeID identifies a notice, across all people.
	NoticeID int64
	// PushDeviceID identifies a browser that takes push messages, across all people.
	PushDeviceID int64
	// DeliveryID identifies what the outbox holds, across all people and channels.
	DeliveryID int64
)

// Seq numbers the events of one conversation: 1, 2, 3 and so on without a gap,
// in the order in which they were committed. Zero is the position before the first.
type Seq int64

// SessionID names a signed-in session: the SHA-256 of its secret token, so that
// neither the database nor a log holds what would sign somebody in.
type SessionID [32]byte
