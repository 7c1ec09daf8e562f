package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// Participants returns the two people of a conversation and how far they have come, as one
// of them may know it.
func (r Reader) Participants(ctx context.Context, c chat.Conversation, viewer chat.UserID) ([]chat.Participant, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT m.read_seq, m.delivered_seq, `+userColumns+`
		FROM member m JOIN users u ON u.id = m.user_id
		WHERE m.conversation_id = $1 ORDER BY u.id`, c.ID)
	if err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	people, err := collect(rows, func(p *chat.Participant) []any {
		return append([]any{&p.ReadSeq, &p.DeliveredSeq}, userFields(&p.User)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read participants: %w", err)
	}
	hidden := len(people) == 2 && !chat.ReadsShown(people[0].User, people[1].User)
	for i := range people {
		if hidden && people[i].User.ID != viewer {
			people[i].ReadSeq = 0
		}
		people[i].Role, _ = c.Role(people[i].User.ID)
		people[i].User = shown(people[i].User)
	}
	return people, nil
}

// MoveRead moves a member's read cursor forward to seq, which lies within the
// log, and remembers how many messages the other side had sent by then, or by where the
// member has cleared the conversation. It tells whether the cursor moved.
func (tx *Tx) MoveRead(ctx context.Context, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	return tx.moved(ctx, `
		UPDATE member SET
			delivered_seq = CASE WHEN delivered_seq < $3 THEN $3 ELSE delivered_seq END,
			read_seq = $3,
			read_sent = COALESCE((
				SELECT CASE WHEN c.buyer_id = $2 THEN m.seller_sent ELSE m.buyer_sent END
				FROM message m JOIN conversation c ON c.id = m.conversation_id
				WHERE m.conversation_id = $1 AND m.seq <= CASE WHEN $3 < cleared_seq THEN cleared_seq ELSE $3 END ORDER BY m.seq DESC LIMIT 1), 0)
		WHERE conversation_id = $1 AND user_id = $2 AND read_seq < $3`, id, who, seq)
}

// ReadMoves tells whether MoveRead, MoveDelivered, ClearUnreadMark or ReadNoticesOf up to seq would change anything for a member: most
// of what is said to be read was said before, by another tab or on another line, and costs no transaction then.
func (r Reader) ReadMoves(ctx context.Context, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	return r.moves(ctx, `
		SELECT EXISTS (
			SELECT 1 FROM member me WHERE me.conversation_id = $2 AND me.user_id = $1 AND (me.read_seq < $3 OR me.delivered_seq < $3 OR me.marked_unread)
		) OR EXISTS (SELECT 1 FROM notice WHERE `+readBy+`)`, id, who, seq)
}

// DeliveredMoves tells whether MoveDelivered to seq would move a member's cursor.
func (r Reader) DeliveredMoves(ctx context.Context, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	return r.moves(ctx, `
		SELECT EXISTS (SELECT 1 FROM member me WHERE me.conversation_id = $2 AND me.user_id = $1 AND me.delivered_seq < $3)`, id, who, seq)
}

func (r Reader) moves(ctx context.Context, query string, id chat.ConversationID, who chat.UserID, seq chat.Seq) (moves bool, err error) {
	if err = r.q.QueryRowContext(ctx, query, who, id, seq).Scan(&moves); err != nil {
		return false, fmt.Errorf("read the cursors of conversation %d: %w", id, err)
	}
	return moves, nil
}

// ReadsHidden tells whether one of the people of a conversation keeps to themselves how far
// they have read.
func (tx *Tx) ReadsHidden(ctx context.Context, c chat.Conversation) (bool, error) {
	var hidden bool
	err := tx.q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM users WHERE id IN ($1, $2) AND hides_read)`, c.BuyerID, c.SellerID).Scan(&hidden)
	if err != nil {
		return false, fmt.Errorf("read what the people of conversation %d show: %w", c.ID, err)
	}
	return hidden, nil
}

// MoveDelivered moves a member's delivered cursor forward and tells whether it moved.
func (tx *Tx) MoveDelivered(ctx context.Context, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	return tx.moved(ctx, `
		UPDATE member SET delivered_seq = $3 WHERE conversation_id = $1 AND user_id = $2 AND delivered_seq < $3`, id, who, seq)
}

