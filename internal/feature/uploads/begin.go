package uploads

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Upload is a file on its way to a message. Its Attachment is there once it is ready, and its
// Fault once it was refused for good; before that there is neither.
type Upload struct {
	ID             chat.AttachmentID
	Name           string // as chat.ParseFileName leaves it
	Type           string // as it was announced, then as it is served
	Length, Offset int64  // bytes in all, and of these that are there
	ExpiresAt      time.Time
	Attachment     *chat.Attachment
	Fault          *chat.Error
}

// Begin announces an upload: what a file is called, its media type as its owner's system names
// it, its bytes, and whether it is a voice message.
type Begin struct {
	Name, Type string
	Length     int64
	Voice      bool
}

const (
	// quotaTime is what a person's quota is for.
	quotaTime = 24 * time.Hour
	maxType   = 100 // characters of a media type
)

// pictureTypes are those that can become a picture here: they have a limit of their own.
var pictureTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// Media returns the limits of what people attach to messages.
func (s *Service) Media() chat.Media { return s.Options.Media }

// Begin takes an upload up, which is kept for its owner for a day, or for as long as the message
// that it is sent with. It refuses with Invalid, with TooLarge, and with RateLimited when these
// are too many at once or too many bytes of one day.
func (s *Service) Begin(ctx context.Context, who chat.UserID, b Begin) (Upload, error) {
	if err := s.mayBegin(who); err != nil {
		return Upload{}, err
	}
	u, err := s.begin(ctx, who, b, 0)
	return shown(u), err
}

func (s *Service) mayBegin(who chat.UserID) error {
	return s.Limits.Begin.Take(key(who), "You have added many files at once. Wait a moment before adding another one.")
}

// begin stores an upload of which some bytes have arrived already.
func (s *Service) begin(ctx context.Context, who chat.UserID, b Begin, received int64) (store.Upload, error) {
	kind := chat.FileAttachment
	b.Type = mediaType(b.Type)
	switch {
	case b.Voice:
		kind = chat.VoiceAttachment
	case slices.Contains(pictureTypes, b.Type):
		kind = chat.ImageAttachment
	}
	if err := s.fits(b); err != nil {
		return store.Upload{}, err
	}
	now := s.Now()
	u := store.Upload{
		Attachment: chat.Attachment{ID: chat.AttachmentID(strings.ToLower(rand.Text())), Kind: kind, Name: chat.ParseFileName(b.Name), Type: b.Type},
		Owner:      who, State: store.UploadReceiving, Length: b.Length, Received: received, CreatedAt: now, ExpiresAt: now.Add(chat.UploadLife),
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		if left, refused, err := s.left(ctx, tx, who, now); err != nil {
			return err
		} else if b.Length > left {
			return refused
		}
		return tx.InsertUpload(ctx, u)
	})
	return u, err
}

// left returns how many bytes somebody may add today, and the refusal of any more.
func (s *Service) left(ctx context.Context, tx *store.Tx, who chat.UserID, now time.Time) (int64, *chat.Error, error) {
	bytes, first, err := tx.Uploaded(ctx, who, now.Add(-quotaTime))
	if err != nil {
		return 0, nil, err
	}
	return s.Options.Media.DailyBytes - bytes, &chat.Error{
		Code: chat.RateLimited, Field: field, RetryAfter: max(time.Minute, first.Add(quotaTime).Sub(now)),
		Detail: fmt.Sprintf("You can upload at most %s within a day. Send the rest tomorrow.", size(s.Options.Media.DailyBytes)),
	}, nil
}

// fits refuses a file that has no bytes, or too many.
func (s *Service) fits(b Begin) error {
	if b.Length <= 0 {
		return chat.FieldError(field, "This file is empty. Choose another one.")
	}
	if most := s.most(b); b.Length > most {
		return tooLarge(b, most)
	}
	return nil
}

// most is how many bytes a file may have.
func (s *Service) most(b Begin) int64 {
	if !b.Voice && slices.Contains(pictureTypes, mediaType(b.Type)) {
		return s.Options.Media.ImageBytes
	}
	return s.Options.Media.FileBytes
}

func tooLarge(b Begin, most int64) error {
	what := "file"
	switch {
	case b.Voice:
		what = "voice message"
	case slices.Contains(pictureTypes, mediaType(b.Type)):
		what = "picture"
	}
	return &chat.Error{Code: chat.TooLarge, Field: field, Detail: fmt.Sprintf("A %s can have at most %s. Make it smaller, then add it again.", what, size(most))}
}

// mediaType returns a declared media type without its parameters, or "" for what is none.
func mediaType(declared string) string {
	kind, _, _ := strings.Cut(declared, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	first, second, _ := strings.Cut(kind, "/")
	if len(kind) > maxType || !token(first) || !token(second) {
		return ""
	}
	return kind
}

// token tells whether s is one half of a media type (RFC 6838, in lower case).
func token(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+") == ""
}

// Upload returns an upload of somebody's own, or NotFound.
func (s *Service) Upload(ctx context.Context, who chat.UserID, id chat.AttachmentID) (Upload, error) {
	u, err := s.row(ctx, who, id)
	return shown(u), err
}

// Offset is Upload for who is about to go on. Bytes that still come over a line that broke
// unnoticed, to this node, are waited for no longer: what has come of them counts, so that nothing
// is sent twice.
func (s *Service) Offset(ctx context.Context, who chat.UserID, id chat.AttachmentID) (Upload, error) {
	if _, err := s.row(ctx, who, id); err != nil {
		return Upload{}, err
	}
	s.desk.interrupt(ctx, id)
	return s.Upload(ctx, who, id)
}

// Coming is how many uploads bytes come of at this node just now.
func (s *Service) Coming() int { return s.desk.arrivals() }

// HandOver ends what is coming of all uploads at this node: what has come counts, and the rest
// comes to another one.
func (s *Service) HandOver() { s.desk.interruptAll() }

// row reads an upload of somebody's own.
func (s *Service) row(ctx context.Context, who chat.UserID, id chat.AttachmentID) (store.Upload, error) {
	if !chat.ValidAttachmentID(string(id)) {
		return store.Upload{}, chat.ErrNotFound("upload")
	}
	return s.db.UploadOf(ctx, who, id, s.Now())
}

// Cancel gives an upload up; its bytes are removed soon. One that is in a message is a
// Conflict, one that is not there NotFound.
func (s *Service) Cancel(ctx context.Context, who chat.UserID, id chat.AttachmentID) error {
	u, err := s.row(ctx, who, id)
	if err != nil {
		return err
	}
	if u.Message > 0 {
		return chat.Errorf(chat.Conflict, "This file is in a message already. Delete the message instead.")
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		done, err := tx.WithdrawUpload(ctx, who, id, s.Now())
		if err == nil && !done {
			err = chat.Errorf(chat.Conflict, "This file is in a message by now. Delete the message instead.")
		}
		return err
	})
}

// shown is an upload as its owner is told of it.
func shown(u store.Upload) Upload {
	told := Upload{ID: u.ID, Name: u.Name, Type: u.Type, Length: u.Length, Offset: u.Received, ExpiresAt: u.ExpiresAt, Fault: u.Fault}
	if u.State == store.UploadReady {
		a := u.Attachment
		told.Attachment = &a
	}
	return told
}

// field is the input that refusals are about.
const field = "attachments"

func key(who chat.UserID) string { return strconv.FormatInt(int64(who), 10) }

// size is a number of bytes for people.
func size(bytes int64) string { return strconv.FormatInt(bytes>>20, 10) + " MB" }
