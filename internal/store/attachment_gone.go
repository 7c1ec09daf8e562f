package store

import (
	"context"
	"time"

	"swapnest/internal/chat"
)

// WithdrawUpload gives an upload of somebody's own up that is in no message. It tells whether
// there was one.
func (tx *Tx) WithdrawUpload(ctx context.Context, owner chat.UserID, id chat.AttachmentID, now time.Time) (bool, error) {
	n, err := tx.changed(ctx, "withdraw an upload", `
		UPDATE attachment SET state = 'gone', expires_at = $3
		WHERE id = $1 AND owner_id = $2 AND message_id = 0 AND state NOT IN ('gone', 'removed') AND expires_at > $3`, id, owner, micros(now))
	return n == 1, err
}

// TakeUploadBack gives up an upload that is in no message, and has it count for nothing.
func (tx *Tx) TakeUploadBack(ctx context.Context, id chat.AttachmentID, now time.Time) error {
	_, err := tx.changed(ctx, "take an upload back", `
		UPDATE attachment SET state = 'gone', received = 0, expires_at = $2 WHERE id = $1 AND message_id = 0 AND state <> 'removed'`, id, micros(now))
	return err
}

// GiveUpUploads has nobody find the uploads any more that expired by a time, at most limit, and
// returns how many these were. One that a message has taken up meanwhile is none of them, and
// none of them is taken up afterwards: both look at the row as it is.
func (tx *Tx) GiveUpUploads(ctx context.Context, expired time.Time, limit int) (int64, error) {
	return tx.changed(ctx, "give uploads up", `
		UPDATE attachment SET state = 'gone'
		WHERE id IN (
			SELECT id FROM attachment WHERE expires_at > 0 AND expires_at <= $1 AND state NOT IN ('gone', 'removed') ORDER BY expires_at LIMIT $2
		) AND expires_at > 0 AND expires_at <= $1 AND state NOT IN ('gone', 'removed')`, micros(expired), limit)
}

// GoneUploads returns uploads that were given up and expired by a time, at most limit, without the
// first skip ones.
func (r Reader) GoneUploads(ctx context.Context, expired time.Time, skip, limit int) ([]Upload, error) {
	return r.uploads(ctx, `SELECT `+uploadColumns+` FROM attachment
		WHERE expires_at > 0 AND expires_at <= $1 AND state IN ('gone', 'removed') ORDER BY expires_at, id LIMIT $2 OFFSET $3`, micros(expired), limit, skip)
}

// KeepRemoved notes that the bytes of an upload were removed, and that its row stays until a
// time.
func (tx *Tx) KeepRemoved(ctx context.Context, id chat.AttachmentID, until time.Time) error {
	_, err := tx.changed(ctx, "note that an upload was removed", `
		UPDATE attachment SET state = 'removed', expires_at = $2 WHERE id = $1 AND state = 'gone'`, id, micros(until))
	return err
}

// DeleteRemoved forgets an upload that was noted as removed.
func (tx *Tx) DeleteRemoved(ctx context.Context, id chat.AttachmentID) error {
	_, err := tx.changed(ctx, "forget an upload", `DELETE FROM attachment WHERE id = $1 AND state = 'removed'`, id)
	return err
}
