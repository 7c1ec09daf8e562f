// Package uploads takes in the photos that people add before a listing takes them up, and the
// files that go with messages: piece by piece, over lines that break and nodes that end.
package uploads

import (
	"context"
	"io"
	"log/slog"
	"os"
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
