// Package demo fills an empty database with a small town to try the marketplace
// in: people, things for sale and the conversations about them. The same town
// comes out every time, and nothing in it was made by anybody else: the pictures
// are drawn, the people and their texts are invented.
package demo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/accounts"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/feature/uploads"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// Town is where the demo goes, and when it takes place: all times lie before Now.
type Town struct {
	DB       *store.DB
	Accounts *accounts.Service
	Blobs    interface {
		Put(ctx context.Context, key string, r io.Reader) error
	}
	Uploads interface {
		Add(ctx context.Context, who chat.UserID, b uploads.Begin, r io.Reader) (chat.Attachment, error)
	}
	Now time.Time
}

// Person is somebody to sign in as.
type Person struct {
	Username, Password, Name string
	Line                     string // what there is to try, in a few words
}

// Password opens every demo account. They are locked wherever the demo is off.
const Password = "swapnest-demo"

// Guests are the two people to try in two windows: they have much to say to each
// other.
func Guests() []Person {
	return []Person{
		{Username: "aarav", Password: Password, Name: "Aarav K.", Line: "is about to pick up a cycle"},
		{Username: "meera_k", Password: Password, Name: "Meera Kulkarni", Line: "is selling it"},
	}
}

// Fill makes the town in a database without any accounts, and leaves every other
// one as it is. It returns the two people to try in either case.
func Fill(ctx context.Context, t Town) ([]Person, error) {
	n, err := t.DB.CountUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("fill the demo town: %w", err)
	}
	if n > 0 {
		return Guests(), nil
	}
	if err := t.fill(ctx); err != nil {
		return nil, fmt.Errorf("fill the demo town: %w", err)
	}
	return Guests(), nil
}

func (t Town) fill(ctx context.Context) error {
	talks, err := readTalks(t.Now)
	if err != nil {
		return err
	}
	if err := t.hang(ctx); err != nil {
		return err
	}
	// One hash does for all: the accounts share the password that is printed anyway.
	hash, err := t.Accounts.Hash(ctx, Password)
	if err != nil {
		return err
	}
	places := make([]place, len(talks))
	err = t.DB.Update(ctx, func(tx *store.Tx) error { return t.settle(ctx, tx, hash, talks, places) })
	if err != nil {
		return err
	}
	if err := t.pack(ctx, talks, places); err != nil {
		return err
	}
	if err := t.converse(ctx, talks, places); err != nil {
		return err
	}
	return t.DB.Update(ctx, func(tx *store.Tx) error {
		if err := read(ctx, tx, talks, places); err != nil {
			return err
		}
		return t.finish(ctx, tx, talks, places)
	})
}

// hang stores the pictures, several at a time: each waits for the disk.
func (t Town) hang(ctx context.Context) error {
	all, err := drawAll()
	if err != nil {
		return err
	}
	var keys []string
	for key := range all {
		keys = append(keys, key)
	}
	return each(len(keys), 8, func(i int) error {
		return t.Blobs.Put(ctx, keys[i], bytes.NewReader(all[keys[i]]))
	})
}

// place is where a talk takes place.
type place struct {
	id            chat.ConversationID
	buyer, seller chat.UserID
	seqs          []chat.Seq // of the messages
	ids           []chat.MessageID
}

