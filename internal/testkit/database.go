package testkit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

// Database is an empty database of one kind that a test may open, close and open
// again. It is gone when the test ends.
type Database struct {
	Name string // sqlite or postgres
	url  string
	dir  string
}

// EachDatabase runs test as a subtest on SQLite and on PostgreSQL. With
// SWAPNEST_TEST_DATABASES=sqlite, the quick loop, it runs on SQLite only and says so.
func EachDatabase(t *testing.T, test func(t *testing.T, d *Database)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	if strings.TrimSpace(os.Getenv("SWAPNEST_TEST_DATABASES")) == "sqlite" {
		t.Log("PostgreSQL left out: SWAPNEST_TEST_DATABASES=sqlite")
		return
	}
	t.Run("postgres", func(t *testing.T) { test(t, PostgreSQL(t)) })
}

// SQLite returns an empty SQLite database: a copy of one that has been migrated once.
func SQLite(tb testing.TB) *Database {
	tb.Helper()
	file, err := template()
	if err != nil {
		tb.Fatalf("make the template database: %v", err)
	}
	d := EmptySQLite(tb)
	if err := os.WriteFile(d.file(), file, 0o600); err != nil {
		tb.Fatal(err)
	}
	return d
}

// EmptySQLite returns a folder without a database in it: whoever opens that migrates it.
func EmptySQLite(tb testing.TB) *Database {
	tb.Helper()
	return &Database{Name: "sqlite", dir: tb.TempDir()}
}

// template is the file of a SQLite database that has the schema, and no name of its own yet:
// each copy draws its epoch when it is opened. It is kept in memory, so nothing needs to be
// cleaned up behind it.
var template = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "swapnest-template-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	d := &Database{Name: "sqlite", dir: dir}
	if err := d.Exec(ctx, `DELETE FROM meta`); err != nil {
		return nil, err
	}
	return os.ReadFile(d.file())
})

var (
	templates sync.Map     // of *Postgres to *sync.Once: its database "template" has the schema
	serial    atomic.Int64 // makes names of databases
)

// PostgreSQL returns an empty database on the process's shared server.
func PostgreSQL(tb testing.TB) *Database {
	return PostgreSQLOn(tb, SharedPostgres(tb))
}

// PostgreSQLOn returns an empty database on a server: a copy of one that has been
// migrated once.
func PostgreSQLOn(tb testing.TB, server *Postgres) *Database {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	once, _ := templates.LoadOrStore(server, new(sync.Once))
	var err error
	once.(*sync.Once).Do(func() {
		if err = server.CreateDatabase(ctx, "template", ""); err != nil {
			return
		}
		var db *store.DB
		if db, err = store.Open(ctx, store.Options{URL: server.URL("template")}); err == nil {
			err = db.Close()
		}
	})
	if err != nil {
		tb.Fatalf("make the template database: %v", err)
	}
	name := fmt.Sprintf("test_%d", serial.Add(1))
	if err := server.CreateDatabase(ctx, name, "template"); err != nil {
		tb.Fatal(err)
	}
	return &Database{Name: "postgres", url: server.URL(name), dir: tb.TempDir()}
}

// EmptyPostgreSQL returns a database without any schema on the shared server.
func EmptyPostgreSQL(tb testing.TB) *Database {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, name := SharedPostgres(tb), fmt.Sprintf("empty_%d", serial.Add(1))
	if err := server.CreateDatabase(ctx, name, ""); err != nil {
		tb.Fatal(err)
	}
	return &Database{Name: "postgres", url: server.URL(name), dir: tb.TempDir()}
}

// URL is the address for --database-url; "" for SQLite.
func (d *Database) URL() string { return d.url }

// Dir is the data directory.
func (d *Database) Dir() string { return d.dir }

// file is where SQLite keeps the data.
func (d *Database) file() string { return filepath.Join(d.dir, "swapnest.db") }

