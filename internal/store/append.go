package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"swapnest/internal/chat"
)

// Limits of a writer: how many calls may wait, how many share a commit, and how
// many committed batches may wait to be announced.
const (
	queueCap   = 4096
	batchCap   = 512
	pendingCap = 4
)

// Append is one command for a conversation's log.
type Append struct {
	Conversation chat.ConversationID
	Actor        chat.UserID
	// ClientID names the command among those of the same actor in the same
	// conversation. It is never forgotten.
	ClientID string
	// Digest is the SHA-256 of the normalised command: the same ClientID with
	// another Digest is refused.
	Digest [32]byte
	// About is the message that the command changes, 0 for none. It belongs to the conversation,
	// or the command is refused with NotFound. Commands about messages have client ids of their
	// own: one of them may be that of a message, too.
	About chat.MessageID
	// Answers is the message that a new one answers, 0 for none. Decide finds it in its thread when
	// it belongs to the conversation.
	Answers chat.MessageID
	// Attachments are what a new message is to have attached. Decide finds those of them in its thread
	// that can be: see chat.Thread.
	Attachments []chat.AttachmentID
	// Now is the sender's time: what has expired by then is none of Attachments.
	Now time.Time
	// Decide is pure: it gets the thread as it stands under the lock and returns
	// what to add, or refuses. It does no I/O and may run again.
	Decide func(chat.Thread) (chat.Change, error)
	// Undo takes back what Decide has counted by its way, if it counts: it is called by the same
	// goroutine when one of the commands that Decide was asked for together with turns out to be known,
	// before it is asked anew for those that are not. It may be nil.
	Undo func()
}

// Appended is what became of an Append.
type Appended struct {
	Event     chat.Event
	Duplicate bool // it was committed before or had nothing to change; nothing was stored or announced now
}

// stall is how long a batch takes, at the least, when the database does not answer: longer than
// a slow disk, shorter than callers wait.
const stall = 1500 * time.Millisecond

// batchTimeout bounds one shared commit, after which its outcome is unknown.
const batchTimeout = 5 * time.Second

// errConnection marks an error after which trying the calls one by one is no help.
var errConnection = errors.New("no connection")

// errUnknown is the answer when nobody can say whether a commit took place.
var errUnknown = &chat.Error{
	Code:   chat.Unavailable,
	Detail: "The message could not be confirmed. It is safe to send it again.",
}

// Append adds to one conversation's log. Calls that wait together share one
// durable commit; each gets its own answer after it. The order of checks is:
// membership (NotFound), duplicate (the first answer again, or Conflict), the message that it
// is about (NotFound), Decide.
// Unavailable means that the outcome is unknown and the same command may be sent
// again. ctx bounds only the waiting: a command once taken up is finished.
func (db *DB) Append(ctx context.Context, a Append) (Appended, error) {
	c := &call{Append: a, done: make(chan struct{})}
	s := db.shards[uint64(a.Conversation)%uint64(len(db.shards))]
	if s.stalled() {
		return Appended{}, errUnknown
	}
	select {
	case s.queue <- c:
	case <-s.quit:
		return Appended{}, errUnknown
	case <-ctx.Done():
		return Appended{}, errUnknown
	}
	select {
	case <-c.done:
		return c.result, c.err
	case <-ctx.Done():
		c.abandoned.Store(true)
		return Appended{}, errUnknown
	case <-s.stopped:
		// The writer may have answered just before it ended.
		select {
		case <-c.done:
			return c.result, c.err
		default:
			return Appended{}, errUnknown
		}
	}
}

// call is an Append that waits. done is closed when result and err are set.
type call struct {
	Append
	abandoned atomic.Bool // its caller has stopped waiting
	result    Appended
	err       error
	fresh     bool          // result holds an event of this commit
	before    string        // the text that the message had which the event changes
	reaction  chat.Reaction // that the event tells of; off when it is taken back
	off       bool
	lets      bool // the event deletes a message that had attachments
	done      chan struct{}
}

// shard is one writer with its queue. All calls for a conversation go to the same
// shard, so that writers of one process never wait for each other's rows.
type shard struct {
	db      *DB
	engine  engine
	queue   chan *call
	pending chan []*call
	quit    chan struct{} // closed: take no more
	stopped chan struct{} // closed: everything is answered
	once    sync.Once
	doubt   []*call      // may have been committed, and nobody has been told; the writer's own
	looks   time.Time    // until when it looks at once whether commands are known; the writer's own
	busy    atomic.Int64 // since when it has waited for the database, in nanoseconds of Unix time; 0 while it does not
}

// asks notes that the writer waits for the database, until what it returns is called.
func (s *shard) asks() (answered func()) {
	s.busy.Store(time.Now().UnixNano())
	return func() { s.busy.Store(0) }
}

// stalled tells whether the writer gets no answer from the database. Whoever comes then is
// told so at once: of commands that wait one behind the other, as on a socket, the last one
// would be told after many times the patience of the first.
func (s *shard) stalled() bool {
	since := s.busy.Load()
	return since != 0 && time.Since(time.Unix(0, since)) > stall
}

// engine runs the SQL of a batch in one transaction.
type engine interface {
	// begin starts a transaction, locks the conversations, in order of id, and
	// reads them, the messages that the calls are about, and, locked behind the conversations,
	// what they may attach; with look also the commands already known under the calls' client ids.
	begin(ctx context.Context, calls []*call, look bool) (batch, *state, error)
}

