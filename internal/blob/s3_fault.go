package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

var (
	// errHung says that a service was given up.
	errHung = errors.New("the service does not answer, or makes no progress")
	// errForbidden says that the service knows the key and lets it do less.
	errForbidden = errors.New("the service forbids it to this key: allow it to put, get and delete objects, and to list the bucket")
	// errOther says that a service does not give what was asked for.
	errOther = errors.New("the service brings other bytes than it was asked for")
	// errDamaged says that bytes came back that are not those that were stored.
	errDamaged = errors.New("the bytes in the bucket are not those that were stored")
)

// What else a service says, as sentences for the operator.
var sayings = map[string]error{
	"AccessDenied":          errForbidden,
	"AllAccessDisabled":     errForbidden,
	"SignatureDoesNotMatch": errors.New("the secret is not the one of this key"),
	"InvalidAccessKeyId":    errors.New("the service does not know this key"),
	"XAdminUserNotFound":    errors.New("the service does not know this key"), // so says versitygw
	"InvalidToken":          errors.New("the service does not take the session token"),
	"ExpiredToken":          errors.New("the session token has expired"),
	"NoSuchBucket":          errors.New("there is no bucket of this name: make it, or correct the name"),
	"RequestTimeTooSkewed":  errors.New("the clocks of this machine and of the service differ: set them"),
	"QuotaExceeded":         errors.New("the bucket is full"),
	"NoSuchKey":             fs.ErrNotExist,
	"KeyTooLongError":       fs.ErrNotExist, // nothing can be there
	"PreconditionFailed":    errors.New("it has become another one while it was read"),
}

// fault says what has gone wrong with a request that was made within ctx.
func fault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, errHung) || errors.Is(err, errOther) {
		return err
	}
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		return answered(answer)
	}
	if wrong, ok := errors.AsType[*url.Error](err); ok {
		err = wrong.Err // without an address that is known
		if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
			return errors.New("the service speaks no TLS: add insecure=true to the address if that is meant")
		}
	}
	return fmt.Errorf("the service cannot be reached: %w", err)
}

// answered says what a service has answered.
func answered(a minio.ErrorResponse) error {
	if known, ok := sayings[a.Code]; ok {
		return known
	}
	switch {
	case a.Code == "AuthorizationHeaderMalformed" && a.Region == "", a.Code == "PermanentRedirect", a.Code == "IllegalLocationConstraintException",
		a.StatusCode == http.StatusMovedPermanently:
		return errors.New("the bucket is in another region: name it in the address, as ?region=eu-central-1")
	case a.Region != "" && (a.Code == "AuthorizationHeaderMalformed" || a.Code == "InvalidRegion"):
		return fmt.Errorf("the bucket is in another region: add ?region=%s to the address", a.Region)
	case a.StatusCode == http.StatusForbidden:
		return errForbidden
	}
	const most = 200 // of what may be a page of somebody in between
	said := a.Message
	if len(said) > most {
		said = said[:most] + "…"
	}
	return fmt.Errorf("the service answers %d %s: %s", a.StatusCode, a.Code, said)
}

// asked is an error with what was asked for.
type asked struct {
	what, key string
	err       error
}

func (a *asked) Error() string { return fmt.Sprintf("%s %s: %v", a.what, a.key, a.err) }
func (a *asked) Unwrap() error { return a.err }

// about says what an error is about; nil is none.
func about(what, key string, err error) error {
	if err == nil {
		return nil
	}
	return &asked{what, key, err}
}

// bare is an error without what was asked for.
func bare(err error) error {
	if a, ok := errors.AsType[*asked](err); ok {
		return a.err
	}
	return err
}

// watch ends a request that makes no progress.
type watch struct {
	ctx      context.Context // of one request
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	patience time.Duration
	done     context.CancelFunc
}

// watch begins to watch a request, which takes at most so long; 0 is no limit but that of ctx.
func (s *S3) watch(ctx context.Context, most time.Duration) *watch {
	w := &watch{patience: s.patience, done: func() {}}
	if most > 0 {
		ctx, w.done = context.WithTimeoutCause(ctx, most, errHung)
	}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(w.patience, func() { w.cancel(errHung) })
	return w
}

// Read is told of bytes that the service has taken.
func (w *watch) Read(p []byte) (int, error) {
	w.timer.Reset(w.patience)
	return len(p), nil
}

// rest stops watching while the service is asked for nothing.
func (w *watch) rest() { w.timer.Stop() }

// end lets go of all.
func (w *watch) end() {
	w.timer.Stop()
	w.cancel(nil)
	w.done()
}
