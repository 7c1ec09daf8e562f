package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/words"
)

// Searchable is the name of the follower that keeps the index.
const Searchable = "search"

// Indexed is a message as the index holds it: Words is "" for one that is to be found no more.
type Indexed struct {
	Message chat.MessageID
	Words   string
}

// Where a message may be found stands among its words, so that one list of the index
// narrows the others. No word that is typed is one of these: each begins with a w.
func personToken(id chat.UserID) string        { return "u" + strconv.FormatInt(int64(id), 10) }
func placeToken(id chat.ConversationID) string { return "c" + strconv.FormatInt(int64(id), 10) }

// ToIndex returns messages as they are now, cut into words.
func (r Reader) ToIndex(ctx context.Context, ids []chat.MessageID) ([]Indexed, error) {
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("read what to index: %w", err)
	}
	rows, err := r.q.QueryContext(ctx, `
		SELECT m.id, m.conversation_id, c.buyer_id, c.seller_id, m.body, m.attachments, m.deleted_at <> 0
		FROM `+r.d.set("$1", "id")+` AS j`+r.d.oneOf("message", "m", "j.id")+r.d.oneOf("conversation", "c", "m.conversation_id")+`
		ORDER BY m.id`, string(set))
	if err != nil {
		return nil, fmt.Errorf("read what to index: %w", err)
	}
	type row struct {
		id            chat.MessageID
		conversation  chat.ConversationID
		buyer, seller chat.UserID
		text          string
		attached      []chat.Attachment
		deleted       bool
	}
	found, err := collect(rows, func(r *row) []any {
		return []any{&r.id, &r.conversation, &r.buyer, &r.seller, &r.text, attachmentsInto{&r.attached}, &r.deleted}
	})
	if err != nil {
		return nil, fmt.Errorf("read what to index: %w", err)
	}
	all := make([]Indexed, len(found))
	for i, f := range found {
		all[i].Message = f.id
		sought := chat.Message{Text: f.text, Attachments: f.attached}.Sought()
		if tokens := words.Cut(sought); !f.deleted && len(tokens) > 0 {
			all[i].Words = r.d.document([]string{personToken(f.buyer), personToken(f.seller), placeToken(f.conversation)}, tokens)
		}
	}
	return all, nil
}

// Index puts messages into the index in place of what it held of them.
func (tx *Tx) Index(ctx context.Context, all []Indexed) error {
	if tx.d == sqlite {
		return tx.indexVolumes(ctx, all)
	}
	return tx.indexAs(ctx, all,
		`DELETE FROM message_search WHERE `+tx.d.among("message_id", "$1"),
		`INSERT INTO message_search (message_id, words)
			SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS TSVECTOR) FROM json_array_elements(CAST($1 AS JSON)) AS element (value)`)
}

// indexAs is Index with the statements that take messages out, a JSON array of ids, and put them in, one of arrays
// of an id and words.
func (tx *Tx) indexAs(ctx context.Context, all []Indexed, remove, insert string) error {
	ids := make([]chat.MessageID, len(all))
	var rows [][2]any
	for i, m := range all {
		ids[i] = m.Message
		if m.Words != "" {
			rows = append(rows, [2]any{m.Message, m.Words})
		}
	}
	gone, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("index messages: %w", err)
	}
	there, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("index messages: %w", err)
	}
	if _, err := tx.q.ExecContext(ctx, remove, string(gone)); err != nil {
		return fmt.Errorf("take messages out of the index: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.q.ExecContext(ctx, insert, string(there)); err != nil {
		return fmt.Errorf("index messages: %w", err)
	}
	return nil
}

