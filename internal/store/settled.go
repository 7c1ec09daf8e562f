package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"swapnest/internal/chat"
)

// Who has thousands of conversations has read nearly all of them, and is told how many are unread with every page.
// So it is remembered that of those in which nothing was said since users.settled_at, only the ones in unsettled
// may hold something unread. They may be more than do: what is read does not look there. Of the others each that
// becomes unread does so by a message, which makes it younger than settled_at, or by a mark, which is put there.
const (
	// settledAfter is how old a conversation is that settles: longer than any commit takes, and than the clocks of
	// nodes lie apart.
	settledAfter = 24 * time.Hour
	// unsettledMost is how many such conversations of a side may have come together before it is worth to settle them.
	unsettledMost = 200
	// MaxOldUnread is how many settled conversations are counted as unread at the most: no page tells a number
	// above 99.
	MaxOldUnread = 100
)

// Unread returns in how many conversations somebody has something unread, without the archived ones and with at most
// MaxOldUnread that have settled, and how many notices, in one query; and whether so many have been looked at that Settle is worth it.
func (r Reader) Unread(ctx context.Context, who chat.UserID, now time.Time) (n chat.Unread, ripe bool, err error) {
	many := func(column string) string {
		return `EXISTS (SELECT 1 FROM conversation c WHERE c.` + column + ` = $1 AND c.last_at >= ` + settledAt("$1") + ` AND c.last_at < $2
			ORDER BY c.last_at LIMIT 1 OFFSET $3)`
	}
	err = r.q.QueryRowContext(ctx, `SELECT `+unreadConversations("$1")+`, `+unreadNotices("$1")+`, `+many("buyer_id")+` OR `+many("seller_id"),
		who, micros(now.Add(-settledAfter)), unsettledMost).Scan(&n.Conversations, &n.Notices, &ripe)
	if err != nil {
		return chat.Unread{}, false, fmt.Errorf("count unread of user %d: %w", who, err)
	}
	return n, ripe, nil
}

// Settle remembers in which of somebody's older conversations something may be unread, so that nobody has to look at
// the others until more is said there.
func (tx *Tx) Settle(ctx context.Context, who chat.UserID, now time.Time) error {
	until := micros(now.Add(-settledAfter))
	// The row is locked, as it is by whoever marks a conversation.
	n, err := tx.changed(ctx, "settle conversations", `UPDATE users SET settled_at = $2 WHERE id = $1 AND settled_at < $2`, who, until)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.changed(ctx, "settle conversations", `DELETE FROM unsettled WHERE user_id = $1`, who); err != nil {
		return err
	}
	half := func(column, sent string) string {
		return `SELECT h.user_id, c.id FROM conversation c JOIN member h ON h.conversation_id = c.id AND h.user_id = c.` + column + `
			WHERE c.` + column + ` = $1 AND c.last_at < $2 AND (h.marked_unread OR ` + sent + ` > h.read_sent)`
	}
	_, err = tx.changed(ctx, "settle conversations",
		`INSERT INTO unsettled (user_id, conversation_id) `+half("buyer_id", "c.seller_sent")+` UNION ALL `+half("seller_id", "c.buyer_sent"), who, until)
	return err
}

// settledAt is until when the conversations of a person, a value, are settled.
func settledAt(value string) string {
	return `(SELECT settling.settled_at FROM users settling WHERE settling.id = ` + value + `)`
}

// fewUnsettled tells whether few of the settled conversations of a person, a value, may hold something unread.
func fewUnsettled(value string) string {
	return `((SELECT count(*) FROM (SELECT 1 FROM unsettled few WHERE few.user_id = ` + value + `
		LIMIT ` + strconv.Itoa(unsettledMost) + `) AS few) < ` + strconv.Itoa(unsettledMost) + `)`
}

// unreadConversations is in how many conversations a person, a value, has something unread.
func unreadConversations(value string) string {
	counted := func(sent string) string {
		return `c.head > 0 AND c.last_seq > h.cleared_seq AND NOT ` + archived("h") + ` AND ` + unread("h", sent)
	}
	// Each half walks the index of its side.
	half := func(column, sent string) string {
		return `(SELECT count(*) FROM conversation c JOIN member h ON h.conversation_id = c.id AND h.user_id = c.` + column + `
			WHERE c.` + column + ` = ` + value + ` AND c.last_at >= ` + settledAt(value) + ` AND ` + counted(sent) + `)`
	}
	older := `(SELECT count(*) FROM (
		SELECT 1 FROM unsettled o JOIN conversation c ON c.id = o.conversation_id JOIN member h ON h.conversation_id = o.conversation_id AND h.user_id = o.user_id
		WHERE o.user_id = ` + value + ` AND c.last_at < ` + settledAt(value) + ` AND ` + counted("CASE WHEN c.buyer_id = o.user_id THEN c.seller_sent ELSE c.buyer_sent END") + `
		LIMIT ` + strconv.Itoa(MaxOldUnread) + `) AS older)`
	return half("buyer_id", "c.seller_sent") + ` + ` + half("seller_id", "c.buyer_sent") + ` + ` + older
}

// unreadNotices is how many notices a person, a value, has not read.
func unreadNotices(value string) string {
	return `(SELECT count(*) FROM notice n WHERE n.user_id = ` + value + ` AND n.unread)`
}
