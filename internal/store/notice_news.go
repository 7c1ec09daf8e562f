package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// NoticeRef names a notice that was made or moved up, and whom it tells.
type NoticeRef struct {
	ID    chat.NoticeID
	To    chat.UserID
	Moved bool // it was there, unread, and has moved up: on the site nobody is told anew
}

func noticeRefFields(r *NoticeRef) []any { return []any{&r.ID, &r.To, &r.Moved} }

// wanted are the columns in which people say whether they want notices of a kind; who has
// no row wants them.
var wanted = map[chat.NoticeKind]string{
	chat.NoticeInquiry:   `COALESCE(p.product_inquiry, TRUE)`,
	chat.NoticeMessage:   `COALESCE(p.new_message, TRUE)`,
	chat.NoticePriceDrop: `COALESCE(p.price_update, TRUE)`,
	chat.NoticeSold:      `COALESCE(p.wishlist, TRUE)`,
}

// MessageNews tells that somebody has written in a conversation, up to Seq.
type MessageNews struct {
	Conversation chat.ConversationID
	Actor        chat.UserID
	Seq          chat.Seq
	At           time.Time
}

// TellOfMessages makes notices of a kind for those to whom others have written, each
// conversation and writer at most once in news: for who has not read that far, has not
// muted the conversation, and wants to be told. An unread notice of the conversation moves
// up instead; what they have deleted for themselves is told to nobody. It returns the new ones and
// those that moved up, and makes none twice for the same message.
func (tx *Tx) TellOfMessages(ctx context.Context, kind chat.NoticeKind, news []MessageNews) ([]NoticeRef, error) {
	if len(news) == 0 {
		return nil, nil
	}
	sets := make([][4]int64, len(news))
	for i, n := range news {
		sets[i] = [4]int64{int64(n.Conversation), int64(n.Actor), int64(n.Seq), micros(n.At)}
	}
	set, err := json.Marshal(sets)
	if err != nil {
		return nil, fmt.Errorf("tell of messages: %w", err)
	}
	// The member's row is locked: a read cursor that moves at the same time waits, and
	// marks what is made here as read. Another node may be at the same log, and further: a
	// notice never moves back.
	rows, err := tx.q.QueryContext(ctx, `
		INSERT INTO notice (user_id, kind, conversation_id, first_seq, seq, listing_id, title, created_at)
		SELECT o.user_id, $2, c.id, j.seq, j.seq, c.listing_id, c.title, j.at
		FROM `+tx.d.set("$1", "conversation_id", "actor_id", "seq", "at")+` AS j
		JOIN conversation c ON c.id = j.conversation_id
		JOIN member o ON o.conversation_id = c.id AND o.user_id <> j.actor_id
		JOIN users u ON u.id = o.user_id
		LEFT JOIN preference p ON p.user_id = o.user_id
		WHERE o.read_seq < j.seq
			AND o.cleared_seq < j.seq AND (
				NOT EXISTS (SELECT 1 FROM message_hidden hid WHERE hid.user_id = o.user_id AND hid.conversation_id = c.id)
				OR `+waiting("o", "j.seq")+`)
			AND NOT o.muted AND u.closed_at = 0 AND `+wanted[kind]+`
			AND NOT EXISTS (
				SELECT 1 FROM notice n
				WHERE n.user_id = o.user_id AND n.listing_id = c.listing_id AND n.conversation_id = c.id AND n.seq >= j.seq)
		ORDER BY o.user_id, c.id`+tx.d.forShare("o")+`
		ON CONFLICT (user_id, conversation_id) WHERE unread AND conversation_id > 0
		DO UPDATE SET seq = excluded.seq, created_at = excluded.created_at
		WHERE notice.seq < excluded.seq
		RETURNING id, user_id, seq <> first_seq`, string(set), string(kind))
	if err != nil {
		return nil, fmt.Errorf("tell of messages: %w", err)
	}
	told, err := collect(rows, noticeRefFields)
	if err != nil {
		return nil, fmt.Errorf("tell of messages: %w", err)
	}
	return told, nil
}

