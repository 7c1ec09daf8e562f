package main

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/http/auth"
	"swapnest/internal/loadgen"
	"swapnest/internal/store"
)

// talkTo puts a town under a short load, or on a busy machine under longer and longer ones. All that was acknowledged counts.
func talkTo(t *testing.T, of town, sessions string) loadgen.Talked {
	t.Helper()
	handler, err := newHandler(of)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "sessions")
	if err := os.WriteFile(file, []byte(sessions), 0o600); err != nil {
		t.Fatal(err)
	}
	people, err := loadgen.ReadSessions(file)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var got loadgen.Talked
	var before int64
	for long := 300 * time.Millisecond; got.Acks < 20 && long < 30*time.Second; long *= 2 {
		before += got.Acks
		got, err = loadgen.Talk(t.Context(), []*url.URL{base}, people, loadgen.Talking{
			Conversations: 2, Devices: 1, InFlight: 4, Duration: long, Bytes: 120, Dialect: loadgen.Centrifuge,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// What is on its way at the end may be counted on one side alone.
	if got.Acks < 20 || got.Deliveries < 2*got.Acks-20 || got.Unanswered > 4 || got.Refused > 0 {
		t.Errorf("%+v", got)
	}
	got.Acks += before
	return got
}

func TestAMessageIsAnsweredAndComesToBothWithoutStorage(t *testing.T) {
	talkTo(t, newMemory(), "a 1\nb 2\nc 3\nd 4\n")
}

func TestAMessageIsStoredBeforeItIsAnswered(t *testing.T) {
	dir := t.TempDir()
	var sessions strings.Builder
	accounts(t, dir, &sessions)
	town, err := openStored(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(town.close)
	got := talkTo(t, town, sessions.String())
	stored := int64(0)
	for id := range chat.ConversationID(20) { // two of each load
		for _, buyer := range []chat.UserID{1, 3} { // whoever was first
			if c, err := town.db.Conversation(t.Context(), id, buyer); err == nil {
				stored += int64(c.Head) - 1 // the first one began it
			}
		}
	}
	if stored < got.Acks {
		t.Errorf("%d were acknowledged, %d are stored", got.Acks, stored)
	}
}

// accounts makes four, with sessions.
func accounts(t *testing.T, dir string, sessions *strings.Builder) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		for i := range 4 {
			u, err := tx.InsertUser(t.Context(), chat.User{Username: fmt.Sprint("person", i), Name: "Person", CreatedAt: now}, "none")
			if err != nil {
				return err
			}
			token, hash := auth.NewToken()
			if err := tx.InsertSession(t.Context(), chat.Session{ID: hash, User: u.ID, CreatedAt: now, ExpiresAt: now.Add(chat.SessionLife)}); err != nil {
				return err
			}
			fmt.Fprintf(sessions, "%s %s\n", u.Username, token)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
