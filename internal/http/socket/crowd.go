package socket

import "sync"

// crowd counts connections by whose they are. It admits and counts in one step, so that
// many who come at once do not all find the last place free.
type crowd[K comparable] struct {
	most int

	mu    sync.Mutex // guards count
	count map[K]int
}

func newCrowd[K comparable](most int) *crowd[K] {
	return &crowd[K]{most: most, count: make(map[K]int)}
}

// enter takes a place, and tells whether there was one. Whoever got one leaves it.
func (c *crowd[K]) enter(k K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count[k] >= c.most {
		return false
	}
	c.count[k]++
	return true
}

func (c *crowd[K]) leave(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count[k]--; c.count[k] == 0 {
		delete(c.count, k)
	}
}
