package uploads

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/picture"
	"swapnest/internal/store"
)

// Photo reads a picture of at most 15 MiB, makes it fit to be shown, and keeps it for its
// owner until a listing takes it up, a day at most and as one of the newest 40. Of a person 4 come
// at once, and one at a time is looked at, files of messages among them; others wait. It refuses with
// UnsupportedMedia, TooLarge, Invalid, RateLimited or Unavailable, on the field "photos".
func (s *Service) Photo(ctx context.Context, who chat.UserID, r io.Reader) (chat.Photo, error) {
	if err := s.Limits.Photos.Take(key(who), "You have added many photos at once. Wait a moment before adding another one."); err != nil {
		return chat.Photo{}, err
	}
	leave, err := s.desk.bring(ctx, who)
	if err != nil {
		return chat.Photo{}, ofPhotos(err)
	}
	defer leave()
	full, thumb, err := s.read(ctx, who, r)
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
		if err := tx.InsertLoosePhoto(ctx, who, p, now.Add(chat.UploadLife)); err != nil {
			return err
		}
		return tx.ExpireLoosePhotos(ctx, who, chat.MaxUploads, now)
	})
	if err != nil {
		return chat.Photo{}, errors.Join(err, s.drop(ctx, p))
	}
	return p, nil
}

// read spools an upload to the disk, where it waits for its owner's turn and its share of memory, and
// makes the pictures.
func (s *Service) read(ctx context.Context, who chat.UserID, r io.Reader) (full, thumb picture.Picture, err error) {
	f, done, err := s.scratch()
	if err != nil {
		return full, thumb, err
	}
	defer done()
	room := s.desk.room()
	defer room.free()
	from := &line{r: r, room: room}
	n, err := io.Copy(f, io.LimitReader(from, chat.MaxPhotoBytes+1))
	if errors.Is(from.broken, errNoRoom) {
		return full, thumb, ofPhotos(noRoom())
	}
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
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	leave, err := s.desk.turn(ctx, who)
	if err != nil {
		return full, thumb, ofPhotos(err)
	}
	defer leave()
	return s.maker.Make(ctx, f)
}

// ofPhotos returns a refusal of a file as one of a photo.
func ofPhotos(err error) error {
	if e, ok := errors.AsType[*chat.Error](err); ok {
		of := *e
		of.Field = "photos"
		return &of
	}
	return err
}

// Known returns those of the named photos that somebody has uploaded and no listing has
// taken up, by their names.
func (s *Service) Known(ctx context.Context, who chat.UserID, keys []string) (map[string]chat.Photo, error) {
	return s.db.LoosePhotos(ctx, who, keys, s.Now())
}

// sweepPhotos deletes the photos that have expired.
func (s *Service) sweepPhotos(ctx context.Context) error {
	for {
		expired, err := s.db.ExpiredLoosePhotos(ctx, s.Now().Add(-grace), sweepBatch)
		if err != nil || len(expired) == 0 {
			return err
		}
		// The bytes first: what is left when this stops halfway is still known.
		for _, p := range expired {
			if err := s.drop(ctx, p); err != nil {
				return err
			}
		}
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.DeleteLoosePhotos(ctx, expired) }); err != nil {
			return err
		}
	}
}

func (s *Service) drop(ctx context.Context, p chat.Photo) error {
	return errors.Join(s.blobs.Delete(ctx, p.Key), s.blobs.Delete(ctx, p.ThumbKey))
}
