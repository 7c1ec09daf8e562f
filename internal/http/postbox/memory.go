package postbox

import "sync"

// memory is how much of mails is held at once: all together, and for each network. A network has a
// quarter of all, so that one that sends slowly does not hold the door shut for others.
type memory struct {
	mu   sync.Mutex // guards what follows
	held int64
	of   map[string]int64
}

// take counts n bytes more, unless there is no room for them. "" is a network that is trusted.
func (m *memory) take(network string, n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held+n > mostInMemory || network != "" && m.of[network]+n > mostInMemory/4 {
		return false
	}
	m.held += n
	if network != "" {
		if m.of == nil {
			m.of = make(map[string]int64)
		}
		m.of[network] += n
	}
	return true
}

// give counts n bytes out that were taken.
func (m *memory) give(network string, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held -= n
	if network == "" {
		return
	}
	if m.of[network] -= n; m.of[network] == 0 {
		delete(m.of, network)
	}
}
