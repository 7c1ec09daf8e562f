package accounts

import "sync"

// known remembers from which addresses somebody has signed in to an account, so that
// those who guess elsewhere do not lock its owner out. It is bounded: of two generations,
// the older one goes when the younger is full. A restart forgets all, which costs the
// owner of an account under attack one wait.
type known struct {
	most int

	mu         sync.Mutex // guards what follows
	young, old map[string]struct{}
}

func newKnown(most int) *known { return &known{most: most, young: make(map[string]struct{})} }

// add notes a pair of account and address.
func (k *known) add(pair string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.young) >= k.most {
		k.old, k.young = k.young, make(map[string]struct{})
	}
	k.young[pair] = struct{}{}
}

// has tells whether a pair was noted.
func (k *known) has(pair string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, young := k.young[pair]
	_, old := k.old[pair]
	return young || old
}
