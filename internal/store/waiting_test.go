package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// What waits to be read is counted, and is what one finds who looks at each message. And whoever asks whether
// reading changes anything is told what it then does.
func TestANoticeIsReadWhenNothingWaitsUpToIt(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		c, looks := town.Converse(t, db), beside(t, d)
		people := []chat.UserID{town.Buyer.ID, town.Seller.ID}
		one := func(query string, args ...any) (n int64) {
			t.Helper()
			if err := looks.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
				t.Fatalf("%v: %s", err, query)
			}
			return n
		}
		const seed = 7
		random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // The same in each run.
		var all []chat.Message
		read, kept, moved, still := 0, 0, 0, 0
		for step := range 300 {
			who := people[random.IntN(2)]
			switch what := random.IntN(20); {
			case what < 8 || len(all) == 0:
				m := mustAppend(t, db, post(c.ID, who, fmt.Sprint("m", step), "hi")).Event.Message
				all = append(all, m)
				update(t, db, func(ctx context.Context, tx *store.Tx) error { return tell(ctx, tx, c.ID, who, m.Seq) })
			case what < 14:
				m := all[max(0, len(all)-1-random.IntN(6))]
				update(t, db, func(ctx context.Context, tx *store.Tx) error {
					k, err := tx.Keeping(ctx, c.ID, who)
					if err != nil || !k.Sees(m.Seq) {
						return err
					}
					if _, err = tx.Hide(ctx, m, who, random.IntN(4) > 0); err == nil {
						_, err = tx.ReadNoticesOf(ctx, c.ID, who, 0)
					}
					return err
				})
			case what < 15:
				update(t, db, func(ctx context.Context, tx *store.Tx) error {
					k, err := tx.Keeping(ctx, c.ID, who)
					if err != nil {
						return err
					}
					now, err := tx.Conversation(ctx, c.ID, who)
					if err == nil {
						_, err = tx.Clear(ctx, now, who, k.Clear(now.Head))
					}
					return err
				})
			default:
				seq := all[max(0, len(all)-1-random.IntN(6))].Seq
				due, err := db.ReadMoves(t.Context(), c.ID, who, seq)
				if err != nil {
					t.Fatal(err)
				}
				var did bool
				update(t, db, func(ctx context.Context, tx *store.Tx) error {
					cursor, err := tx.MoveRead(ctx, c.ID, who, seq)
					if err != nil {
						return err
					}
					mark, err := tx.ClearUnreadMark(ctx, c.ID, who)
					if err != nil {
						return err
					}
					rung, err := tx.ReadNoticesOf(ctx, c.ID, who, seq)
					did = cursor || mark || rung
					return err
				})
				if due != did {
					t.Fatalf("step %d: reading up to %d is said to change something: %v, and did: %v", step, seq, due, did)
				}
				if did {
					moved++
				} else {
					still++
				}
			}
			for _, who := range people {
				unread := one(`SELECT count(*) FROM notice WHERE user_id = $1 AND conversation_id = $2 AND unread`, who, c.ID)
				waits := one(`SELECT count(*) FROM message m JOIN member o ON o.conversation_id = m.conversation_id AND o.user_id = $1
					WHERE m.conversation_id = $2 AND m.sender_id <> $1 AND m.seq > o.read_seq AND m.seq > o.cleared_seq
						AND m.seq <= (SELECT COALESCE(max(n.seq), 0) FROM notice n WHERE n.user_id = $1 AND n.conversation_id = $2 AND n.unread)
						AND NOT EXISTS (SELECT 1 FROM message_hidden h WHERE h.user_id = $1 AND h.message_id = m.id)`, who, c.ID)
				if unread > 0 {
					kept++
				} else {
					read++
				}
				if unread > 0 != (waits > 0) {
					t.Fatalf("step %d: %d unread notices of %d messages that wait", step, unread, waits)
				}
			}
		}
		// A mark and a notice count also where no cursor moves.
		who, head := people[0], all[len(all)-1].Seq
		for what, statement := range map[string]string{
			"a mark":   fmt.Sprintf(`UPDATE member SET marked_unread = TRUE WHERE user_id = %d`, who),
			"a notice": fmt.Sprintf(`UPDATE notice SET unread = TRUE WHERE id = (SELECT max(id) FROM notice WHERE user_id = %d)`, who),
		} {
			for _, want := range []bool{false, true} {
				update(t, db, func(ctx context.Context, tx *store.Tx) error {
					if _, err := tx.MoveRead(ctx, c.ID, who, head); err != nil {
						return err
					}
					if _, err := tx.ClearUnreadMark(ctx, c.ID, who); err != nil {
						return err
					}
					_, err := tx.ReadNoticesOf(ctx, c.ID, who, head)
					return err
				})
				if want {
					if err := d.Exec(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
				if due, err := db.ReadMoves(t.Context(), c.ID, who, head); err != nil || due != want {
					t.Errorf("%s: that reading changes something is said to be %v, want %v (%v)", what, due, want, err)
				}
			}
		}
		if min(read, kept, moved, still) < 10 {
			t.Errorf("%d notices read and %d not, %d cursors moved and %d not: too few to tell", read, kept, moved, still)
		}
	})
}

