package bus

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// The bounds of what waits for Redis. What is older than outAge is given up: it has come to
// the other nodes by the log.
const (
	outMessages = 4096
	outBytes    = 16 << 20
	outBatch    = 256
	outAge      = 5 * time.Second
	outTries    = 3
)

// outgoing is an envelope on its way to Redis.
type outgoing struct {
	channel string
	data    string
	at      time.Time
}

// outbox is what waits. Whoever finds no room drops what they have.
type outbox struct {
	queue   chan outgoing
	bytes   *atomic.Int64
	dropped *atomic.Uint64
}

func newOutbox() outbox {
	return outbox{queue: make(chan outgoing, outMessages), bytes: new(atomic.Int64), dropped: new(atomic.Uint64)}
}

// put queues an envelope, and tells whether there was room.
func (o outbox) put(one outgoing) bool {
	if o.bytes.Add(int64(len(one.data))) <= outBytes {
		select {
		case o.queue <- one:
			return true
		default:
		}
	}
	o.bytes.Add(-int64(len(one.data)))
	o.dropped.Add(1)
	return false
}

// take returns what waits, at least one and at most a batch, without what is too old; false
// when the node ends.
func (o outbox) take(ctx context.Context) ([]outgoing, bool) {
	var batch []outgoing
	add := func(one outgoing) {
		o.bytes.Add(-int64(len(one.data)))
		if time.Since(one.at) > outAge {
			o.dropped.Add(1)
			return
		}
		batch = append(batch, one)
	}
	select {
	case one := <-o.queue:
		add(one)
	case <-ctx.Done():
		return nil, false
	}
	for len(batch) < outBatch {
		select {
		case one := <-o.queue:
			add(one)
		default:
			return batch, true
		}
	}
	return batch, true
}

// write sends what waits, one batch after the other, so that the order stays.
func (r *Redis) write() {
	for {
		batch, ok := r.out.take(r.ctx)
		if !ok {
			return
		}
		pause := firstPause
		for try := 1; len(batch) > 0; try++ {
			if batch = r.send(batch); len(batch) == 0 {
				break
			}
			// Whether Redis has got it is not known: twice is better than never.
			if try == outTries || !r.wait(pause) {
				r.out.dropped.Add(uint64(len(batch)))
				break
			}
			pause = longer(pause)
		}
	}
}

// send publishes a batch in one go and returns what may not have arrived.
func (r *Redis) send(batch []outgoing) []outgoing {
	commands := make(rueidis.Commands, len(batch))
	for i, one := range batch {
		if r.sharded {
			commands[i] = r.client.B().Spublish().Channel(one.channel).Message(one.data).Build()
		} else {
			commands[i] = r.client.B().Publish().Channel(one.channel).Message(one.data).Build()
		}
	}
	ctx, cancel := context.WithTimeout(r.ctx, redisPatience)
	defer cancel()
	var failed []outgoing
	for i, result := range r.client.DoMulti(ctx, commands...) {
		if result.Error() != nil {
			failed = append(failed, batch[i])
		}
	}
	return failed
}
