package store

import (
	"context"
	"time"
)

// doubtAgain is how soon it is looked for what became of a commit, and doubtCap how many
// calls may wait for that. What is beyond it reaches others with the next message of its
// conversation, or when they come back.
const (
	doubtAgain = time.Second
	doubtCap   = queueCap
)

// suspect notes calls of whose commit no answer came. If it took place, nobody has been told:
// neither the caller, who is to send the command again and is then told that it was known,
// nor those who are connected.
func (s *shard) suspect(events []*call) {
	for _, c := range events {
		if len(s.doubt) < doubtCap {
			s.doubt = append(s.doubt, &call{Append: c.Append, done: make(chan struct{})})
		}
	}
}

// doubted returns a channel that tells when to look again, nil while there is no need, and
// what ends that.
func (s *shard) doubted() (<-chan time.Time, func()) {
	if len(s.doubt) == 0 || s.db.damaged.Load() {
		return nil, func() {}
	}
	timer := time.NewTimer(doubtAgain)
	return timer.C, func() { timer.Stop() }
}

// resolve finds out what became of the calls in doubt, before more is written, and announces
// those that were committed. Their conversations are locked for it, so that a commit which is
// still under way is waited for. When the database does not answer, they stay in doubt.
func (s *shard) resolve() {
	if len(s.doubt) == 0 || s.db.damaged.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	defer s.asks()()
	b, state, err := s.engine.begin(ctx, s.doubt, true)
	if err != nil {
		s.db.log.Warn("the outcome of a commit is still unknown", "calls", len(s.doubt), "error", err)
		return
	}
	b.rollback()
	var found []*call
	for _, c := range s.doubt {
		if known, ok := state.known[c.key()]; ok && known.digest == c.Digest {
			c.result, c.fresh = Appended{Event: *known.event}, true
			found = append(found, c)
		}
	}
	s.db.log.Info("the outcome of a commit is known", "calls", len(s.doubt), "committed", len(found))
	s.doubt = nil
	if len(found) > 0 {
		s.db.keeper.touch(found[len(found)-1].result.Event)
		s.pending <- found
	}
}