// batch is a transaction under way.
type batch interface {
	// commit writes the new events and the threads they lead to, fills in the
	// events' identifiers, and commits. safe tells whether an error left nothing
	// stored for certain; errKnown that one of them was stored before.
	commit(ctx context.Context, events []*call, heads []*chat.Thread) (safe bool, err error)
	rollback()
}

func (db *DB) engines() []engine {
	if db.d == postgres {
		engines := make([]engine, postgresWriters)
		for i := range engines {
			engines[i] = &postgresEngine{pool: db.pools[1]}
		}
		return engines
	}
	return []engine{&sqliteEngine{db: db}}
}

func (db *DB) startWriters() {
	for _, e := range db.engines() {
		s := &shard{
			db: db, engine: e,
			queue:   make(chan *call, queueCap),
			pending: make(chan []*call, pendingCap),
			quit:    make(chan struct{}),
			stopped: make(chan struct{}),
		}
		db.shards = append(db.shards, s)
		go s.write()
		go s.announce()
	}
}

func (s *shard) stop() {
	s.once.Do(func() { close(s.quit) })
	<-s.stopped
}

// write commits whatever waits, again and again. It does not linger for more:
// while one batch is on its way to the disk the next one gathers by itself.
func (s *shard) write() {
	defer close(s.pending)
	for {
		var calls []*call
		again, stop := s.doubted()
		select {
		case c := <-s.queue:
			calls = append(make([]*call, 0, 1+len(s.queue)), c)
		case <-again:
		case <-s.quit:
			// What stands in the queue is still committed; later calls are refused.
			select {
			case c := <-s.queue:
				calls = append(calls, c)
			default:
				stop()
				s.resolve()
				return
			}
		}
		stop()
		s.resolve()
		if len(calls) > 0 {
			calls = s.gather(calls)
			s.process(calls)
			s.pending <- calls
		}
	}
}

// gather adds the calls that wait, up to the cap, without those given up.
func (s *shard) gather(calls []*call) []*call {
	for len(calls) < batchCap {
		select {
		case c := <-s.queue:
			calls = append(calls, c)
			continue
		default:
		}
		break
	}
	return slices.DeleteFunc(calls, func(c *call) bool { return c.abandoned.Load() })
}

// announce answers the callers and hands their events on, while the next batch is
// being written.
func (s *shard) announce() {
	defer close(s.stopped)
	for calls := range s.pending {
		for _, c := range calls {
			close(c.done)
		}
		for _, c := range calls {
			if c.fresh {
				s.db.publish(c.result.Event)
			}
		}
	}
}

// process gives every call its result or its error.
func (s *shard) process(calls []*call) {
	if len(calls) == 0 {
		return
	}
	if s.db.damaged.Load() {
		for _, c := range calls {
			c.err = errDamaged
		}
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	defer s.asks()()
	began := time.Now()
	again, err := s.try(ctx, calls)
	s.db.batched(len(calls), time.Since(began), err != nil)
	if err == nil {
		return
	}
	s.db.examine(err)
	s.db.log.Error("batch failed", "calls", len(calls), "error", err)
	for _, c := range calls {
		c.result, c.err, c.fresh = Appended{}, errUnknown, false
	}
	if !again || len(calls) == 1 || s.db.damaged.Load() {
		return
	}
	// A statement failed, so nothing is stored: whoever is not at fault goes through.
	for _, c := range calls {
		if _, err := s.try(ctx, []*call{c}); err != nil {
			s.db.log.Error("append failed", "conversation", c.Conversation, "error", err)
			c.result, c.err, c.fresh = Appended{}, errUnknown, false
			if s.db.examine(err); s.db.damaged.Load() {
				return
			}
		}
	}
}

// errKnown says that a command of a batch was stored before, or may have been, for a rule refuses it: for its sake
// it has to be looked.
var errKnown = errors.New("a command may be known")

// try runs calls in one transaction. again tells whether an error left nothing
// stored and is worth another try, one by one.
//
// Nearly all commands are new, and the database says of one that it is not as it is inserted. So
// at first nobody looks whether they are; only when one is known, or refused by a rule, which of a
// known one nobody asks, the batch begins anew and looks. Where one is known more are: so for a while
// the next batches look at once, and nobody has others' messages written twice by repeating theirs.
func (s *shard) try(ctx context.Context, calls []*call) (again bool, err error) {
	look := time.Now().Before(s.looks)
	again, err = s.attempt(ctx, calls, look)
	if !errors.Is(err, errKnown) {
		return again, err
	}
	for _, c := range calls {
		if c.Undo != nil {
			c.Undo()
		}
	}
	s.looks = time.Now().Add(lookFor)
	return s.attempt(ctx, calls, true)
}

// lookFor is how long a writer looks whether commands are known after one was, or was refused.
const lookFor = time.Second

func (s *shard) attempt(ctx context.Context, calls []*call, look bool) (again bool, err error) {
	b, state, err := s.engine.begin(ctx, calls, look)
	if err != nil {
		return !errors.Is(err, errConnection), fmt.Errorf("begin: %w", err)
	}
	for _, c := range calls {
		state.settle(c)
	}
	if state.ruled && !look {
		b.rollback()
		return true, errKnown
	}
	if len(state.events) == 0 {
		b.rollback()
		return false, nil
	}
	safe, err := b.commit(ctx, state.events, state.heads())
	if err != nil {
		if !safe {
			s.suspect(state.events)
		}
		return safe, err
	}
	s.db.keeper.touch(state.events[len(state.events)-1].result.Event)
	state.answerTwins()
	return false, nil
}
