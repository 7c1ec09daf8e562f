package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/config"
	"swapnest/internal/store"
)

// listOutbox shows what is in the outbox, without addresses, endpoints and what anybody wrote. It
// reads beside a server that runs, and changes nothing.
func listOutbox(ctx context.Context, c config.OutboxList, stdout io.Writer) (err error) {
	db, connection, err := store.OpenBeside(ctx, besides(c.Storage))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	all, err := db.Deliveries(ctx, store.DeliveryQuery{State: store.DeliveryState(c.State), Channel: chat.Channel(c.Channel), Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.Format == "json" {
		return writeOutboxJSON(stdout, all)
	}
	return writeOutboxText(stdout, all)
}

func besides(s config.Storage) store.Options {
	return store.Options{Dir: s.DataDir, URL: s.DatabaseURL}
}

// outboxLine is a delivery as programs read it.
type outboxLine struct {
	ID       chat.DeliveryID     `json:"id"`
	Channel  chat.Channel        `json:"channel"`
	Kind     store.DeliveryKind  `json:"kind"`
	State    store.DeliveryState `json:"state"`
	UserID   chat.UserID         `json:"user_id"` // 0 where an address alone says who
	Attempts int64               `json:"attempts"`
	Since    time.Time           `json:"since"`
	Due      time.Time           `json:"due,omitzero"`  // of what waits
	Sent     time.Time           `json:"sent,omitzero"` // the last time
	Fault    string              `json:"fault,omitempty"`
}

// writeOutboxJSON writes one object a line.
func writeOutboxJSON(out io.Writer, all []store.Delivery) error {
	encoder := json.NewEncoder(out)
	for _, d := range all {
		line := outboxLine{d.ID, d.Channel, d.Kind, d.State, d.To, d.Attempts, d.Created, d.Due, d.Sent, d.Fault}
		if d.State != store.DeliveryWaiting {
			line.Due = time.Time{}
		}
		if err := encoder.Encode(line); err != nil {
			return fmt.Errorf("write the outbox: %w", err)
		}
	}
	return nil
}

// writeOutboxText writes a table for people.
func writeOutboxText(out io.Writer, all []store.Delivery) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tCHANNEL\tKIND\tSTATE\tPERSON\tTRIES\tSINCE\tDUE\tSENT\tFAULT")
	at := func(t time.Time, shown bool) string {
		if t.IsZero() || !shown {
			return "-"
		}
		return t.Format(time.RFC3339)
	}
	for _, d := range all {
		fault := d.Fault
		if fault == "" {
			fault = "-"
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", d.ID, d.Channel, d.Kind, d.State, d.To, d.Attempts,
			at(d.Created, true), at(d.Due, d.State == store.DeliveryWaiting), at(d.Sent, true), fault)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the outbox: %w", err)
	}
	return nil
}

// retryOutbox has deliveries tried again. A server that runs finds them within a second.
func retryOutbox(ctx context.Context, c config.OutboxRetry, stdout io.Writer) error {
	var n int64
	err := store.UpdateBeside(ctx, besides(c.Storage), func(tx *store.Tx) (err error) {
		n, err = tx.RetryDeliveries(ctx, deliveryIDs(c.IDs), chat.Channel(c.Channel), time.Now())
		return err
	})
	if err != nil {
		return err
	}
	return say(stdout, "%d to be tried again.\n", n)
}

// dropOutbox deletes deliveries.
func dropOutbox(ctx context.Context, c config.OutboxDrop, stdout io.Writer) error {
	var n int64
	err := store.UpdateBeside(ctx, besides(c.Storage), func(tx *store.Tx) (err error) {
		n, err = tx.DropDeliveries(ctx, deliveryIDs(c.IDs))
		return err
	})
	if err != nil {
		return err
	}
	return say(stdout, "%d dropped.\n", n)
}

// deliveryIDs is nil for none.
func deliveryIDs(numbers []int64) (ids []chat.DeliveryID) {
	for _, n := range numbers {
		ids = append(ids, chat.DeliveryID(n))
	}
	return ids
}

func say(out io.Writer, format string, n int64) error {
	if _, err := fmt.Fprintf(out, format, n); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
