package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
)

// Attachment is a row of the table of what people upload.
type Attachment struct {
	ID                    chat.AttachmentID
	Owner                 chat.UserID
	State                 string
	Conversation, Message int64
	Expires               time.Time // zero for one that is in a message
}

// Uploads writes the rows of so many files of somebody's that are ready to be sent for a day, beside the
// store and in one transaction. There are no bytes of them anywhere. Of what change leaves empty they
// have something.
func (d *Database) Uploads(ctx context.Context, owner chat.UserID, n int, change ...func(*chat.Attachment)) (all []chat.Attachment, err error) {
	db, err := d.beside()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("write uploads: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // It has been committed, or something has failed already.
	now := time.Now()
	for range n {
		a := chat.Attachment{ID: chat.AttachmentID(strings.ToLower(rand.Text())), Kind: chat.FileAttachment, Name: "list.pdf", Type: "application/pdf", Size: 1234}
		for _, c := range change {
			c(&a)
		}
		levels := make([]string, len(a.Waveform))
		for i, level := range a.Waveform {
			levels[i] = fmt.Sprint(level)
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO attachment (id, owner_id, state, kind, name, type, length, received, size, width, height, animated, duration_ms, waveform, created_at, expires_at)
			VALUES ($1, $2, 'ready', $3, $4, $5, $6, $6, $6, $7, $8, $9, $10, $11, $12, $13)`,
			string(a.ID), int64(owner), string(a.Kind), a.Name, a.Type, a.Size, a.Width, a.Height, a.Animated, a.Duration.Milliseconds(),
			strings.Join(levels, ","), now.UnixMicro(), now.Add(chat.UploadLife).UnixMicro())
		if err != nil {
			return nil, fmt.Errorf("write uploads: %w", err)
		}
		all = append(all, a)
	}
	return all, tx.Commit()
}

// Attach is Uploads of one.
func (d *Database) Attach(tb testing.TB, owner chat.UserID, change ...func(*chat.Attachment)) chat.Attachment {
	tb.Helper()
	all, err := d.Uploads(context.Background(), owner, 1, change...)
	if err != nil {
		tb.Fatal(err)
	}
	return all[0]
}

// Attachments reads the rows of all uploads, beside the store.
func (d *Database) Attachments(ctx context.Context) (all map[chat.AttachmentID]Attachment, err error) {
	db, err := d.beside()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `SELECT id, owner_id, state, conversation_id, message_id, expires_at FROM attachment`)
	if err != nil {
		return nil, fmt.Errorf("read attachments: %w", err)
	}
	defer rows.Close()
	all = make(map[chat.AttachmentID]Attachment)
	for rows.Next() {
		var a Attachment
		var expires int64
		if err := rows.Scan(&a.ID, &a.Owner, &a.State, &a.Conversation, &a.Message, &expires); err != nil {
			return nil, fmt.Errorf("read attachments: %w", err)
		}
		if expires != 0 {
			a.Expires = time.UnixMicro(expires).UTC()
		}
		all[a.ID] = a
	}
	return all, rows.Err()
}
