package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// Regard is what a listing is to a person.
type Regard struct {
	Conversation chat.ConversationID // theirs about it, in which somebody has written; 0 for none
	Wished       bool
}

// Regard returns what a listing is to a person.
func (r Reader) Regard(ctx context.Context, id chat.ListingID, who chat.UserID) (Regard, error) {
	var g Regard
	err := r.q.QueryRowContext(ctx, `
		SELECT COALESCE((SELECT c.id FROM conversation c WHERE c.listing_id = $1 AND c.buyer_id = $2 AND c.head > 0), 0),
			EXISTS (SELECT 1 FROM wish w WHERE w.listing_id = $1 AND w.user_id = $2)`, id, who).Scan(&g.Conversation, &g.Wished)
	if err != nil {
		return Regard{}, fmt.Errorf("read what listing %d is to user %d: %w", id, who, err)
	}
	return g, nil
}

// answersLooked is how many of a seller's newest conversations Record looks at, and answerWithin among how many of the
// first events of each it looks for an answer: a buyer may write any number to which there is none.
const (
	answersLooked = 20
	answerWithin  = 100
)

// Record returns how somebody has sold so far. The sums keep PostgreSQL from looking for the first message of
// somebody among all that they have written in a conversation.
func (r Reader) Record(ctx context.Context, seller chat.UserID) (chat.Record, error) {
	type row struct{ sold, asked, answered int64 }
	rows, err := r.q.QueryContext(ctx, `
		SELECT s.sold, COALESCE(t.asked, 0), COALESCE(t.answered, 0)
		FROM (SELECT count(*) AS sold FROM listing WHERE seller_id = $1 AND status = 'sold') AS s
		LEFT JOIN (
			SELECT q.created_at AS asked, (
				SELECT a.created_at FROM message a
				WHERE a.conversation_id = c.id AND a.seq <= $3 AND a.sender_id + 0 = c.seller_id ORDER BY a.seq LIMIT 1) AS answered
			FROM conversation c JOIN message q ON q.conversation_id = c.id AND q.seq = 1 AND q.sender_id + 0 = c.buyer_id
			WHERE c.seller_id = $1 AND c.head > 0 ORDER BY c.last_at DESC, c.id DESC LIMIT $2
		) AS t ON TRUE`, seller, answersLooked, answerWithin)
	if err != nil {
		return chat.Record{}, fmt.Errorf("read the record of user %d: %w", seller, err)
	}
	found, err := collect(rows, func(r *row) []any { return []any{&r.sold, &r.asked, &r.answered} })
	if err != nil {
		return chat.Record{}, fmt.Errorf("read the record of user %d: %w", seller, err)
	}
	var record chat.Record
	for _, one := range found {
		record.Sold = one.sold
		if one.asked > 0 && one.answered > one.asked {
			record.Answers = append(record.Answers, time.Duration(one.answered-one.asked)*time.Microsecond)
		}
	}
	return record, nil
}
