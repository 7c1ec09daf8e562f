// Package uploads takes in the photos that people add before a listing takes them up, and the
// files that go with messages: piece by piece, over lines that break and nodes that end.
package uploads

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/picture"
	"swapnest/internal/store"
)

// Blobs keeps bytes.
type Blobs interface {
	Put(ctx context.Context, key string, r io.Reader) error
	// Open returns a blob, or an error that is fs.ErrNotExist.
	Open(ctx context.Context, key string) (blob.Blob, error)
	Delete(ctx context.Context, key string) error
	// Scratch returns a file for bytes on their way.
	Scratch() (*os.File, error)
}

// Limits are the rates per person. All nil, they allow everything.
type Limits struct {
	Photos *limit.Keyed // of listings
	Begin  *limit.Keyed // uploads for messages
	Write  *limit.Keyed // requests that bring bytes of them
}

// Options are what the service stands on.
type Options struct {
	Media   chat.Media
	Limits  Limits
	Scanner Scanner // nil looks at nothing
	Log     *slog.Logger
	Now     func() time.Time
}

// Service takes in photos of listings and files of messages.
type Service struct {
	Options
	db    *store.DB
	blobs Blobs
	maker *picture.Maker
	desk  *desk
}

// New returns the service.
func New(db *store.DB, blobs Blobs, o Options) *Service {
	return &Service{Options: o, db: db, blobs: blobs, maker: picture.NewMaker(), desk: newDesk(o.Media.FileBytes)}
}

// Photo reads a picture of at most 15 MiB, makes it fit to be shown, and keeps it for its
// owner until a listing takes it up, a day at most and as one of the newest 40. It refuses
// with UnsupportedMedia, TooLarge, Invalid or RateLimited, on the field "photos".
func (s *Service) Photo(ctx context.Context, who chat.UserID, r io.Reader) (chat.Photo, error) {
	if err := s.Limits.Photos.Take(key(who), "You have added many photos at once. Wait a moment before adding another one."); err != nil {
		return chat.Photo{}, err
	}
	full, thumb, err := s.read(ctx, r)
	if err != nil {
		return chat.Photo{}, err
	}
	// 130 random bits: nobody finds a photo that they have not been shown.
	name := "photos/" + strings.ToLower(rand.Text())
	p := chat.Photo{Key: name + ".jpg", ThumbKey: name + "-s.jpg", Width: full.Width, Height: full.Height}
	for key, data := range map[string][]byte{p.Key: full.JPEG, p.ThumbKey: thumb.JPEG} {
		if err := s.blobs.Put(ctx, key, bytes.NewReader(data)); err != nil {
			return chat.Photo{}, err
		}
	}
	now := s.Now()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.InsertUpload(ctx, who, p, now.Add(chat.UploadLife)); err != nil {
			return err
		}
		return tx.ExpireUploads(ctx, who, chat.MaxUploads, now)
	})
	if err != nil {
		return chat.Photo{}, errors.Join(err, s.drop(ctx, p))
	}
	return p, nil
}

// read spools an upload to the disk, where it waits for its share of memory, and makes
// the pictures.
func (s *Service) read(ctx context.Context, r io.Reader) (full, thumb picture.Picture, err error) {
	f, err := s.blobs.Scratch()
	if err != nil {
		return full, thumb, err
	}
	defer func() {
		// Nothing of it is needed any more.
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	n, err := io.Copy(f, io.LimitReader(r, chat.MaxPhotoBytes+1))
	if e := (*chat.Error)(nil); errors.As(err, &e) {
		return full, thumb, err
	}
	if err != nil {
		return full, thumb, chat.FieldError("photos", "The picture did not arrive whole. Add it again.")
	}
	if n > chat.MaxPhotoBytes {
		return full, thumb, &chat.Error{
			Code: chat.TooLarge, Field: "photos",
			Detail: fmt.Sprintf("A picture can have at most %d MB. Save it in a smaller size, then add it again.", chat.MaxPhotoBytes>>20),
		}
	}
	return s.maker.Make(ctx, f)
}

// Known returns those of the named photos that somebody has uploaded and no listing has
// taken up, by their names.
func (s *Service) Known(ctx context.Context, who chat.UserID, keys []string) (map[string]chat.Photo, error) {
	return s.db.Uploads(ctx, who, keys, s.Now())
}

const (
	// sweepBatch is how much is deleted in one transaction.
	sweepBatch = 100
	// grace is how long what has expired is left: a listing or a message that found it in
	// time may be taking it up just now, and bytes that were claimed in time may be on their way.
	grace = time.Minute
)

// sweepPhotos deletes the photos that have expired.
func (s *Service) sweepPhotos(ctx context.Context) error {
	for {
		expired, err := s.db.ExpiredUploads(ctx, s.Now().Add(-grace), sweepBatch)
		if err != nil || len(expired) == 0 {
			return err
		}
		// The bytes first: what is left when this stops halfway is still known.
		for _, p := range expired {
			if err := s.drop(ctx, p); err != nil {
				return err
			}
		}
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.DeleteUploads(ctx, expired) }); err != nil {
			return err
		}
	}
}

func (s *Service) drop(ctx context.Context, p chat.Photo) error {
	return errors.Join(s.blobs.Delete(ctx, p.Key), s.blobs.Delete(ctx, p.ThumbKey))
}
