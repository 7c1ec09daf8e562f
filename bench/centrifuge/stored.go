package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/store"
)

// stored is a town in SwapNest's schema, by its writer.
type stored struct {
	db    *store.DB
	lock  io.Closer
	guard *auth.Guard
}

// openStored opens a database in which SwapNest has made the accounts.
func openStored(ctx context.Context, dir, url string) (*stored, error) {
	lock, err := store.LockDir(dir)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Options{Dir: dir, URL: url})
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &stored{db: db, lock: lock, guard: auth.NewGuard(db, nil, false, time.Now)}, nil
}

func (t *stored) close() {
	_ = t.db.Close() // the process ends
	_ = t.lock.Close()
}

func (t *stored) waits() bool { return true }

func (t *stored) who(r *http.Request) (int64, error) {
	who, err := t.guard.Who(r)
	return int64(who.User.ID), err
}

func (t *stored) list(ctx context.Context, seller int64) (id int64, err error) {
	err = t.db.Update(ctx, func(tx *store.Tx) error {
		made, err := tx.InsertListing(ctx, chat.Listing{
			Slug: "a-thing-" + rand.Text(), Seller: chat.User{ID: chat.UserID(seller)}, Title: "A thing to measure with",
			Price: chat.Money{Amount: 10000, Currency: "INR"}, Category: "books", Condition: "good", Status: chat.ListingActive, CreatedAt: time.Now(),
		})
		id = int64(made)
		return err
	})
	return id, err
}

func (t *stored) begin(ctx context.Context, buyer, listing int64) (int64, error) {
	var c chat.Conversation
	err := t.db.Update(ctx, func(tx *store.Tx) error {
		l, err := tx.Listing(ctx, chat.ListingID(listing))
		if err == nil {
			now := time.Now()
			c, err = tx.InsertConversation(ctx, chat.Conversation{
				Listing: l.ID, Title: l.Title, BuyerID: chat.UserID(buyer), SellerID: l.Seller.ID, CreatedAt: now, LastAt: now,
			})
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	_, err = t.send(ctx, buyer, sending{Conversation: int64(c.ID), ClientID: "first", Message: json.RawMessage(`"Is it there?"`)})
	return int64(c.ID), err
}

// send is what package messaging does for a message without limits and attachments.
func (t *stored) send(ctx context.Context, who int64, s sending) (posted, error) {
	var text string
	if err := json.Unmarshal(s.Message, &text); err != nil {
		return posted{}, err
	}
	text, err := chat.ParseText(text)
	if err != nil {
		return posted{}, err
	}
	now := time.Now()
	done, err := t.db.Append(ctx, store.Append{
		Conversation: chat.ConversationID(s.Conversation), Actor: chat.UserID(who), ClientID: s.ClientID, Now: now,
		Digest: sha256.Sum256([]byte("message\x00" + text)),
		Decide: func(thread chat.Thread) (chat.Change, error) {
			return thread.Post(chat.UserID(who), chat.Draft{Text: text}, 0, now)
		},
	})
	if err != nil {
		return posted{}, err
	}
	e := done.Event
	return posted{id: int64(e.Message.ID), seq: int64(e.Seq), both: [2]int64{int64(e.BuyerID), int64(e.SellerID)}, at: e.Message.SentAt}, nil
}
