package tail

import (
	"context"
	"time"
)

// Trouble says that the bus may have lost something: the log is read at once, and again and
// again for a moment. It does not block.
func (t *Tail) Trouble() {
	t.hurry()
	select {
	case t.tell <- struct{}{}:
	default:
	}
}

// hurry has the log read at once, and again and again for a moment.
func (t *Tail) hurry() {
	t.until.Store(time.Now().Add(calm).UnixNano())
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// troubled tells whether the log is all that there is.
func (t *Tail) troubled() bool {
	return t.healthy != nil && (!t.healthy() || time.Now().UnixNano() < t.until.Load())
}

// neighbours tells the other nodes by the database while the bus carries nothing from here, and
// hears the same of them: a node that alone has lost its way to the bus reaches nobody by it, and
// all others find their own way in order. It works until ctx ends.
func (t *Tail) neighbours(ctx context.Context) {
	var told time.Time
	known, err := t.db.Trouble(ctx)
	for failed := false; ; failed = err != nil {
		if err != nil && !failed && ctx.Err() == nil {
			t.log.Warn("whether other nodes have trouble with the bus is not known", "error", err)
		}
		timer := time.NewTimer(quick)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-t.tell:
			timer.Stop()
		}
		known, err = t.exchange(ctx, known, &told)
	}
}

// exchange tells the other nodes of trouble here, every now and then, and looks whether one of
// them has told of its own since the word that is known.
func (t *Tail) exchange(ctx context.Context, known string, told *time.Time) (word string, err error) {
	ctx, cancel := context.WithTimeout(ctx, calm)
	defer cancel()
	if !t.healthy() && time.Since(*told) >= repeat {
		own, err := t.db.TellTrouble(ctx)
		if err != nil {
			return known, err
		}
		known, *told = own, time.Now()
	}
	if word, err = t.db.Trouble(ctx); err != nil {
		return known, err
	}
	if word != known {
		t.hurry()
	}
	return word, nil
}
