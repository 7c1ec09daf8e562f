// Package search finds what somebody has written or been written, and with whom and about
// what. It knows the conversations of nobody else.
package search

import (
	"context"
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"swapnest/internal/chat"
	"swapnest/internal/limit"
	"swapnest/internal/store"
	"swapnest/internal/words"
)

const (
	// most is how many messages are on a page, and of each kind how many conversations above
	// the first one.
	most     = 20
	mostEach = 5
	// reach is among how many conversations titles and names are looked for.
	reach = 2000
	// rounds bounds how often it reads on, twice as much each time, when what the index finds does not fit: what was edited a
	// moment ago, and what has but the most telling words of many.
	rounds = 5
)

// Service searches.
type Service struct {
	db     *store.DB
	online func(chat.UserID) bool
	rate   *limit.Keyed
}

// New returns the service: online tells who is here, and rate bounds searches per person; a nil one allows everything.
func New(db *store.DB, online func(chat.UserID) bool, rate *limit.Keyed) *Service {
	return &Service{db: db, online: online, rate: rate}
}

// Query is a search. Text may hold words and phrases in quotes, in any script.
type Query struct {
	Text         string
	Conversation chat.ConversationID // 0 for all
	Cursor       string              // Page.Next of the page before
}

// Range is a part of a text, from the character Start up to the one before End: in Unicode code
// points.
type Range = words.Range

// Hit is a message that was found, the conversation that it is in as who searches has it in
// their list, and the parts of its text that fit, in characters.
type Hit struct {
	Message    chat.Message
	Entry      chat.Entry
	Highlights []Range
}

// Page is what was found, the newest first. Next is "" on the last one.
type Page struct {
	Hits []Hit
	Next string
	// None tells that there was nothing to look for: no letter, digit or emoji.
	None bool
}

// Messages returns messages of who's conversations in which all words and phrases of a query
// are: 20 at most, and fewer with a Next where hundreds have but some of many words. A query of more than 100 characters and a cursor that is none are Invalid, a
// conversation of others is NotFound; too many searches are RateLimited.
func (s *Service) Messages(ctx context.Context, who chat.UserID, q Query) (Page, error) {
	parsed, before, err := s.parse(ctx, who, q)
	if err != nil || len(parsed.Phrases) == 0 {
		return Page{None: err == nil}, err
	}
	ask := store.SearchQuery{Who: who, Words: parsed, Conversation: q.Conversation, Before: before, Limit: most + 1}
	var page Page
	for round := range rounds {
		found, err := s.db.Search(ctx, ask)
		if err != nil {
			return Page{}, err
		}
		for _, m := range found {
			if len(page.Hits) == most {
				page.Next = cursor(page.Hits[most-1].Message.ID)
				break
			}
			// The index is a moment behind, and not asked for more than some words: each is looked at as it is.
			if ranges, ok := parsed.Match(m.Sought()); ok {
				// What fits in a name is highlighted nowhere: the text alone is shown as it is.
				ranges = slices.DeleteFunc(ranges, func(r words.Range) bool { return r.End > len(m.Text) })
				page.Hits = append(page.Hits, Hit{Message: m, Highlights: words.Characters(m.Text, ranges)})
			}
		}
		if page.Next != "" || len(found) < ask.Limit {
			break
		}
		ask.Before = found[len(found)-1].ID
		ask.Limit *= 2
		if round == rounds-1 {
			page.Next = cursor(ask.Before)
		}
	}
	return page, s.place(ctx, who, page.Hits)
}

func (s *Service) parse(ctx context.Context, who chat.UserID, q Query) (words.Query, chat.MessageID, error) {
	if utf8.RuneCountInString(q.Text) > chat.MaxQueryChars {
		return words.Query{}, 0, chat.FieldError("q", "A search can have at most %d characters.", chat.MaxQueryChars)
	}
	before, err := parseCursor(q.Cursor)
	if err != nil {
		return words.Query{}, 0, err
	}
	if err := s.rate.Take(strconv.FormatInt(int64(who), 10), "You have searched a lot at once. You can go on in a moment."); err != nil {
		return words.Query{}, 0, err
	}
	if q.Conversation != 0 {
		if _, err := s.db.Conversation(ctx, q.Conversation, who); err != nil {
			return words.Query{}, 0, err
		}
	}
	return words.Parse(q.Text), before, nil
}

// place fills in the conversations of hits.
func (s *Service) place(ctx context.Context, who chat.UserID, hits []Hit) error {
	if len(hits) == 0 {
		return nil
	}
	ids := make([]chat.ConversationID, len(hits))
	for i, h := range hits {
		ids[i] = h.Message.Conversation
	}
	entries, err := s.db.EntriesOf(ctx, who, ids)
	if err != nil {
		return err
	}
	for i := range hits {
		e := entries[hits[i].Message.Conversation]
		e.Other = e.Other.ShownTo(e.Viewer, s.online(e.Other.ID))
		e.Listing.Seller = e.Listing.Seller.ShownTo(e.Viewer, s.online(e.Listing.Seller.ID))
		hits[i].Entry = e
	}
	return nil
}

// cursor names the place behind a message.
func cursor(id chat.MessageID) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, int64(id), 10))
}

func parseCursor(s string) (chat.MessageID, error) {
	if s == "" {
		return math.MaxInt64, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		var id int64
		if id, err = strconv.ParseInt(string(data), 10, 64); err == nil && id > 0 {
			return chat.MessageID(id), nil
		}
	}
	return 0, chat.FieldError("cursor", "This page does not exist. Start from the first one.")
}

// Talk is a conversation that was found by what it is about or by whom it is with, and the
// parts of the title, name or username that fit, in characters.
type Talk struct {
	store.Talk
	Highlights []Range
	ByUsername bool // Highlights are of the username: the name does not fit
}

// Talks are conversations by what they are about, and by the person.
type Talks struct{ Things, People []Talk }

// Talks returns conversations of who's whose title fits a query, and those of which the other
// person's name or username does: 5 at most of each, those with the newest activity first, among
// 2,000. It counts as no search: it goes with one.
func (s *Service) Talks(ctx context.Context, who chat.UserID, text string) (Talks, error) {
	parsed := words.Parse(text)
	if len(parsed.Phrases) == 0 || utf8.RuneCountInString(text) > chat.MaxQueryChars {
		return Talks{}, nil
	}
	all, err := s.db.Talks(ctx, who, reach)
	if err != nil {
		return Talks{}, err
	}
	var found Talks
	for _, t := range all {
		fit := func(text string) ([]words.Range, bool) {
			ranges, ok := parsed.Match(text)
			return words.Characters(text, ranges), ok
		}
		if ranges, ok := fit(t.Title); ok && len(found.Things) < mostEach {
			found.Things = append(found.Things, Talk{Talk: t, Highlights: ranges})
		}
		if len(found.People) == mostEach {
			continue
		}
		if ranges, ok := fit(t.Other.Name); ok {
			found.People = append(found.People, Talk{Talk: t, Highlights: ranges})
		} else if ranges, ok := fit(t.Other.Username); ok {
			found.People = append(found.People, Talk{Talk: t, Highlights: ranges, ByUsername: true})
		}
	}
	return found, nil
}
