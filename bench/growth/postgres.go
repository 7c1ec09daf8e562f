package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// postgresFiller writes to a database that no program uses.
type postgresFiller struct {
	url  string
	conn *pgx.Conn
}

// indexes are made after the rows of a fill: that is much faster than keeping them.
var indexes = []string{
	`CREATE INDEX message_search_words ON message_search USING gin (words) WITH (fastupdate = on, gin_pending_list_limit = 256)`,
}

func (f *postgresFiller) begin(ctx context.Context) (err error) {
	if f.conn, err = pgx.Connect(ctx, f.url); err != nil {
		return err
	}
	for _, set := range []string{"synchronous_commit = off", "maintenance_work_mem = '1GB'", "work_mem = '64MB'"} {
		if _, err := f.conn.Exec(ctx, "SET "+set); err != nil {
			return err
		}
	}
	return nil
}

func (f *postgresFiller) done(ctx context.Context) error {
	// As the server would do it by itself, sooner or later.
	_, err := f.conn.Exec(ctx, "VACUUM (ANALYZE)")
	if err == nil {
		_, err = f.conn.Exec(ctx, "CHECKPOINT")
	}
	return errors.Join(err, f.conn.Close(ctx))
}

func (f *postgresFiller) copy(ctx context.Context, table, columns string, text *bytes.Buffer) error {
	_, err := f.conn.PgConn().CopyFrom(ctx, text, "COPY "+table+" ("+columns+") FROM STDIN")
	if err != nil {
		return fmt.Errorf("copy to %s: %w", table, err)
	}
	return nil
}

func (f *postgresFiller) people(ctx context.Context, first, count int64) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	_, err := f.conn.Exec(ctx, `INSERT INTO users (id, username, username_key, name, email, password_hash, demo, created_at)
		SELECT i, 'filler' || i, 'filler' || i, 'Filler ' || i, '', '!', FALSE, 1600000000000000 FROM generate_series($1::BIGINT, $2::BIGINT) AS s (i)`, first, first+count-1)
	return errors.Join(err, f.conn.Close(ctx))
}

