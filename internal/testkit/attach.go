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

// Upload writes the row of a file of somebody's that is ready to be sent for a day, beside the store.
// There are no bytes of it anywhere. Of what change leaves empty it has something.
func (d *Database) Upload(ctx context.Context, owner chat.UserID, change ...func(*chat.Attachment)) (a chat.Attachment, err error) {
	a = chat.Attachment{ID: chat.AttachmentID(strings.ToLower(rand.Text())), Kind: chat.FileAttachment, Name: "list.pdf", Type: "application/pdf", Size: 1234}
	for _, c := range change {
		c(&a)
	}
	levels := make([]string, len(a.Waveform))
	for i, level := range a.Waveform {
		levels[i] = fmt.Sprint(level)
	}
	db, err := d.beside()
	if err != nil {
		return a, err
	}
	now := time.Now()
	_, err = db.ExecContext(ctx, `
		INSERT INTO attachment (id, owner_id, state, kind, name, type, length, received, size, width, height, animated, duration_ms, waveform, created_at, expires_at)
		VALUES ($1, $2, 'ready', $3, $4, $5, $6, $6, $6, $7, $8, $9, $10, $11, $12, $13)`,
		string(a.ID), int64(owner), string(a.Kind), a.Name, a.Type, a.Size, a.Width, a.Height, a.Animated, a.Duration.Milliseconds(),
		strings.Join(levels, ","), now.UnixMicro(), now.Add(chat.UploadLife).UnixMicro())
	return a, errors.Join(err, db.Close())
}

// Attach is Upload for a test.
func (d *Database) Attach(tb testing.TB, owner chat.UserID, change ...func(*chat.Attachment)) chat.Attachment {
	tb.Helper()
	a, err := d.Upload(context.Background(), owner, change...)
	if err != nil {
		tb.Fatal(err)
	}
	return a
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
