package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"swapnest/internal/chat"
)

// DeliveryQuery asks for deliveries; the zero value for the newest ones of all.
type DeliveryQuery struct {
	State   DeliveryState // "" for any
	Channel chat.Channel  // "" for any
	Limit   int           // 0 is 100
}

// inState are the conditions of states, written out so that the indexes of these are used.
var inState = map[DeliveryState]string{
	DeliveryWaiting: `state = 'waiting'`, DeliverySent: `state = 'sent'`, DeliveryDead: `state = 'dead'`,
}

// Deliveries returns what is in the outbox, the newest first.
func (r Reader) Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error) {
	var args arguments
	where := []string{`id > 0`}
	if _, ok := inState[q.State]; ok {
		where = append(where, inState[q.State])
	}
	if q.Channel != "" {
		where = append(where, `channel = `+args.add(string(q.Channel)))
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	rows, err := r.q.QueryContext(ctx, `SELECT `+deliveryColumns+` FROM outbox WHERE `+strings.Join(where, ` AND `)+
		` ORDER BY id DESC LIMIT `+args.add(q.Limit), args...)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	all, err := collect(rows, deliveryFields)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return all, nil
}

// RetryDeliveries has deliveries tried at now, as if they were new, which were given up or wait
// for another attempt; of a channel, or of both for "". With no ids it is all that were given up.
// Of several mails about one notice the newest is tried, and the others go. It returns how many
// are tried.
func (tx *Tx) RetryDeliveries(ctx context.Context, ids []chat.DeliveryID, c chat.Channel, now time.Time) (int64, error) {
	var args arguments
	where := `o.claim = '' AND o.state = 'dead'`
	if ids != nil {
		list, err := json.Marshal(ids)
		if err != nil {
			return 0, fmt.Errorf("retry deliveries: %w", err)
		}
		where = `o.claim = '' AND o.state IN ('dead', 'waiting') AND o.id IN (SELECT id FROM ` + tx.d.set(args.add(string(list)), "id") + ` AS j)`
	}
	if c != "" {
		where += ` AND o.channel = ` + args.add(string(c))
	}
	// One mail about a notice waits at a time.
	drop := func() error {
		_, err := tx.changed(ctx, "drop what is mailed anyway", `
			DELETE FROM outbox WHERE id IN (
				SELECT o.id FROM outbox o WHERE `+where+` AND o.state = 'dead' AND o.channel = 'mail' AND o.notice_id > 0 AND EXISTS (
					SELECT 1 FROM outbox x WHERE x.channel = 'mail' AND x.notice_id > 0 AND x.state = 'waiting' AND x.notice_id = o.notice_id))`, args...)
		return err
	}
	if err := drop(); err != nil {
		return 0, err
	}
	renewed := slices.Clone(args)
	n, err := tx.changed(ctx, "retry deliveries", `
		UPDATE outbox SET state = 'waiting', due_at = `+renewed.add(micros(now))+`, created_at = `+renewed.add(micros(now))+`, attempts = 0
		WHERE id IN (
			SELECT max(o.id) FROM outbox o WHERE `+where+`
			GROUP BY CASE WHEN o.channel = 'mail' AND o.notice_id > 0 THEN o.notice_id ELSE -o.id END)`, renewed...)
	if err != nil {
		return 0, err
	}
	tx.due = tx.due || n > 0
	return n, drop()
}

// DropDeliveries deletes deliveries that wait or were given up, and returns how many that were.
// One that is being sent just now may go out all the same.
func (tx *Tx) DropDeliveries(ctx context.Context, ids []chat.DeliveryID) (int64, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return 0, fmt.Errorf("drop deliveries: %w", err)
	}
	return tx.changed(ctx, "drop deliveries", `
		DELETE FROM outbox WHERE state IN ('dead', 'waiting') AND id IN (SELECT id FROM `+tx.d.set("$1", "id")+` AS j)`, string(list))
}
