package uploads

import (
	"context"
	"errors"
	"io"
	"os"

	"swapnest/internal/blob"
	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Add takes a whole file in: a form's, which cannot go on where a line broke. It refuses what
// Begin and Write refuse; a Begin without a Length is of whatever length r has. What is Unavailable
// leaves nothing behind: it comes whole again.
func (s *Service) Add(ctx context.Context, who chat.UserID, b Begin, r io.Reader) (chat.Attachment, error) {
	if err := s.mayBegin(who); err != nil {
		return chat.Attachment{}, err
	}
	leave, err := s.desk.sit(who)
	if err != nil {
		return chat.Attachment{}, err
	}
	defer leave()
	var left int64
	var spent *chat.Error
	err = s.db.Update(ctx, func(tx *store.Tx) (err error) {
		left, spent, err = s.left(ctx, tx, who, s.Now())
		return err
	})
	if err != nil {
		return chat.Attachment{}, err
	}
	if left <= 0 || b.Length > left {
		return chat.Attachment{}, spent
	}
	f, done, err := s.scratch()
	if err != nil {
		return chat.Attachment{}, err
	}
	defer done()
	room := s.desk.room()
	defer room.free()
	most := s.most(b)
	from := &line{r: r, room: room}
	n, err := io.Copy(f, io.LimitReader(from, min(most, left)+1))
	switch {
	case errors.Is(from.broken, errNoRoom):
		return chat.Attachment{}, noRoom()
	case from.broken != nil || err == nil && b.Length > 0 && n != b.Length:
		return chat.Attachment{}, chat.FieldError(field, "The file did not arrive whole. Add it again.")
	case err != nil:
		return chat.Attachment{}, err
	case n > most:
		return chat.Attachment{}, tooLarge(b, most)
	case n > left:
		return chat.Attachment{}, spent
	}
	b.Length = n
	u, err := s.begin(ctx, who, b, n)
	if err != nil {
		return chat.Attachment{}, err
	}
	looked, err := s.look(ctx, u, f)
	if err != nil {
		s.forget(ctx, u)
		return chat.Attachment{}, err
	}
	if looked.Fault != nil {
		return chat.Attachment{}, looked.Fault
	}
	return looked.Attachment, nil
}

// look has a whole file looked at.
func (s *Service) look(ctx context.Context, u store.Upload, f *os.File) (store.Upload, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	leave, err := s.desk.look(ctx, u.Owner)
	if err != nil {
		return u, err
	}
	defer leave()
	return s.work(ctx, u, f)
}

// forget takes back an upload that its owner was not told of, and will bring anew: it counts for
// nothing, and its bytes are removed. What is left when this fails goes in a day.
func (s *Service) forget(ctx context.Context, u store.Upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.TakeUploadBack(ctx, u.ID, s.Now()) })
	if err == nil {
		u.State = store.UploadGone
		err = s.remove(ctx, u)
	}
	if err != nil {
		s.warn(ctx, "an upload that nobody knows of is not removed yet", err)
	}
}

// Fetch takes a place for sending a file to somebody, of 16 at this node; behind 5 s without one it
// refuses with RateLimited.
func (s *Service) Fetch(ctx context.Context, who chat.UserID) (leave func(), err error) {
	return s.desk.fetch(ctx, who)
}

// Open returns an attachment that somebody may see, with its bytes, which are the caller's to
// close; thumb is for a picture in its small size. It is NotFound for all others, and when its
// bytes are missing.
func (s *Service) Open(ctx context.Context, who chat.UserID, id chat.AttachmentID, thumb bool) (chat.Attachment, blob.Blob, error) {
	if !chat.ValidAttachmentID(string(id)) {
		return chat.Attachment{}, nil, chat.ErrNotFound("file")
	}
	a, err := s.db.AttachmentFor(ctx, who, id, s.Now())
	if err != nil {
		return a, nil, err
	}
	key := fileKey(id)
	if thumb {
		if key = thumbKey(id); a.Kind != chat.ImageAttachment {
			return a, nil, chat.ErrNotFound("file")
		}
		a.Type = "image/jpeg"
	}
	b, err := s.blobs.Open(ctx, key)
	if absent(err) {
		err = chat.ErrNotFound("file")
	}
	return a, b, err
}
