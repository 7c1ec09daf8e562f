package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"swapnest/internal/chat"
)

// keepEvery is how often the watermark is written, and on PostgreSQL how often the log is
// held against it.
const keepEvery = time.Second

// keeper keeps the watermark and with its help sees that the log is another one than
// before: restored from a backup, or of a replica that was behind when it took over.
type keeper struct {
	db      *DB
	log     *slog.Logger
	path    string // of the file; "" keeps the mark in memory alone
	moved   func()
	mark    mark                 // what has been seen last; belongs to open, then to run, then to stop
	fresh   atomic.Pointer[mark] // what this node has committed last under this epoch, without epoch and pos
	dirty   chan struct{}
	quit    chan struct{}
	done    chan struct{}
	running bool // run has begun
	once    sync.Once
	failed  bool // the last try has failed, and was logged

	mu     sync.Mutex // guards frozen
	frozen []*mark    // what fresh was whenever a connection was made, since it looked
}

func newKeeper(db *DB, o Options) *keeper {
	k := &keeper{db: db, log: o.Log, moved: o.Moved, dirty: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	if o.Dir != "" {
		k.path = filepath.Join(o.Dir, "watermark")
	}
	return k
}

// open finds out whether the database goes on where this directory has seen it last, draws
// a new epoch if it does not, and goes on by itself.
func (k *keeper) open(ctx context.Context) error {
	epoch, err := k.db.Lasting(ctx, "epoch")
	if err != nil {
		return err
	}
	last, err := k.last(ctx)
	if err != nil {
		return err
	}
	doubt := error(nil)
	if k.path != "" {
		if doubt, err = k.doubt(ctx, epoch, last); err != nil {
			return err
		}
	}
	if doubt != nil {
		if epoch, err = k.renew(ctx, epoch, doubt); err != nil {
			return err
		}
	}
	k.db.epoch.Store(&epoch)
	k.keep(epoch, last)
	k.running = true
	go k.run()
	return nil
}

// doubt returns why the log may not be the one that clients know, or nil. One in a SQLite
// file must be vouched for by the watermark beside it: it may have been put there from
// anywhere. One on a server is the same for every node, however new, until a watermark of
// the same epoch contradicts it.
func (k *keeper) doubt(ctx context.Context, epoch string, last mark) (doubt, err error) {
	before, doubt := readMark(k.path)
	if errors.Is(doubt, errBrokenMark) {
		k.log.Warn("watermark not read, it is replaced", "error", doubt)
	}
	if doubt == nil && before.Epoch != epoch {
		doubt = errors.New("the watermark is that of another database")
	}
	if doubt != nil {
		if k.db.d == postgres || last.Seq == 0 {
			return nil, nil
		}
		return doubt, nil
	}
	return k.contradiction(ctx, before)
}

// contradiction says what is wrong with a log that held before at some time, or nil.
func (k *keeper) contradiction(ctx context.Context, before mark) (doubt, err error) {
	if before.Seq == 0 {
		return nil, nil
	}
	is, err := k.markOf(ctx, `WHERE conversation_id = $1 AND seq = $2`, before.Conversation, before.Seq)
	switch {
	case err != nil:
		return nil, err
	case is.Seq == 0:
		return errors.New("it ends before what this node has served"), nil
	case !is.at(before):
		return errors.New("it holds something else than what this node has served"), nil
	}
	return nil, nil
}

// renew draws a new epoch in place of an old one, which another node may have done already.
func (k *keeper) renew(ctx context.Context, old string, why error) (string, error) {
	_, err := k.db.write.ExecContext(ctx, `UPDATE meta SET value = $2 WHERE key = 'epoch' AND value = $1`, old, lasting())
	if err != nil {
		return "", fmt.Errorf("draw a new epoch: %w", err)
	}
	epoch, err := k.untraced().meta(ctx, "epoch")
	if err == nil {
		k.log.Warn("the database is not the one that was served last: clients forget what they know and begin anew", "why", why, "epoch", epoch)
	}
	return epoch, err
}

// last returns the last event of the log. What a query sees is committed and on the disk:
// both databases show a transaction to others behind that alone.
func (k *keeper) last(ctx context.Context) (mark, error) {
	order := `ORDER BY pos DESC LIMIT 1`
	if k.db.d == postgres {
		order = `ORDER BY xid DESC, pos DESC LIMIT 1`
	}
	return k.markOf(ctx, order)
}

// markOf returns one event as a mark without an epoch, or the zero mark.
func (k *keeper) markOf(ctx context.Context, where string, args ...any) (mark, error) {
	var m mark
	err := k.untraced().q.QueryRowContext(ctx, `SELECT pos, conversation_id, seq, created_at FROM event `+where, args...).
		Scan(&m.Pos, &m.Conversation, &m.Seq, &m.CreatedAt)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return mark{}, fmt.Errorf("read the end of the log: %w", err)
	}
	return m, nil
}

