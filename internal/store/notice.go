package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"swapnest/internal/chat"
)

// NoticeQuery asks for a page of somebody's notices, the newest first.
type NoticeQuery struct {
	Who    chat.UserID
	Kinds  []chat.NoticeKind // nil for all
	Unread bool              // only those that are unread
	// BeforeAt and BeforeID are the last notice of the page before; zero for the first.
	BeforeAt time.Time
	BeforeID chat.NoticeID
	Limit    int
}

// noticeSelect joins what a notice shows of its conversation and its listing as they are. Its
// words are the last of those that it tells of and its reader sees.
var noticeSelect = map[dialect]string{sqlite: noticeSelectOf(sqlite), postgres: noticeSelectOf(postgres)}

func noticeSelectOf(d dialect) string {
	return `
	SELECT n.id, n.user_id, n.kind, n.unread, n.created_at, COALESCE(l.id, 0), COALESCE(l.slug, ''), n.title,
		n.conversation_id, n.seq, COALESCE(m.body, ''), CASE WHEN m.body = '' THEN m.attachments ELSE '' END, COALESCE(m.deleted_at, 0) <> 0,
		COALESCE(` + unreadOf("me", "CASE WHEN c.buyer_id = n.user_id THEN c.seller_sent ELSE c.buyer_sent END") + `, 0),
		n.price_amount, n.price_currency, n.price_was,
		COALESCE(u.id, 0), COALESCE(u.username, ''), COALESCE(u.name, ''), COALESCE(u.closed_at, 0)
	FROM notice n
	LEFT JOIN listing l ON l.id = n.listing_id
	LEFT JOIN conversation c ON c.id = n.conversation_id
	LEFT JOIN member me ON me.conversation_id = c.id AND me.user_id = n.user_id
	LEFT JOIN users u ON u.id = CASE WHEN c.buyer_id = n.user_id THEN c.seller_id ELSE c.buyer_id END
	LEFT JOIN message m ON m.id = ` + d.lookedUp(`(
		SELECT x.id FROM message x
		WHERE x.conversation_id = n.conversation_id AND x.seq <= n.seq AND x.seq >= n.first_seq AND x.sender_id <> n.user_id
			AND x.seq > me.cleared_seq AND `+unhidden("x", "n.user_id")+` ORDER BY x.seq DESC LIMIT 1)`) + ` `
}

func noticeFields(n *chat.Notice) []any {
	return []any{
		&n.ID, &n.To, &n.Kind, &n.Unread,
		microsInto{&n.At},
		&n.Listing, &n.Slug, &n.Title, &n.Conversation, &n.Seq, &n.Text,
		attachmentsInto{&n.Attached},
		&n.Deleted, &n.Count,
		&n.Price.Amount, &n.Price.Currency, &n.PriceWas, &n.From.ID, &n.From.Username, &n.From.Name,
		microsInto{&n.From.ClosedAt},
	}
}

// Notices returns a page of somebody's notices in one query.
func (r Reader) Notices(ctx context.Context, q NoticeQuery) ([]chat.Notice, error) {
	var args arguments
	where := []string{`n.user_id = ` + args.add(q.Who)}
	if q.Unread {
		where = append(where, `n.unread`)
	}
	if q.Kinds != nil {
		kinds := make([]string, len(q.Kinds))
		for i, k := range q.Kinds {
			kinds[i] = args.add(string(k))
		}
		where = append(where, `n.kind IN (`+strings.Join(kinds, `, `)+`)`)
	}
	if q.BeforeID != 0 {
		where = append(where, `(n.created_at, n.id) < (`+args.add(micros(q.BeforeAt))+`, `+args.add(q.BeforeID)+`)`)
	}
	return r.notices(ctx, noticeSelect[r.d]+`WHERE `+strings.Join(where, ` AND `)+`
		ORDER BY n.created_at DESC, n.id DESC LIMIT `+args.add(q.Limit), args...)
}

// UnreadAmong returns those of some notices that are still unread.
func (r Reader) UnreadAmong(ctx context.Context, ids []chat.NoticeID) ([]chat.Notice, error) {
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	return r.notices(ctx, noticeSelect[r.d]+`
		WHERE n.unread AND `+r.d.among("n.id", "$1")+` ORDER BY n.id`, string(set))
}

func (r Reader) notices(ctx context.Context, query string, args ...any) ([]chat.Notice, error) {
	rows, err := r.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	all, err := collect(rows, noticeFields)
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	for i := range all {
		all[i].From = shown(all[i].From)
	}
	return all, nil
}

// UnreadNotices returns how many notices each of some people has not read. Who has read
// all is not in it.
func (r Reader) UnreadNotices(ctx context.Context, who []chat.UserID) (map[chat.UserID]int64, error) {
	set, err := json.Marshal(who)
	if err != nil {
		return nil, fmt.Errorf("count notices: %w", err)
	}
	rows, err := r.q.QueryContext(ctx, `
		SELECT n.user_id, count(*) FROM notice n
		WHERE n.unread AND `+r.d.among("n.user_id", "$1")+` GROUP BY n.user_id`, string(set))
	if err != nil {
		return nil, fmt.Errorf("count notices: %w", err)
	}
	type row struct {
		who chat.UserID
		n   int64
	}
	found, err := collect(rows, func(r *row) []any { return []any{&r.who, &r.n} })
	if err != nil {
		return nil, fmt.Errorf("count notices: %w", err)
	}
	counts := make(map[chat.UserID]int64, len(found))
	for _, r := range found {
		counts[r.who] = r.n
	}
	return counts, nil
}