// Wishers returns at most limit people who had a listing on their wishlist at a time, in
// rising order of their ids, from behind the one given.
func (r Reader) Wishers(ctx context.Context, id chat.ListingID, at time.Time, after chat.UserID, limit int) ([]chat.UserID, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT user_id FROM wish WHERE listing_id = $1 AND created_at < $2 AND user_id > $3 ORDER BY user_id LIMIT $4`,
		id, micros(at), after, limit)
	if err != nil {
		return nil, fmt.Errorf("read who wishes for listing %d: %w", id, err)
	}
	return collect(rows, func(who *chat.UserID) []any { return []any{who} })
}

// TellOfListing makes notices of a kind about a listing's change for some people, as far
// as they want to be told. One that is unread moves up instead, and keeps the price from
// which it began, and is told anew: a price that falls again is news. It returns all of these,
// and makes none twice for the same change.
func (tx *Tx) TellOfListing(ctx context.Context, kind chat.NoticeKind, c ListingChange, to []chat.UserID) ([]NoticeRef, error) {
	set, err := json.Marshal(to)
	if err != nil {
		return nil, fmt.Errorf("tell of listing %d: %w", c.Listing, err)
	}
	rows, err := tx.q.QueryContext(ctx, `
		INSERT INTO notice (user_id, kind, listing_id, title, change_pos, price_amount, price_was, price_currency, created_at)
		SELECT u.id, $2, l.id, l.title, $4, $5, $6, $7, $8
		FROM `+tx.d.set("$1", "id")+` AS j
		JOIN users u ON u.id = j.id
		JOIN listing l ON l.id = $3
		LEFT JOIN preference p ON p.user_id = u.id
		WHERE u.closed_at = 0 AND u.id <> l.seller_id AND `+wanted[kind]+`
			AND NOT EXISTS (
				SELECT 1 FROM notice n
				WHERE n.user_id = u.id AND n.listing_id = l.id AND n.conversation_id = 0 AND n.kind = $2 AND n.change_pos >= $4)
		ORDER BY u.id
		ON CONFLICT (user_id, listing_id, kind) WHERE unread AND conversation_id = 0
		DO UPDATE SET change_pos = excluded.change_pos, price_amount = excluded.price_amount, created_at = excluded.created_at
		WHERE notice.change_pos < excluded.change_pos
		RETURNING id, user_id, FALSE`,
		string(set), string(kind), c.Listing, c.Cursor.pos, c.Step.Price.Amount, c.Step.PriceWas.Amount, c.Step.Price.Currency, micros(c.Step.At))
	if err != nil {
		return nil, fmt.Errorf("tell of listing %d: %w", c.Listing, err)
	}
	made, err := collect(rows, noticeRefFields)
	if err != nil {
		return nil, fmt.Errorf("tell of listing %d: %w", c.Listing, err)
	}
	return made, nil
}

// RetractSold deletes the unread notices that a listing was sold: it is not. It returns
// whose they were.
func (tx *Tx) RetractSold(ctx context.Context, id chat.ListingID) ([]chat.UserID, error) {
	return tx.retract(ctx, id, `DELETE FROM notice WHERE listing_id = $1 AND unread AND conversation_id = 0 AND kind = $2 RETURNING id, user_id, FALSE`,
		string(chat.NoticeSold))
}

// SettlePrices has unread price drops of a listing tell its price of now, and deletes those
// that are none any more. It returns whose are gone.
func (tx *Tx) SettlePrices(ctx context.Context, id chat.ListingID, price chat.Money) ([]chat.UserID, error) {
	gone, err := tx.retract(ctx, id, `
		DELETE FROM notice WHERE listing_id = $1 AND unread AND conversation_id = 0 AND kind = $2
			AND (price_currency <> $3 OR price_was <= $4) RETURNING id, user_id, FALSE`,
		string(chat.NoticePriceDrop), price.Currency, price.Amount)
	if err != nil {
		return nil, err
	}
	_, err = tx.q.ExecContext(ctx, `
		UPDATE notice SET price_amount = $3 WHERE listing_id = $1 AND unread AND conversation_id = 0 AND kind = $2`,
		id, string(chat.NoticePriceDrop), price.Amount)
	if err != nil {
		return nil, fmt.Errorf("settle notices of listing %d: %w", id, err)
	}
	return gone, nil
}

// retract deletes notices, takes back what was to be sent of them, and returns whose they were.
func (tx *Tx) retract(ctx context.Context, id chat.ListingID, query string, args ...any) ([]chat.UserID, error) {
	rows, err := tx.q.QueryContext(ctx, query, append([]any{id}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("retract notices of listing %d: %w", id, err)
	}
	gone, err := collect(rows, noticeRefFields)
	if err != nil {
		return nil, fmt.Errorf("retract notices of listing %d: %w", id, err)
	}
	var whose []chat.UserID
	var ids []chat.NoticeID
	for _, ref := range gone {
		whose, ids = append(whose, ref.To), append(ids, ref.ID)
	}
	return whose, tx.takeBack(ctx, ids)
}
