package uploads

import (
	"errors"
	"time"

	"golang.org/x/sync/semaphore"

	"swapnest/internal/chat"
)

// spool is how many bytes of forms and of uploads may lie in scratch files of this node at once,
// on their way from whoever sends them: slow lines of many people do not fill its disk. What is
// put together to be looked at comes on top: two copies of lookers files at the most. Where larger
// files are allowed, four of them fit.
const spool = 256 << 20

// errNoRoom breaks a line for which there is no room any more.
var errNoRoom = errors.New("too many bytes are on their way")

func noRoom() error {
	return &chat.Error{Code: chat.Unavailable, Field: field, RetryAfter: 5 * time.Second, Detail: "Too many files are arriving just now. Try again in a moment."}
}

// room is a share of the spool, taken as bytes come. One goroutine uses it.
type room struct {
	all   *semaphore.Weighted
	taken int64
}

func (d *desk) room() *room { return &room{all: d.spool} }

// take tells whether there was room for more bytes.
func (r *room) take(bytes int64) bool {
	if !r.all.TryAcquire(bytes) {
		return false
	}
	r.taken += bytes
	return true
}

// free gives back all that was taken.
func (r *room) free() {
	r.all.Release(r.taken)
	r.taken = 0
}