// Open opens the store; it is closed when the test ends, unless the test did so.
func (d *Database) Open(tb testing.TB, publish func(chat.Event)) *store.DB {
	tb.Helper()
	return d.OpenTraced(tb, publish, nil)
}

// OpenTraced is Open with somebody who is told of each query.
func (d *Database) OpenTraced(tb testing.TB, publish func(chat.Event), trace func(query string)) *store.DB {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := store.Open(ctx, store.Options{URL: d.url, Dir: d.dir, Publish: publish, Trace: trace})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		// A test may have closed it on purpose.
		_ = db.Close()
	})
	return db
}

// Exec runs a statement on a connection of its own, beside the store.
func (d *Database) Exec(ctx context.Context, statement string) error {
	db, err := d.beside()
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

func (d *Database) beside() (*sql.DB, error) {
	driver, source := "pgx", d.url
	if d.url == "" {
		driver, source = "sqlite", "file:"+d.file()+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, fmt.Errorf("open beside the store: %w", err)
	}
	return db, nil
}

// Changed is an event of the log that changed a message.
type Changed struct {
	Conversation, Seq, Message, Actor int64
	Place                             int64 // the seq of the message; -1 when there is none
	Kind, ClientID                    string
	At                                time.Time
}

// Changes reads all events that changed messages, beside the store, in the order of the log.
func (d *Database) Changes(ctx context.Context) (all []Changed, err error) {
	db, err := d.beside()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `
		SELECT e.conversation_id, e.seq, e.kind, e.message_id, e.actor_id, e.client_id, e.created_at, COALESCE(m.seq, -1)
		FROM event e LEFT JOIN message m ON m.id = e.message_id AND m.conversation_id = e.conversation_id
		WHERE e.kind <> 'message' ORDER BY e.conversation_id, e.seq`)
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Changed
		var at int64
		if err := rows.Scan(&c.Conversation, &c.Seq, &c.Kind, &c.Message, &c.Actor, &c.ClientID, &at, &c.Place); err != nil {
			return nil, fmt.Errorf("read changes: %w", err)
		}
		c.At = time.UnixMicro(at).UTC()
		all = append(all, c)
	}
	return all, rows.Err()
}

// Town is two people, a stranger, and a listing of the seller's to talk about.
type Town struct {
	Buyer, Seller, Stranger chat.User
	Listing                 chat.Listing
}

// Populate puts a Town into a database. Nobody in it has a password.
func Populate(tb testing.TB, db *store.DB) Town {
	tb.Helper()
	var town Town
	ctx := context.Background()
	err := db.Update(ctx, func(tx *store.Tx) error {
		for username, u := range map[string]*chat.User{"buyer": &town.Buyer, "seller": &town.Seller, "stranger": &town.Stranger} {
			var err error
			*u, err = tx.InsertUser(ctx, chat.User{Username: username, Name: strings.ToUpper(username[:1]) + username[1:], CreatedAt: time.Now()}, "!")
			if err != nil {
				return err
			}
		}
		town.Listing = chat.Listing{
			Slug: fmt.Sprintf("cycle-%d", serial.Add(1)), Seller: town.Seller, Title: "Hero Sprint cycle",
			Price: chat.Money{Amount: 850000, Currency: "INR"}, Category: "cycles", Condition: "good", Status: chat.ListingActive,
			City: "Pune", CreatedAt: time.Now(),
		}
		var err error
		town.Listing.ID, err = tx.InsertListing(ctx, town.Listing)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return town
}

// Converse makes the buyer's conversation about the town's listing, in which
// nobody has written yet.
func (t Town) Converse(tb testing.TB, db *store.DB) chat.Conversation {
	tb.Helper()
	var c chat.Conversation
	ctx := context.Background()
	err := db.Update(ctx, func(tx *store.Tx) error {
		var err error
		now := time.Now()
		c, err = tx.InsertConversation(ctx, chat.Conversation{
			Listing: t.Listing.ID, Title: t.Listing.Title, BuyerID: t.Buyer.ID, SellerID: t.Seller.ID, CreatedAt: now, LastAt: now,
		})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}