// untraced reads past the tracing, which tells what pages cost.
func (k *keeper) untraced() Reader { return Reader{q: k.db.read, d: k.db.d} }

// touch says that an event was committed, before anybody is told of it. It never blocks.
func (k *keeper) touch(e chat.Event) {
	k.fresh.Store(&mark{Conversation: e.Conversation, Seq: e.Seq, CreatedAt: micros(e.At)})
	select {
	case k.dirty <- struct{}{}:
	default:
	}
}

// freeze remembers what has been committed by now: a connection is new, and may lead to another
// server than those before. Which of them does is not known, so each time counts. It does not
// block.
func (k *keeper) freeze() {
	fresh := k.fresh.Load()
	if fresh == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Contains(k.frozen, fresh) {
		k.frozen = append(k.frozen, fresh)
	}
}

func (k *keeper) run() {
	defer close(k.done)
	for {
		// Nobody but this process writes to a SQLite file, so there is nothing to look at
		// until it has. A server may be replaced by another one at any time.
		if k.db.d == sqlite && !wait(k, k.dirty) {
			return
		}
		k.look()
		timer := time.NewTimer(keepEvery)
		more := wait(k, timer.C)
		timer.Stop()
		if !more {
			return
		}
	}
}

// wait returns false when the keeper is to end before c says something.
func wait[T any](k *keeper, c <-chan T) bool {
	select {
	case <-c:
		return true
	case <-k.quit:
		return false
	}
}

// look holds the log against the mark, and moves the mark to its end.
func (k *keeper) look() {
	if k.db.damaged.Load() {
		return // what is on the disk is in doubt, so nothing is said of it
	}
	ctx, cancel := context.WithTimeout(context.Background(), keepEvery)
	defer cancel()
	err := k.compare(ctx)
	if err != nil && !k.failed {
		// Whoever sends or reads meanwhile tells more loudly that the database is down.
		k.log.Warn("the end of the log was not looked at", "error", err)
	}
	k.failed = err != nil
}

func (k *keeper) compare(ctx context.Context) error {
	known := k.db.Epoch()
	epoch := known
	last, err := k.last(ctx)
	if err != nil {
		return err
	}
	if k.db.d == postgres {
		if epoch, err = k.replaced(ctx, last); err != nil {
			return err
		}
	}
	if epoch != known {
		k.db.epoch.Store(&epoch)
		k.moved()
	}
	k.keep(epoch, last)
	return nil
}

// replaced returns the epoch of a log on a server, a new one when the log is not that of
// the mark any more, or lacks what this node has committed since.
func (k *keeper) replaced(ctx context.Context, last mark) (string, error) {
	fresh := k.fresh.Load()
	k.mu.Lock()
	frozen := slices.Clone(k.frozen)
	k.mu.Unlock()
	epoch, err := k.untraced().meta(ctx, "epoch")
	if err == nil && epoch == k.mark.Epoch {
		epoch, err = k.outdated(ctx, epoch, last, append(slices.Clone(frozen), &k.mark, fresh)...)
	}
	if err != nil {
		return epoch, err
	}
	k.mu.Lock()
	k.frozen = k.frozen[len(frozen):]
	k.mu.Unlock()
	if epoch != k.mark.Epoch {
		// What is gone is gone for good: it is no reason for one more epoch, not even when it was
		// another node that has drawn this one. What is there may be gone the next time: the mark need
		// not be behind it, for last was read a moment before, and may be of another node.
		k.fresh.CompareAndSwap(fresh, nil)
	}
	return epoch, nil
}

// outdated returns a new epoch in place of one under which the log lacks what this node has
// seen in it, and the same one otherwise.
func (k *keeper) outdated(ctx context.Context, epoch string, last mark, seen ...*mark) (string, error) {
	for _, before := range seen {
		if before == nil || before.at(last) {
			continue
		}
		doubt, err := k.contradiction(ctx, *before)
		if err != nil {
			return epoch, err
		}
		if doubt != nil {
			return k.renew(ctx, epoch, doubt)
		}
	}
	return epoch, nil
}

// keep makes last the mark, in the file too if it is another one than before.
func (k *keeper) keep(epoch string, last mark) {
	last.Epoch = epoch
	if last == k.mark {
		return
	}
	k.mark = last
	if k.path == "" {
		return
	}
	if err := writeMark(k.path, last); err != nil {
		k.log.Warn("watermark not written, a restored database may not be recognised", "error", err)
	}
}

// stop ends the keeper, once; what was committed to the end is in the watermark, unless the
// database does not answer any more.
func (k *keeper) stop() {
	k.once.Do(func() {
		close(k.quit)
		if !k.running {
			return
		}
		<-k.done
		select {
		case <-k.dirty:
			k.look()
		default:
		}
	})
}
