package search

import (
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"swapnest/internal/chat"
	"swapnest/internal/follower/indexer"
	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// BenchmarkSearch looks for words among the messages of a busy seller, who is in one of twenty
// conversations, and of a buyer. An operation is a page of hits with their conversations. There are
// 5,000 messages, or as many as SWAPNEST_BENCH_MESSAGES says.
func BenchmarkSearch(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSearch(b, testkit.SQLite(b), "sqlite") })
	b.Run("postgres", func(b *testing.B) {
		server, err := testkit.StartPostgres(testkit.PostgresOptions{})
		if err != nil {
			b.Fatal(err)
		}
		defer func() {
			if err := server.Stop(); err != nil {
				b.Error(err)
			}
		}()
		benchmarkSearch(b, testkit.PostgreSQLOn(b, server), "pgx")
	})
}

func benchmarkSearch(b *testing.B, d *testkit.Database, driver string) {
	messages := 5_000
	if n, err := strconv.Atoi(os.Getenv("SWAPNEST_BENCH_MESSAGES")); err == nil && n > 0 {
		messages = n
	}
	db := d.Open(b, nil)
	town := testkit.Populate(b, db)
	raw := openRaw(b, d, driver)
	buyer := fillTown(b, raw, db, town, messages)
	before := sizeOf(b, raw, driver)
	began := time.Now()
	if err := indexer.New(db, slog.New(slog.DiscardHandler), time.Now).Follow(b.Context()); err != nil {
		b.Fatal(err)
	}
	indexing, size := time.Since(began), sizeOf(b, raw, driver)-before
	b.Logf("%d messages were indexed in %v", messages, indexing.Round(time.Millisecond))

	s := New(db, func(chat.UserID) bool { return false }, nil)
	queries := []string{
		"w0", "w1 w2", "w12 w3", "wo", "w99", "w4567", `"w0 w1"`, `"w1 w0 w2"`, "w0 w1 w2 w3 w4", "nothing", "椅", "扶手椅", "จัก", "साइ", "cafe", "🎉", "8500", "w0 椅",
	}
	took := make([]time.Duration, 0, b.N)
	slowest, worst := time.Duration(0), ""
	i := 0
	for b.Loop() {
		who, q := town.Seller.ID, Query{Text: queries[i%len(queries)]}
		if i/len(queries)%2 == 1 {
			who = buyer
		}
		i++
		start := time.Now()
		if _, err := s.Messages(b.Context(), who, q); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
		if last := took[len(took)-1]; last > slowest {
			slowest, worst = last, fmt.Sprintf("%q of %d", q.Text, who)
		}
	}
	b.Logf("the slowest took %v: %s", slowest, worst)
	b.ReportMetric(float64(indexing.Microseconds())/float64(messages), "µs/indexed")
	b.ReportMetric(float64(size)/float64(messages), "bytes/indexed")
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func openRaw(b *testing.B, d *testkit.Database, driver string) *sql.DB {
	b.Helper()
	source := d.URL()
	if driver == "sqlite" {
		source = filepath.Join(d.Dir(), "swapnest.db")
	}
	raw, err := sql.Open(driver, source)
	if err != nil {
		b.Fatal(err)
	}
	raw.SetMaxOpenConns(1)
	b.Cleanup(func() { raw.Close() })
	return raw
}

func sizeOf(b *testing.B, raw *sql.DB, driver string) (n int64) {
	b.Helper()
	query := `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`
	if driver == "pgx" {
		query = `SELECT pg_total_relation_size('message_search')`
	}
	if err := raw.QueryRowContext(b.Context(), query).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// fillTown puts messages into conversations of about 50 each, every twentieth of them with the
// town's seller, and returns one of the buyers. Words are as uneven as those of a language.
func fillTown(b *testing.B, raw *sql.DB, db *store.DB, town testkit.Town, messages int) chat.UserID {
	b.Helper()
	conversations := max(1, messages/50)
	people := make([]chat.UserID, max(2, conversations/5))
	talks := make([]chat.Conversation, conversations)
	err := db.Update(b.Context(), func(tx *store.Tx) error {
		for i := range people {
			u, err := tx.InsertUser(b.Context(), chat.User{Username: fmt.Sprintf("person%d", i), Name: "P", CreatedAt: time.Now()}, "!")
			if err != nil {
				return err
			}
			people[i] = u.ID
		}
		for i := range talks {
			c := chat.Conversation{
				Listing: chat.ListingID(1000 + i), Title: "Cycle", BuyerID: people[i%len(people)], SellerID: people[(i+1)%len(people)],
				CreatedAt: time.Now(), LastAt: time.Now(),
			}
			if i%20 == 0 {
				c.SellerID = town.Seller.ID
			}
			var err error
			if talks[i], err = tx.InsertConversation(b.Context(), c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.1, 2, 50_000)
	scripts := []string{"绿丝绒扶手椅还在吗", "จักรยานยังอยู่ไหม", "साइकिल अभी मिलेगी", "café 🎉", "₹8,500"}
	for from := 0; from < messages; from += 10_000 {
		tx, err := raw.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		for i := from; i < min(from+10_000, messages); i++ {
			n := 4 + random.IntN(16)
			words := make([]string, n)
			for j := range words {
				words[j] = "w" + strconv.FormatUint(zipf.Uint64(), 10)
			}
			if i%10 == 0 {
				words = append(words, scripts[random.IntN(len(scripts))])
			}
			c, seq := talks[i%conversations], i/conversations+1
			for _, statement := range []string{
				`INSERT INTO message (id, conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $3, 0, $8)`,
				`INSERT INTO event (conversation_id, seq, kind, message_id, actor_id, created_at) VALUES ($2, $3, 'message', $1, $4, $5)`,
			} {
				args := []any{i + 1, int64(c.ID), seq, int64(c.BuyerID), strconv.Itoa(i), make([]byte, 32), strings.Join(words, " "), time.Now().UnixMicro()}
				if statement[12:17] == "event" {
					args = []any{i + 1, int64(c.ID), seq, int64(c.BuyerID), time.Now().UnixMicro()}
				}
				if _, err := tx.ExecContext(b.Context(), statement, args...); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	for _, statement := range []string{
		`UPDATE conversation SET head = (SELECT max(seq) FROM message m WHERE m.conversation_id = conversation.id)`,
		`UPDATE conversation SET last_seq = head`, `ANALYZE`,
	} {
		if _, err := raw.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	return people[7%len(people)]
}
