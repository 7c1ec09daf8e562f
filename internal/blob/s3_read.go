package blob

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

const (
	// head is how much of a blob comes with its opening, which is all of most pictures.
	head = 256 << 10
	// resumptions is how often the reading of one blob goes on behind a connection that broke.
	resumptions = 5
)

// object is an open blob in a bucket. It comes by requests for parts of it, all of the same
// version of it; none is held in memory. It is for one reader.
type object struct {
	s        *S3
	ctx      context.Context // Open's: reading is a part of it
	key      string
	name     string
	size     int64
	modified time.Time
	tag      string // names the version

	off     int64 // where the reader is
	body    io.ReadCloser
	at, end int64 // what body brings
	watch   *watch
	broken  int

	sum     string // of all bytes, "" when nobody knows
	summed  int64  // how many of them were read, one after the other
	crc     uint32 // and their sum
	damaged bool
	closed  bool
}

// Open returns the blob for reading until it is closed or ctx ends, or an error that is
// fs.ErrNotExist or ErrBadKey. One that becomes another while it is read ends with an error.
func (s *S3) Open(ctx context.Context, key string) (Blob, error) {
	name, err := s.name(key)
	if err != nil {
		return nil, about("open", key, err)
	}
	o := &object{s: s, ctx: ctx, key: key, name: name}
	if err := o.first(); err != nil {
		return nil, about("open", key, err)
	}
	return o, nil
}

// first asks for the beginning of a blob, and learns all about it by that.
func (o *object) first() error {
	info, header, err := o.get(0, head-1)
	if refused, ok := errors.AsType[minio.ErrorResponse](err); ok && refused.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		// It is empty.
		w := o.s.watch(o.ctx, 2*o.s.patience)
		defer w.end()
		info, err := o.s.client.StatObject(w.ctx, o.s.bucket.name, o.name, minio.StatObjectOptions{})
		if err == nil && info.Size != 0 {
			return errors.New("the service has no part of it, and says that there are some")
		}
		o.modified, o.tag = info.LastModified, info.ETag
		return fault(w.ctx, err)
	}
	if err != nil {
		return fault(o.ctx, err)
	}
	o.size, o.end = info.Size, info.Size
	// bytes 0-262143/1048576
	if _, whole, partial := strings.Cut(header.Get("Content-Range"), "/"); partial {
		if o.size, err = strconv.ParseInt(whole, 10, 64); err != nil || o.size < o.end {
			o.drop()
			return fmt.Errorf("the service says %q where a range is to be", header.Get("Content-Range"))
		}
	}
	if o.size < 0 {
		o.drop()
		return errors.New("the service does not say how long it is")
	}
	o.modified, o.tag, o.sum = info.LastModified, info.ETag, info.UserMetadata[sumName]
	return nil
}

// get asks for the bytes from one to another, and leaves them in body.
func (o *object) get(from, to int64) (minio.ObjectInfo, http.Header, error) {
	var options minio.GetObjectOptions
	if err := options.SetRange(from, to); err != nil {
		return minio.ObjectInfo{}, nil, err
	}
	if o.tag != "" {
		if err := options.SetMatchETag(o.tag); err != nil {
			return minio.ObjectInfo{}, nil, err
		}
	}
	w := o.s.watch(o.ctx, 0)
	body, info, header, err := o.s.client.GetObject(w.ctx, o.s.bucket.name, o.name, options)
	w.rest()
	if err != nil {
		if w.ctx.Err() != nil {
			err = context.Cause(w.ctx)
		}
		w.end()
		return info, header, err
	}
	o.watch, o.body, o.at = w, body, from
	return info, header, nil
}

// Read reads on. A blob that is read from its beginning to its end without a jump is held against
// its checksum, and its last bytes are kept back when they do not fit.
func (o *object) Read(p []byte) (int, error) {
	switch {
	case o.closed:
		return 0, about("read", o.key, fs.ErrClosed)
	case o.damaged:
		return 0, about("read", o.key, errDamaged)
	case o.off >= o.size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	for {
		n, err := o.read(p)
		if n > 0 {
			if !o.fits(p[:n]) {
				return 0, about("read", o.key, errDamaged)
			}
			o.off += int64(n)
			return n, nil // an error comes again
		}
		if err == nil {
			continue
		}
		o.drop()
		o.broken++
		if o.ctx.Err() != nil || o.broken > resumptions || !resumable(err) {
			return 0, about("read", o.key, fault(o.ctx, err))
		}
	}
}

// resumable tells whether a reading may go on: the line broke, and nobody has refused.
func resumable(err error) bool {
	_, refused := errors.AsType[minio.ErrorResponse](err)
	return !refused && !errors.Is(err, errHung) && !errors.Is(err, errOther)
}

// read reads what the reader is at, some of it at least, or fails.
func (o *object) read(p []byte) (int, error) {
	if o.body == nil || o.at != o.off || o.at == o.end {
		o.drop()
		info, header, err := o.get(o.off, o.size-1)
		if err != nil {
			return 0, err
		}
		o.end = o.at + info.Size
		if o.end != o.size || o.off > 0 && !strings.HasPrefix(header.Get("Content-Range"), fmt.Sprintf("bytes %d-", o.off)) {
			o.drop()
			return 0, errOther
		}
	}
	o.watch.timer.Reset(o.watch.patience)
	n, err := o.body.Read(p)
	o.watch.rest()
	o.at += int64(n)
	if n > 0 {
		return n, nil
	}
	switch {
	case err != nil && o.watch.ctx.Err() != nil:
		return 0, context.Cause(o.watch.ctx)
	case errors.Is(err, io.EOF):
		return 0, io.ErrUnexpectedEOF // for there is more
	}
	return 0, err
}

// fits tells whether what was read next fits the checksum, which is known at the end.
func (o *object) fits(p []byte) bool {
	if o.off != o.summed {
		return true
	}
	o.crc = crc32.Update(o.crc, castagnoli, p)
	o.summed += int64(len(p))
	o.damaged = o.summed == o.size && o.sum != "" && o.sum != strconv.FormatUint(uint64(o.crc), 16)
	return !o.damaged
}

// Seek goes elsewhere, which costs a request with the next Read.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += o.off
	case io.SeekEnd:
		offset += o.size
	default:
		return 0, about("seek", o.key, fs.ErrInvalid)
	}
	if offset < 0 {
		return 0, about("seek", o.key, fs.ErrInvalid)
	}
	o.off = offset
	return offset, nil
}

// drop ends the request under way. A connection with little on it can be used again.
func (o *object) drop() {
	if o.body == nil {
		return
	}
	if o.end-o.at <= head && o.watch.ctx.Err() == nil {
		o.watch.timer.Reset(o.watch.patience / 10)
		_, _ = io.Copy(io.Discard, o.body) // It is read for the connection's sake.
	}
	_ = o.body.Close() // It was only read.
	o.watch.end()
	o.body = nil
}

// Close ends the reading. A second one is refused.
func (o *object) Close() error {
	if o.closed {
		return about("close", o.key, fs.ErrClosed)
	}
	o.drop()
	o.closed = true
	return nil
}

func (o *object) Size() int64         { return o.size }
func (o *object) Modified() time.Time { return o.modified }
