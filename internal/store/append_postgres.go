package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"swapnest/internal/chat"
)

// The sets travel as arrays: one round trip to lock and read, one to write and commit.
const (
	postgresThreads = `
		WITH c AS (SELECT * FROM conversation WHERE id = ANY($1::BIGINT[]) ORDER BY id FOR NO KEY UPDATE)
		SELECT ` + threadColumns + `
		FROM c
		JOIN users b ON b.id = c.buyer_id
		JOIN users s ON s.id = c.seller_id`
	postgresKnown = `
		SELECT ` + knownColumns + `
		FROM unnest($1::BIGINT[], $2::BIGINT[], $3::TEXT[]) AS j (conversation_id, sender_id, client_id)
		CROSS JOIN LATERAL (
			SELECT * FROM message m
			WHERE m.conversation_id = j.conversation_id AND m.sender_id = j.sender_id AND m.client_id = j.client_id LIMIT 1
		) AS m` + quoteJoin
	postgresWrite = `
		WITH m AS (
			INSERT INTO message (conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at, reply_to)
			SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::TEXT[], $5::BYTEA[], $6::TEXT[], $7::BIGINT[], $8::BIGINT[], $9::BIGINT[], $16::BIGINT[])
			RETURNING id, conversation_id, seq, sender_id, created_at
		), e AS (
			INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at)
			SELECT conversation_id, seq, $15, id, sender_id, created_at FROM m ORDER BY conversation_id, seq
		), c AS (
			UPDATE conversation SET head = h.head, last_seq = h.head, buyer_sent = h.buyer_sent, seller_sent = h.seller_sent,
				last_at = h.last_at
			FROM unnest($10::BIGINT[], $11::BIGINT[], $12::BIGINT[], $13::BIGINT[], $14::BIGINT[]) AS h (id, head, buyer_sent, seller_sent, last_at)
			WHERE conversation.id = h.id
		)
		SELECT id, conversation_id, seq FROM m`
)

// postgresEngine writes with the driver itself rather than through database/sql,
// which has neither pipelines nor arrays.
type postgresEngine struct{ pool *pgxpool.Pool }

type postgresBatch struct{ conn *pgxpool.Conn }

func (e *postgresEngine) begin(ctx context.Context, calls []*call, look bool) (batch, *state, error) {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errConnection, err)
	}
	b, state := &postgresBatch{conn: conn}, newState(len(calls))
	if err := b.load(ctx, calls, look, state); err != nil {
		b.rollback()
		return nil, nil, err
	}
	return b, state, nil
}

func (b *postgresBatch) load(ctx context.Context, calls []*call, look bool, state *state) error {
	ids := make(numbers[chat.ConversationID], len(calls))
	for i, c := range calls {
		ids[i] = c.Conversation
	}
	pipeline := &pgx.Batch{}
	pipeline.Queue(`BEGIN`)
	pipeline.Queue(postgresThreads, ids).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			if err := state.scanThread(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if look {
		actors, clients := make(numbers[chat.UserID], len(calls)), make(texts, len(calls))
		for i, c := range calls {
			actors[i], clients[i] = c.Actor, c.ClientID
		}
		pipeline.Queue(postgresKnown, ids, actors, clients).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				if err := state.scanKnown(rows); err != nil {
					return err
				}
			}
			return rows.Err()
		})
	}
	queueAbout(pipeline, calls, state)
	queueOwn(pipeline, calls, state)
	if err := b.conn.SendBatch(ctx, pipeline).Close(); err != nil {
		return fmt.Errorf("read threads: %w", lost(err))
	}
	return nil
}

