package uploads

import (
	"context"
	"errors"
	"time"

	"swapnest/internal/store"
)

const (
	// sweepBatch is how much is deleted in one transaction.
	sweepBatch = 100
	// grace is how long what has expired is left: a listing or a message that found it in
	// time may be taking it up just now, and bytes that were claimed in time may be on their way.
	grace = time.Minute
	// linger is how long the row of a removed file stays at the least. By then nobody writes any
	// more who had begun before, and what they have left is removed with it.
	linger = time.Hour
)

// mostFaults is how many uploads that cannot be removed end a sweep: the store is away then.
const mostFaults = 100

// Sweep deletes what has expired: photos that no listing and files that no message has taken
// up, and files of messages that were deleted. Two at once do no harm.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.sweepPhotos(ctx), s.sweepFiles(ctx))
}

// sweepFiles has nobody find what has expired, removes its bytes, and then the row, which
// counts towards its owner's quota for a day.
func (s *Service) sweepFiles(ctx context.Context) error {
	expired := s.Now().Add(-grace)
	for more := int64(sweepBatch); more == sweepBatch; {
		err := s.db.Update(ctx, func(tx *store.Tx) (err error) {
			more, err = tx.GiveUpUploads(ctx, expired, sweepBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	// Those that cannot be removed now stay in front of the others: these are asked for behind them.
	var faults []error
	for {
		gone, err := s.db.GoneUploads(ctx, expired, len(faults), sweepBatch)
		if err != nil || len(gone) == 0 {
			return errors.Join(append(faults, err)...)
		}
		for _, u := range gone {
			if err := s.remove(ctx, u); err != nil {
				faults = append(faults, err)
			}
			if ctx.Err() != nil || len(faults) == mostFaults {
				return errors.Join(faults...)
			}
		}
	}
}

// remove removes the bytes of an upload and notes that, or forgets it where that was noted a
// while ago.
func (s *Service) remove(ctx context.Context, u store.Upload) error {
	err := errors.Join(s.dropParts(ctx, u), s.blobs.Delete(ctx, fileKey(u.ID)), s.blobs.Delete(ctx, thumbKey(u.ID)))
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		if u.State == store.UploadRemoved {
			return tx.DeleteRemoved(ctx, u.ID)
		}
		until := u.CreatedAt.Add(quotaTime)
		if least := s.Now().Add(linger); until.Before(least) {
			until = least
		}
		return tx.KeepRemoved(ctx, u.ID, until)
	})
}
