package store

import (
	"context"
	"errors"
	"fmt"

	"swapnest/internal/chat"
)

// The sets travel as JSON: one statement a table and batch, whatever its size.
const (
	sqliteThreads = `
		SELECT ` + threadColumns + `
		FROM json_each($1) j
		JOIN conversation c ON c.id = j.value
		JOIN users b ON b.id = c.buyer_id
		JOIN users s ON s.id = c.seller_id`
	sqliteKnown = `
		SELECT ` + knownColumns + `
		FROM json_each($1) j
		JOIN message m ON m.conversation_id = j.value ->> 0 AND m.sender_id = j.value ->> 1 AND m.client_id = j.value ->> 2` + quoteJoin
	sqliteMessage = `
		INSERT INTO message (conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at, reply_to)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	// The messages of this transaction are those from the first one on: nobody else writes.
	sqliteEvents = `
		INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at)
		SELECT conversation_id, seq, 'message', id, sender_id, created_at FROM message WHERE id >= $1 ORDER BY id`
	sqliteHead = `
		UPDATE conversation SET head = $2, last_seq = $2, buyer_sent = $3, seller_sent = $4, last_at = $5 WHERE id = $1`
)

// sqliteEngine writes through the one writing connection.
type sqliteEngine struct{ db *DB }

type sqliteBatch struct {
	sqliteLine
	db *DB
}

// end gives the connection back, and the turn.
func (b *sqliteBatch) end() error {
	defer b.db.turns.leave()
	return b.sqliteLine.end()
}

// rollback ends a transaction of which nothing is to stay: its error changes nothing.
func (b *sqliteBatch) rollback() {
	_ = b.tx.Rollback()
	_ = b.end()
}

func (e *sqliteEngine) begin(_ context.Context, calls []*call, look bool) (batch, *state, error) {
	// The caller's deadline is for PostgreSQL: here a context costs a goroutine a
	// statement, and the disk is waited for in any case.
	ctx := context.Background()
	if err := e.db.turns.enter(ctx, true); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errConnection, err)
	}
	line, err := beginOn(ctx, e.db.write)
	if err != nil {
		e.db.turns.leave()
		return nil, nil, fmt.Errorf("%w: %w", errConnection, err)
	}
	b, state := &sqliteBatch{line, e.db}, newState(len(calls))
	if err := b.load(ctx, calls, look, state); err != nil {
		b.rollback()
		return nil, nil, err
	}
	return b, state, nil
}

func (b *sqliteBatch) load(ctx context.Context, calls []*call, look bool, state *state) error {
	ids := make([]chat.ConversationID, 0, len(calls))
	seen := make(map[chat.ConversationID]struct{}, len(calls))
	for _, c := range calls {
		if _, again := seen[c.Conversation]; !again {
			seen[c.Conversation] = struct{}{}
			ids = append(ids, c.Conversation)
		}
	}
	if err := b.read(ctx, sqliteThreads, ids, state.scanThread); err != nil {
		return fmt.Errorf("read threads: %w", err)
	}
	if look {
		keys := make([][3]any, len(calls))
		for i, c := range calls {
			keys[i] = [3]any{c.Conversation, c.Actor, c.ClientID}
		}
		if err := b.read(ctx, sqliteKnown, keys, state.scanKnown); err != nil {
			return fmt.Errorf("read known commands: %w", err)
		}
	}
	if err := b.loadAbout(ctx, calls, state); err != nil {
		return err
	}
	return b.loadOwn(ctx, calls, state)
}

func (b *sqliteBatch) commit(_ context.Context, events []*call, heads []*chat.Thread) (bool, error) {
	if err := b.insert(context.Background(), events, heads); err != nil {
		b.rollback()
		if b.db.d.unique(err, "message", "client_id") {
			err = errKnown
		}
		return true, err
	}
	err := b.db.finish(b.tx, pagesOfUpdate+pagesOfMessage*len(events))
	if end := b.end(); end != nil {
		b.db.log.Warn("the writing connection was not given back", "error", end)
	}
	if err != nil {
		return errors.Is(err, errDamaged), fmt.Errorf("commit: %w", err)
	}
	return false, nil
}

func (b *sqliteBatch) insert(ctx context.Context, events []*call, heads []*chat.Thread) error {
	if len(abouts(events)) > 0 {
		return b.insertRevised(ctx, events, heads)
	}
	if err := b.post(ctx, events); err != nil {
		return err
	}
	if _, err := b.write(ctx, sqliteEvents, int64(events[0].result.Event.Message.ID)); err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	for _, t := range heads {
		if _, err := b.write(ctx, sqliteHead, int64(t.ID), int64(t.Head), t.BuyerSent, t.SellerSent, micros(t.LastAt)); err != nil {
			return fmt.Errorf("update conversations: %w", err)
		}
	}
	return nil
}

// post inserts the messages that events bring, with what they have attached, and fills in their identifiers.
func (b *sqliteBatch) post(ctx context.Context, events []*call) error {
	for _, c := range events {
		e := &c.result.Event
		inserted, err := b.write(ctx, sqliteMessage, int64(e.Conversation), int64(e.Seq), int64(e.Actor), c.ClientID, c.Digest[:], e.Message.Text,
			e.BuyerSent, e.SellerSent, micros(e.At), int64(e.Message.ReplyTo.ID))
		if err != nil {
			return fmt.Errorf("insert messages: %w", err)
		}
		id, err := inserted.LastInsertId()
		if err != nil {
			return fmt.Errorf("insert messages: %w", err)
		}
		e.Message.ID = chat.MessageID(id)
	}
	return b.attachments(ctx, events)
}
