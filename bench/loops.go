package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver that SwapNest uses
)

// The bare loops write the rows that a message is in SwapNest's own schema, by its drivers and as
// durably, in shared commits: without a rule, a look at what is there, or anybody to tell.

// shared is how many messages one commit takes at the most, as in SwapNest.
const shared = 512

// row is a message with what its event and its conversation need.
type row struct {
	conversation, seq int64
	talk              *[2]int64
	client            string
	digest            [32]byte
	text              string
	at                int64
	id                int64
	done              chan error
}

// loop commits whatever waits, and answers from another goroutine meanwhile.
type loop struct {
	queue   chan *row
	stopped sync.WaitGroup
	talks   [][2]int64 // conversations, and how far each is
}

func newLoop(write func([]*row) error) *loop {
	l := &loop{queue: make(chan *row, 4096)}
	l.stopped.Go(func() {
		for first := range l.queue {
			all := []*row{first}
			for len(l.queue) > 0 && len(all) < shared {
				all = append(all, <-l.queue)
			}
			for _, r := range all {
				r.talk[1]++
				r.seq = r.talk[1]
			}
			err := write(all)
			for _, r := range all {
				r.done <- err
			}
		}
	})
	return l
}

func (l *loop) stop() {
	close(l.queue)
	l.stopped.Wait()
}

// text is somewhat longer than that of a message whose frame is 120 bytes.
const text = "Is it still there, and may I come at six this evening?"

// run keeps w messages under way, two in each conversation as loads do, and returns how many
// were committed.
func (l *loop) run(w int, long time.Duration) (count int64, took time.Duration, err error) {
	if (w+1)/2 > len(l.talks) {
		return 0, 0, fmt.Errorf("%d messages under way need half as many conversations, and there are %d", w, len(l.talks))
	}
	var n atomic.Int64
	errs := make([]error, w)
	began := time.Now()
	serial := began.UnixNano()
	var work sync.WaitGroup
	for i := range w {
		work.Go(func() {
			talk := &l.talks[i/2]
			r := &row{conversation: talk[0], talk: talk, text: text, done: make(chan error, 1)}
			for sent := 0; time.Since(began) < long; sent++ {
				r.at = time.Now().UnixMicro()
				r.client = fmt.Sprintf("l%x.%d.%d", serial, i, sent)
				l.queue <- r
				if errs[i] = <-r.done; errs[i] != nil {
					return
				}
				n.Add(1)
			}
		})
	}
	work.Wait()
	return n.Load(), time.Since(began), errors.Join(errs...)
}

// heads are the last rows of each conversation in a batch.
func heads(all []*row) []*row {
	last := make(map[int64]*row, len(all))
	for _, r := range all {
		last[r.conversation] = r
	}
	ends := make([]*row, 0, len(last))
	for _, r := range last {
		ends = append(ends, r)
	}
	slices.SortFunc(ends, func(a, b *row) int { return int(a.conversation - b.conversation) })
	return ends
}

const headsQuery = `SELECT id, head FROM conversation ORDER BY id`

func talksOf(rows *sql.Rows, err error) (all [][2]int64, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one [2]int64
		if err := rows.Scan(&one[0], &one[1]); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// sqliteLoop writes into a database that SwapNest has made.
func sqliteLoop(ctx context.Context, dir string) (*loop, func() error, error) {
	dsn := "file:" + filepath.Join(dir, "swapnest.db") +
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-4000)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	// A row at a time by prepared statements: rows by the dozen, or all as one JSON text, cost the same to within
	// a tenth, at 20 messages under way and at 400.
	var statements [3]*sql.Stmt
	for i, query := range []string{
		`INSERT INTO message (conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at)
		VALUES ($1, $2, 1, $3, $4, $5, $2, 0, $6)`,
		`INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at) VALUES ($1, $2, 'message', $3, 1, $4)`,
		`UPDATE conversation SET head = $2, last_seq = $2, buyer_sent = $2, last_at = $3 WHERE id = $1`,
	} {
		if statements[i], err = db.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // they end with the database
			return nil, nil, err
		}
	}
	l := newLoop(func(all []*row) error { return writeSQLite(ctx, db, statements, all) })
	if l.talks, err = talksOf(db.QueryContext(ctx, headsQuery)); err != nil {
		return nil, nil, err
	}
	return l, func() error { l.stop(); return db.Close() }, nil
}