func (f *postgresFiller) messages(ctx context.Context, all []message) error {
	tx, err := f.conn.Begin(ctx)
	if err != nil {
		return err
	}
	var m, e, s bytes.Buffer
	var number []byte
	put := func(b *bytes.Buffer, n int64) {
		number = strconv.AppendInt(number[:0], n, 10)
		b.Write(number)
		b.WriteByte('\t')
	}
	for i := range all {
		x := &all[i]
		for _, n := range []int64{x.id, x.talk.id, x.seq, x.sender} {
			put(&m, n)
		}
		fmt.Fprintf(&m, "%s\t\\\\x%s\t%s\t", x.client, hex.EncodeToString(x.digest[:]), x.text())
		put(&m, x.bought)
		put(&m, x.sold)
		m.Write(strconv.AppendInt(number[:0], x.at, 10))
		m.WriteByte('\n')
		put(&e, x.talk.id)
		put(&e, x.seq)
		e.WriteString("message\t")
		put(&e, x.id)
		put(&e, x.sender)
		e.Write(strconv.AppendInt(number[:0], x.at, 10))
		e.WriteByte('\n')
		put(&s, x.id)
		fmt.Fprintf(&s, "'u%d' 'u%d' 'c%d'", x.buyer, x.seller, x.talk.id)
		for place, w := range x.words {
			s.WriteString(" 'w")
			s.WriteString(w)
			s.WriteString("':")
			s.Write(strconv.AppendInt(number[:0], int64(place+1), 10))
		}
		s.WriteByte('\n')
	}
	err = errors.Join(
		f.copy(ctx, "message", "id, conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at", &m),
		f.copy(ctx, "event", "conversation_id, seq, kind, message_id, actor_id, created_at", &e),
		f.copy(ctx, "message_search", "message_id, words", &s))
	if err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func (f *postgresFiller) conversations(ctx context.Context, all []*talk) error {
	tx, err := f.conn.Begin(ctx)
	if err != nil {
		return err
	}
	const members = "conversation_id, user_id, read_seq, read_sent, delivered_seq, muted, pinned, archived_seq"
	const notices = "user_id, kind, unread, conversation_id, first_seq, seq, listing_id, title, created_at"
	const talks = "id, listing_id, title, buyer_id, seller_id, head, last_seq, buyer_sent, seller_sent, created_at, last_at"
	const listings = `id, slug, seller_id, title, title_key, search_key, description, price_amount, price_currency, category, condition, status, city, negotiable, created_at`
	var l, c, m, own, n bytes.Buffer
	for _, t := range all {
		fmt.Fprintf(&l, "%d\tfiller-%d\t%d\t%s\t%s\t%s\t\t10000\tINR\tbooks\tgood\tactive\t\tf\t%d\n", t.id, t.id, t.seller, t.title(), t.title(), t.title(), t.created)
		fmt.Fprintf(&c, "%d\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", t.id, t.id, t.title(), t.buyer, t.seller, t.head(), t.head(), t.bought, t.sold, t.created, t.last)
		for _, x := range t.members() {
			to := &m
			if t.lives() {
				to = &own
			}
			fmt.Fprintf(to, "%d\t%d\t%d\t%d\t%d\t%t\t%t\t%d\n", t.id, x.person, x.readSeq, x.readSent, t.head(), x.muted, x.pinned, x.archivedSeq)
			if t.told(x) {
				fmt.Fprintf(&n, "%d\tmessage\t%t\t%d\t%d\t%d\t%d\t%s\t%d\n", x.person, x.unread, t.id, t.head(), t.head(), t.id, t.title(), t.last)
			}
		}
	}
	for _, part := range []struct {
		table, columns, conflict string
		text                     *bytes.Buffer
	}{
		{"listing", listings, "DO NOTHING", &l},
		{"conversation", talks, `(id) DO UPDATE SET head = excluded.head, last_seq = excluded.last_seq, buyer_sent = excluded.buyer_sent,
			seller_sent = excluded.seller_sent, last_at = excluded.last_at`, &c},
		{"member", members, "(conversation_id, user_id) DO UPDATE SET read_seq = excluded.read_seq, read_sent = excluded.read_sent, delivered_seq = excluded.delivered_seq", &m},
		{"member", members, "DO NOTHING", &own},
		{"notice", notices, "DO NOTHING", &n},
	} {
		if _, err := tx.Exec(ctx, "CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS SELECT "+part.columns+" FROM "+part.table+" WITH NO DATA"); err != nil {
			return err
		}
		if err := f.copy(ctx, "fresh", part.columns, part.text); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO "+part.table+" ("+part.columns+") SELECT "+part.columns+" FROM fresh ON CONFLICT "+part.conflict); err != nil {
			return fmt.Errorf("store in %s: %w", part.table, err)
		}
		if _, err := tx.Exec(ctx, "DROP TABLE fresh"); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

func (f *postgresFiller) keep(ctx context.Context, t *talk, read int64, hidden []int64) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	_, err := f.conn.Exec(ctx, readTo, t.id, t.seller, read)
	for _, seq := range hidden {
		if err == nil {
			_, err = f.conn.Exec(ctx, hides, t.id, t.seller, seq)
		}
	}
	return errors.Join(err, f.conn.Close(ctx))
}

func (f *postgresFiller) reload(ctx context.Context, all []*talk) error {
	for _, index := range indexes {
		if _, err := f.conn.Exec(ctx, "DROP INDEX IF EXISTS "+strings.Fields(index)[2]); err != nil {
			return err
		}
	}
	for _, t := range all {
		err := f.conn.QueryRow(ctx, whereIs+strconv.FormatInt(t.id, 10)).Scan(&t.bought, &t.sold, &t.last)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
	}
	return nil
}

func (f *postgresFiller) last(ctx context.Context) (id int64, err error) {
	return id, f.conn.QueryRow(ctx, lastMessage).Scan(&id)
}

func (f *postgresFiller) size(ctx context.Context) (size, messages int64, err error) {
	if err := f.begin(ctx); err != nil {
		return 0, 0, err
	}
	err = f.conn.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&size)
	messages, lastErr := f.last(ctx)
	return size, messages, errors.Join(err, lastErr, f.conn.Close(ctx))
}

func (f *postgresFiller) end(ctx context.Context) error {
	for _, index := range indexes {
		if _, err := f.conn.Exec(ctx, index); err != nil {
			return err
		}
	}
	for _, table := range []string{"users", "listing", "conversation", "message", "notice"} {
		if _, err := f.conn.Exec(ctx, "SELECT setval(pg_get_serial_sequence('"+table+"', 'id'), greatest(1, (SELECT max(id) FROM "+table+")))"); err != nil {
			return err
		}
	}
	for _, statement := range []string{`INSERT INTO follower (name, xid, pos)
		SELECT f.name, e.xid, e.pos FROM (VALUES ('search'), ('notices')) AS f (name), (SELECT xid, pos FROM event ORDER BY xid DESC, pos DESC LIMIT 1) AS e
		ON CONFLICT (name) DO UPDATE SET xid = excluded.xid, pos = excluded.pos`} {
		if _, err := f.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
