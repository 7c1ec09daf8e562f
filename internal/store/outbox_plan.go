package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// Timing says by which channels notices leave the site, and how soon.
type Timing struct {
	Push, Mail bool
	// PushAfter is how long a push message waits for more of the same, MailAfter how long a
	// notice has to be unread before it is mailed.
	PushAfter, MailAfter time.Duration
	// MailGap is how long after a mail about a conversation the next one about it goes to the
	// same person at the soonest.
	MailGap time.Duration
}

// taken is whether somebody wants notices n by a channel, whose column it is, as chat.Preferences.Takes says, over
// the columns of their preferences p; who has no row wants them.
func taken(column string) string {
	return `COALESCE(p.` + column + `, TRUE) AND CASE n.kind
		WHEN 'product_inquiry' THEN COALESCE(p.product_inquiry AND p.` + column + `_product_inquiry, TRUE)
		WHEN 'new_message' THEN COALESCE(p.new_message AND p.` + column + `_new_message, TRUE)
		WHEN 'price_drop' THEN COALESCE(p.price_update AND p.` + column + `_price_update, TRUE)
		WHEN 'sold' THEN COALESCE(p.wishlist AND p.` + column + `_wishlist, TRUE) ELSE FALSE END`
}

// pushKept is whether a row of push that is there keeps its time: who tries it, or waits for
// company, takes the news along.
const pushKept = `(outbox.state = 'waiting' AND (outbox.kind = 'notice' OR outbox.claim <> ''))`

// PlanDeliveries puts notices that were made or moved up at a time into the outbox, for the
// devices and verified addresses of those whom they tell: one row for each notice and device,
// and one that waits for each notice by mail. It belongs into the transaction that touched the
// notices. Where nobody has a device it costs a look.
func (tx *Tx) PlanDeliveries(ctx context.Context, touched []chat.NoticeID, at time.Time, t Timing) error {
	if len(touched) == 0 || !t.Push && !t.Mail {
		return nil
	}
	list, err := json.Marshal(touched)
	if err != nil {
		return fmt.Errorf("plan deliveries: %w", err)
	}
	var planned int64
	if t.Push {
		n, err := tx.planPush(ctx, string(list), at, t)
		if err != nil {
			return err
		}
		planned += n
		if n > 0 {
			if err := tx.trimPush(ctx, string(list)); err != nil {
				return err
			}
		}
	}
	if t.Mail {
		n, err := tx.planMail(ctx, string(list), at, t)
		if err != nil {
			return err
		}
		planned += n
	}
	tx.due = tx.due || planned > 0
	return nil
}

// mostWaiting is how much of one person may wait to be pushed: their devices times what they
// have not read.
const mostWaiting = 200

// trimPush deletes the oldest of what waits to be pushed to those whom notices tell, beyond
// mostWaiting, but for what somebody tries: nobody fills the outbox by browsers that take nothing.
func (tx *Tx) trimPush(ctx context.Context, list string) error {
	_, err := tx.changed(ctx, "drop the oldest push messages", `
		DELETE FROM outbox WHERE claim = '' AND id IN (
			SELECT w.id FROM (
				SELECT o.id, row_number() OVER (PARTITION BY o.user_id ORDER BY o.created_at DESC, o.id DESC) AS nth
				FROM outbox o WHERE o.channel = 'push' AND o.state = 'waiting'
					AND o.user_id IN (SELECT n.user_id FROM `+tx.d.set("$1", "id")+` AS j JOIN notice n ON n.id = j.id)) AS w
			WHERE w.nth > $2)`, list, mostWaiting)
	return err
}

// DropGap is how long after a push message about a price that fell the next one about it goes to
// the same browser at the soonest.
const DropGap = time.Hour

func (tx *Tx) planPush(ctx context.Context, list string, at time.Time, t Timing) (int64, error) {
	return tx.changed(ctx, "plan push messages", `
		INSERT INTO outbox (channel, kind, state, user_id, notice_id, device_id, note, created_at, due_at)
		SELECT 'push', 'notice', 'waiting', n.user_id, n.id, d.id,
			'{"kind":"' || n.kind || '","conversation":' || n.conversation_id || ',"listing":' || n.listing_id || '}', $2, $3
		FROM `+tx.d.set("$1", "id")+` AS j
		JOIN notice n ON n.id = j.id
		JOIN push_device d ON d.user_id = n.user_id
		JOIN session s ON s.token_hash = d.token_hash
		LEFT JOIN preference p ON p.user_id = n.user_id
		WHERE EXISTS (SELECT 1 FROM push_device) AND n.unread AND s.expires_at > $2 AND `+taken("push")+`
		ORDER BY n.id, d.id
		ON CONFLICT (notice_id, device_id) WHERE channel = 'push'
		DO UPDATE SET kind = 'notice', state = 'waiting', wanted = outbox.wanted + 1, note = excluded.note,
			due_at = CASE WHEN `+pushKept+` THEN outbox.due_at
				WHEN excluded.note LIKE '{"kind":"price_drop"%' AND outbox.sent_at + CAST($4 AS BIGINT) > excluded.due_at THEN outbox.sent_at + CAST($4 AS BIGINT)
				ELSE excluded.due_at END,
			created_at = CASE WHEN `+pushKept+` THEN outbox.created_at ELSE excluded.created_at END,
			attempts = CASE WHEN `+pushKept+` THEN outbox.attempts ELSE 0 END,
			fault = CASE WHEN `+pushKept+` THEN outbox.fault ELSE '' END`,
		list, micros(at), micros(at.Add(t.PushAfter)), DropGap.Microseconds())
}