func (tx *Tx) moved(ctx context.Context, query string, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	result, err := tx.q.ExecContext(ctx, query, id, who, seq)
	if err != nil {
		return false, fmt.Errorf("move a cursor in conversation %d: %w", id, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("move a cursor in conversation %d: %w", id, err)
	}
	return n > 0, nil
}

// ClearUnreadMark takes back that a member has marked a conversation as unread, and tells
// whether that was so.
func (tx *Tx) ClearUnreadMark(ctx context.Context, id chat.ConversationID, who chat.UserID) (bool, error) {
	result, err := tx.q.ExecContext(ctx, `
		UPDATE member SET marked_unread = FALSE WHERE conversation_id = $1 AND user_id = $2 AND marked_unread`, id, who)
	if err != nil {
		return false, fmt.Errorf("clear the mark of conversation %d: %w", id, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("clear the mark of conversation %d: %w", id, err)
	}
	return n > 0, nil
}

// Keeping returns how a member keeps a conversation, locked until the end of the
// transaction; NotFound for who is none.
func (tx *Tx) Keeping(ctx context.Context, id chat.ConversationID, who chat.UserID) (chat.Keeping, error) {
	var k chat.Keeping
	err := tx.q.QueryRowContext(ctx, `
		SELECT m.muted, m.muted_until, m.pinned, m.marked_unread, m.archived_seq, m.cleared_seq FROM member m
		WHERE m.conversation_id = $1 AND m.user_id = $2`+tx.d.forUpdate(), id, who,
	).Scan(&k.Muted, microsInto{&k.MutedUntil}, &k.Pinned, &k.MarkedUnread, &k.ArchivedSeq, &k.ClearedSeq)
	if err != nil {
		return k, fmt.Errorf("read the marks of conversation %d: %w", id, missing(err, "conversation"))
	}
	return k, nil
}

// SetKeeping stores how a member keeps a conversation. Who marks it as unread has locked the member's user.
func (tx *Tx) SetKeeping(ctx context.Context, id chat.ConversationID, who chat.UserID, k chat.Keeping) error {
	_, err := tx.q.ExecContext(ctx, `
		UPDATE member SET muted = $3, pinned = $4, marked_unread = $5, archived_seq = $6, muted_until = $7, cleared_seq = $8
		WHERE conversation_id = $1 AND user_id = $2`, id, who, k.Muted, k.Pinned, k.MarkedUnread, k.ArchivedSeq, micros(k.MutedUntil), k.ClearedSeq)
	if err != nil {
		return fmt.Errorf("store the marks of conversation %d: %w", id, err)
	}
	if k.MarkedUnread {
		_, err = tx.changed(ctx, "mark a conversation as unread", `INSERT INTO unsettled (user_id, conversation_id) VALUES ($2, $1) ON CONFLICT DO NOTHING`, id, who)
	}
	return err
}

// Place is a conversation of somebody's.
type Place struct {
	Conversation chat.ConversationID
	Who          chat.UserID
}

// MutesOver returns at most limit conversations whose time of being muted is over, those first
// that have waited longest.
func (r Reader) MutesOver(ctx context.Context, now time.Time, limit int) ([]Place, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT m.conversation_id, m.user_id FROM member m
		WHERE m.muted_until > 0 AND m.muted_until <= $1 ORDER BY m.muted_until LIMIT $2`, micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("read whose time of being muted is over: %w", err)
	}
	return collect(rows, func(p *Place) []any { return []any{&p.Conversation, &p.Who} })
}

// PinnedBy returns how many conversations somebody has pinned. Until the end of the
// transaction nobody else counts for the same person.
func (tx *Tx) PinnedBy(ctx context.Context, who chat.UserID) (int, error) {
	if err := tx.LockUser(ctx, who); err != nil {
		return 0, err
	}
	var n int
	err := tx.q.QueryRowContext(ctx, `SELECT count(*) FROM member m WHERE m.user_id = $1 AND m.pinned`, who).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what user %d has pinned: %w", who, err)
	}
	return n, nil
}
