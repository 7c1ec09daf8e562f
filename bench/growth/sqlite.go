package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// sqliteFiller writes to the file of a data directory that no program uses.
type sqliteFiller struct {
	dir  string
	db   *sql.DB
	conn *sql.Conn
	// volume is the table of the search index to which was written last.
	volume   string
	unmerged int // bytes of words in it that nothing was merged for
}

func (f *sqliteFiller) begin(ctx context.Context) (err error) {
	if f.db, err = sql.Open("sqlite", "file:"+filepath.Join(f.dir, "swapnest.db")); err != nil {
		return err
	}
	if f.conn, err = f.db.Conn(ctx); err != nil {
		return err
	}
	// Nothing is lost by a crash but what is made up again.
	for _, pragma := range []string{"journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -1500000", "temp_store = MEMORY"} {
		if _, err := f.conn.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	return nil
}

// done also has the disk take what was written: it would be the program's work otherwise, at its first checkpoint.
func (f *sqliteFiller) done(context.Context) error {
	file, err := os.OpenFile(filepath.Join(f.dir, "swapnest.db"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.conn.Close(), f.db.Close(), file.Sync(), file.Close())
}

// rows inserts many rows of a table, some dozens by each statement.
type rows struct {
	ctx        context.Context //nolint:containedctx // it lives as long as one call
	conn       *sql.Conn
	begin, end string
	columns    int
	many       *sql.Stmt
	args       []any
	atOnce     int
	fault      error
}

func (f *sqliteFiller) rows(ctx context.Context, table, columns, end string) *rows {
	n := strings.Count(columns, ",") + 1
	r := &rows{ctx: ctx, conn: f.conn, begin: "INSERT INTO " + table + " (" + columns + ") VALUES ", end: " " + end, columns: n, atOnce: 64}
	r.many, r.fault = f.conn.PrepareContext(ctx, r.statement(r.atOnce))
	return r
}

func (r *rows) statement(n int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", r.columns), ",") + ")"
	return r.begin + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + r.end
}

func (r *rows) add(values ...any) {
	r.args = append(r.args, values...)
	if len(r.args) == r.columns*r.atOnce && r.fault == nil {
		_, r.fault = r.many.ExecContext(r.ctx, r.args...)
		r.args = r.args[:0]
	}
}

func (r *rows) flush() error {
	if r.fault == nil && len(r.args) > 0 {
		_, r.fault = r.conn.ExecContext(r.ctx, r.statement(len(r.args)/r.columns), r.args...)
	}
	if r.many != nil {
		r.fault = errors.Join(r.fault, r.many.Close())
	}
	return r.fault
}

// within runs fn in a transaction.
func (f *sqliteFiller) within(ctx context.Context, fn func() error) error {
	if _, err := f.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err // the file is thrown away
	}
	_, err := f.conn.ExecContext(ctx, "COMMIT")
	return err
}

func (f *sqliteFiller) people(ctx context.Context, first, count int64) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	err := f.within(ctx, func() error {
		r := f.rows(ctx, "users", "id, username, username_key, name, email, password_hash, demo, created_at", "")
		for id := first; id < first+count; id++ {
			name := "filler" + strconv.FormatInt(id, 10)
			r.add(id, name, name, "Filler "+strconv.FormatInt(id, 10), "", "!", false, int64(1_600_000_000_000_000))
		}
		return r.flush()
	})
	return errors.Join(err, f.done(ctx))
}

func (f *sqliteFiller) messages(ctx context.Context, all []message) error {
	return f.within(ctx, func() error {
		m := f.rows(ctx, "message", "id, conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at", "")
		for i := range all {
			x := &all[i]
			m.add(x.id, x.talk.id, x.seq, x.sender, x.client, x.digest[:], x.text(), x.bought, x.sold, x.at)
		}
		e := f.rows(ctx, "event", "conversation_id, seq, kind, message_id, actor_id, created_at", "")
		for i := range all {
			x := &all[i]
			e.add(x.talk.id, x.seq, "message", x.id, x.sender, x.at)
		}
		return errors.Join(m.flush(), e.flush(), f.index(ctx, all))
	})
}

// index puts messages into the search index, in volumes as the program makes and merges them: see internal/store/search_volumes.go.
func (f *sqliteFiller) index(ctx context.Context, all []message) error {
	volume := func(x *message) int64 { return x.id >> 17 }
	var b strings.Builder
	for len(all) > 0 {
		n := 1
		for n < len(all) && volume(&all[n]) == volume(&all[0]) {
			n++
		}
		table := "message_search_" + strconv.FormatInt(volume(&all[0]), 10)
		if table != f.volume {
			if err := f.turnOver(ctx, table); err != nil {
				return err
			}
		}
		s := f.rows(ctx, table, "rowid, words", "")
		for i := range all[:n] {
			x := &all[i]
			b.Reset()
			fmt.Fprintf(&b, "u%d u%d c%d", x.buyer, x.seller, x.talk.id)
			for _, w := range x.words {
				b.WriteString(" w")
				b.WriteString(w)
			}
			f.unmerged += b.Len()
			s.add(x.id, b.String())
		}
		if err := s.flush(); err != nil {
			return err
		}
		// As the indexer does behind so many.
		for ; f.unmerged >= 16*2500; f.unmerged -= 16 * 2500 {
			if _, err := f.conn.ExecContext(ctx, "INSERT INTO "+table+" ("+table+", rank) VALUES ('merge', 16)"); err != nil {
				return err
			}
		}
		all = all[n:]
	}
	return nil
}

