package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
)

// lookers is an engine that holds a command "known", and says so only when it is inserted or looked for.
type lookers struct{ looked *[]bool }

func (l lookers) begin(ctx context.Context, calls []*call, look bool) (batch, *state, error) {
	*l.looked = append(*l.looked, look)
	b, state, err := script{}.begin(ctx, calls, look)
	if err == nil && look {
		for _, c := range calls {
			if c.ClientID == "known" {
				state.known[c.key()] = knownCommand{digest: c.Digest, event: &chat.Event{Conversation: 1, Seq: 1}}
			}
		}
	}
	return lookersBatch{b}, state, err
}

type lookersBatch struct{ batch }

func (b lookersBatch) commit(_ context.Context, events []*call, _ []*chat.Thread) (bool, error) {
	if slices.ContainsFunc(events, func(c *call) bool { return c.ClientID == "known" }) {
		return true, errKnown
	}
	return false, nil
}

// Who repeats a command that is known has a batch written twice once, and not again and again; what was counted
// for the first time is taken back before the second.
func TestAKnownCommandHasTheNextBatchesLookAtOnce(t *testing.T) {
	var looked []bool
	s := scriptedShard(script{})
	s.engine = lookers{&looked}
	batch := func(names ...string) (undone int) {
		var calls []*call
		for _, name := range names {
			c := scriptedCall(name)
			c.Undo = func() { undone++ }
			calls = append(calls, c)
		}
		s.process(calls)
		for _, c := range calls {
			if c.err != nil || c.result.Duplicate != (c.ClientID == "known") {
				t.Errorf("%s: %v, a duplicate: %v", c.ClientID, c.err, c.result.Duplicate)
			}
		}
		return undone
	}
	if n := batch("new"); n != 0 {
		t.Errorf("%d calls were undone of a batch of new ones", n)
	}
	if n := batch("known", "beside"); n != 2 {
		t.Errorf("%d calls were undone, want both", n)
	}
	if n := batch("known", "next"); n != 0 {
		t.Errorf("%d calls were undone of a batch that had looked", n)
	}
	s.looks = time.Now().Add(-time.Second) // the time is over
	batch("later")
	if want := []bool{false, false, true, true, false}; !slices.Equal(looked, want) {
		t.Errorf("looked: %v, want %v", looked, want)
	}
}
