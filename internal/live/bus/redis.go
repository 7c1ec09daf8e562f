package bus

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// RedisOptions say how a node takes part.
type RedisOptions struct {
	Address Address
	// Epoch tells which database the node is of: what comes from the nodes of another one is
	// skipped. Nil is none.
	Epoch func() string
	// Trouble is called when messages may have been lost on the way to this node: the bus is
	// not proven healthy any more, or a subscription was made anew. It must not block.
	Trouble func()
	Log     *slog.Logger
}

// Redis joins nodes by the channels of Redis 6 or later, one a topic. In a cluster of version
// 7 or later they are sharded.
//
// It keeps no list of its own of what is where, so it may lose messages while a connection
// breaks, and tells Trouble so. What a node publishes reaches its own people without Redis.
type Redis struct {
	option  RedisOptions
	origin  uint64
	receive Receive
	ctx     context.Context //nolint:containedctx // The node's life, from Join to Close.
	cancel  context.CancelFunc
	work    sync.WaitGroup

	ready   chan struct{} // closed when what follows is set
	client  rueidis.Client
	sharded bool

	out     outbox
	health  health
	skipped atomic.Uint64

	mu     sync.Mutex // guards topics
	topics map[Topic]*subscription
}

// NewRedis returns a bus for one node. Join starts it, Close ends it.
func NewRedis(o RedisOptions) *Redis {
	if o.Epoch == nil {
		o.Epoch = func() string { return "" }
	}
	if o.Trouble == nil {
		o.Trouble = func() {}
	}
	var origin [8]byte
	_, _ = rand.Read(origin[:]) // it never fails
	r := &Redis{
		option: o, origin: binary.BigEndian.Uint64(origin[:]), ready: make(chan struct{}),
		out: newOutbox(), topics: make(map[Topic]*subscription),
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Join starts the node, whether Redis is there or not.
func (r *Redis) Join(receive Receive) Bus {
	r.receive = receive
	r.work.Go(r.run)
	return r
}

// Close ends the node and waits for it.
func (r *Redis) Close() {
	r.cancel()
	r.work.Wait()
}

// Healthy tells whether a message of this node has just come back to it.
func (r *Redis) Healthy() bool { return r.health.proven.Load() }

// LostProbes returns how many messages of the node to itself have not come back in time.
func (r *Redis) LostProbes() uint64 { return r.health.lost.Load() }

// Dropped returns how many messages to other nodes were given up.
func (r *Redis) Dropped() uint64 { return r.out.dropped.Load() }

// run connects, and then works until the node ends.
func (r *Redis) run() {
	if r.connect() {
		var work sync.WaitGroup
		work.Go(r.write)
		work.Go(r.probe)
		work.Wait()
		defer r.client.Close()
	}
	// The subscriptions have ended with ctx.
	r.mu.Lock()
	subscriptions := r.topics
	r.topics = make(map[Topic]*subscription)
	r.mu.Unlock()
	for _, s := range subscriptions {
		<-s.done
	}
}

// connect tries until Redis answers, and tells false when the node ends before.
func (r *Redis) connect() bool {
	told := false
	for pause := firstPause; ; pause = longer(pause) {
		client, err := rueidis.NewClient(r.option.Address.option)
		if err == nil {
			r.client, r.sharded = client, r.shards(client)
			close(r.ready)
			return true
		}
		r.health.down.Store(true)
		if !told {
			r.option.Log.Warn("Redis does not answer: other nodes are reached by the log alone", "redis", r.option.Address.String(), "error", err)
			told = true
		}
		if !r.wait(pause) {
			return false
		}
	}
}

// shards tells whether channels belong to the parts of a cluster, as they do from version 7.
func (r *Redis) shards(client rueidis.Client) bool {
	if client.Mode() != rueidis.ClientModeCluster {
		return false
	}
	ctx, cancel := context.WithTimeout(r.ctx, redisPatience)
	defer cancel()
	return client.Do(ctx, client.B().Spublish().Channel(r.option.Address.prefix+"probe").Message("").Build()).Error() == nil
}

const firstPause = 50 * time.Millisecond

// longer returns the pause behind a pause.
func longer(pause time.Duration) time.Duration { return min(2*pause, time.Second) }

// wait pauses, and tells false when the node ends.
func (r *Redis) wait(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.ctx.Done():
		return false
	}
}

func (r *Redis) channel(t Topic) string { return r.option.Address.prefix + string(t) }

// Publish implements Bus. It does not wait for Redis: what finds no room on the way to it is
// given up with ErrDown.
func (r *Redis) Publish(_ context.Context, m Message) error {
	for _, to := range m.To {
		r.mu.Lock()
		_, here := r.topics[to]
		r.mu.Unlock()
		if here {
			r.receive(to, m)
		}
	}
	data := rueidis.BinaryString(seal(envelope{origin: r.origin, epoch: digest(r.option.Epoch()), Message: m}))
	var err error
	for _, to := range m.To {
		if !r.out.put(outgoing{channel: r.channel(to), data: data, at: time.Now()}) {
			err = ErrDown
		}
	}
	return err
}

// arrived hands on what came for a topic from another node.
func (r *Redis) arrived(to Topic, data string) {
	if isFrom(data, r.origin) {
		return // it is here already
	}
	e, err := parseEnvelope(data)
	if err != nil || e.epoch != digest(r.option.Epoch()) {
		if r.skipped.Add(1) == 1 {
			r.option.Log.Warn("skipped a message of another marketplace or version on the same Redis: give each a number of its own, such as redis://host/1")
		}
		return
	}
	e.To = []Topic{to}
	r.receive(to, e.Message)
}
