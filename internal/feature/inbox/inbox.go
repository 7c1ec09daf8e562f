// Package inbox shows people their conversations and keeps them as they like: muted,
// archived, pinned, marked as unread, and without what they have deleted for themselves. What
// was said in them it cannot change.
package inbox

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/live/hub"
	"swapnest/internal/store"
)

// Service reads the lists and keeps the marks.
type Service struct {
	db    *store.DB
	hub   *hub.Hub
	relay Signals
	bell  Bell
	keep  *limit.Keyed // changes of how one keeps a conversation, per person
	log   *slog.Logger
}

// Signals passes hints on.
type Signals interface{ Signal(s chat.Signal) }

// Bell tells a person how many notices they have not read, after that has changed.
type Bell interface {
	Ring(who chat.UserID, fresh ...chat.NoticeID)
}

// New returns the service; a nil keep allows everything.
func New(db *store.DB, h *hub.Hub, relay Signals, bell Bell, keep *limit.Keyed, log *slog.Logger) *Service {
	return &Service{db: db, hub: h, relay: relay, bell: bell, keep: keep, log: log}
}

// Filter narrows a list.
type Filter string

// The filters. All leaves the archived ones out.
const (
	All      Filter = "all"
	Buying   Filter = "buying"
	Selling  Filter = "selling"
	Unread   Filter = "unread"
	Archived Filter = "archived"
)

// Query asks for a page of somebody's conversations.
type Query struct {
	Filter Filter // "" is All
	Cursor string // Page.Next of the page before
	Limit  int    // 0 is 20; at most 100
}

// Page is a page of conversations, newest activity first. On the first one all that are
// pinned stand above the others, even beyond the limit. Next is "" on the last one.
type Page struct {
	Entries []chat.Entry
	Next    string
}

// List returns a page of the conversations of who. An unknown filter or a cursor
// that is none are Invalid.
func (s *Service) List(ctx context.Context, who chat.UserID, q Query) (Page, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = chat.ConversationPage
	}
	limit = min(limit, chat.MaxConversationPage)
	query := store.EntryQuery{Who: who}
	switch q.Filter {
	case All, "":
	case Buying:
		query.Role = chat.Buyer
	case Selling:
		query.Role = chat.Seller
	case Unread:
		query.Unread = true
	case Archived:
		query.Archived = true
	default:
		return Page{}, chat.FieldError("filter", "Filter by all, buying, selling, unread or archived.")
	}
	entries, err := s.entries(ctx, query, q.Cursor, limit+1)
	if err != nil {
		return Page{}, err
	}
	page := Page{Entries: entries}
	pinned := 0
	for pinned < len(entries) && entries[pinned].Pinned {
		pinned++
	}
	if n := max(limit, pinned); len(entries) > n {
		page.Entries = entries[:n]
		// The next page begins with the one that is left out.
		first := entries[n].Conversation
		page.Next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", first.LastAt.UnixMicro(), first.ID+1))
	}
	for i := range page.Entries {
		s.present(&page.Entries[i])
	}
	return page, nil
}

// entries reads a page from a cursor on, the first one with the pinned ones on top.
func (s *Service) entries(ctx context.Context, query store.EntryQuery, cursor string, limit int) ([]chat.Entry, error) {
	var err error
	if cursor != "" {
		if query.BeforeAt, query.BeforeID, err = parseCursor(cursor); err != nil {
			return nil, err
		}
	}
	query.Pinned, query.Limit = cursor == "", limit
	entries, err := s.db.Entries(ctx, query)
	pinned := 0
	for pinned < len(entries) && entries[pinned].Pinned {
		pinned++
	}
	// The pinned ones take the room of others, but not all of it.
	return entries[:min(len(entries), max(limit, pinned+1))], err
}

func parseCursor(cursor string) (time.Time, chat.ConversationID, error) {
	var at int64
	var id chat.ConversationID
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(data), "%d.%d", &at, &id)
	}
	if err != nil || at <= 0 || id <= 0 {
		return time.Time{}, 0, chat.FieldError("cursor", "This page does not exist. Start from the first one.")
	}
	return time.UnixMicro(at), id, nil
}

// Entry returns one conversation as it stands in the list of who, or NotFound.
func (s *Service) Entry(ctx context.Context, who chat.UserID, id chat.ConversationID) (chat.Entry, error) {
	e, err := s.db.Entry(ctx, id, who)
	if err == nil {
		s.present(&e)
	}
	return e, err
}

// present fills in who is here.
func (s *Service) present(e *chat.Entry) {
	e.Other = e.Other.ShownTo(e.Viewer, s.hub.Online(e.Other.ID))
	e.Listing.Seller = e.Listing.Seller.ShownTo(e.Viewer, s.hub.Online(e.Listing.Seller.ID))
}

// Details are a conversation with its people.
type Details struct {
	Entry        chat.Entry
	Participants []chat.Participant
	Hidden       []chat.MessageID // the newest that who has deleted for themselves
	Epoch        string
}

// Conversation returns a conversation of who with its people, or NotFound.
func (s *Service) Conversation(ctx context.Context, who chat.UserID, id chat.ConversationID) (Details, error) {
	epoch := s.db.Epoch()
	e, err := s.Entry(ctx, who, id)
	if err != nil {
		return Details{}, err
	}
	people, err := s.db.Participants(ctx, e.Conversation, who)
	if err != nil {
		return Details{}, err
	}
	hidden, err := s.db.Hidden(ctx, id, who, chat.MaxHiddenTold)
	if err != nil {
		return Details{}, err
	}
	for i := range people {
		people[i].User = people[i].User.ShownTo(e.Viewer, s.hub.Online(people[i].User.ID))
	}
	return Details{Entry: e, Participants: people, Hidden: hidden, Epoch: epoch}, nil
}

// About returns the conversation that who has about a listing as its buyer, or
// NotFound. One in which nobody has written does not count.
func (s *Service) About(ctx context.Context, who chat.UserID, listing chat.ListingID) (chat.ConversationID, error) {
	c, err := s.db.ConversationAbout(ctx, listing, who)
	if err == nil && c.Head == 0 {
		err = chat.ErrNotFound("conversation")
	}
	return c.ID, err
}

// Unread returns in how many conversations who has unread messages, and how many notices.
func (s *Service) Unread(ctx context.Context, who chat.UserID) (chat.Unread, error) {
	n, ripe, err := s.db.Unread(ctx, who, time.Now())
	if err == nil && ripe {
		// The count is right without, and the next one tries again.
		if err := s.db.Update(ctx, func(tx *store.Tx) error { return tx.Settle(ctx, who, time.Now()) }); err != nil {
			s.log.Warn("conversations not settled: the count of unread ones takes longer", "user", who, "error", err)
		}
	}
	return n, err
}
