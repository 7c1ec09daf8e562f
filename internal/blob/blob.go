// Package blob keeps the bytes of pictures and files: in a folder, or in a bucket of an S3
// service. It knows nothing about what they mean or who may see them.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// ErrBadKey says that a key is not a relative path without ".", ".." and NUL.
var ErrBadKey = errors.New("bad blob key")

// Store keeps blobs by their keys, which are relative paths. All of its methods may be called
// at once, by several processes too. What a bucket is asked for ends with the context, and by
// itself when the service makes no progress; package blobtest is what every store must do.
type Store interface {
	// Put stores the bytes of r under key, in place of what was there, and they are safe when
	// it returns. It is atomic: one that fails or is cancelled leaves what was there or, when
	// only the answer was lost, has stored all of it.
	Put(ctx context.Context, key string, r io.Reader) error
	// Open returns the blob for reading until it is closed or ctx ends, or an error that is
	// fs.ErrNotExist or ErrBadKey.
	Open(ctx context.Context, key string) (Blob, error)
	// Delete removes a blob. One that is not there is no error.
	Delete(ctx context.Context, key string) error
	// Scratch returns an empty file of this process alone for bytes on their way. It is the
	// caller's to close and to remove.
	Scratch() (*os.File, error)
}

// Blob is an open blob, which is the reader's to close.
type Blob interface {
	io.ReadSeekCloser
	// Size is how many bytes it has.
	Size() int64
	// Modified is when it was stored.
	Modified() time.Time
}

// checkKey refuses what is no key.
func checkKey(key string) error {
	// A NUL ends a name for the system, which refuses it as an error of its own.
	if key == "." || !fs.ValidPath(key) || strings.ContainsRune(key, 0) {
		return fmt.Errorf("%w: %q", ErrBadKey, key)
	}
	return nil
}

// untilDone reads until its context ends.
type untilDone struct {
	ctx context.Context // of the one call that hands it on
	io.Reader
}

func (r untilDone) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}
