package uploads

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// lookTime is how long looking at a file may take, waiting for a place included: less than
// proxies and clients wait, who are told to ask again. It goes on when whoever sent the file has
// gone: the result is there when they ask again.
const lookTime = 50 * time.Second

// verdictTime is how long it may take to write down what became of a file: all of lookTime may have
// gone by then, and nobody should look at it once more.
const verdictTime = 5 * time.Second

// partKey has no folder of its own: on a disk that would stay.
func partKey(id chat.AttachmentID, number int) string {
	return "incoming/" + string(id) + "." + strconv.Itoa(number)
}

func fileKey(id chat.AttachmentID) string { return "files/" + string(id) }

func thumbKey(id chat.AttachmentID) string { return fileKey(id) + "-s" }

// finish has an upload looked at whose bytes are all there, and returns it ready or refused.
// Each step is written down, so that it goes on wherever it was when a node ended; two at once,
// also at two nodes, make the same, and the first is written down.
func (s *Service) finish(ctx context.Context, u store.Upload) (store.Upload, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	leave, err := s.desk.look(ctx, u.Owner)
	if err != nil {
		return u, err
	}
	defer leave()
	// Another request may have had it looked at while this one waited.
	if u, err = s.row(ctx, u.Owner, u.ID); err != nil || u.State != store.UploadReceiving {
		return s.settle(ctx, u, err)
	}
	f, done, err := s.scratch()
	if err != nil {
		return u, err
	}
	defer done()
	if err := s.join(ctx, u, f); err != nil {
		// The other one may have removed the parts since.
		if now, again := s.row(ctx, u.Owner, u.ID); again == nil && now.State != store.UploadReceiving {
			return s.settle(ctx, now, nil)
		}
		return u, err
	}
	return s.work(ctx, u, f)
}

// join puts the parts of an upload together.
func (s *Service) join(ctx context.Context, u store.Upload, f *os.File) error {
	var whole int64
	for _, p := range u.Parts {
		part, err := s.blobs.Open(ctx, partKey(u.ID, p.Number))
		if err != nil {
			return err
		}
		n, err := io.Copy(f, part)
		if err = errors.Join(err, part.Close()); err != nil {
			return fmt.Errorf("put an upload together: %w", err)
		}
		if n != p.Bytes {
			return fmt.Errorf("part %d of an upload has %d bytes, and had %d", p.Number, n, p.Bytes)
		}
		whole += n
	}
	if whole != u.Length {
		return fmt.Errorf("of an upload %d bytes are there, and %d should be", whole, u.Length)
	}
	return nil
}

// work makes of a whole file what is served, and writes down what became of it.
func (s *Service) work(ctx context.Context, u store.Upload, f *os.File) (store.Upload, error) {
	a, err := s.process(ctx, u, f)
	refusal, refused := errors.AsType[*chat.Error](err)
	if refused && err != error(refusal) {
		// Whoever sent it is told the refusal alone; why is for whoever runs the site.
		s.warn(ctx, "a file is not taken", err)
	}
	if refused = refused && !refusal.Retryable(); err != nil && !refused {
		return u, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), verdictTime)
	defer cancel()
	err = s.db.Update(ctx, func(tx *store.Tx) (err error) {
		if refused {
			_, err = tx.RefuseUpload(ctx, u.ID, refusal)
		} else {
			_, err = tx.UploadMade(ctx, a)
		}
		return err
	})
	if err != nil {
		return u, err
	}
	u, err = s.row(ctx, u.Owner, u.ID)
	return s.settle(ctx, u, err)
}

// settle removes the parts of an upload that was looked at: before it is ready, since what is
// in a message is not looked for again.
func (s *Service) settle(ctx context.Context, u store.Upload, err error) (store.Upload, error) {
	if err != nil {
		return u, err
	}
	switch u.State {
	case store.UploadMade:
		if err := s.dropParts(ctx, u); err != nil {
			return u, err
		}
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.UploadReady(ctx, u.ID) }); err != nil {
			return u, err
		}
		return s.row(ctx, u.Owner, u.ID)
	case store.UploadRefused:
		// What is left of it goes when the row does.
		if err := s.dropParts(ctx, u); err != nil {
			s.warn(ctx, "parts of a refused upload are not removed yet", err)
		}
	}
	return u, nil
}

// deleters is how many parts are removed at once.
const deleters = 8

// dropParts removes all parts that may be there.
func (s *Service) dropParts(ctx context.Context, u store.Upload) error {
	var work errgroup.Group
	work.SetLimit(deleters)
	for n := range u.Claims {
		work.Go(func() error { return s.blobs.Delete(ctx, partKey(u.ID, n)) })
	}
	return work.Wait()
}

func (s *Service) warn(ctx context.Context, said string, err error) {
	if s.Log != nil {
		s.Log.WarnContext(ctx, said, "error", err)
	}
}

// absent tells whether a blob is not there.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
