package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// BenchmarkAppend compares Append with a bare loop that writes the same rows in
// shared commits: no lock, no look-up, no rules. Both run in alternation in the same
// run, over the same database, driver and settings, with durable commits. The
// metric ratio is the median over the rounds of Append's messages per second over
// the loop's.
func BenchmarkAppend(b *testing.B) {
	for _, waiting := range []int{20, 100} {
		b.Run(fmt.Sprintf("sqlite/waiting=%d", waiting), func(b *testing.B) {
			benchmarkAppend(b, testkit.SQLite(b), waiting, newSQLiteLoop)
		})
		b.Run(fmt.Sprintf("postgres/waiting=%d", waiting), func(b *testing.B) {
			server, err := testkit.StartPostgres(testkit.PostgresOptions{Durable: true})
			if err != nil {
				b.Fatal(err)
			}
			defer func() {
				if err := server.Stop(); err != nil {
					b.Error(err)
				}
			}()
			benchmarkAppend(b, testkit.PostgreSQLOn(b, server), waiting, newPostgresLoop)
		})
	}
}

const (
	rounds = 7
	body   = "Is the cycle still available? I could come by on foot this evening, around six, if that suits you. Thank you so much!"
)

type loop interface {
	append(ctx context.Context, row bareRow) error
	stop()
}

func benchmarkAppend(b *testing.B, d *testkit.Database, waiting int, newLoop func(*testing.B, *store.DB) loop) {
	db := d.Open(b, nil)
	town := testkit.Populate(b, db)
	// Each side writes into conversations of its own, one a caller.
	ours := conversations(b, db, town, waiting, "ours")
	theirs := conversations(b, db, town, waiting, "bare")
	for _, c := range ours {
		mustAppend(b, db, post(c.ID, c.BuyerID, "start", body))
	}
	bare := newLoop(b, db)
	seqs := make([]chat.Seq, waiting)
	var serial atomic.Int64
	append_ := func(caller int) error {
		c := ours[caller]
		_, err := db.Append(b.Context(), post(c.ID, c.BuyerID, fmt.Sprint("m", serial.Add(1)), body))
		return err
	}
	write := func(caller int) error {
		c := theirs[caller]
		seqs[caller]++
		text := []byte(body)
		return bare.append(b.Context(), bareRow{
			conversation: c.ID, seq: seqs[caller], sender: c.BuyerID, client: fmt.Sprint("m", serial.Add(1)),
			digest: sha256.Sum256(text), text: body, at: time.Now().UnixMicro(),
		})
	}
	n := max(1, b.N/rounds)
	var ratios []float64
	var ourTime, bareTime time.Duration
	b.ResetTimer()
	for range rounds {
		bt, at := spread(b, waiting, n, write), spread(b, waiting, n, append_)
		ratios = append(ratios, bt.Seconds()/at.Seconds())
		bareTime, ourTime = bareTime+bt, ourTime+at
	}
	b.StopTimer()
	bare.stop()
	slices.Sort(ratios)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(n*rounds)/ourTime.Seconds(), "append/s")
	b.ReportMetric(float64(n*rounds)/bareTime.Seconds(), "bare/s")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
}

