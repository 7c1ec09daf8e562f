// Package limit counts how often something happens, in token buckets by key. It
// decides nothing about what a key is.
package limit

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"swapnest/internal/chat"
)

// most is how many keys are remembered; when there are more, the buckets that are
// full again, and so say nothing, are forgotten.
const most = 100_000

// longKey is how many bytes of a key are remembered and told to other nodes as they are. Of a longer one it is
// a hash: whatever strangers put into a key, it takes no more room.
const longKey = 128

// short returns what stands for a key.
func short(key string) string {
	if len(key) <= longKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256 " + hex.EncodeToString(sum[:])
}

// Keyed is a set of token buckets of one size. A nil *Keyed allows everything.
type Keyed struct {
	every time.Duration
	burst int
	now   func() time.Time

	// How many tokens of a bucket others are told of at once, and how; nil tells nobody. It is
	// called with mu held, and must not block.
	portion int
	share   func(key string, tokens int)

	mu      sync.Mutex // guards buckets
	buckets map[string]*bucket
}

// bucket holds tokens, each worth the time in which one is regained: counted so, nothing is
// rounded, however often somebody asks.
type bucket struct {
	credit time.Duration // below zero when it was taken at several nodes at once
	at     time.Time     // when credit was right
	untold int           // tokens taken here that other nodes do not know of
}

// New returns buckets that hold burst tokens and regain one in every.
func New(every time.Duration, burst int, now func() time.Time) *Keyed {
	return &Keyed{every: every, burst: burst, now: now, buckets: make(map[string]*bucket)}
}

// Token is one token of a key. Of may be nil.
type Token struct {
	Of  *Keyed
	Key string
}

// Take takes one token of the key. When there is none it returns RateLimited with
// the sentence and the time until there is one.
func (k *Keyed) Take(key, sentence string) error {
	return TakeAll(sentence, Token{Of: k, Key: key})
}

// TakeAll takes all of some tokens, or none when one is missing: a refusal costs nothing
// anywhere. It then returns RateLimited with the sentence and the time until all are there.
// The tokens are of different sets, and all who take of the same sets name them in the same
// order: in it they are locked.
func TakeAll(sentence string, tokens ...Token) error {
	return each(tokens, sentence, func(t Token, b *bucket) {
		b.credit -= t.Of.every
		if n := t.Of.told(b); n > 0 {
			t.Of.share(short(t.Key), n)
		}
	})
}

// GiveBack gives back tokens that were taken by TakeAll, for what turns out to have cost nothing.
func GiveBack(tokens ...Token) {
	for _, t := range tokens {
		if t.Of != nil {
			t.Of.giveBack(t.Key)
		}
	}
}

func (k *Keyed) giveBack(key string) {
	key = short(key)
	k.mu.Lock()
	defer k.mu.Unlock()
	b := k.bucket(key, k.now())
	b.credit = min(k.full(), b.credit+k.every)
	switch {
	case b.untold > 0:
		b.untold--
	case k.share != nil:
		k.share(key, -1) // it was told, or is about to be
	}
}

// Look is TakeAll that takes nothing.
func Look(sentence string, tokens ...Token) error {
	return each(tokens, sentence, func(Token, *bucket) {})
}

// each calls take with every token's bucket, or returns how long they are not all there.
func each(tokens []Token, sentence string, take func(Token, *bucket)) error {
	buckets := make([]*bucket, len(tokens))
	var wait time.Duration
	for i, t := range tokens {
		if t.Of == nil {
			continue
		}
		key := short(t.Key) // before anybody waits for it
		t.Of.mu.Lock()
		defer t.Of.mu.Unlock()
		buckets[i] = t.Of.bucket(key, t.Of.now())
		wait = max(wait, t.Of.every-buckets[i].credit)
	}
	if wait > 0 {
		// Rounded up: whoever comes back after exactly that long must find a token.
		wait = (wait + time.Millisecond - 1).Truncate(time.Millisecond)
		return &chat.Error{Code: chat.RateLimited, Detail: sentence, RetryAfter: wait}
	}
	for i, b := range buckets {
		if b != nil {
			take(tokens[i], b)
		}
	}
	return nil
}

// full is the credit of a bucket from which nothing was taken.
func (k *Keyed) full() time.Duration { return time.Duration(k.burst) * k.every }

// regain adds what a bucket has regained by now. A clock that goes back gives nothing.
func (k *Keyed) regain(b *bucket, now time.Time) {
	if passed := now.Sub(b.at); passed > 0 {
		// What the bucket can still hold is compared first: after very long the sum would
		// not fit.
		b.credit += min(passed, k.full()-b.credit)
	}
	if b.credit >= k.full() {
		b.untold = 0 // all of it has been regained, for others too
	}
	b.at = now
}

// bucket returns the bucket of a key, which is short, as it is now. The caller holds mu.
func (k *Keyed) bucket(key string, now time.Time) *bucket {
	if b, ok := k.buckets[key]; ok {
		k.regain(b, now)
		return b
	}
	if len(k.buckets) >= most {
		for old, b := range k.buckets {
			if k.regain(b, now); b.credit >= k.full() {
				delete(k.buckets, old)
			}
		}
		// Should nothing be full again, the oldest abuse is forgotten with the rest:
		// memory stays bounded whatever comes.
		if len(k.buckets) >= most {
			clear(k.buckets)
		}
	}
	b := &bucket{credit: k.full(), at: now}
	k.buckets[key] = b
	return b
}