// NoticeByID returns a notice of somebody's, or NotFound.
func (r Reader) NoticeByID(ctx context.Context, who chat.UserID, id chat.NoticeID) (chat.Notice, error) {
	found, err := r.notices(ctx, noticeSelect[r.d]+`WHERE n.id = $1 AND n.user_id = $2`, id, who)
	if err == nil && len(found) == 0 {
		err = chat.ErrNotFound("notification")
	}
	if err != nil {
		return chat.Notice{}, err
	}
	return found[0], nil
}

// ReadNotices marks some of somebody's notices as read, those of others left alone, and
// tells whether any was unread.
func (tx *Tx) ReadNotices(ctx context.Context, who chat.UserID, ids []chat.NoticeID) (bool, error) {
	set, err := json.Marshal(ids)
	if err != nil {
		return false, fmt.Errorf("mark notices of user %d: %w", who, err)
	}
	n, err := tx.changeNotices(ctx, who, `UPDATE notice SET unread = FALSE
		WHERE id IN (`+tx.lockedNotices(` AND unread AND `+tx.d.among("id", "$2"), ``)+`)`, string(set))
	return n > 0, err
}

// ReadAllNotices marks at most limit of somebody's notices as read, and returns how many
// that were.
func (tx *Tx) ReadAllNotices(ctx context.Context, who chat.UserID, limit int) (int64, error) {
	return tx.changeNotices(ctx, who, `UPDATE notice SET unread = FALSE
		WHERE id IN (`+tx.lockedNotices(` AND unread`, ` LIMIT $2`)+`)`, limit)
}

// readBy are the unread notices of the conversation $2 that the member $1 has read, with what lies up to $3.
var readBy = `notice.user_id = $1 AND notice.conversation_id = $2 AND notice.conversation_id > 0 AND notice.unread AND (notice.seq <= $3 OR EXISTS (
			SELECT 1 FROM member o WHERE o.conversation_id = $2 AND o.user_id = $1 AND NOT ` + waiting("o", "notice.seq") + `))`

// ReadNoticesOf marks what somebody was told of a conversation up to seq as read, and
// tells whether that was unread; also of what lies further and holds nothing unread that they
// see. It follows MoveRead or Hide in its transaction: whoever makes a notice looks at the
// member's cursor under its lock.
func (tx *Tx) ReadNoticesOf(ctx context.Context, id chat.ConversationID, who chat.UserID, seq chat.Seq) (bool, error) {
	n, err := tx.changeNotices(ctx, who, `UPDATE notice SET unread = FALSE WHERE `+readBy, id, seq)
	return n > 0, err
}

// DeleteNotice deletes a notice of somebody's, and tells whether there was one.
func (tx *Tx) DeleteNotice(ctx context.Context, who chat.UserID, id chat.NoticeID) (bool, error) {
	n, err := tx.changeNotices(ctx, who, `DELETE FROM notice WHERE user_id = $1 AND id = $2`, id)
	return n > 0, err
}

// DeleteNotices deletes at most limit of somebody's notices, and returns how many that were.
func (tx *Tx) DeleteNotices(ctx context.Context, who chat.UserID, limit int) (int64, error) {
	return tx.changeNotices(ctx, who, `DELETE FROM notice
		WHERE id IN (`+tx.lockedNotices(``, ` LIMIT $2`)+`)`, limit)
}

// lockedNotices selects some of a person's notices in the order in which whoever makes them
// locks them, too: two that change several at once do not wait for each other.
func (tx *Tx) lockedNotices(where, limit string) string {
	return `SELECT id FROM notice WHERE user_id = $1` + where + ` ORDER BY conversation_id, id` + limit + tx.d.forUpdate()
}

// changeNotices runs a statement on a person's notices, after which none that it has changed is unread. It takes back what was to be sent of these, and returns how many they were.
func (tx *Tx) changeNotices(ctx context.Context, who chat.UserID, query string, args ...any) (int64, error) {
	return tx.endNotices(ctx, "change notices", query, append([]any{who}, args...)...)
}

// endNotices is changeNotices for notices of anybody.
func (tx *Tx) endNotices(ctx context.Context, what, query string, args ...any) (int64, error) {
	rows, err := tx.q.QueryContext(ctx, query+` RETURNING id`, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	ids, err := collect(rows, func(id *chat.NoticeID) []any { return []any{id} })
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return int64(len(ids)), tx.takeBack(ctx, ids)
}

// changed runs a statement and returns how many rows it has changed.
func (tx *Tx) changed(ctx context.Context, what, query string, args ...any) (int64, error) {
	result, err := tx.q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// PruneNotices deletes at most limit of what was told before a time, and returns how many
// that were.
func (tx *Tx) PruneNotices(ctx context.Context, before time.Time, limit int) (int64, error) {
	return tx.endNotices(ctx, "prune notices", `
		DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE created_at < $1 ORDER BY created_at LIMIT $2)`, micros(before), limit)
}

// PruneNoticesOfFormer deletes at most limit of what people had been told who have closed
// their accounts since, and returns how many that were.
func (tx *Tx) PruneNoticesOfFormer(ctx context.Context, limit int) (int64, error) {
	return tx.endNotices(ctx, "prune notices of former members", `
		DELETE FROM notice WHERE id IN (
			SELECT n.id FROM users u JOIN notice n ON n.user_id = u.id WHERE u.closed_at > 0 LIMIT $1)`, limit)
}
