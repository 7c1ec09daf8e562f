package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	// patience is how long a service may make no progress with what it was asked for: take no
	// byte, bring none, give no answer.
	patience = 15 * time.Second
	// slowest is how many bytes a second a service has to take: Put of a large blob, with all that
	// is tried again, ends within the time that this leaves it, and three times patience.
	slowest = 64 << 10
	// tries is how often something is asked for when the service says that it is busy or a
	// connection breaks.
	tries = 3
	// checkTime bounds Check, which asks for five things.
	checkTime = 30 * time.Second
	// maxName is how many bytes a name in a bucket may have, with the prefix.
	maxName = 1024
)

// sumName is the header with which a blob's checksum is kept, so that a damaged one is noticed
// wherever the service does not look. One that came in by another program has none.
const sumName = "Swapnest-Crc32c"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// S3Options say how a bucket is used.
type S3Options struct {
	Bucket Bucket
	// Scratch is a folder on this machine, for bytes of which it is not known how many come. It
	// is there, and no other process uses it.
	Scratch string
	// Patience is how long the service may make no progress; 0 is 15 seconds.
	Patience time.Duration
}

// S3 keeps blobs in a bucket of an S3 service, which several processes may share. A blob comes
// in by one request, of 5 GiB at most with Amazon's, so nothing is left there of one that broke.
type S3 struct {
	scratch
	bucket   Bucket
	client   minio.Core
	patience time.Duration
}

// NewS3 returns a store in a bucket. It asks the service for nothing; Check does.
func NewS3(o S3Options) (*S3, error) {
	own, err := newScratch(o.Scratch)
	if err != nil {
		return nil, err
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	b := o.Bucket
	dialer := net.Dialer{Timeout: min(5*time.Second, o.Patience)}
	client, err := minio.NewCore(b.host, &minio.Options{
		Creds: credentials.NewStaticV4(b.key, b.secret, b.token), Secure: !b.insecure, Region: b.region, MaxRetries: tries,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: min(5*time.Second, o.Patience),
			// What was stored is what comes back, byte for byte. Without HTTP/2 a connection that hangs is
			// given up with the request on it.
			DisableCompression: true, MaxIdleConnsPerHost: 32, IdleConnTimeout: 50 * time.Second,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("use %s: %w", b, err)
	}
	return &S3{scratch: own, bucket: b, client: *client, patience: o.Patience}, nil
}

// Check stores a small blob, reads and deletes it, and looks for it once more, so that what is
// wrong with an address, a key or a bucket is known before anybody needs it. Its error is a
// sentence for the operator.
func (s *S3) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTime, errHung)
	defer cancel()
	key, text := ".check/"+rand.Text(), "SwapNest was here, and has not come to delete this."
	err := s.Put(ctx, key, strings.NewReader(text))
	if err == nil {
		if err = s.checkText(ctx, key, text); err == nil {
			err = s.Delete(ctx, key)
		}
		if err == nil {
			_, err = s.Open(ctx, key)
			switch {
			case err == nil:
				err = errors.New("a deleted object is still there: a service that shows what was is none for this")
			case errors.Is(err, fs.ErrNotExist):
				err = nil
			case errors.Is(err, errForbidden):
				err = errors.New("the key may not list the bucket (s3:ListBucket), and without that the service does not tell what is missing from what is forbidden: allow it")
			}
		}
	}
	if err != nil {
		return fmt.Errorf("the bucket %s cannot be used: %w", s.bucket, bare(err))
	}
	return nil
}

func (s *S3) checkText(ctx context.Context, key, text string) error {
	b, err := s.Open(ctx, key)
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // It was only read.
	got, err := io.ReadAll(b)
	if err == nil && string(got) != text {
		err = fmt.Errorf("what comes back is not what was stored: %d bytes in place of %d", len(got), len(text))
	}
	return err
}

// name returns the name of a key in the bucket.
func (s *S3) name(key string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	name := s.bucket.prefix + key
	if len(name) > maxName {
		return "", fmt.Errorf("%q is too long for a bucket: %w", key, fs.ErrNotExist)
	}
	return name, nil
}

// Put stores the bytes of r under key, in place of what was there. It is atomic, and durable
// when it returns. It needs no memory for the bytes: what cannot be read twice, as a file or a
// bytes.Reader can, goes through a scratch file.
func (s *S3) Put(ctx context.Context, key string, r io.Reader) (err error) {
	defer func() { err = about("put", key, err) }()
	name, err := s.name(key)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the key is too long for a bucket")
	}
	if err != nil {
		return err
	}
	body, from, size, err := measured(r)
	if err != nil {
		f, n, err := s.spool(ctx, r)
		if err != nil {
			return err
		}
		defer func() {
			_ = f.Close() // Nothing of it is needed any more.
			_ = os.Remove(f.Name())
		}()
		body, from, size = f, 0, n
	}
	sum := crc32.New(castagnoli)
	n, err := io.Copy(sum, untilDone{ctx, io.NewSectionReader(body, from, size)})
	if err == nil && n < size {
		err = fmt.Errorf("%d of %d bytes are there: %w", n, size, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return err
	}
	w := s.watch(ctx, 3*s.patience+time.Duration(size/slowest)*time.Second)
	defer w.end()
	_, err = s.client.Client.PutObject(w.ctx, s.bucket.name, name, io.NewSectionReader(body, from, size), size, minio.PutObjectOptions{
		// One request, which the service takes whole or not at all. Its MD5 is signed, and what all
		// services hold the bytes against; fewer know signatures in between the bytes.
		DisableMultipart: true, SendContentMd5: true, DisableContentSha256: true, Progress: w,
		UserMetadata: map[string]string{sumName: strconv.FormatUint(uint64(sum.Sum32()), 16)},
	})
	if err = fault(w.ctx, err); errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no S3 service at this address, but something else that knows nothing of buckets")
	}
	return err
}

// measured finds what can be read twice, where it begins and how many bytes follow. Whatever
// else fails, and nothing of it has been read.
func measured(r io.Reader) (body io.ReaderAt, from, size int64, err error) {
	at, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok {
		return nil, 0, 0, errors.ErrUnsupported
	}
	if from, err = at.Seek(0, io.SeekCurrent); err != nil {
		return nil, 0, 0, err
	}
	end, err := at.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, 0, err
	}
	if _, err = at.Seek(from, io.SeekStart); err != nil {
		return nil, 0, 0, err
	}
	return at, from, max(0, end-from), nil
}

// spool reads everything into a scratch file.
func (s *S3) spool(ctx context.Context, r io.Reader) (f *os.File, n int64, err error) {
	if f, err = s.Scratch(); err != nil {
		return nil, 0, err
	}
	if n, err = io.Copy(f, untilDone{ctx, r}); err != nil {
		_ = f.Close() // The first error is the one to tell.
		_ = os.Remove(f.Name())
		return nil, 0, err
	}
	return f, n, nil
}

// Delete removes a blob. One that is not there is no error.
func (s *S3) Delete(ctx context.Context, key string) error {
	name, err := s.name(key)
	if err == nil {
		w := s.watch(ctx, 2*s.patience)
		defer w.end()
		err = fault(w.ctx, s.client.RemoveObject(w.ctx, s.bucket.name, name, minio.RemoveObjectOptions{}))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return about("delete", key, err)
}
