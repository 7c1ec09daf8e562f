package bus

import (
	"context"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// subscription is a topic that the node has asked for.
type subscription struct {
	cancel    context.CancelFunc
	confirmed chan struct{} // closed when Redis has said so for the first time
	done      chan struct{}
}

// Subscribe implements Bus. When Redis does not answer it is tried on, until Unsubscribe.
func (r *Redis) Subscribe(ctx context.Context, t Topic) error {
	r.mu.Lock()
	s, known := r.topics[t]
	if !known && r.ctx.Err() == nil {
		s = r.listen(r.channel(t), func(data string) { r.arrived(t, data) })
		r.topics[t] = s
	}
	r.mu.Unlock()
	if s == nil {
		return ErrDown
	}
	tick := time.NewTicker(probeEvery / 4)
	defer tick.Stop()
	// Nobody is kept waiting for what is known to take long.
	for !r.health.down.Load() {
		select {
		case <-s.confirmed:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-r.ctx.Done():
			return ErrDown
		case <-tick.C:
		}
	}
	select {
	case <-s.confirmed:
		return nil
	default:
		return ErrDown
	}
}

// Unsubscribe implements Bus.
func (r *Redis) Unsubscribe(ctx context.Context, t Topic) error {
	r.mu.Lock()
	s, known := r.topics[t]
	delete(r.topics, t)
	r.mu.Unlock()
	if !known {
		return nil
	}
	s.cancel()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listen hands on what comes on a channel until the subscription is cancelled or the node
// ends. The goroutine is the library's way: it hands out the messages of each channel apart.
func (r *Redis) listen(channel string, handle func(data string)) *subscription {
	ctx, cancel := context.WithCancel(r.ctx)
	s := &subscription{cancel: cancel, confirmed: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer cancel()
		select {
		case <-r.ready:
		case <-ctx.Done():
			return
		}
		var once sync.Once
		with := rueidis.WithOnSubscriptionHook(ctx, func(p rueidis.PubSubSubscription) {
			if p.Kind != "subscribe" && p.Kind != "ssubscribe" {
				return
			}
			again := true
			once.Do(func() {
				again = false
				close(s.confirmed)
			})
			if again {
				r.option.Trouble()
			}
		})
		with = rueidis.WithOnReceiveReturnHook(with, func(err error, c rueidis.CommandClient) error {
			if ctx.Err() != nil && r.ctx.Err() == nil { // at the node's end the connections end, too
				r.leave(c, channel)
			}
			return err
		})
		// It returns when a slot of a cluster has moved, and when a connection is gone for long.
		for pause := firstPause; ctx.Err() == nil; pause = longer(pause) {
			_ = r.client.Receive(with, r.subscribe(channel), func(m rueidis.PubSubMessage) {
				pause = firstPause
				if ctx.Err() == nil {
					handle(m.Message)
				}
			}) // whatever ended it, it is made anew
			if ctx.Err() != nil || !r.wait(pause) {
				return
			}
		}
	}()
	return s
}

func (r *Redis) subscribe(channel string) rueidis.Completed {
	if r.sharded {
		return r.client.B().Ssubscribe().Channel(channel).Build()
	}
	return r.client.B().Subscribe().Channel(channel).Build()
}

// leave ends a subscription on its connection. When that fails the connection is gone, and the
// subscription with it; what still comes finds nobody.
func (r *Redis) leave(c rueidis.CommandClient, channel string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), redisPatience)
	defer cancel()
	if r.sharded {
		_ = c.Do(ctx, c.B().Sunsubscribe().Channel(channel).Build()).Error()
		return
	}
	_ = c.Do(ctx, c.B().Unsubscribe().Channel(channel).Build()).Error()
}