// FollowFrom moves a follower that stands at a cursor, and tells whether it stood there: if
// not, another one was faster, and what was read from there may be older than what it wrote.
// Until the end of the transaction no other one moves it.
func (tx *Tx) FollowFrom(ctx context.Context, name string, from, to Cursor) (bool, error) {
	query, args := `UPDATE follower SET xid = $2, pos = $3 WHERE name = $1 AND xid = $4 AND pos = $5`, []any{name, to.xid, to.pos, from.xid, from.pos}
	if from == (Cursor{}) {
		query, args = `INSERT INTO follower (name, xid, pos) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`, args[:3]
	}
	result, err := tx.q.ExecContext(ctx, query, args...)
	if err != nil {
		return false, fmt.Errorf("move the cursor of %s: %w", name, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("move the cursor of %s: %w", name, err)
	}
	return n == 1, nil
}

// cutting names how words are cut. When it changes, the index is made anew.
const cutting = "2"

// reindex throws away an index that was cut otherwise: its follower begins at the first
// message. It costs one look-up once that has been done.
func (db *DB) reindex(ctx context.Context) error {
	return db.Update(ctx, func(tx *Tx) error {
		result, err := tx.q.ExecContext(ctx, `
			INSERT INTO meta (key, value) VALUES ('search', $1)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value`, cutting)
		if err != nil {
			return fmt.Errorf("note how words are cut: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return tx.ForgetIndex(ctx)
	})
}

// ForgetIndex empties the index, and has its follower make it anew.
func (tx *Tx) ForgetIndex(ctx context.Context) error {
	if err := tx.emptyIndex(ctx); err != nil {
		return fmt.Errorf("empty the search index: %w", err)
	}
	if _, err := tx.q.ExecContext(ctx, `DELETE FROM follower WHERE name = $1`, Searchable); err != nil {
		return fmt.Errorf("empty the search index: %w", err)
	}
	return nil
}

func (tx *Tx) emptyIndex(ctx context.Context) error {
	if tx.d == sqlite {
		return tx.dropVolumes(ctx)
	}
	_, err := tx.q.ExecContext(ctx, `TRUNCATE message_search`)
	return err
}

// SearchQuery asks for messages that somebody may see and whose text, with the names of what they have attached, fits a query.
type SearchQuery struct {
	Who          chat.UserID
	Words        words.Query         // with a phrase at least
	Conversation chat.ConversationID // 0 for all
	Before       chat.MessageID      // only messages with a lower id
	Limit        int
}

// mostSought is how many words of a query the index is asked for. The beginning of a word is read as all words of the
// site that have it, however few messages who asks may see.
const mostSought = 8

// Search returns messages by the index, the newest first. They need not fit: the index is a moment late, so a text may
// have changed meanwhile, and it is asked for the 8 most telling words alone, see words.Query.Telling. What was deleted, for everyone
// or for who asks, is never among them.
func (r Reader) Search(ctx context.Context, q SearchQuery) ([]chat.Message, error) {
	if r.d == sqlite {
		return r.searchVolumes(ctx, q)
	}
	if q.Conversation != 0 {
		found, err := r.searchNewest(ctx, q)
		if err != nil || len(found) == q.Limit {
			return found, err
		}
	}
	return r.searchAll(ctx, q)
}

// newest is among how many messages of a conversation a search there looks first.
const newest = 1000

// searchNewest is Search among the newest messages of a conversation alone, one by one: a word that is said often
// is found there at once, while a GIN index, which knows no order, finds all of the conversation first.
func (r Reader) searchNewest(ctx context.Context, q SearchQuery) ([]chat.Message, error) {
	return r.messages(ctx, `WITH newest AS MATERIALIZED (
			SELECT a.id FROM message a
			WHERE a.conversation_id = $5 AND a.seq < COALESCE((SELECT b.seq FROM message b WHERE b.id = $2 AND b.conversation_id = $5), 9223372036854775807)
			ORDER BY a.seq DESC LIMIT `+strconv.Itoa(newest)+`),
		found AS MATERIALIZED (
			SELECT s.message_id FROM newest n JOIN message_search s ON s.message_id = n.id WHERE s.words @@ CAST($1 AS TSQUERY) AND n.id < $2) `+
		searchFound, r.d.match([]string{personToken(q.Who)}, q.Words), q.Before, q.Who, q.Limit, q.Conversation)
}

// searchAll is Search by the index alone. Whatever the planner thinks of it, no other table is read before what is
// MATERIALIZED, and a sum is in no index: it would read all ids up to one, to compare them with what was found.
func (r Reader) searchAll(ctx context.Context, q SearchQuery) ([]chat.Message, error) {
	return r.messages(ctx, `WITH found AS MATERIALIZED (
			SELECT message_id FROM message_search WHERE words @@ CAST($1 AS TSQUERY) AND message_id + 0 < $2) `+
		searchFound, r.match(q), q.Before, q.Who, q.Limit)
}

// match is what the index is asked for: what was typed, where it is to stand.
func (r Reader) match(q SearchQuery) string {
	tags := []string{personToken(q.Who)}
	if q.Conversation != 0 {
		tags = append(tags, placeToken(q.Conversation))
	}
	return r.d.match(tags, q.Words)
}

var (
	// searchFound selects among messages that PostgreSQL has found.
	searchFound = searchSelectOf(postgres, `(SELECT message_id FROM found ORDER BY message_id DESC OFFSET 0)`)

	inOrder = map[dialect]string{sqlite: `CROSS`}
)

// searchSelectOf selects messages that were found, the newest first, without those that $3 does not see. CROSS has
// SQLite keep the order of a join, so that it begins with the index.
func searchSelectOf(d dialect, from string) string {
	return `SELECT ` + messageColumns + `
		FROM ` + from + ` s
		` + inOrder[d] + ` JOIN message m ON m.id = s.message_id
		` + inOrder[d] + ` JOIN users u ON u.id = m.sender_id
		` + inOrder[d] + ` JOIN member me ON me.conversation_id = m.conversation_id AND me.user_id + 0 = $3
		LEFT JOIN message q ON q.id = m.reply_to AND q.seq > me.cleared_seq AND ` + unhidden("q", "$3") + `
		LEFT JOIN users qu ON qu.id = q.sender_id
		WHERE m.deleted_at = 0 AND m.seq > me.cleared_seq AND ` + unhidden("m", "$3") + `
		ORDER BY s.message_id DESC LIMIT $4`
}

// document is a message for the index: tags, which are found wherever they stand, and words.
func (d dialect) document(tags []string, tokens []words.Token) string {
	var b strings.Builder
	if d == postgres {
		for _, tag := range tags {
			b.WriteString("'" + tag + "' ")
		}
		for _, t := range tokens {
			b.WriteString("'w" + t.Text + "':" + strconv.Itoa(t.Place) + " ")
		}
		return b.String()
	}
	b.WriteString(strings.Join(tags, " "))
	place := 0
	for _, t := range tokens {
		// A place that is left free is a word that nobody can type.
		for place++; place < t.Place; place++ {
			b.WriteString(" x")
		}
		b.WriteString(" w" + t.Text)
	}
	return b.String()
}

// match is a query in the language of the index: what was typed is in it as tokens alone, which
// hold no character that means anything there.
func (d dialect) match(tags []string, q words.Query) string {
	var all []string
	for _, tag := range tags {
		all = append(all, d.literal(tag))
	}
	for _, p := range q.Telling(mostSought).Phrases {
		each := make([]string, len(p.Tokens))
		for i, t := range p.Tokens {
			each[i] = "w" + t
			if d == postgres {
				each[i] = d.literal(each[i])
			}
		}
		one := d.literal(strings.Join(each, " "))
		if d == postgres {
			one = strings.Join(each, " <-> ")
		}
		switch {
		case p.Prefix && d == postgres:
			one += ":*"
		case p.Prefix:
			one += " *"
		}
		all = append(all, one)
	}
	if d == postgres {
		return "(" + strings.Join(all, ") & (") + ")"
	}
	return strings.Join(all, " AND ")
}

func (d dialect) literal(s string) string {
	if d == postgres {
		return "'" + s + "'"
	}
	return `"` + s + `"`
}
