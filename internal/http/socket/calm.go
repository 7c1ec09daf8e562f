package socket

import (
	"sync"
	"time"
)

const (
	// aCrowd is how many are greeted before what that has left in memory is worth giving back: some
	// tens of kilobytes each.
	aCrowd = 1000
	// calmFor is how long nobody must have come for it.
	calmFor = time.Second
	// calmEvery is how often it is done at most: it looks at all of the memory.
	calmEvery = time.Minute
)

// calm tells when a crowd has come and no more do. Their greetings leave garbage behind, and their lines
// then stay for hours in which little is allocated: the collector would not look again for long, and what
// it frees then it keeps for as much garbage to come.
type calm struct {
	then func()

	mu   sync.Mutex // guards what follows
	came int        // since it was calm
	last time.Time  // when the last one did
	done time.Time  // when it was given back last
}

// enter notes that somebody was greeted.
func (c *calm) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came++
	c.last = time.Now()
	if c.came == aCrowd {
		time.AfterFunc(calmFor, c.look)
	}
}

// look waits until nobody comes.
func (c *calm) look() {
	c.mu.Lock()
	if left := max(calmFor-time.Since(c.last), calmEvery-time.Since(c.done)); left > 0 {
		time.AfterFunc(left, c.look)
		c.mu.Unlock()
		return
	}
	c.came, c.done = 0, time.Now()
	c.mu.Unlock()
	c.then()
}
