// Package search finds what somebody has written or been written. It knows the
// conversations of nobody else.
package search

import (
	"context"
	"math"
	"strings"

	"swapnest/internal/chat"
	"swapnest/internal/store"
)

const (
	// reach is how many messages are read for one page, and most how many of them are shown.
	reach = 2000
	most  = 20
)

// Service searches.
type Service struct {
	db *store.DB
}

// New returns the service.
func New(db *store.DB) *Service { return &Service{db: db} }

// Page is what was found. Next is where to go on, 0 when everything has been read.
type Page struct {
	Hits []store.Said
	Next chat.MessageID
}

// Messages returns the newest messages of who's conversations in which all words occur: in
// the text, in what the conversation is about or in the other person's name. It reads 2,000
// messages before an id (0 for the newest) and returns 20 hits at most. A query of more than
// 100 characters is Invalid; one without words finds nothing.
func (s *Service) Messages(ctx context.Context, who chat.UserID, query string, before chat.MessageID) (Page, error) {
	if len([]rune(query)) > chat.MaxQueryChars {
		return Page{}, chat.FieldError("q", "A search can have at most %d characters.", chat.MaxQueryChars)
	}
	words := strings.Fields(store.Fold(strings.ToValidUTF8(query, "")))
	if len(words) == 0 {
		return Page{}, nil
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	said, err := s.db.SaidTo(ctx, who, before, reach)
	if err != nil {
		return Page{}, err
	}
	var page Page
	for _, m := range said {
		if len(page.Hits) == most {
			page.Next = page.Hits[most-1].ID
			return page, nil
		}
		if holds(m, words) {
			page.Hits = append(page.Hits, m)
		}
	}
	if len(said) == reach {
		page.Next = said[reach-1].ID
	}
	return page, nil
}

func holds(m store.Said, words []string) bool {
	text := store.Fold(m.Text + "\n" + m.Title + "\n" + m.Other.Name)
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
