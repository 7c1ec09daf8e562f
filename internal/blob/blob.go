// Package blob keeps the bytes of pictures and files. It knows nothing about what
// they mean or who may see them.
package blob

import (
	"io"
	"time"
)

// Blob is an open blob, which is the reader's to close.
type Blob interface {
	io.ReadSeekCloser
	// Size is how many bytes it has.
	Size() int64
	// Modified is when it was stored.
	Modified() time.Time
}
