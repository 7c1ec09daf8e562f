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

// audit shows what was done to accounts. It reads beside a server that runs, and changes
// nothing.
func audit(ctx context.Context, c config.Audit, stdout io.Writer) (err error) {
	db, connection, err := store.OpenBeside(ctx, store.Options{Dir: c.DataDir, URL: c.DatabaseURL})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	var who chat.UserID
	if c.User != "" {
		u, _, err := db.Credentials(ctx, c.User)
		if err != nil {
			return err
		}
		who = u.ID
	}
	var since time.Time
	if c.Since > 0 {
		since = time.Now().Add(-c.Since)
	}
	entries, err := db.Audit(ctx, who, since, c.Limit)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		return writeAuditJSON(stdout, entries)
	}
	return writeAuditText(stdout, entries)
}

// auditLine is an entry as programs read it.
type auditLine struct {
	ID       int64            `json:"id"`
	At       time.Time        `json:"at"`
	UserID   chat.UserID      `json:"user_id"` // 0 where nobody has the name that was typed
	Username string           `json:"username"`
	Action   chat.AuditAction `json:"action"`
	Address  string           `json:"address"`
	Agent    string           `json:"agent"`
	Detail   string           `json:"detail"`
}

// writeAuditJSON writes one object a line.
func writeAuditJSON(out io.Writer, entries []chat.AuditEntry) error {
	encoder := json.NewEncoder(out)
	for _, e := range entries {
		if err := encoder.Encode(auditLine{e.ID, e.At, e.User, e.Username, e.Action, e.Address, e.Agent, e.Detail}); err != nil {
			return fmt.Errorf("write the audit log: %w", err)
		}
	}
	return nil
}

// writeAuditText writes a table for people.
func writeAuditText(out io.Writer, entries []chat.AuditEntry) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TIME\tPERSON\tACTION\tADDRESS\tBROWSER\tDETAIL")
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	for _, e := range entries {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n",
			e.At.Format(time.RFC3339), dash(e.Username), e.Action, dash(e.Address), dash(e.Agent), dash(e.Detail))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}
