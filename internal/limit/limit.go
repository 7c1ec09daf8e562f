// Package limit counts how often something happens, in token buckets by key. It
// decides nothing about what a key is.
package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"swapnest/internal/chat"
)

// most is how many keys are remembered; when there are more, the buckets that are
// full again, and so say nothing, are forgotten.
const most = 100_000

// Keyed is a set of token buckets of one size. A nil *Keyed allows everything.
type Keyed struct {
	every time.Duration
	burst int
	now   func() time.Time

	mu      sync.Mutex // guards buckets
	buckets map[string]*rate.Limiter
}

// New returns buckets that hold burst tokens and regain one in every.
func New(every time.Duration, burst int, now func() time.Time) *Keyed {
	return &Keyed{every: every, burst: burst, now: now, buckets: make(map[string]*rate.Limiter)}
}

// Take takes one token of the key. When there is none it returns RateLimited with
// the sentence and the time until there is one.
func (k *Keyed) Take(key, sentence string) error {
	if k == nil {
		return nil
	}
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	b := k.bucket(key, now)
	// A reservation would tell the time, too, but of several that are cancelled at
	// once some keep their tokens.
	if b.AllowN(now, 1) {
		return nil
	}
	wait := time.Duration((1 - b.TokensAt(now)) * float64(k.every))
	// Rounded up: whoever comes back after exactly that long must find a token.
	wait = max(wait+time.Millisecond-1, time.Millisecond).Truncate(time.Millisecond)
	return &chat.Error{Code: chat.RateLimited, Detail: sentence, RetryAfter: wait}
}

// bucket returns the key's bucket. The caller holds mu.
func (k *Keyed) bucket(key string, now time.Time) *rate.Limiter {
	if b, ok := k.buckets[key]; ok {
		return b
	}
	if len(k.buckets) >= most {
		for old, b := range k.buckets {
			if b.TokensAt(now) >= float64(k.burst) {
				delete(k.buckets, old)
			}
		}
		// Should nothing be full again, the oldest abuse is forgotten with the rest:
		// memory stays bounded whatever comes.
		if len(k.buckets) >= most {
			clear(k.buckets)
		}
	}
	b := rate.NewLimiter(rate.Every(k.every), k.burst)
	k.buckets[key] = b
	return b
}