// spread runs n calls from so many callers and returns how long they took.
func spread(b *testing.B, callers, n int, call func(caller int) error) time.Duration {
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	start := time.Now()
	for caller := range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := call(caller); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

func conversations(b *testing.B, db *store.DB, town testkit.Town, n int, slug string) []chat.Conversation {
	all := make([]chat.Conversation, n)
	for i := range all {
		if err := db.Update(b.Context(), func(tx *store.Tx) (err error) {
			town.Listing.Slug = fmt.Sprintf("%s-%d", slug, i)
			town.Listing.ID, err = tx.InsertListing(b.Context(), town.Listing)
			return err
		}); err != nil {
			b.Fatal(err)
		}
		all[i] = town.Converse(b, db)
	}
	return all
}

// bareRow is a message, with what its event and its conversation need.
type bareRow struct {
	conversation chat.ConversationID
	seq          chat.Seq
	sender       chat.UserID
	client       string
	digest       [32]byte
	text         string
	at           int64
}

type bareCall struct {
	bareRow
	id   int64
	done chan error
}

// bareLoop commits whatever waits and answers from another goroutine meanwhile.
type bareLoop struct {
	queues  []chan *bareCall
	stopped sync.WaitGroup
}

func newBareLoop(writers int, write func([]*bareCall) error) *bareLoop {
	l := &bareLoop{}
	for range writers {
		queue, pending := make(chan *bareCall, 4096), make(chan []*bareCall, 4)
		l.queues = append(l.queues, queue)
		l.stopped.Go(func() {
			defer close(pending)
			for first := range queue {
				calls := []*bareCall{first}
				for len(queue) > 0 && len(calls) < store.BatchCap {
					calls = append(calls, <-queue)
				}
				err := write(calls)
				for _, c := range calls {
					c.done <- err
				}
			}
		})
	}
	return l
}

func (l *bareLoop) append(_ context.Context, row bareRow) error {
	c := &bareCall{bareRow: row, done: make(chan error, 1)}
	l.queues[int(row.conversation)%len(l.queues)] <- c
	return <-c.done
}

func (l *bareLoop) stop() {
	for _, q := range l.queues {
		close(q)
	}
	l.stopped.Wait()
}

// heads returns the last row of each conversation in a batch.
func heads(calls []*bareCall) []*bareCall {
	last := make(map[chat.ConversationID]*bareCall, len(calls))
	for _, c := range calls {
		last[c.conversation] = c
	}
	all := make([]*bareCall, 0, len(last))
	for _, c := range last {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *bareCall) int { return int(a.conversation - b.conversation) })
	return all
}

func newSQLiteLoop(b *testing.B, db *store.DB) loop {
	conn, _ := db.WriteConnections()
	prepare := func(query string) *sql.Stmt {
		stmt, err := conn.Prepare(query)
		if err != nil {
			b.Fatal(err)
		}
		return stmt
	}
	message, events, head := prepare(store.SQLiteMessage), prepare(store.SQLiteEvents), prepare(store.SQLiteHead)
	ctx := context.Background()
	return newBareLoop(1, func(calls []*bareCall) error {
		tx, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		insert, update := tx.Stmt(message), tx.Stmt(head)
		for _, c := range calls {
			done, err := insert.ExecContext(ctx, int64(c.conversation), int64(c.seq), int64(c.sender), c.client, c.digest[:], c.text, int64(c.seq), int64(0), c.at, int64(0))
			if err != nil {
				return err
			}
			if c.id, err = done.LastInsertId(); err != nil {
				return err
			}
		}
		if _, err := tx.Stmt(events).ExecContext(ctx, calls[0].id); err != nil {
			return err
		}
		for _, c := range heads(calls) {
			if _, err := update.ExecContext(ctx, int64(c.conversation), int64(c.seq), int64(c.seq), int64(0), c.at); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

func newPostgresLoop(_ *testing.B, db *store.DB) loop {
	_, pool := db.WriteConnections()
	ctx := context.Background()
	return newBareLoop(store.PostgresWriters, func(calls []*bareCall) error {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		n := len(calls)
		var (
			ids, seqs, senders = make([]chat.ConversationID, n), make([]chat.Seq, n), make([]chat.UserID, n)
			clients, texts     = make([]string, n), make([]string, n)
			digests            = make([][]byte, n)
			sent, none, times  = make([]int64, n), make([]int64, n), make([]int64, n)
		)
		for i, c := range calls {
			ids[i], seqs[i], senders[i], clients[i], texts[i] = c.conversation, c.seq, c.sender, c.client, c.text
			digests[i], sent[i], times[i] = c.digest[:], int64(c.seq), c.at
		}
		last := heads(calls)
		h := len(last)
		headIDs, headSeqs := make([]chat.ConversationID, h), make([]chat.Seq, h)
		bought, sold, lasts := make([]int64, h), make([]int64, h), make([]int64, h)
		for i, c := range last {
			headIDs[i], headSeqs[i], bought[i], lasts[i] = c.conversation, c.seq, int64(c.seq), c.at
		}
		pipeline := &pgx.Batch{}
		pipeline.Queue(`BEGIN`)
		pipeline.Queue(store.PostgresWrite, ids, seqs, senders, clients, digests, texts, sent, none, times,
			headIDs, headSeqs, bought, sold, lasts, string(chat.MessagePosted), none).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				var id, conversation, seq int64
				if err := rows.Scan(&id, &conversation, &seq); err != nil {
					return err
				}
			}
			return rows.Err()
		})
		pipeline.Queue(`COMMIT`)
		return conn.SendBatch(ctx, pipeline).Close()
	})
}