func writeSQLite(ctx context.Context, db *sql.DB, statements [3]*sql.Stmt, all []*row) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	message, event, head := tx.StmtContext(ctx, statements[0]), tx.StmtContext(ctx, statements[1]), tx.StmtContext(ctx, statements[2])
	for _, r := range all {
		done, err := message.ExecContext(ctx, r.conversation, r.seq, r.client, r.digest[:], r.text, r.at)
		if err != nil {
			return err
		}
		if r.id, err = done.LastInsertId(); err != nil {
			return err
		}
	}
	for _, r := range all {
		if _, err := event.ExecContext(ctx, r.conversation, r.seq, r.id, r.at); err != nil {
			return err
		}
	}
	for _, r := range heads(all) {
		if _, err := head.ExecContext(ctx, r.conversation, r.seq, r.at); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// postgresLoop writes into a database that SwapNest has made.
func postgresLoop(ctx context.Context, address string) (*loop, func() error, error) {
	c, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, nil, err
	}
	c.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	l := newLoop(func(all []*row) error { return writePostgres(ctx, pool, all) })
	plain := stdlib.OpenDBFromPool(pool)
	if l.talks, err = talksOf(plain.QueryContext(ctx, headsQuery)); err != nil {
		return nil, nil, err
	}
	return l, func() error { l.stop(); pool.Close(); return nil }, nil
}

const postgresWrite = `
	WITH m AS (
		INSERT INTO message (conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at)
		SELECT c, s, 1, i, d, t, s, 0, a FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::bigint[]) AS u (c, s, i, d, t, a)
		RETURNING id, conversation_id, seq, created_at
	), e AS (
		INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at)
		SELECT conversation_id, seq, 'message', id, 1, created_at FROM m
	), h AS (
		UPDATE conversation SET head = s, last_seq = s, buyer_sent = s, last_at = a
		FROM unnest($7::bigint[], $8::bigint[], $9::bigint[]) AS u (c, s, a) WHERE conversation.id = c
	) SELECT id, conversation_id, seq FROM m`

func writePostgres(ctx context.Context, pool *pgxpool.Pool, all []*row) error {
	n := len(all)
	ids, seqs, times := make([]int64, n), make([]int64, n), make([]int64, n)
	clients, texts, digests := make([]string, n), make([]string, n), make([][]byte, n)
	for i, r := range all {
		ids[i], seqs[i], times[i], clients[i], texts[i], digests[i] = r.conversation, r.seq, r.at, r.client, r.text, r.digest[:]
	}
	var headIDs, headSeqs, lasts []int64
	for _, r := range heads(all) {
		headIDs, headSeqs, lasts = append(headIDs, r.conversation), append(headSeqs, r.seq), append(lasts, r.at)
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	b := &pgx.Batch{}
	b.Queue(`BEGIN`)
	b.Queue(postgresWrite, ids, seqs, clients, digests, texts, times, headIDs, headSeqs, lasts).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id, conversation, seq int64
			if err := rows.Scan(&id, &conversation, &seq); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	b.Queue(`COMMIT`)
	return conn.SendBatch(ctx, b).Close()
}

// commits measures what one durable write takes on the disk: a page appended, and fdatasync.
func commits(dir string, long time.Duration) (all []time.Duration, err error) {
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close(); _ = os.Remove(f.Name()) }() // it was only measured with
	page := make([]byte, 4096)
	for began := time.Now(); time.Since(began) < long; {
		at := time.Now()
		if _, err := f.Write(page); err != nil {
			return nil, err
		}
		if err := datasync(f); err != nil {
			return nil, err
		}
		all = append(all, time.Since(at))
	}
	slices.Sort(all)
	return all, nil
}