// wishMail is the note of mails about what somebody has saved. They are counted by it, also when
// their notice is gone.
const wishMail = `{"wish":true}`

func (tx *Tx) planMail(ctx context.Context, list string, at time.Time, t Timing) (int64, error) {
	due := at.Add(t.MailAfter)
	// Whoever notes just now that one of them is sent comes first, so that the next one is seen to come
	// behind it; or comes later, and sees that there is more.
	if tx.d.forUpdate() != "" {
		var n int
		err := tx.q.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT id`+mailOf+`(SELECT id FROM `+tx.d.set("$1", "id")+` AS j) ORDER BY id`+tx.d.forUpdate()+`) AS l`, list).Scan(&n)
		if err != nil {
			return 0, fmt.Errorf("plan mails: %w", err)
		}
	}
	return tx.changed(ctx, "plan mails", `
		INSERT INTO outbox (channel, kind, state, user_id, notice_id, note, created_at, due_at)
		SELECT 'mail', 'notice', 'waiting', n.user_id, n.id, CASE WHEN n.conversation_id > 0 THEN '' ELSE '`+wishMail+`' END, $2, COALESCE((
			SELECT max(o.sent_at) + CAST($5 AS BIGINT) FROM outbox o JOIN notice m ON m.id = o.notice_id
			WHERE o.channel = 'mail' AND o.state = 'sent' AND o.user_id = n.user_id AND o.sent_at > $4
				AND m.listing_id = n.listing_id AND m.conversation_id = n.conversation_id), $3)
		FROM `+tx.d.set("$1", "id")+` AS j
		JOIN notice n ON n.id = j.id
		JOIN users u ON u.id = n.user_id
		LEFT JOIN preference p ON p.user_id = n.user_id
		WHERE n.unread AND u.email_verified_at > 0 AND u.email_bounced_at = 0 AND u.email <> '' AND u.closed_at = 0 AND `+taken("email")+`
		ORDER BY n.id
		ON CONFLICT (notice_id) WHERE channel = 'mail' AND notice_id > 0 AND state = 'waiting'
		DO UPDATE SET wanted = outbox.wanted + 1`,
		list, micros(at), micros(due), micros(due.Add(-t.MailGap)), t.MailGap.Microseconds())
}

// What is in the outbox of some notices, as their indexes find it.
const (
	pushOf = ` FROM outbox WHERE channel = 'push' AND notice_id IN `
	mailOf = ` FROM outbox WHERE channel = 'mail' AND notice_id > 0 AND state = 'waiting' AND notice_id IN `
)

// takeBack takes back what was to be sent of notices that are read or gone: what was not begun
// is not sent, and what a device shows, or may show when somebody is sending it just now, is to be
// closed there. A mail that is being sent is left to its sender, who looks at the notice.
func (tx *Tx) takeBack(ctx context.Context, ids []chat.NoticeID) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("take deliveries back: %w", err)
	}
	where := `(SELECT id FROM ` + tx.d.set("$1", "id") + ` AS j)`
	// The notices are locked, so no row comes to those that there are.
	var there bool
	err = tx.q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1`+pushOf+where+`) OR EXISTS (SELECT 1`+mailOf+where+`)`, string(list)).Scan(&there)
	if err != nil {
		return fmt.Errorf("take deliveries back: %w", err)
	}
	if !there {
		return nil
	}
	for _, query := range []string{
		`DELETE` + mailOf + where + ` AND claim = ''`,
		`DELETE` + pushOf + where + ` AND kind = 'notice' AND state = 'waiting' AND claim = '' AND sent_at = 0`,
	} {
		if _, err := tx.q.ExecContext(ctx, query, string(list)); err != nil {
			return fmt.Errorf("take deliveries back: %w", err)
		}
	}
	now := micros(time.Now())
	n, err := tx.changed(ctx, "take push messages back", `
		UPDATE outbox SET kind = 'clear', state = 'waiting', wanted = wanted + 1, attempts = 0, fault = '', created_at = $2,
			due_at = CASE WHEN claim = '' THEN $2 ELSE due_at END
		WHERE channel = 'push' AND notice_id IN `+where+` AND kind = 'notice' AND (claim <> '' OR sent_at > 0 AND state <> 'dead')`, string(list), now)
	tx.due = tx.due || n > 0
	return err
}
