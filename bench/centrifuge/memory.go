package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// memory is a town that stores nothing. Whoever comes is somebody, by their cookie.
type memory struct {
	mu       sync.RWMutex // guards what follows
	people   map[string]int64
	sellers  []int64    // of listings
	talks    [][2]int64 // people of conversations
	messages int64
}

func newMemory() *memory { return &memory{people: map[string]int64{}} }

func (t *memory) waits() bool { return false }

func (t *memory) who(r *http.Request) (int64, error) {
	cookie := r.Header.Get("Cookie")
	if cookie == "" {
		return 0, errors.New("there is no session")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	id, ok := t.people[cookie]
	if !ok {
		id = int64(len(t.people) + 1)
		t.people[cookie] = id
	}
	return id, nil
}

func (t *memory) list(_ context.Context, seller int64) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sellers = append(t.sellers, seller)
	return int64(len(t.sellers)), nil
}

func (t *memory) begin(_ context.Context, buyer, listing int64) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if listing < 1 || listing > int64(len(t.sellers)) {
		return 0, errors.New("there is no such listing")
	}
	t.talks = append(t.talks, [2]int64{buyer, t.sellers[listing-1]})
	return int64(len(t.talks)), nil
}

func (t *memory) send(_ context.Context, who int64, s sending) (posted, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.Conversation < 1 || s.Conversation > int64(len(t.talks)) {
		return posted{}, errors.New("there is no such conversation")
	}
	both := t.talks[s.Conversation-1]
	if both[0] != who && both[1] != who {
		return posted{}, errors.New("somebody else's conversation")
	}
	t.messages++
	return posted{id: t.messages, seq: t.messages, both: both, at: time.Now()}, nil
}
