package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"swapnest/internal/chat"
)

// UploadState is how far an upload has come.
type UploadState string

// The states of an upload. One that is Ready may be taken up by a message, and stays so.
const (
	UploadReceiving UploadState = "receiving" // bytes may come, or all are there and have not been looked at
	UploadMade      UploadState = "made"      // what is served is stored; the parts it came in are being removed
	UploadReady     UploadState = "ready"
	UploadRefused   UploadState = "refused"
	UploadGone      UploadState = "gone"    // nobody finds it any more; its bytes are being removed
	UploadRemoved   UploadState = "removed" // its bytes are; the row counts towards what somebody has uploaded
)

// Part is what one request has brought of an upload.
type Part struct {
	Number int
	Bytes  int64
}

// Upload is a row of an upload: until it is Made, Kind and Type of its Attachment are what it
// was announced as.
type Upload struct {
	chat.Attachment
	Owner            chat.UserID
	State            UploadState
	Length, Received int64 // bytes
	Claims           int   // parts that were begun: their numbers are below it
	Parts            []Part
	Fault            *chat.Error // of one that was refused
	Conversation     chat.ConversationID
	Message          chat.MessageID // that it is in; 0 for none
	CreatedAt        time.Time
	ExpiresAt        time.Time // zero when it is in a message
}

const uploadColumns = `id, owner_id, state, kind, name, type, length, received, claims, parts, size, width, height, animated, duration_ms, waveform,
	fault_code, fault, conversation_id, message_id, created_at, expires_at`

// uploadRow is a row as it is scanned.
type uploadRow struct {
	Upload
	parts, code, fault string
}

func uploadFields(u *uploadRow) []any {
	return []any{
		&u.ID, &u.Owner, &u.State, &u.Kind, &u.Name, &u.Type, &u.Length, &u.Received, &u.Claims, &u.parts, &u.Size, &u.Width, &u.Height,
		&u.Animated,
		millisInto{&u.Duration},
		waveformInto{&u.Waveform},
		&u.code, &u.fault, &u.Conversation, &u.Message,
		microsInto{&u.CreatedAt},
		microsInto{&u.ExpiresAt},
	}
}

// whole is the upload of a row.
func (u uploadRow) whole() Upload {
	for part := range strings.SplitSeq(u.parts, ",") {
		number, bytes, found := strings.Cut(part, ":")
		if !found {
			continue // behind the last comma is nothing
		}
		n, _ := strconv.Atoi(number) // as TakePart has written them
		b, _ := strconv.ParseInt(bytes, 10, 64)
		u.Parts = append(u.Parts, Part{n, b})
	}
	if u.code != "" {
		u.Fault = &chat.Error{Code: chat.Code(u.code), Field: "attachments", Detail: u.fault}
	}
	return u.Upload
}

func (r Reader) uploads(ctx context.Context, query string, args ...any) ([]Upload, error) {
	rows, err := r.q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read uploads: %w", err)
	}
	found, err := collect(rows, uploadFields)
	if err != nil {
		return nil, fmt.Errorf("read uploads: %w", err)
	}
	all := make([]Upload, len(found))
	for i, u := range found {
		all[i] = u.whole()
	}
	return all, nil
}

// oneUpload returns the only upload, or NotFound.
func oneUpload(all []Upload, err error) (Upload, error) {
	if err == nil && len(all) == 0 {
		err = chat.ErrNotFound("upload")
	}
	if err != nil {
		return Upload{}, err
	}
	return all[0], nil
}

// UploadOf returns an upload of somebody's own, sent or not, or NotFound.
func (r Reader) UploadOf(ctx context.Context, owner chat.UserID, id chat.AttachmentID, now time.Time) (Upload, error) {
	return oneUpload(r.uploads(ctx, `SELECT `+uploadColumns+` FROM attachment
		WHERE id = $1 AND owner_id = $2 AND state NOT IN ('gone', 'removed') AND (expires_at = 0 OR expires_at > $3)`, id, owner, micros(now)))
}

// AttachmentFor returns an attachment that somebody may see at now, or NotFound: its owner
// alone until it is sent, then both members of the conversation, as long as its message is
// visible to them and not deleted.
func (r Reader) AttachmentFor(ctx context.Context, who chat.UserID, id chat.AttachmentID, now time.Time) (chat.Attachment, error) {
	u, err := oneUpload(r.uploads(ctx, `SELECT `+uploadColumns+` FROM attachment
		WHERE id = $1 AND state = 'ready' AND (message_id > 0 OR owner_id = $2 AND expires_at > $3)`, id, who, micros(now)))
	if err == nil && u.Message > 0 {
		var seen bool
		err = r.q.QueryRowContext(ctx, `SELECT EXISTS (
			SELECT 1 FROM message m JOIN member mine ON mine.conversation_id = m.conversation_id AND mine.user_id = $3
			WHERE m.id = $2 AND m.conversation_id = $1 AND m.deleted_at = 0 AND `+visible("m", "$3")+`)`, u.Conversation, u.Message, who).Scan(&seen)
		switch {
		case err != nil:
			err = fmt.Errorf("look who may see an attachment: %w", err)
		case !seen:
			err = chat.ErrNotFound("file")
		}
	}
	if chat.CodeOf(err) == chat.NotFound {
		err = chat.ErrNotFound("file")
	}
	if err != nil {
		return chat.Attachment{}, err
	}
	return u.Attachment, nil
}

