package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"swapnest/internal/chat"
)

// seen is among how many deliveries that are due the next ones are chosen: more than one person
// may have wait for push (mostWaiting), and so few that a long queue costs no more.
const seen = 512

// ClaimDeliveries takes at most limit deliveries of a channel that are due, one of each person, those
// that are due longest, for a term: until it is over no other node tries them. The busy have had
// enough for now: nothing of theirs is taken. The deliveries come in the order of their ids. Clocks of
// nodes may differ by as much as the term is longer than an attempt.
func (db *DB) ClaimDeliveries(ctx context.Context, c chat.Channel, now time.Time, term time.Duration, limit int, busy ...chat.UserID) ([]Delivery, error) {
	list, err := json.Marshal(append([]chat.UserID{}, busy...))
	if err != nil {
		return nil, fmt.Errorf("look for deliveries that are due: %w", err)
	}
	from := ` FROM outbox WHERE state = 'waiting' AND channel = $1 AND due_at <= $2 AND user_id NOT IN (SELECT id FROM ` + db.d.set("$3", "id") + ` AS j)`
	var due bool
	if err := db.q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1`+from+`)`, string(c), micros(now), string(list)).Scan(&due); err != nil {
		return nil, fmt.Errorf("look for deliveries that are due: %w", err)
	}
	if !due {
		return nil, nil // nobody's write waits for that
	}
	var all []Delivery
	err = db.Update(ctx, func(tx *Tx) error {
		// Picked once: PostgreSQL would do it anew for each row that it looks at. Only what is picked is
		// locked, and looked at again then: another node may have been faster.
		rows, err := tx.q.QueryContext(ctx, `
			WITH due AS MATERIALIZED (
				SELECT id, user_id, due_at`+from+` ORDER BY due_at, id LIMIT $4),
			turn AS MATERIALIZED (
				SELECT id, due_at, row_number() OVER (PARTITION BY user_id ORDER BY due_at, id) AS nth FROM due),
			picked AS MATERIALIZED (
				SELECT o.id FROM turn JOIN outbox o ON o.id = turn.id
				WHERE turn.nth = 1 AND o.state = 'waiting' AND o.due_at <= $2
				ORDER BY turn.due_at, turn.id LIMIT $5`+tx.d.skipLockedOf("o")+`)
			UPDATE outbox SET attempts = attempts + 1, due_at = $6, claim = $7
			WHERE id IN (SELECT id FROM picked)
			RETURNING `+deliveryColumns, string(c), micros(now), string(list), seen, limit, micros(now.Add(term)), rand.Text())
		if err != nil {
			return err
		}
		all, err = collect(rows, deliveryFields)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	slices.SortFunc(all, func(a, b Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// Settlement is what came of an attempt to send a delivery.
type Settlement struct {
	As    Settled
	At    time.Time
	Due   time.Time     // of SettledRetry, SettledPostponed and SettledHeld: when it is tried again
	Fault string        // of SettledRetry and SettledDead: why it failed
	After time.Duration // how long what came meanwhile waits for company
	Gap   time.Duration // the same of a mail, of which the next one is another one
}

// Settled says how an attempt has ended.
type Settled int

// The ends of attempts.
const (
	SettledRetry     Settled = iota // it failed, and is tried again
	SettledSent                     // the other side has taken it
	SettledDropped                  // there was nothing to send
	SettledPostponed                // it was not tried, and is when it is due; its age counts from then
	SettledDead                     // it failed, and is given up
	SettledHeld                     // it was not tried, and is when it is due; its age counts on
)

// SettleDelivery writes down what came of an attempt. It changes nothing, and returns false, when
// the claim of d is not its own any more: its time was over and somebody else tries it, or it was
// dropped. What came for it meanwhile is not taken for sent.
func (db *DB) SettleDelivery(ctx context.Context, d Delivery, s Settlement) (settled bool, err error) {
	err = db.Update(ctx, func(tx *Tx) error {
		settled, err = tx.settle(ctx, d, s)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("settle delivery %d: %w", d.ID, err)
	}
	return settled, nil
}

// What settle makes statements of.
const (
	ownDelivery    = ` WHERE id = $1 AND claim = $2`
	asClaimed      = ` AND kind = $3 AND wanted = $4` // nothing came meanwhile
	deleteDelivery = `DELETE FROM outbox` + ownDelivery
	renewDelivery  = `UPDATE outbox SET claim = '', state = 'waiting', due_at = $3, created_at = $4, attempts = 0, fault = ''` + ownDelivery
)

// settle runs the statements of an end until one has found the row: the last of each finds it if it
// is still claimed.
func (tx *Tx) settle(ctx context.Context, d Delivery, s Settlement) (bool, error) {
	type step struct {
		query string
		args  []any
	}
	at, soon := micros(s.At), micros(s.At.Add(s.After))
	var steps []step
	switch s.As {
	case SettledSent:
		switch {
		case d.Kind == DeliverClear:
			steps = append(steps, step{deleteDelivery + asClaimed, []any{string(d.Kind), d.wanted}})
		case d.Channel == chat.MailChannel:
			steps = append(steps, step{`UPDATE outbox SET claim = '', state = 'sent', sent_at = $3, note = CASE WHEN notice_id > 0 THEN note ELSE '' END, fault = ''` + ownDelivery, []any{at}})
		default:
			steps = append(steps, step{`UPDATE outbox SET claim = '', state = 'sent', sent_at = $5, fault = ''` + ownDelivery + asClaimed, []any{string(d.Kind), d.wanted, at}})
		}
		steps = append(steps, step{`UPDATE outbox SET claim = '', due_at = CASE kind WHEN 'clear' THEN CAST($4 AS BIGINT) ELSE CAST($3 AS BIGINT) END,
			sent_at = $4, created_at = $4, attempts = 0, fault = ''` + ownDelivery, []any{soon, at}})
	case SettledDropped:
		steps = []step{
			// A device shows it all the same when it was sent before.
			{`UPDATE outbox SET claim = '', state = 'sent', fault = ''` + ownDelivery + asClaimed + ` AND channel = 'push' AND kind = 'notice' AND sent_at > 0`, []any{string(d.Kind), d.wanted}},
			{deleteDelivery + asClaimed, []any{string(d.Kind), d.wanted}},
			{deleteDelivery + ` AND kind = 'clear' AND sent_at = 0`, nil},
			{renewDelivery, []any{soon, at}},
		}
	case SettledPostponed:
		steps = []step{{`UPDATE outbox SET claim = '', due_at = $3, created_at = $3, attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END` + ownDelivery, []any{micros(s.Due)}}}
	case SettledHeld:
		steps = []step{{`UPDATE outbox SET claim = '', due_at = $3, attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END` + ownDelivery, []any{micros(s.Due)}}}
	case SettledDead:
		if d.Kind == DeliverClear { // there is nothing in it for which somebody would want it
			steps = append(steps, step{deleteDelivery + asClaimed, []any{string(d.Kind), d.wanted}})
		}
		steps = append(steps, step{deleteDelivery + ` AND kind = 'clear' AND sent_at = 0`, nil},
			step{`UPDATE outbox SET claim = '', state = 'dead', fault = $3` + ownDelivery, []any{s.Fault}})
	default:
		steps = []step{{`UPDATE outbox SET claim = '', due_at = $3, fault = $4` + ownDelivery, []any{micros(s.Due), s.Fault}}}
	}
	for _, st := range steps {
		n, err := tx.changed(ctx, "settle", st.query, append([]any{d.ID, d.claim}, st.args...)...)
		if err != nil {
			return false, err
		}
		if n > 0 {
			return true, tx.follow(ctx, d, s)
		}
	}
	return false, nil
}

// follow has another mail follow one that was sent, about what came while it was.
func (tx *Tx) follow(ctx context.Context, d Delivery, s Settlement) error {
	if s.As != SettledSent || d.Channel != chat.MailChannel || d.Notice == 0 {
		return nil
	}
	_, err := tx.changed(ctx, "have a mail follow", `
		INSERT INTO outbox (channel, kind, state, user_id, notice_id, note, created_at, due_at)
		SELECT channel, kind, 'waiting', user_id, notice_id, note, $3, $4 FROM outbox WHERE id = $1 AND wanted > $2
		ON CONFLICT (notice_id) WHERE channel = 'mail' AND notice_id > 0 AND state = 'waiting' DO NOTHING`,
		d.ID, d.wanted, micros(s.At), micros(s.At.Add(s.Gap)))
	return err
}

// HastenDeliveries has those of some deliveries that wait for another attempt tried soon, in the
// order of their ids: what they failed for is over. They go behind what is due and was not tried: should
// they be at fault themselves, nobody waits for them.
func (db *DB) HastenDeliveries(ctx context.Context, ids []chat.DeliveryID, now time.Time) error {
	list, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("hasten deliveries: %w", err)
	}
	return db.Update(ctx, func(tx *Tx) error {
		n, err := tx.changed(ctx, "hasten deliveries", `
			UPDATE outbox SET due_at = $2
			WHERE state = 'waiting' AND claim = '' AND created_at <= $2 AND id IN (SELECT id FROM `+tx.d.set("$1", "id")+` AS j)`,
			string(list), micros(now))
		tx.due = tx.due || n > 0
		return err
	})
}

// ReclaimDeliveries has what somebody has claimed tried at now, and returns how much that is: whoever
// had claimed it is known to have ended. What has begun attempts times or more often keeps its term:
// it may be what they have ended of. The claims stay until others take their place, for what was
// begun may be shown by a device, and is taken back there once it is read.
func (db *DB) ReclaimDeliveries(ctx context.Context, now time.Time, attempts int64) (n int64, err error) {
	err = db.Update(ctx, func(tx *Tx) error {
		n, err = tx.changed(ctx, "reclaim deliveries", `
			UPDATE outbox SET due_at = $1 WHERE state = 'waiting' AND claim <> '' AND due_at > $1 AND attempts < $2`, micros(now), attempts)
		tx.due = tx.due || n > 0
		return err
	})
	return n, err
}

// OutboxLoad is how much of a channel is in the outbox.
type OutboxLoad struct {
	Waiting, Dead int64
	Due           time.Time // since when the oldest is due that nobody tries; zero when none is
}

// OutboxLoads returns the load of each channel of which there is any, at now.
func (r Reader) OutboxLoads(ctx context.Context, now time.Time) (map[chat.Channel]OutboxLoad, error) {
	rows, err := r.q.QueryContext(ctx, `
		SELECT channel, count(*), 0, min(CASE WHEN due_at <= $1 THEN due_at END) FROM outbox WHERE state = 'waiting' GROUP BY channel
		UNION ALL SELECT channel, 0, count(*), NULL FROM outbox WHERE state = 'dead' GROUP BY channel`, micros(now))
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	type row struct {
		channel chat.Channel
		OutboxLoad
	}
	found, err := collect(rows, func(r *row) []any { return []any{&r.channel, &r.Waiting, &r.Dead, microsInto{&r.Due}} })
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	loads := make(map[chat.Channel]OutboxLoad)
	for _, r := range found {
		l := loads[r.channel]
		l.Waiting, l.Dead = l.Waiting+r.Waiting, l.Dead+r.Dead
		if !r.Due.IsZero() {
			l.Due = r.Due
		}
		loads[r.channel] = l
	}
	return loads, nil
}

// PruneDeliveries deletes at most limit of what was sent, or given up, and entered before a time
// each, and returns how many that were.
func (tx *Tx) PruneDeliveries(ctx context.Context, sent, dead time.Time, limit int) (int64, error) {
	return tx.changed(ctx, "prune deliveries", `
		DELETE FROM outbox WHERE id IN (
			SELECT id FROM outbox WHERE state <> 'waiting' AND created_at < $1 AND sent_at < $1 AND (state = 'sent' OR created_at < $2)
			ORDER BY created_at LIMIT $3)`, micros(sent), micros(dead), limit)
}
