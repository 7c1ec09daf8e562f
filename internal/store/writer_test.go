package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"swapnest/internal/chat"
)

// script is an engine whose answers a test gives. All its calls are for conversation 1.
type script struct {
	begun  func(ctx context.Context) error
	commit func(calls int) (safe bool, err error)
}

func (s script) begin(ctx context.Context, calls []*call, _ bool) (batch, *state, error) {
	if s.begun != nil {
		if err := s.begun(ctx); err != nil {
			return nil, nil, err
		}
	}
	state := newState(len(calls))
	state.threads[1] = &chat.Thread{Conversation: chat.Conversation{ID: 1, BuyerID: 1, SellerID: 2}}
	return scripted{s}, state, nil
}

type scripted struct{ script }

func (s scripted) commit(_ context.Context, events []*call, _ []*chat.Thread) (bool, error) {
	return s.script.commit(len(events))
}

func (s scripted) rollback() {}

// scriptedShard is a writer on a script, and a database around it that has nothing else.
func scriptedShard(s script) *shard {
	db := &DB{
		log: slog.New(slog.DiscardHandler), publish: func(chat.Event) {}, broken: func(error) {},
		batched: func(int, time.Duration, bool) {},
	}
	db.keeper = newKeeper(db, Options{})
	return &shard{
		db: db, engine: s,
		queue: make(chan *call, queueCap), pending: make(chan []*call, pendingCap),
		quit: make(chan struct{}), stopped: make(chan struct{}),
	}
}

func scriptedCall(clientID string) *call {
	return &call{
		Append: Append{
			Conversation: 1, Actor: 1, ClientID: clientID,
			Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted("hello", time.Now()), nil },
		},
		done: make(chan struct{}),
	}
}

// damage returns an error of SQLite behind which nothing may be written.
func damage(t *testing.T) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "none.db")
	if err := os.WriteFile(path, make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err = db.ExecContext(t.Context(), `CREATE TABLE t (x)`); !damaging(err) {
		t.Fatalf("%v is no damage", err)
	}
	return err
}

// TestNothingIsWrittenBehindAFaultMetOneByOne shows contract 22 for calls that are tried one by
// one, because their batch has failed: the first that meets a fault of the disk is the last.
func TestNothingIsWrittenBehindAFaultMetOneByOne(t *testing.T) {
	fault, commits := damage(t), 0
	s := scriptedShard(script{commit: func(calls int) (bool, error) {
		if calls > 1 {
			return true, errors.New("one of them is bad")
		}
		if commits++; commits == 2 {
			return false, fault
		}
		return false, nil
	}})
	var told []error
	s.db.broken = func(err error) { told = append(told, err) }
	calls := []*call{scriptedCall("a"), scriptedCall("b"), scriptedCall("c"), scriptedCall("d")}
	s.process(calls)
	if commits != 2 || calls[0].err != nil {
		t.Errorf("%d were written, the first one answered with %v: want the first, and the one that met the fault", commits, calls[0].err)
	}
	for _, c := range calls[1:] {
		if chat.CodeOf(c.err) != chat.Unavailable || c.fresh {
			t.Errorf("%s is answered with %v, want unavailable", c.ClientID, c.err)
		}
	}
	if len(told) != 1 {
		t.Errorf("told %d times, want once", len(told))
	}
}

// TestAWriterThatLooksForALostCommitIsStalledToo shows contract 22: whoever comes while the
// database does not say what became of a commit is told at once, and not when they give up.
func TestAWriterThatLooksForALostCommitIsStalledToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scriptedShard(script{begun: func(ctx context.Context) error {
			<-ctx.Done()
			return errConnection
		}})
		s.doubt = []*call{scriptedCall("a")}
		go s.write()
		go s.announce()
		time.Sleep(doubtAgain + stall/2)
		if s.stalled() {
			t.Error("stalled while it may still get an answer")
		}
		time.Sleep(stall)
		if !s.stalled() {
			t.Error("not stalled after two seconds without an answer")
		}
		time.Sleep(batchTimeout - stall)
		if s.stalled() {
			t.Error("stalled while it does nothing")
		}
		s.stop()
	})
}