// Uploaded returns how many bytes somebody has uploaded since a time, or has announced, and
// when the first of these came. What was taken back counts with what had arrived. Nobody adds
// an upload of theirs until the transaction ends.
func (tx *Tx) Uploaded(ctx context.Context, owner chat.UserID, since time.Time) (bytes int64, first time.Time, err error) {
	var n int
	if err := tx.q.QueryRowContext(ctx, `SELECT 1 FROM users u WHERE u.id = $1`+tx.d.forNoKeyUpdate(), owner).Scan(&n); err != nil {
		return 0, first, fmt.Errorf("lock user %d: %w", owner, missing(err, "person"))
	}
	err = tx.q.QueryRowContext(ctx, `
		SELECT CAST(COALESCE(SUM(CASE WHEN state IN ('gone', 'removed') THEN received ELSE length END), 0) AS BIGINT), MIN(created_at)
		FROM attachment WHERE owner_id = $1 AND created_at > $2`, owner, micros(since)).Scan(&bytes, microsInto{&first})
	if err != nil {
		return 0, first, fmt.Errorf("count what user %d has uploaded: %w", owner, err)
	}
	return bytes, first, nil
}

// InsertUpload stores a new upload.
func (tx *Tx) InsertUpload(ctx context.Context, u Upload) error {
	_, err := tx.q.ExecContext(ctx, `
		INSERT INTO attachment (id, owner_id, state, kind, name, type, length, received, created_at, expires_at)
		VALUES ($1, $2, 'receiving', $3, $4, $5, $6, $7, $8, $9)`,
		u.ID, u.Owner, u.Kind, u.Name, u.Type, u.Length, u.Received, micros(u.CreatedAt), micros(u.ExpiresAt))
	if err != nil {
		return fmt.Errorf("insert an upload: %w", err)
	}
	return nil
}

// ClaimPart returns the number under which the bytes of an upload from offset on may be
// stored; whatever becomes of them, it is known from now on that they may be there. It tells
// whether there is one: not when other bytes have come first, when most parts were begun
// already, or when the upload takes no more.
func (tx *Tx) ClaimPart(ctx context.Context, owner chat.UserID, id chat.AttachmentID, offset int64, most int, now time.Time) (number int, ok bool, err error) {
	err = tx.q.QueryRowContext(ctx, `
		UPDATE attachment SET claims = claims + 1
		WHERE id = $1 AND owner_id = $2 AND state = 'receiving' AND received = $3 AND received < length AND claims < $4 AND expires_at > $5
		RETURNING claims`, id, owner, offset, most, micros(now)).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("claim a part of an upload: %w", err)
	}
	return number - 1, true, nil
}

// TakePart notes that a part is stored which begins at offset. It tells whether it counts: not
// when another has come first.
func (tx *Tx) TakePart(ctx context.Context, id chat.AttachmentID, offset int64, p Part) (bool, error) {
	note := strconv.Itoa(p.Number) + ":" + strconv.FormatInt(p.Bytes, 10) + ","
	n, err := tx.changed(ctx, "take a part of an upload", `
		UPDATE attachment SET received = $3, parts = parts || $4
		WHERE id = $1 AND state = 'receiving' AND received = $2 AND length >= $3`, id, offset, offset+p.Bytes, note)
	return n == 1, err
}

// UploadMade notes what was made of an upload, once that is stored. It tells whether this is
// new.
func (tx *Tx) UploadMade(ctx context.Context, a chat.Attachment) (bool, error) {
	levels := make([]string, len(a.Waveform))
	for i, level := range a.Waveform {
		levels[i] = strconv.Itoa(level)
	}
	n, err := tx.changed(ctx, "note what was made of an upload", `
		UPDATE attachment SET state = 'made', kind = $2, name = $3, type = $4, size = $5, width = $6, height = $7, animated = $8, duration_ms = $9, waveform = $10
		WHERE id = $1 AND state = 'receiving'`,
		a.ID, a.Kind, a.Name, a.Type, a.Size, a.Width, a.Height, a.Animated, a.Duration.Milliseconds(), strings.Join(levels, ","))
	return n == 1, err
}

// UploadReady notes that of an upload there is nothing but what was made of it.
func (tx *Tx) UploadReady(ctx context.Context, id chat.AttachmentID) error {
	_, err := tx.changed(ctx, "note that an upload is ready", `UPDATE attachment SET state = 'ready', claims = 0, parts = '' WHERE id = $1 AND state = 'made'`, id)
	return err
}

// RefuseUpload notes why an upload will never be ready. It tells whether this is new.
func (tx *Tx) RefuseUpload(ctx context.Context, id chat.AttachmentID, why *chat.Error) (bool, error) {
	n, err := tx.changed(ctx, "refuse an upload", `
		UPDATE attachment SET state = 'refused', fault_code = $2, fault = $3 WHERE id = $1 AND state = 'receiving'`, id, why.Code, why.Detail)
	return n == 1, err
}