// settle inserts the people, their things, and a conversation for each talk. Things
// go in as they are today, so conversations about sold ones bypass the service,
// which would rightly refuse to start them.
func (t Town) settle(ctx context.Context, tx *store.Tx, hash string, talks []talk, places []place) error {
	seen := lastWords(talks)
	ids := make(map[string]chat.UserID)
	for i, p := range people {
		u := chat.User{
			Username: p.username, Name: p.name, City: p.city, About: p.about, Demo: true,
			Email: p.username + addresses, EmailVerified: t.Now, CreatedAt: t.Now.AddDate(0, 0, -60-13*i), LastSeen: t.Now.Add(-p.away),
		}
		if at := seen[p.username]; at.After(u.LastSeen) {
			u.LastSeen = at
		}
		u, err := tx.InsertUser(ctx, u, hash)
		if err != nil {
			return err
		}
		ids[p.username] = u.ID
	}
	listings := make(map[string]chat.Listing)
	for _, th := range things {
		l, err := th.listing(ids[th.seller], t.Now)
		if err != nil {
			return fmt.Errorf("%s: %w", th.slug, err)
		}
		if l.ID, err = tx.InsertListing(ctx, l); err != nil {
			return fmt.Errorf("%s: %w", th.slug, err)
		}
		listings[th.slug] = l
	}
	if err := t.news(ctx, tx, ids, listings); err != nil {
		return err
	}
	for _, s := range saved {
		if _, err := tx.InsertSavedReply(ctx, ids[s.who], s.SavedReply, t.Now.AddDate(0, 0, -30)); err != nil {
			return err
		}
	}
	for i, k := range talks {
		l, ok := listings[k.about]
		buyer, known := ids[k.buyer]
		if !ok || !known {
			return fmt.Errorf("%s: no such listing or buyer", k.file)
		}
		c, err := tx.InsertConversation(ctx, chat.Conversation{
			Listing: l.ID, Title: l.Title, BuyerID: buyer, SellerID: l.Seller.ID, CreatedAt: k.lines[0].at, LastAt: k.lines[0].at,
		})
		if err != nil {
			return err
		}
		places[i] = place{id: c.ID, buyer: buyer, seller: l.Seller.ID}
	}
	return nil
}

// news has people save some things that have become cheaper since, or were sold: the
// listings' feed tells of that, as it would of anybody's.
func (t Town) news(ctx context.Context, tx *store.Tx, ids map[string]chat.UserID, listings map[string]chat.Listing) error {
	for _, w := range wishes {
		l, ok := listings[w.slug]
		who, known := ids[w.who]
		if !ok || !known || l.Seller.ID == who {
			return fmt.Errorf("%q cannot wish for %q", w.who, w.slug)
		}
		if err := tx.AddWish(ctx, who, l.ID, t.Now.AddDate(0, 0, -9)); err != nil {
			return err
		}
		before := l
		if before.Status == chat.ListingSold {
			before.Status = chat.ListingReserved
		} else {
			before.Price.Amount = l.PriceWas
		}
		for _, step := range []chat.Listing{before, l} {
			if err := tx.UpdateListing(ctx, step); err != nil {
				return err
			}
		}
	}
	return nil
}

// pack uploads the files that people send, before they send them. One after the other: nobody
// uploads much at once.
func (t Town) pack(ctx context.Context, talks []talk, places []place) error {
	for i, k := range talks {
		for n, l := range k.lines {
			who := places[i].seller
			if l.buyer {
				who = places[i].buyer
			}
			for _, name := range l.carries {
				file, err := enclose(name)
				if err != nil {
					return fmt.Errorf("%s, message %d: %w", k.file, n+1, err)
				}
				a, err := t.Uploads.Add(ctx, who, uploads.Begin{Name: file.Name, Type: file.Type, Length: int64(len(file.Data)), Voice: file.Voice}, bytes.NewReader(file.Data))
				if err != nil {
					return fmt.Errorf("%s, message %d: %w", k.file, n+1, err)
				}
				talks[i].lines[n].files = append(talks[i].lines[n].files, a.ID)
			}
		}
	}
	return nil
}

// converse sends every message through the real service, with a clock that stands
// at the time of the message. A message is a durable commit, so the talks go on side
// by side and share commits.
func (t Town) converse(ctx context.Context, talks []talk, places []place) error {
	// Nobody is connected yet: what the services would announce goes nowhere.
	node := new(bus.Memory).Join(func(bus.Topic, bus.Message) {})
	relay := hub.NewRelay(node, t.DB.Entry, slog.New(slog.DiscardHandler))
	defer relay.Stop()
	return each(len(talks), len(talks), func(i int) error {
		var now time.Time
		service := messaging.New(t.DB, relay, silence{}, &messaging.Limits{}, chat.DefaultMedia(), nil, func() time.Time { return now })
		said := []chat.MessageID{0} // by the number of the line
		for n, l := range talks[i].lines {
			now = l.at
			who := places[i].seller
			if l.buyer {
				who = places[i].buyer
			}
			sent, err := service.Send(ctx, who, messaging.SendCommand{
				Conversation: places[i].id, ClientID: fmt.Sprintf("demo.%d", n+1), Text: cmp.Or(l.was, l.text), ReplyTo: said[l.answers], Attachments: l.files,
			})
			said = append(said, sent.Message.ID)
			places[i].seqs = append(places[i].seqs, sent.Message.Seq)
			places[i].ids = append(places[i].ids, sent.Message.ID)
			// They see it soon, before anybody goes on.
			now = now.Add(5 * time.Second)
			change := messaging.ReviseCommand{Conversation: places[i].id, Message: sent.Message.ID, Text: l.text}
			if err == nil && l.was != "" {
				_, err = service.Edit(ctx, who, change)
			}
			if err == nil && l.deleted {
				_, err = service.Delete(ctx, who, change)
			}
			if err == nil {
				err = react(ctx, service, places[i], sent.Message.ID, l.put)
			}
			if err != nil {
				return fmt.Errorf("%s, message %d: %w", talks[i].file, n+1, err)
			}
		}
		return nil
	})
}

