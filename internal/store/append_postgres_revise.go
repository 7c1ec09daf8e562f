package store

import (
	"github.com/jackc/pgx/v5"

	"swapnest/internal/chat"
)

// The statements of a batch in which a command is about a message. The first nine arguments of
// the last one and the next six are those of postgresWrite. All events are inserted together:
// within a conversation pos follows seq.
const (
	postgresAbout = `
		SELECT ` + aboutColumns + ` FROM message m` + quoteJoin + `WHERE m.id = ANY($1::BIGINT[])`
	postgresRevised = `
		SELECT ` + revisedColumns + `
		FROM unnest($1::BIGINT[], $2::BIGINT[], $3::TEXT[]) AS j (conversation_id, actor_id, client_id)
		CROSS JOIN LATERAL (
			SELECT * FROM event e
			WHERE e.conversation_id = j.conversation_id AND e.actor_id = j.actor_id AND e.client_id = j.client_id AND e.client_id <> '' LIMIT 1
		) AS e
		JOIN message m ON m.id = e.message_id` + quoteJoin
	postgresWriteRevised = `
		WITH m AS (
			INSERT INTO message (conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at, reply_to)
			SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::TEXT[], $5::BYTEA[], $6::TEXT[], $7::BIGINT[], $8::BIGINT[], $9::BIGINT[], $32::BIGINT[])
			RETURNING id, conversation_id, seq
		), r AS (
			UPDATE message SET body = j.body, edited_at = j.edited_at, deleted_at = j.deleted_at
			FROM unnest($15::BIGINT[], $16::TEXT[], $17::BIGINT[], $18::BIGINT[]) AS j (id, body, edited_at, deleted_at)
			WHERE message.id = j.id
		), v AS (
			INSERT INTO message_version (message_id, seq, at, body)
			SELECT * FROM unnest($19::BIGINT[], $20::BIGINT[], $21::BIGINT[], $22::TEXT[])
		), e AS (
			INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at, client_id, digest)
			SELECT j.conversation_id, j.seq, j.kind, coalesce(m.id, j.message_id), j.actor_id, j.created_at, j.client_id, j.digest
			FROM unnest($23::BIGINT[], $24::BIGINT[], $25::TEXT[], $26::BIGINT[], $27::BIGINT[], $28::BIGINT[], $29::TEXT[], $30::BYTEA[])
				AS j (conversation_id, seq, kind, message_id, actor_id, created_at, client_id, digest)
			LEFT JOIN m ON m.conversation_id = j.conversation_id AND m.seq = j.seq
			ORDER BY j.conversation_id, j.seq
		), c AS (
			UPDATE conversation SET head = h.head, buyer_sent = h.buyer_sent, seller_sent = h.seller_sent,
				last_at = h.last_at, last_seq = h.last_seq
			FROM unnest($10::BIGINT[], $11::BIGINT[], $12::BIGINT[], $13::BIGINT[], $14::BIGINT[], $31::BIGINT[])
				AS h (id, head, buyer_sent, seller_sent, last_at, last_seq)
			WHERE conversation.id = h.id
		)
		SELECT id, conversation_id, seq FROM m`
	postgresReact = `
		INSERT INTO reaction (message_id, user_id, emoji, seq, at)
		SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[])
		ON CONFLICT (message_id, user_id, emoji) DO UPDATE SET seq = excluded.seq, at = excluded.at`
	postgresUnreact = `
		DELETE FROM reaction WHERE (message_id, user_id, emoji) IN (SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[], $3::TEXT[]))`
	postgresClear = `DELETE FROM reaction WHERE message_id = ANY($1::BIGINT[])`
)

// queueAbout reads the messages that calls are about or answer, and those of the calls about
// messages that are known.
func queueAbout(pipeline *pgx.Batch, calls []*call, state *state) {
	messages := looked(calls)
	if len(messages) == 0 {
		return
	}
	each := func(scan func(scanner) error) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			for rows.Next() {
				if err := scan(rows); err != nil {
					return err
				}
			}
			return rows.Err()
		}
	}
	pipeline.Queue(postgresAbout, messages).Query(each(state.scanAbout))
	about := abouts(calls)
	n := len(about)
	if n == 0 {
		return
	}
	ids, actors, clients := make([]chat.ConversationID, n), make([]chat.UserID, n), make([]string, n)
	for i, c := range about {
		ids[i], actors[i], clients[i] = c.Conversation, c.Actor, c.ClientID
	}
	pipeline.Queue(postgresRevised, ids, actors, clients).Query(each(state.scanRevised))
}

// postgresRevisedArgs are the arguments of postgresWriteRevised.
func postgresRevisedArgs(events []*call, heads []*chat.Thread, place map[eventKey]*chat.Event) []any {
	posted, revisions, versions := revise(events)
	args := postgresArgs(posted, heads, place)
	answers := args[len(args)-1]
	args = args[:len(args)-2] // without the kind, of which there are several
	r := len(revisions)
	changed, bodies, edited, deleted := make([]chat.MessageID, r), make([]string, r), make([]int64, r), make([]int64, r)
	for i, m := range revisions {
		changed[i], bodies[i], edited[i], deleted[i] = m.ID, m.Text, micros(m.EditedAt), micros(m.DeletedAt)
	}
	v := len(versions)
	had, when, since, texts := make([]chat.MessageID, v), make([]chat.Seq, v), make([]int64, v), make([]string, v)
	for i, one := range versions {
		had[i], when[i], since[i], texts[i] = one.message, one.seq, one.at, one.body
	}
	n := len(events)
	var (
		ids, seqs, kinds        = make([]chat.ConversationID, n), make([]chat.Seq, n), make([]string, n)
		messages, actors, times = make([]chat.MessageID, n), make([]chat.UserID, n), make([]int64, n)
		clients, digests        = make([]string, n), make([][]byte, n)
		lasts                   = make([]chat.Seq, len(heads))
	)
	for i, c := range events {
		e := &c.result.Event
		ids[i], seqs[i], kinds[i], messages[i], actors[i], times[i] = e.Conversation, e.Seq, string(e.Kind), c.About, e.Actor, micros(e.At)
		clients[i], digests[i] = c.command()
	}
	for i, t := range heads {
		lasts[i] = t.LastSeq
	}
	return append(args, changed, bodies, edited, deleted, had, when, since, texts,
		ids, seqs, kinds, messages, actors, times, clients, digests, lasts, answers)
}

// queueReactions writes what the events make of reactions; nothing for those that make none.
func queueReactions(pipeline *pgx.Batch, events []*call) {
	put, back, cleared := reactions(events)
	if n := len(put); n > 0 {
		messages, users, emoji := make([]chat.MessageID, n), make([]chat.UserID, n), make([]string, n)
		seqs, times := make([]chat.Seq, n), make([]int64, n)
		for i, r := range put {
			messages[i], users[i], emoji[i], seqs[i], times[i] = r.message, r.User, r.Emoji, r.seq, r.at
		}
		pipeline.Queue(postgresReact, messages, users, emoji, seqs, times)
	}
	if n := len(back); n > 0 {
		messages, users, emoji := make([]chat.MessageID, n), make([]chat.UserID, n), make([]string, n)
		for i, r := range back {
			messages[i], users[i], emoji[i] = r.message, r.User, r.Emoji
		}
		pipeline.Queue(postgresUnreact, messages, users, emoji)
	}
	if len(cleared) > 0 {
		pipeline.Queue(postgresClear, cleared)
	}
}
