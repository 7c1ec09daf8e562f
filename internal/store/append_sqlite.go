package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
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
	sqliteMessages = `
		INSERT INTO message (conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at, reply_to)
		SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4), value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9
		FROM json_each($1) RETURNING id, conversation_id, seq`
	sqliteEvents = `
		INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at)
		SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each($1)`
	sqliteHeads = `
		UPDATE conversation SET head = j.value ->> 1, last_seq = j.value ->> 1, buyer_sent = j.value ->> 2, seller_sent = j.value ->> 3,
			last_message_id = j.value ->> 4, last_at = j.value ->> 5
		FROM json_each($1) j WHERE conversation.id = j.value ->> 0`
)

// sqliteEngine writes through the one writing connection, with statements prepared once.
type sqliteEngine struct {
	db                                      *DB
	threads, known, messages, events, heads *sql.Stmt
	sqliteRevisers
	sqliteAttachers
}

func newSQLiteEngine(ctx context.Context, db *DB) (*sqliteEngine, error) {
	e := &sqliteEngine{db: db}
	for query, stmt := range map[string]**sql.Stmt{
		sqliteThreads: &e.threads, sqliteKnown: &e.known, sqliteMessages: &e.messages,
		sqliteEvents: &e.events, sqliteHeads: &e.heads,
		sqliteAbout: &e.about, sqliteRevised: &e.revised, sqliteRevise: &e.revise, sqliteVersions: &e.versions,
		sqliteReact: &e.react, sqliteUnreact: &e.unreact, sqliteClear: &e.clear,
		sqliteRevisedEvents: &e.revisedEvents, sqliteRevisedHeads: &e.revisedHeads,
		sqliteOwn: &e.own, sqliteAttach: &e.attach, sqliteTake: &e.take, sqliteDetach: &e.detach, sqliteExpire: &e.expire,
	} {
		var err error
		if *stmt, err = db.write.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // They live as long as the database.
			return nil, fmt.Errorf("prepare: %w", err)
		}
	}
	return e, nil
}

type sqliteBatch struct {
	*sqliteEngine
	tx *sql.Tx
}

// rollback ends a transaction that has written nothing: its error changes nothing.
func (b *sqliteBatch) rollback() { _ = b.tx.Rollback() }

func (e *sqliteEngine) begin(_ context.Context, calls []*call) (batch, *state, error) {
	// The caller's deadline is for PostgreSQL: here a context costs a goroutine a
	// statement, and the disk is waited for in any case.
	ctx := context.Background()
	tx, err := e.db.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errConnection, err)
	}
	b, state := &sqliteBatch{sqliteEngine: e, tx: tx}, newState(len(calls))
	if err := b.load(ctx, calls, state); err != nil {
		b.rollback()
		return nil, nil, err
	}
	return b, state, nil
}

func (b *sqliteBatch) load(ctx context.Context, calls []*call, state *state) error {
	ids := make([]chat.ConversationID, 0, len(calls))
	keys := make([][3]any, 0, len(calls))
	seen := make(map[chat.ConversationID]struct{}, len(calls))
	for _, c := range calls {
		if _, again := seen[c.Conversation]; !again {
			seen[c.Conversation] = struct{}{}
			ids = append(ids, c.Conversation)
		}
		keys = append(keys, [3]any{c.Conversation, c.Actor, c.ClientID})
	}
	if err := b.query(ctx, b.threads, ids, func(rows *sql.Rows) error { return state.scanThread(rows) }); err != nil {
		return fmt.Errorf("read threads: %w", err)
	}
	if err := b.query(ctx, b.known, keys, func(rows *sql.Rows) error { return state.scanKnown(rows) }); err != nil {
		return fmt.Errorf("read known commands: %w", err)
	}
	if err := b.loadAbout(ctx, calls, state); err != nil {
		return err
	}
	return b.loadOwn(ctx, calls, state)
}

// query runs a prepared statement with a set, and calls scan for each row.
func (b *sqliteBatch) query(ctx context.Context, stmt *sql.Stmt, set any, scan func(*sql.Rows) error) error {
	data, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	rows, err := b.tx.StmtContext(ctx, stmt).QueryContext(ctx, string(data))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *sqliteBatch) commit(_ context.Context, events []*call, heads []chat.Thread) (bool, error) {
	if err := b.insert(context.Background(), events, heads); err != nil {
		b.rollback()
		return true, err
	}
	if err := b.db.finish(b.tx); err != nil {
		return errors.Is(err, errDamaged), fmt.Errorf("commit: %w", err)
	}
	return false, nil
}

func (b *sqliteBatch) insert(ctx context.Context, events []*call, heads []chat.Thread) error {
	if len(abouts(events)) > 0 {
		return b.insertRevised(ctx, events, heads)
	}
	place, err := b.post(ctx, events)
	if err != nil {
		return err
	}
	log := make([][6]any, len(events))
	for i, c := range events {
		e := &c.result.Event
		log[i] = [6]any{e.Conversation, e.Seq, e.Kind, e.Message.ID, e.Actor, micros(e.At)}
	}
	if err := b.exec(ctx, b.events, log); err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	last := make([][6]any, len(heads))
	for i, t := range heads {
		last[i] = [6]any{t.ID, t.Head, t.BuyerSent, t.SellerSent, place[eventKey{t.ID, t.Head}].Message.ID, micros(t.LastAt)}
	}
	if err := b.exec(ctx, b.heads, last); err != nil {
		return fmt.Errorf("update conversations: %w", err)
	}
	return nil
}

// post inserts the messages that events bring, with what they have attached, and fills in their identifiers. It returns the
// events by their places.
func (b *sqliteBatch) post(ctx context.Context, events []*call) (map[eventKey]*chat.Event, error) {
	rows := make([][10]any, len(events))
	place := make(map[eventKey]*chat.Event, len(events))
	for i, c := range events {
		e := &c.result.Event
		place[eventKey{e.Conversation, e.Seq}] = e
		rows[i] = [10]any{
			e.Conversation, e.Seq, e.Actor, c.ClientID, hex.EncodeToString(c.Digest[:]), e.Message.Text,
			e.BuyerSent, e.SellerSent, micros(e.At), e.Message.ReplyTo.ID,
		}
	}
	err := b.query(ctx, b.messages, rows, func(rows *sql.Rows) error {
		var id chat.MessageID
		var key eventKey
		if err := rows.Scan(&id, &key.conversation, &key.seq); err != nil {
			return err
		}
		place[key].Message.ID = id
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("insert messages: %w", err)
	}
	return place, b.attachments(ctx, events)
}

func (b *sqliteBatch) exec(ctx context.Context, stmt *sql.Stmt, set any) error {
	data, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = b.tx.StmtContext(ctx, stmt).ExecContext(ctx, string(data))
	return err
}
