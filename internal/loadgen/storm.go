package loadgen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A browser that has lost its line tries again after up to half a second, and each time after up
// to twice as long, 30 seconds at the most (full jitter); so does a load.
const (
	firstWait = 500 * time.Millisecond
	longWait  = 30 * time.Second
)

// comeBack cuts all lines and has them come back at once, as browsers would: each opens, resumes a
// conversation from its beginning, and tries again when it is refused.
func (c *crowd) comeBack(ctx context.Context, cut []*line, out *Idled) ([]*line, error) {
	lines := make([]*line, c.Lines)
	began := time.Now()
	var back latencies
	var attempts atomic.Int64
	var peak int64
	looked := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(looked)
		for {
			if now, err := processes(c.Processes).usage(); err == nil {
				peak = max(peak, now.resident)
			}
			select {
			case <-over:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	closeAll(cut)
	var work sync.WaitGroup
	var failed atomic.Int64
	for i := range lines {
		work.Go(func() {
			l, err := c.again(ctx, i, &attempts)
			if err != nil {
				failed.Add(1)
				return
			}
			back.add(time.Since(began))
			lines[i] = l
		})
	}
	work.Wait()
	close(over)
	<-looked
	out.Returned, out.Attempts, out.Back = c.Lines-int(failed.Load()), attempts.Load(), back.told()
	if len(c.Processes) > 0 {
		out.Peak = float64(peak) / (1 << 20)
	}
	if n := failed.Load(); n > 0 {
		return lines, fmt.Errorf("%d of %d lines did not come back within two minutes", n, c.Lines)
	}
	return lines, nil
}

// again tries until a line has caught up.
func (c *crowd) again(ctx context.Context, n int, attempts *atomic.Int64) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(rand.N(wait)):
		}
		attempts.Add(1)
		l, err := c.resumed(ctx, n)
		if err == nil {
			return l, nil
		}
		if told, ok := errors.AsType[comeLater](err); ok { // as the site says, and not sooner
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Duration(told)):
			}
			wait = firstWait / 2
		}
	}
}

// comeLater is how long a server that has no room asks to be left alone.
type comeLater time.Duration

func (c comeLater) Error() string { return "come back in " + time.Duration(c).String() }

// later reads when a server asks to come back.
func later(frame []byte) (comeLater, bool) {
	var bye struct {
		Type       string `json:"type"`
		RetryAfter int64  `json:"retry_after_ms"`
	}
	if !bytes.HasPrefix(frame, []byte(`{"type":"bye"`)) || json.Unmarshal(frame, &bye) != nil {
		return 0, false
	}
	return comeLater(min(max(0, time.Duration(bye.RetryAfter)*time.Millisecond), longWait)), true
}

// resumed opens a line and a conversation on it, and waits until that has caught up.
func (c *crowd) resumed(ctx context.Context, n int) (*line, error) {
	l, err := c.dial(ctx, n)
	if err != nil {
		return nil, err
	}
	_, about := c.of(n)
	done := make(chan error, 1)
	go func() {
		err := l.read(func(frame []byte) error {
			if told, ok := later(frame); ok {
				return told
			}
			switch sortOf(frame) {
			case greeted:
				return l.text(fmt.Appendf(nil, `{"type":"open","conversation_id":%d,"after":0}`, about.id))
			case caughtUp, wasReset:
				select {
				case done <- nil:
				default: // it was said before
				}
			}
			return nil
		})
		select {
		case done <- err:
		default:
		}
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}
