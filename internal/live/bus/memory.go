package bus

import (
	"context"
	"slices"
	"sync"
)

// Memory joins nodes within one process. The zero Memory is ready to use.
type Memory struct {
	mu    sync.RWMutex // guards nodes
	nodes []*memoryNode
}

// Join returns a new node. Receive is called on the publisher's goroutine.
func (m *Memory) Join(receive Receive) Bus {
	n := &memoryNode{memory: m, receive: receive, topics: make(map[Topic]struct{})}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.nodes = append(slices.Clip(m.nodes), n)
	return n
}

type memoryNode struct {
	memory  *Memory
	receive Receive

	mu     sync.RWMutex // guards topics
	topics map[Topic]struct{}
}

func (n *memoryNode) Publish(_ context.Context, m Message) error {
	n.memory.mu.RLock()
	nodes := n.memory.nodes
	n.memory.mu.RUnlock()
	for _, to := range m.To {
		for _, node := range nodes {
			if node.wants(to) {
				node.receive(to, m)
			}
		}
	}
	return nil
}

func (n *memoryNode) wants(t Topic) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	_, ok := n.topics[t]
	return ok
}

func (n *memoryNode) Subscribe(_ context.Context, t Topic) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.topics[t] = struct{}{}
	return nil
}

func (n *memoryNode) Unsubscribe(_ context.Context, t Topic) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.topics, t)
	return nil
}
