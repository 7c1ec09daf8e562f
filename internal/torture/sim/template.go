package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/store"
	"swapnest/internal/torture/checker"
)

// Template is a database with people who have begun to talk. It is made once and copied for
// every world.
type Template struct {
	file   []byte
	people []auth.Identity
	talks  map[int][]int64          // by how many people there are: the conversations, in a ring
	first  map[int64]checker.Record // how each conversation began
}

// past is when everything in a template happened: simulated time begins at the end of 1999.
var past = time.Date(1999, 12, 1, 12, 0, 0, 0, time.UTC)

// NewTemplate makes a template in a folder that is of no use afterwards.
func NewTemplate(ctx context.Context, dir string) (*Template, error) {
	db, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	t := &Template{talks: make(map[int][]int64), first: make(map[int64]checker.Record)}
	err = t.fill(ctx, db)
	if closed := db.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	t.file, err = os.ReadFile(filepath.Join(dir, "swapnest.db")) //nolint:gosec // The folder is the caller's.
	return t, err
}

// fill adds people, a thing of each, and conversations for each size of a world.
func (t *Template) fill(ctx context.Context, db *store.DB) error {
	listings := make([]chat.ListingID, mostPeople)
	err := db.Update(ctx, func(tx *store.Tx) error {
		for i := range mostPeople {
			u, err := tx.InsertUser(ctx, chat.User{Username: fmt.Sprint("person", i), Name: fmt.Sprint("Person ", i), CreatedAt: past}, "!")
			if err != nil {
				return err
			}
			s := chat.Session{ID: chat.SessionID(sha256.Sum256([]byte{byte(i)})), User: u.ID, CreatedAt: past, ExpiresAt: past.AddDate(10, 0, 0)}
			if err := tx.InsertSession(ctx, s); err != nil {
				return err
			}
			t.people = append(t.people, auth.Identity{User: u, Session: s})
			listings[i], err = tx.InsertListing(ctx, chat.Listing{
				Slug: fmt.Sprint("thing-", i), Seller: u, Title: fmt.Sprint("Thing ", i), Price: chat.Money{Amount: 850000, Currency: "INR"},
				Category: "cycles", Condition: "good", Status: chat.ListingActive, City: "Pune", CreatedAt: past,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for people := 2; people <= mostPeople; people++ {
		for i := range conversations(people) {
			buyer, seller := t.people[i], t.people[(i+1)%people]
			id, err := t.begin(ctx, db, buyer.User.ID, seller.User.ID, listings[(i+1)%people])
			if err != nil {
				return err
			}
			t.talks[people] = append(t.talks[people], id)
		}
	}
	return nil
}

// begin makes a conversation with its first message. The same one serves worlds of
// different sizes.
func (t *Template) begin(ctx context.Context, db *store.DB, buyer, seller chat.UserID, listing chat.ListingID) (int64, error) {
	var c chat.Conversation
	err := db.Update(ctx, func(tx *store.Tx) error {
		var err error
		c, err = tx.InsertConversation(ctx, chat.Conversation{Listing: listing, Title: "Thing", BuyerID: buyer, SellerID: seller, CreatedAt: past, LastAt: past})
		return err
	})
	if err != nil {
		return 0, err
	}
	if _, known := t.first[int64(c.ID)]; known {
		return int64(c.ID), nil
	}
	text := fmt.Sprint("I begin ", c.ID)
	done, err := db.Append(ctx, store.Append{
		Conversation: c.ID, Actor: buyer, ClientID: fmt.Sprint("first.", c.ID), Digest: sha256.Sum256([]byte("message\x00" + text)),
		Decide: func(chat.Thread) (chat.Change, error) { return chat.Posted(text, past), nil },
	})
	if err != nil {
		return 0, err
	}
	t.first[int64(c.ID)] = checker.Record{Tab: checker.Tab(fmt.Sprint("first of ", c.ID)), Entry: entryOf(done.Event.Message)}
	return int64(c.ID), nil
}
