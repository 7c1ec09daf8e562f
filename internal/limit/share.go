package limit

import (
	"sync"
	"time"
)

// Taken says that tokens were taken of a key's bucket at another node.
type Taken struct {
	Set    string `json:"set"`
	Key    string `json:"key"`
	Tokens int    `json:"tokens"`
}

const (
	// portion is the part of a full bucket that is taken before other nodes are told: who
	// stays below costs them nothing, and a bucket at n nodes allows n times a quarter more
	// than one, once.
	portion = 4
	// waiting is how many keys wait at most to be told, and longest how long a key is that
	// another node may name: one of before this version names more than a short key.
	waiting = 10_000
	longest = 512
)

// Sharing has the buckets of several nodes be one, nearly: each node takes from its own and
// tells the others later. What a node has taken meanwhile its own buckets owe, so that all
// together regain what one bucket does. Nobody waits for anybody, and a node that hears of
// none counts alone. A nil *Sharing shares nothing.
type Sharing struct {
	sets map[string]*Keyed // complete before the first call of another method than New

	mu   sync.Mutex // guards news
	news map[bucketOf]int
}

type bucketOf struct{ set, key string }

// NewSharing returns a sharing of no sets.
func NewSharing() *Sharing {
	return &Sharing{sets: make(map[string]*Keyed), news: make(map[bucketOf]int)}
}

// New returns buckets as New does, that are shared under a name.
func (s *Sharing) New(name string, every time.Duration, burst int, now func() time.Time) *Keyed {
	k := New(every, burst, now)
	if s != nil {
		k.portion = max(1, burst/portion)
		k.share = func(key string, tokens int) { s.taken(bucketOf{name, key}, tokens) }
		s.sets[name] = k
	}
	return k
}

// taken notes what others should know. What was given back after they were told of it counts against what is
// taken next.
func (s *Sharing) taken(b bucketOf, tokens int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.news[b]; known || len(s.news) < waiting {
		s.news[b] += tokens
	}
	if s.news[b] == 0 {
		delete(s.news, b)
	}
}

// News returns at most so many of the keys of which others should know, and forgets them.
func (s *Sharing) News(most int) []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Taken
	for b, tokens := range s.news {
		if len(all) == most {
			break
		}
		if tokens < 0 {
			if len(s.news) > waiting/2 { // room for what others should know comes first
				delete(s.news, b)
			}
			continue
		}
		all = append(all, Taken{Set: b.set, Key: b.key, Tokens: tokens})
		delete(s.news, b)
	}
	return all
}

// Heard takes what another node has taken. A bucket may then owe as much as it holds, and
// no more: whatever is heard, it is full again after twice the usual time. Sets that are not
// known here, and what makes no sense, are skipped.
func (s *Sharing) Heard(all []Taken) {
	for _, t := range all {
		if k := s.sets[t.Set]; k != nil && t.Tokens > 0 && len(t.Key) <= longest {
			k.owe(t.Key, t.Tokens)
		}
	}
}

// owe takes tokens of a key, whether they are there or not.
func (k *Keyed) owe(key string, tokens int) {
	key = short(key)
	k.mu.Lock()
	defer k.mu.Unlock()
	b := k.bucket(key, k.now())
	b.credit = max(-k.full(), b.credit-time.Duration(min(tokens, 2*k.burst))*k.every)
}

// told counts what is taken here of a bucket, and returns how much of it others should know
// by now.
func (k *Keyed) told(b *bucket) int {
	if k.share == nil {
		return 0
	}
	if b.untold++; b.untold < k.portion {
		return 0
	}
	told := b.untold
	b.untold = 0
	return told
}
