package uploads

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

const (
	// partBytes is how much of an upload waits in a scratch file before it is stored: what a
	// node that is killed loses of it at most.
	partBytes = 4 << 20
	// An upload may come in fewParts pieces, and in one more for each partStep of its bytes, but in
	// no more than maxParts: each is an object in the store.
	fewParts = 16
	partStep = 64 << 10
	maxParts = 1000
	// storeTime is how long storing a part may take. It goes on when whoever sent it has gone.
	storeTime = 20 * time.Second
)

// Write takes bytes of an upload from offset on, until r ends. What has arrived when a line
// breaks is kept. The last byte has the file looked at, and so has a Write of nothing behind
// it: it returns when the file is ready, or was refused, with the refusal. Invalid is also what
// has more bytes than were announced or comes in too many pieces; an r that is an Interrupter may be ended by Offset; Conflict is an offset that is
// not where the upload stands, which is returned with it; Unavailable and RateLimited can be
// tried again, from where the upload stands by then.
func (s *Service) Write(ctx context.Context, who chat.UserID, id chat.AttachmentID, offset int64, r io.Reader) (Upload, error) {
	if err := s.Limits.Write.Take(key(who), "This comes in too many pieces at once. Wait a moment, then go on."); err != nil {
		return Upload{}, err
	}
	leave, err := s.desk.sit(who)
	if err != nil {
		return Upload{}, err
	}
	defer leave()
	u, err := s.row(ctx, who, id)
	if err != nil {
		return Upload{}, err
	}
	if u.Received != offset {
		return shown(u), conflict()
	}
	stored := s.desk.arrive(id, r)
	u, err = s.receive(ctx, u, r)
	stored()
	if err != nil || u.Received < u.Length {
		return shown(u), err
	}
	u, err = s.finish(ctx, u)
	if err == nil && u.Fault != nil {
		err = u.Fault
	}
	return shown(u), err
}

func conflict() error {
	return chat.Errorf(chat.Conflict, "The upload stands elsewhere by now. Ask where, and go on from there.")
}

// receive stores what comes of an upload, part by part.
func (s *Service) receive(ctx context.Context, u store.Upload, r io.Reader) (store.Upload, error) {
	if u.Received == u.Length {
		return u, nothingMore(r)
	}
	for u.Received < u.Length {
		n, broken, err := s.part(ctx, &u, r)
		if err != nil {
			return u, err
		}
		if broken != nil {
			return u, broken
		}
		if n == 0 {
			break
		}
	}
	return u, nil
}

// part stores one part, and returns how many bytes it has and what broke the line behind them.
func (s *Service) part(ctx context.Context, u *store.Upload, r io.Reader) (n int64, broken, err error) {
	f, done, err := s.scratch()
	if err != nil {
		return 0, nil, err
	}
	defer done()
	room := s.desk.room()
	defer room.free()
	from := &line{r: r, room: room}
	n, err = io.Copy(f, io.LimitReader(from, min(partBytes, u.Length-u.Received)))
	switch {
	case errors.Is(from.broken, errNoRoom):
		broken = noRoom()
	case from.broken != nil:
		broken = chat.Errorf(chat.Unavailable, "The file did not arrive whole. Go on from where the upload stands.")
	case err != nil:
		return 0, nil, err
	case u.Received+n == u.Length:
		if err := nothingMore(r); err != nil {
			return 0, nil, err
		}
	}
	if n == 0 {
		return 0, broken, nil
	}
	// Who sent it may have gone by now, and comes back for the rest.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	return n, broken, s.keep(ctx, u, f, n)
}

// keep stores a part of n bytes from a scratch file. Its number is claimed first, so that
// whatever there may be in the store is known, and it counts only once it is stored.
func (s *Service) keep(ctx context.Context, u *store.Upload, f *os.File, n int64) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	p := store.Part{Bytes: n}
	var claimed, taken bool
	err := s.db.Update(ctx, func(tx *store.Tx) (err error) {
		p.Number, claimed, err = tx.ClaimPart(ctx, u.Owner, u.ID, u.Received, parts(u.Length), s.Now())
		return err
	})
	if err != nil {
		return err
	}
	if !claimed {
		return s.unclaimed(ctx, u)
	}
	if err := s.blobs.Put(ctx, partKey(u.ID, p.Number), f); err != nil {
		return err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) (err error) {
		taken, err = tx.TakePart(ctx, u.ID, u.Received, p)
		return err
	})
	if err != nil {
		return err
	}
	if !taken {
		// Whether it can be removed or not, the row knows of it.
		return errors.Join(conflict(), s.blobs.Delete(ctx, partKey(u.ID, p.Number)))
	}
	u.Received += n
	u.Claims = p.Number + 1
	u.Parts = append(u.Parts, p)
	return nil
}

// parts is how many pieces an upload of so many bytes may come in.
func parts(length int64) int { return int(min(fewParts+length/partStep, maxParts)) }

// unclaimed says why there is no number for another part.
func (s *Service) unclaimed(ctx context.Context, u *store.Upload) error {
	now, err := s.row(ctx, u.Owner, u.ID)
	if err != nil {
		return err
	}
	if now.Received == u.Received && now.Claims >= parts(u.Length) {
		return chat.FieldError(field, "This file came in too many pieces. Add it again over a better line.")
	}
	*u = now
	return conflict()
}

// nothingMore refuses a body that goes on. When its line breaks here, all has arrived.
func nothingMore(r io.Reader) error {
	if n, _ := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return chat.FieldError(field, "The file has more bytes than were announced. Add it again.")
	}
	return nil
}

// line notes that what is read from it has broken, apart from whatever happens to those bytes. It
// breaks with errNoRoom when there is no room for them.
type line struct {
	r      io.Reader
	room   *room
	broken error
}

func (l *line) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if !l.room.take(int64(n)) {
		n, err = 0, errNoRoom
	}
	if err != nil && !errors.Is(err, io.EOF) {
		l.broken = err
	}
	return n, err
}

// scratch returns a file for bytes on their way, which done removes.
func (s *Service) scratch() (f *os.File, done func(), err error) {
	if f, err = s.blobs.Scratch(); err != nil {
		return nil, nil, err
	}
	return f, func() {
		// Nothing of it is needed any more.
		_ = f.Close()
		_ = os.Remove(f.Name())
	}, nil
}