// turnOver begins a volume of the search index, and merges the one before into one part, as the program does while little is written.
func (f *sqliteFiller) turnOver(ctx context.Context, table string) error {
	statements := []string{
		"CREATE VIRTUAL TABLE IF NOT EXISTS " + table + " USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '3 4')",
		"INSERT INTO " + table + " (" + table + ", rank) VALUES ('automerge', 0), ('usermerge', 16), ('crisismerge', 1900)",
	}
	if f.volume != "" {
		statements = append(statements, "INSERT INTO "+f.volume+" ("+f.volume+") VALUES ('optimize')")
	}
	for _, statement := range statements {
		if _, err := f.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	f.volume = table
	return nil
}

func (f *sqliteFiller) conversations(ctx context.Context, all []*talk) error {
	return f.within(ctx, func() error {
		l := f.rows(ctx, "listing", `id, slug, seller_id, title, title_key, search_key, description, price_amount, price_currency,
			category, condition, status, city, negotiable, created_at`, "ON CONFLICT DO NOTHING")
		c := f.rows(ctx, "conversation", "id, listing_id, title, buyer_id, seller_id, head, last_seq, buyer_sent, seller_sent, created_at, last_at",
			`ON CONFLICT (id) DO UPDATE SET head = excluded.head, last_seq = excluded.last_seq, buyer_sent = excluded.buyer_sent,
			seller_sent = excluded.seller_sent, last_at = excluded.last_at`)
		for _, t := range all {
			l.add(t.id, "filler-"+strconv.FormatInt(t.id, 10), t.seller, t.title(), t.title(), t.title(), "", 10000, "INR", "books", "good", "active", "", false, t.created)
			c.add(t.id, t.id, t.title(), t.buyer, t.seller, t.head(), t.head(), t.bought, t.sold, t.created, t.last)
		}
		if err := errors.Join(l.flush(), c.flush()); err != nil {
			return err
		}
		const columns = "conversation_id, user_id, read_seq, read_sent, delivered_seq, muted, pinned, archived_seq"
		fresh := f.rows(ctx, "member", columns, "ON CONFLICT DO NOTHING")
		moved := f.rows(ctx, "member", columns, "ON CONFLICT DO UPDATE SET read_seq = excluded.read_seq, read_sent = excluded.read_sent, delivered_seq = excluded.delivered_seq")
		n := f.rows(ctx, "notice", "user_id, kind, unread, conversation_id, first_seq, seq, listing_id, title, created_at", "ON CONFLICT DO NOTHING")
		for _, t := range all {
			for _, m := range t.members() {
				r := moved
				if t.lives() {
					r = fresh
				}
				r.add(t.id, m.person, m.readSeq, m.readSent, t.head(), m.muted, m.pinned, m.archivedSeq)
				if t.told(m) {
					n.add(m.person, "message", m.unread, t.id, t.head(), t.head(), t.id, t.title(), t.last)
				}
			}
		}
		return errors.Join(fresh.flush(), moved.flush(), n.flush())
	})
}

// readTo and hides are what keep runs: of a conversation, its seller and a seq.
const (
	readTo = `UPDATE member SET read_seq = $3, read_sent = (SELECT m.buyer_sent FROM message m WHERE m.conversation_id = $1 AND m.seq = $3)
		WHERE conversation_id = $1 AND user_id = $2`
	hides = `INSERT INTO message_hidden (user_id, conversation_id, message_id)
		SELECT $2, m.conversation_id, m.id FROM message m WHERE m.conversation_id = $1 AND m.seq = $3 ON CONFLICT DO NOTHING`
)

func (f *sqliteFiller) keep(ctx context.Context, t *talk, read int64, hidden []int64) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	err := f.within(ctx, func() error {
		_, err := f.conn.ExecContext(ctx, readTo, t.id, t.seller, read)
		for _, seq := range hidden {
			if err == nil {
				_, err = f.conn.ExecContext(ctx, hides, t.id, t.seller, seq)
			}
		}
		return err
	})
	return errors.Join(err, f.done(ctx))
}

const (
	whereIs     = "SELECT buyer_sent, seller_sent, last_at FROM conversation WHERE id = "
	lastMessage = "SELECT COALESCE(max(id), 0) FROM message"
)

func (f *sqliteFiller) reload(ctx context.Context, all []*talk) error {
	for _, t := range all {
		err := f.conn.QueryRowContext(ctx, whereIs+strconv.FormatInt(t.id, 10)).Scan(&t.bought, &t.sold, &t.last)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

func (f *sqliteFiller) last(ctx context.Context) (id int64, err error) {
	return id, f.conn.QueryRowContext(ctx, lastMessage).Scan(&id)
}

func (f *sqliteFiller) size(ctx context.Context) (size, messages int64, err error) {
	if err := f.begin(ctx); err != nil {
		return 0, 0, err
	}
	messages, err = f.last(ctx)
	file, statErr := os.Stat(filepath.Join(f.dir, "swapnest.db"))
	if err = errors.Join(err, statErr, f.done(ctx)); err != nil {
		return 0, 0, err
	}
	return file.Size(), messages, nil
}

func (f *sqliteFiller) end(ctx context.Context) error {
	_, err := f.conn.ExecContext(ctx, `INSERT INTO follower (name, xid, pos)
		SELECT name, 0, (SELECT max(pos) FROM event) FROM (SELECT 'search' AS name UNION ALL SELECT 'notices') WHERE TRUE
		ON CONFLICT (name) DO UPDATE SET xid = excluded.xid, pos = excluded.pos`)
	return err
}