// react puts emoji to a message.
func react(ctx context.Context, service *messaging.Service, p place, message chat.MessageID, all []put) error {
	for _, one := range all {
		who := p.seller
		if one.buyer {
			who = p.buyer
		}
		if _, err := service.React(ctx, who, messaging.ReactCommand{Conversation: p.id, Message: message, Emoji: one.emoji, On: true}); err != nil {
			return err
		}
	}
	return nil
}

// silence is a bell that nobody hears.
type silence struct{}

func (silence) Ring(chat.UserID, ...chat.NoticeID) {}

// read moves everybody's cursor to where they have read.
func read(ctx context.Context, tx *store.Tx, talks []talk, places []place) error {
	for i, k := range talks {
		for _, c := range []struct {
			who    chat.UserID
			unread int
		}{{places[i].buyer, k.unreadBuyer}, {places[i].seller, k.unreadSeller}} {
			n := len(k.lines) - c.unread
			if n <= 0 {
				continue
			}
			if _, err := tx.MoveRead(ctx, places[i].id, c.who, places[i].seqs[n-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish has conversations kept as their buyers keep them, fills some wishlists, and ends
// what has ended.
func (t Town) finish(ctx context.Context, tx *store.Tx, talks []talk, places []place) error {
	for i, k := range talks {
		id, last := places[i].id, places[i].seqs[len(k.lines)-1]
		var change chat.KeepingChange
		for _, name := range k.keeps {
			field, ok := map[string]**bool{
				"muted": &change.Muted, "archived": &change.Archived, "pinned": &change.Pinned, "marked-unread": &change.MarkedUnread,
			}[name]
			if !ok {
				return fmt.Errorf("%s: nobody keeps a conversation %q", k.file, name)
			}
			*field = new(true)
		}
		if !change.Empty() {
			if err := tx.SetKeeping(ctx, id, places[i].buyer, chat.Keeping{}.With(change, last)); err != nil {
				return err
			}
		}
		for n, l := range k.lines {
			if !l.hidden {
				continue
			}
			m := chat.Message{ID: places[i].ids[n], Conversation: id}
			if _, err := tx.Hide(ctx, m, places[i].buyer, true); err != nil {
				return err
			}
		}
		if k.closed {
			if err := tx.CloseConversation(ctx, id, t.Now); err != nil {
				return err
			}
		}
	}
	for i, k := range talks {
		if i%3 == 0 {
			// Some keep what they ask about on their wishlist.
			c, err := tx.Conversation(ctx, places[i].id, places[i].buyer)
			if err != nil {
				return err
			}
			if err := tx.AddWish(ctx, places[i].buyer, c.Listing, k.lines[0].at); err != nil {
				return err
			}
		}
	}
	u, _, err := tx.Credentials(ctx, former)
	if err != nil {
		return err
	}
	return tx.CloseUser(ctx, u.ID, t.Now.AddDate(0, 0, -6))
}

// each calls f for 0 to n-1, at most width at once, and waits for all of them.
func each(n, width int, f func(int) error) error {
	errs := make([]error, n)
	free := make(chan struct{}, width)
	var wg sync.WaitGroup
	for i := range n {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			errs[i] = f(i)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
