package store

import (
	"context"
	"fmt"
)

// Enqueue has a delivery sent when it is due.
func (tx *Tx) Enqueue(ctx context.Context, d Delivery) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO outbox (channel, kind, state, user_id, note, created_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		d.Channel, d.Kind, DeliveryWaiting, d.To, d.Note, micros(d.Created), micros(d.Due))
	if err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	return nil
}