func (b *postgresBatch) commit(ctx context.Context, events []*call, heads []*chat.Thread) (bool, error) {
	place := make(map[eventKey]*chat.Event, len(events))
	query, arguments := postgresWrite, postgresArgs
	pipeline := &pgx.Batch{}
	if len(abouts(events)) > 0 {
		query, arguments = postgresWriteRevised, postgresRevisedArgs
		queueReactions(pipeline, events)
		queueDetached(pipeline, events)
	}
	var inserted, attached, committed bool
	pipeline.Queue(query, arguments(events, heads, place)...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id, conversation, seq int64
			if err := rows.Scan(&id, &conversation, &seq); err != nil {
				return err
			}
			place[eventKey{chat.ConversationID(conversation), chat.Seq(seq)}].Message.ID = chat.MessageID(id)
		}
		inserted = rows.Err() == nil
		return rows.Err()
	})
	attaches, err := queueAttached(pipeline, events, func() { attached = true })
	if err != nil {
		b.rollback()
		return true, fmt.Errorf("write: %w", err)
	}
	pipeline.Queue(`COMMIT`).Exec(func(tag pgconn.CommandTag) error {
		committed = tag.String() == "COMMIT"
		return nil
	})
	if err := b.conn.SendBatch(ctx, pipeline).Close(); err != nil || !committed {
		if err == nil {
			err = errors.New("the server rolled back")
		}
		// An answer of the server to a statement before COMMIT means that nothing is
		// stored; anything else leaves that open.
		_, answered := errors.AsType[*pgconn.PgError](err)
		b.rollback()
		if postgres.unique(err, "message", "client_id") {
			return true, errKnown
		}
		wrote := inserted && (attached || !attaches)
		return answered && !wrote, fmt.Errorf("write: %w", lost(err))
	}
	b.conn.Release()
	return false, nil
}

// postgresArgs are the arguments of postgresWrite: of the messages that events bring, and of
// what their conversations come to. place is given the events by their places.
func postgresArgs(events []*call, heads []*chat.Thread, place map[eventKey]*chat.Event) []any {
	n := len(events)
	var (
		ids, seqs, actors = make(numbers[chat.ConversationID], n), make(numbers[chat.Seq], n), make(numbers[chat.UserID], n)
		clients, bodies   = make(texts, n), make(texts, n)
		digests           = make(blobs, n)
		buyers, sellers   = make(numbers[int64], n), make(numbers[int64], n)
		times             = make(numbers[int64], n)
		answers           = make(numbers[chat.MessageID], n)
	)
	for i, c := range events {
		e := &c.result.Event
		place[eventKey{e.Conversation, e.Seq}] = e
		ids[i], seqs[i], actors[i], clients[i], bodies[i] = e.Conversation, e.Seq, e.Actor, c.ClientID, e.Message.Text
		digests[i], buyers[i], sellers[i], times[i] = c.Digest[:], e.BuyerSent, e.SellerSent, micros(e.At)
		answers[i] = e.Message.ReplyTo.ID
	}
	h := len(heads)
	var (
		headIDs, headSeqs   = make(numbers[chat.ConversationID], h), make(numbers[chat.Seq], h)
		bought, sold, lasts = make(numbers[int64], h), make(numbers[int64], h), make(numbers[int64], h)
	)
	for i, t := range heads {
		headIDs[i], headSeqs[i], bought[i], sold[i], lasts[i] = t.ID, t.Head, t.BuyerSent, t.SellerSent, micros(t.LastAt)
	}
	return []any{
		ids, seqs, actors, clients, digests, bodies, buyers, sellers, times,
		headIDs, headSeqs, bought, sold, lasts, string(chat.MessagePosted), answers,
	}
}

// rollback gives the connection back in order, or closes it.
func (b *postgresBatch) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := b.conn.Exec(ctx, `ROLLBACK`); err != nil {
		// The pool discards a connection that is closed.
		_ = b.conn.Conn().Close(ctx)
	}
	b.conn.Release()
}

// lost marks errors that are not an answer of the server.
func lost(err error) error {
	if _, answered := errors.AsType[*pgconn.PgError](err); answered {
		return err
	}
	return fmt.Errorf("%w: %w", errConnection, err)
}
