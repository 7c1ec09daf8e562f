package server

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"swapnest/internal/blob"
)

// openBlobs opens the folder or the bucket of photos and files. A command beside the site does not
// ask for a bucket, which it does not need.
func openBlobs(ctx context.Context, o Options, m *metrics) (blob.Store, error) {
	if o.Bucket.IsZero() {
		if o.BlobDir == "" {
			o.BlobDir = filepath.Join(o.DataDir, "blobs")
		}
		d, err := blob.NewDisk(o.BlobDir, o.DataDir)
		if err != nil {
			return nil, err
		}
		return counted{d, m}, nil
	}
	s, err := blob.NewS3(blob.S3Options{Bucket: o.Bucket, Scratch: o.DataDir})
	if err == nil && !o.Idle {
		err = s.Check(ctx)
	}
	if err != nil {
		return nil, err
	}
	return counted{s, m}, nil
}

// counted is a store whose failures are counted.
type counted struct {
	blob.Store
	metrics *metrics
}

// Put is that of the store.
func (c counted) Put(ctx context.Context, key string, r io.Reader) error {
	return c.count(ctx, "put", c.Store.Put(ctx, key, r))
}

// Open is that of the store.
func (c counted) Open(ctx context.Context, key string) (blob.Blob, error) {
	b, err := c.Store.Open(ctx, key)
	return b, c.count(ctx, "open", err)
}

// Delete is that of the store.
func (c counted) Delete(ctx context.Context, key string) error {
	return c.count(ctx, "delete", c.Store.Delete(ctx, key))
}

// count counts what is neither the caller's fault nor the end of their context.
func (c counted) count(ctx context.Context, operation string, err error) error {
	if err != nil && ctx.Err() == nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, blob.ErrBadKey) {
		c.metrics.blobs[operation].Inc()
	}
	return err
}
