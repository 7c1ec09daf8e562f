package torture

import (
	"cmp"
	"context"
	"slices"
	"time"

	"swapnest/internal/torture/checker"
)

// Truth reads what the node holds, as both people of each conversation.
func (w *World) Truth() checker.Truth {
	w.tb.Helper()
	truth := checker.Truth{Log: make(map[int64][]checker.Entry), Holds: make(map[checker.Tab]map[int64][]checker.Entry)}
	for id, pair := range w.talks {
		all, err := w.People[pair[0]].everything(id)
		w.must(0, err)
		truth.Log[id] = all
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.Patience)
	defer cancel()
	w.changed(ctx, truth.Log)
	for i, p := range w.People {
		told := w.told(ctx, p, truth.Log)
		for id, pair := range w.talks {
			if pair[0] != i && pair[1] != i {
				continue
			}
			s, err := p.standing(id)
			w.must(0, err)
			s.Marked, s.Told = w.marked[[2]int64{p.ID, id}], told[id]
			truth.Standings = append(truth.Standings, s)
		}
	}
	// Followers that were behind to the end have used up what they were waited for: which they are is for the checker
	// to say.
	look, done := context.WithTimeout(context.Background(), w.Patience)
	defer done()
	truth.Files = w.stored(look)
	for _, c := range w.Clients {
		truth.Holds[c.Tab] = c.Holds()
	}
	return truth
}

// changed puts what has changed messages into a log of messages, as the database holds it.
func (w *World) changed(ctx context.Context, log map[int64][]checker.Entry) {
	w.tb.Helper()
	all, err := w.Node.database.Changes(ctx)
	w.must(0, err)
	for _, one := range all {
		log[one.Conversation] = append(log[one.Conversation], checker.Entry{
			Conversation: one.Conversation, Seq: one.Seq, Changes: one.Place, Message: one.Message, Sender: one.Actor,
			ClientID: one.ClientID, At: one.At.Format("2006-01-02T15:04:05.000Z"),
		})
	}
	for _, of := range log {
		slices.SortFunc(of, func(a, b checker.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	}
}

// told returns what the person's notices are of, once the follower has come to the end or
// ctx has: it looks at a message a moment after it was sent.
func (w *World) told(ctx context.Context, p Person, log map[int64][]checker.Entry) (told map[int64]int64) {
	w.tb.Helper()
	for {
		var err error
		if told, err = p.notices(); err != nil {
			w.tb.Fatal(err)
		}
		complete := true
		for id, pair := range w.talks {
			if w.People[pair[0]].ID != p.ID && w.People[pair[1]].ID != p.ID {
				continue
			}
			for _, e := range log[id] {
				complete = complete && (e.Changes != 0 || e.Sender == p.ID || told[id] >= e.Seq || e.Seq <= w.marked[[2]int64{p.ID, id}])
			}
		}
		if complete || ctx.Err() != nil {
			return told
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}