// Bug: to mark a notice as read, all that one had written oneself was walked through, within a transaction that on SQLite keeps everybody
// else waiting.
func TestReadingDoesNotWalkThroughOnesOwnMessages(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		db := d.Open(t, nil)
		town := testkit.Populate(t, db)
		// Somebody who has written much, and somebody who has not: beside the same, a busy machine is as slow.
		other := town.Seller.ID
		type reader struct {
			c   chat.ConversationID
			who chat.UserID
		}
		much, little := reader{converse(t, db, town, town.Buyer), town.Buyer.ID}, reader{converse(t, db, town, town.Stranger), town.Stranger.ID}
		both := []reader{much, little}
		for _, r := range both {
			mustAppend(t, db, post(r.c, r.who, "first", "Is it there?"))
			mustAppend(t, db, post(r.c, other, "second", "Yes."))
		}
		const many = 100_000
		for _, statement := range []string{
			fmt.Sprintf(`INSERT INTO message (conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at)
				SELECT conversation_id, seq + i, sender_id, 'own' || i, digest, body, i + 1, 1, created_at FROM message CROSS JOIN (
					WITH RECURSIVE number (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM number WHERE i <= %d) SELECT i FROM number) AS numbers
				WHERE seq = 1 AND conversation_id = %d`, many, much.c),
			fmt.Sprintf(`UPDATE conversation SET head = %d, last_seq = %d, buyer_sent = %d WHERE id = %d`, many+2, many+2, many+2, much.c),
			`ANALYZE`,
		} {
			if err := d.Exec(t.Context(), statement); err != nil {
				t.Fatalf("%v: %s", err, statement)
			}
		}
		// quick shows that something takes about as long for both, in turns and at the least: other tests are at work, too.
		quick := func(what string, do func(ctx context.Context, tx *store.Tx, r reader) error) {
			t.Helper()
			least := map[reader]time.Duration{much: time.Hour, little: time.Hour}
			for range 10 {
				for _, r := range both {
					update(t, db, func(ctx context.Context, tx *store.Tx) error {
						began := time.Now()
						err := do(ctx, tx, r)
						least[r] = min(least[r], time.Since(began))
						return err
					})
				}
			}
			if took, none := least[much], least[little]; took > max(4*time.Millisecond, 10*none) {
				t.Errorf("%s it took %v, and %v without them", what, took, none)
			}
		}
		// reads reads up to a seq in which nothing is new.
		reads := func(seq chat.Seq) func(context.Context, *store.Tx, reader) error {
			return func(ctx context.Context, tx *store.Tx, r reader) error {
				rung, err := tx.ReadNoticesOf(ctx, r.c, r.who, seq)
				if rung {
					t.Error("a notice of what was not read is gone")
				}
				return err
			}
		}
		newest := map[reader]chat.Message{}
		for _, r := range both {
			newest[r] = mustAppend(t, db, post(r.c, other, "third", "Are you there?")).Event.Message
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.MoveRead(ctx, r.c, r.who, 2); err != nil {
					return err
				}
				return tell(ctx, tx, r.c, other, newest[r].Seq)
			})
		}
		quick("with one's own messages before the unread one", reads(2))
		// And from the other end: the newest one is hidden, and an older one waits before them.
		if err := d.Exec(t.Context(), `UPDATE member SET read_seq = 1, read_sent = 0`); err != nil {
			t.Fatal(err)
		}
		hide := func(r reader) {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Hide(ctx, newest[r], r.who, true)
				return err
			})
		}
		for _, r := range both {
			hide(r)
		}
		quick("with one's own messages behind the unread one", reads(1))
		for _, r := range both {
			newest[r] = mustAppend(t, db, post(r.c, other, "fourth", "Hello?")).Event.Message
			hide(r)
		}
		quick("to tell of what was hidden", func(ctx context.Context, tx *store.Tx, r reader) error {
			return tell(ctx, tx, r.c, other, newest[r].Seq)
		})
	})
}
