package store

import (
	"context"
	"fmt"
	"time"

	"swapnest/internal/chat"
)

// DeliveryQuery asks for deliveries.
type DeliveryQuery struct {
	State   DeliveryState
	Channel chat.Channel
	Limit   int
}

// Deliveries returns what is in the outbox, the newest first.
func (r Reader) Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT id, channel, kind, state, user_id, note, created_at, due_at FROM outbox ORDER BY id DESC`)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return collect(rows, func(d *Delivery) []any {
		return []any{&d.ID, &d.Channel, &d.Kind, &d.State, &d.To, &d.Note, microsInto{&d.Created}, microsInto{&d.Due}}
	})
}

// Enqueue has a delivery sent when it is due.
func (tx *Tx) Enqueue(ctx context.Context, d Delivery) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO outbox (channel, kind, state, user_id, note, created_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		d.Channel, d.Kind, DeliveryWaiting, d.To, d.Note, micros(time.Now()), micros(d.Due))
	if err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	return nil
}
