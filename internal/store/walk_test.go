package store_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
	"swapnest/internal/words"
)

// scanned is a table that is read from end to end, in what a database says of its plan: all but those
// of which every row is wanted, and what is no table.
var scanned = regexp.MustCompile(`(?m)Seq Scan on (users|listing|photo|conversation|member|message|message_\w+|event|notice|reaction|unsettled)\b.*|Hash.* Join.*|Merge.* Join.*|^SCAN (u|s|x|w|v|o|l|p|c|h|me|ot|own|m|a|b|q|r|n|e|hid)( .*)?$`)

// What people wait for must not take longer because there is more of what they have not asked for. So there is a way
// through indexes for each of these.
func TestWhatPeopleWaitForWalksIndexes(t *testing.T) {
	testkit.EachDatabase(t, func(t *testing.T, d *testkit.Database) {
		var asked []string
		db := d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
		town := testkit.Populate(t, db)
		c := town.Converse(t, db)
		ctx, who := t.Context(), town.Buyer.ID
		mustAppend(t, db, post(c.ID, who, "first", "Is it there?"))
		as := db.As(who)
		for name, ask := range map[string]func() error{
			"a list": func() error {
				_, err := db.Entries(ctx, store.EntryQuery{Who: who, Pinned: true, Limit: 20})
				return err
			},
			"the next page": func() error {
				_, err := db.Entries(ctx, store.EntryQuery{Who: who, BeforeAt: time.Now(), Limit: 20})
				return err
			},
			"a list of unread": func() error {
				_, err := db.Entries(ctx, store.EntryQuery{Who: who, Unread: true, Pinned: true, Limit: 20})
				return err
			},
			"what one sells": func() error {
				_, err := db.Entries(ctx, store.EntryQuery{Who: who, Role: chat.Seller, Pinned: true, Limit: 20})
				return err
			},
			"what is muted":    func() error { _, err := db.MutedEntries(ctx, who, 20); return err },
			"some entries":     func() error { _, err := db.EntriesOf(ctx, who, []chat.ConversationID{c.ID}); return err },
			"one entry":        func() error { return ignoreMissing(second(db.Entry(ctx, c.ID, who))) },
			"names and titles": func() error { _, err := db.Talks(ctx, who, 20); return err },
			"the unread count": func() error { _, _, err := db.Unread(ctx, who, time.Now()); return err },
			"the newest page":  func() error { _, err := as.MessagesBefore(ctx, c.ID, 1<<60, 50); return err },
			"a newer page":     func() error { _, err := as.MessagesAfter(ctx, c.ID, 0, 50); return err },
			"around a message": func() error { _, err := as.MessagesAround(ctx, c.ID, 5, 25, 25); return err },
			"a replay":         func() error { _, err := as.EventsAfter(ctx, c, 0, 50); return err },
			"notifications":    func() error { _, err := db.Notices(ctx, store.NoticeQuery{Who: who, Limit: 20}); return err },
			"a search": func() error {
				_, err := db.Search(ctx, store.SearchQuery{Who: who, Words: words.Parse("is it there"), Before: 1 << 60, Limit: 21})
				return err
			},
			"a search within": func() error {
				_, err := db.Search(ctx, store.SearchQuery{Who: who, Words: words.Parse("it"), Conversation: c.ID, Before: 1 << 60, Limit: 21})
				return err
			},
			"the log":             func() error { _, err := db.After(ctx, store.Cursor{}, 100); return err },
			"a message's place":   func() error { return ignoreMissing(second(as.MessageSeq(ctx, c.ID, 1))) },
			"what one has hidden": func() error { _, err := db.Hidden(ctx, c.ID, who, 100); return err },
		} {
			asked = nil
			if err := ask(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(asked) == 0 {
				t.Fatalf("%s asks for nothing", name)
			}
			for _, query := range asked {
				plan, err := store.Plan(ctx, db, query, "seqscan", "hashjoin", "mergejoin", "sort")
				if err != nil {
					t.Fatalf("%s: %v: %s", name, err, query)
				}
				if found := scanned.FindAllString(plan, -1); len(found) > 0 {
					t.Errorf("%s reads tables from end to end:\n%s\nof the plan\n%s\nof\n%s", name, strings.Join(found, "\n"), plan, query)
				}
			}
		}
	})
}

// PostgreSQL does not look at whose list it is, and most people have few conversations. So it is told that no page costs
// more than another one: otherwise it would read and sort all conversations of who has thousands, for each page of them.
func TestAPageOfOnesListIsNotSortedOutOfAllOfIt(t *testing.T) {
	d := testkit.PostgreSQL(t)
	var asked []string
	db := d.OpenTraced(t, nil, func(query string) { asked = append(asked, query) })
	town := testkit.Populate(t, db)
	for _, statement := range []string{
		`INSERT INTO users SELECT (jsonb_populate_record(u, jsonb_build_object('id', 1000 + g, 'username', 'u' || g, 'username_key', 'u' || g, 'email', 'u' || g || '@example.org'))).*
			FROM users u CROSS JOIN generate_series(1, 1200) AS g WHERE u.username = '` + town.Buyer.Username + `'`,
		`INSERT INTO conversation (listing_id, title, buyer_id, seller_id, head, last_seq, created_at, last_at)
			SELECT g, 'Thing', 1001 + g % 1100, 1101 + g % 1000, 5, 5, g, g FROM generate_series(1, 5000) AS g`,
		`INSERT INTO conversation (listing_id, title, buyer_id, seller_id, head, last_seq, created_at, last_at)
			SELECT g, 'Thing', 1001, 1101 + g % 1000, 5, 5, g, g FROM generate_series(10000, 15000) AS g`,
		`INSERT INTO member (conversation_id, user_id, pinned) SELECT id, buyer_id, id % 500 = 0 FROM conversation UNION ALL SELECT id, seller_id, FALSE FROM conversation`,
		`ANALYZE`,
	} {
		if err := d.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%v: %s", err, statement)
		}
	}
	for _, q := range []store.EntryQuery{
		{Who: 1001, Pinned: true, Limit: 30},
		{Who: 1001, BeforeAt: time.UnixMicro(12000), Limit: 30},
		{Who: 1001, Role: chat.Buyer, Pinned: true, Limit: 30},
		{Who: 1001, Unread: true, Pinned: true, Limit: 30},
	} {
		asked = nil
		found, err := db.Entries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !q.Unread && len(found) < q.Limit {
			t.Fatalf("%+v: got %d conversations", q, len(found))
		}
		for _, query := range asked {
			plan, err := store.Plan(t.Context(), db, query)
			if err != nil {
				t.Fatalf("%v: %s", err, query)
			}
			if strings.Contains(plan, "Bitmap Heap Scan on conversation") || !strings.Contains(plan, "Index Scan Backward using conversation_buyer") {
				t.Errorf("%+v: the plan is\n%s", q, plan)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func ignoreMissing(err error) error {
	if chat.CodeOf(err) == chat.NotFound {
		return nil
	}
	return err
}
