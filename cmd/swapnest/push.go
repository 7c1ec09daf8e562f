package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"swapnest/internal/config"
	"swapnest/internal/feature/reach"
	"swapnest/internal/store"
)

// listPushKeys shows by which keys browsers are sent messages. It reads beside a server that runs,
// and shows no secret.
func listPushKeys(ctx context.Context, s config.Storage, stdout io.Writer) (err error) {
	db, connection, err := store.OpenBeside(ctx, besides(s))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	keys, err := db.PushKeys(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MADE\tRETIRED\tBROWSERS\tPUBLIC KEY")
	for _, k := range keys {
		retired := "-"
		if !k.RetiredAt.IsZero() {
			retired = k.RetiredAt.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", k.CreatedAt.Format(time.RFC3339), retired, k.Devices, k.Public)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the push keys: %w", err)
	}
	return nil
}

// rotatePushKey makes a new key, also while a server runs.
func rotatePushKey(ctx context.Context, s config.Storage, stdout io.Writer) error {
	var k store.PushKey
	err := store.UpdateBeside(ctx, besides(s), func(tx *store.Tx) error {
		var err error
		k, err = reach.Rotate(ctx, tx, time.Now())
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Made the key %s. Browsers take it up when they come by.\n", k.Public)
	return nil
}
