package store

import (
	"context"
	"encoding/json"
	"fmt"

	"swapnest/internal/chat"
)

// Talk is a conversation as it is called: by what it is about and by whom it is with.
type Talk struct {
	ID    chat.ConversationID
	Title string // of the listing, or what it was when it is gone
	Other chat.User
}

// Talks returns at most limit conversations of somebody's in which they see something, newest
// activity first.
func (r Reader) Talks(ctx context.Context, who chat.UserID, limit int) ([]Talk, error) {
	half := func(column string) string {
		return `SELECT * FROM (
			SELECT c.id, c.last_at FROM conversation c
			JOIN member h ON h.conversation_id = c.id AND h.user_id = $1
			WHERE c.` + column + ` = $1 AND c.last_seq > h.cleared_seq
			ORDER BY c.last_at DESC, c.id DESC LIMIT $2) AS half_` + column
	}
	rows, err := r.q.QueryContext(ctx, `
		SELECT c.id, COALESCE(l.title, c.title), `+userColumns+`
		FROM conversation c
		JOIN users u ON u.id = CASE WHEN c.buyer_id = $1 THEN c.seller_id ELSE c.buyer_id END
		LEFT JOIN listing l ON l.id = c.listing_id
		WHERE c.id IN (SELECT id FROM (`+half("buyer_id")+` UNION ALL `+half("seller_id")+`) AS both_halves)
		ORDER BY c.last_at DESC, c.id DESC LIMIT $2`, who, limit)
	if err != nil {
		return nil, fmt.Errorf("read what the conversations of user %d are called: %w", who, err)
	}
	all, err := collect(rows, func(t *Talk) []any { return append([]any{&t.ID, &t.Title}, userFields(&t.Other)...) })
	if err != nil {
		return nil, fmt.Errorf("read what the conversations of user %d are called: %w", who, err)
	}
	for i := range all {
		all[i].Other = shown(all[i].Other)
	}
	return all, nil
}

// EntriesOf returns some of somebody's conversations as they stand in their list, in one query;
// those of others are left out.
func (r Reader) EntriesOf(ctx context.Context, who chat.UserID, ids []chat.ConversationID) (map[chat.ConversationID]chat.Entry, error) {
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("read entries of user %d: %w", who, err)
	}
	rows, err := r.q.QueryContext(ctx, entriesOf(r.d, `SELECT DISTINCT j.id FROM `+r.d.set("$2", "id")+` AS j`)+`WHERE c.head > 0`, who, string(set))
	if err != nil {
		return nil, fmt.Errorf("read entries of user %d: %w", who, err)
	}
	found, err := collect(rows, entryFields)
	if err != nil {
		return nil, fmt.Errorf("read entries of user %d: %w", who, err)
	}
	entries := make(map[chat.ConversationID]chat.Entry, len(found))
	for _, e := range found {
		entries[e.Conversation.ID] = e.entry(who)
	}
	return entries, nil
}
