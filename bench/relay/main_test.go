package main

import (
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"swapnest/internal/loadgen"
)

func TestEachMessageIsAcknowledgedAndComesToBoth(t *testing.T) {
	server := httptest.NewServer((&town{lines: map[string][]*line{}}).handler())
	defer server.Close()
	file := filepath.Join(t.TempDir(), "sessions")
	if err := os.WriteFile(file, []byte("a 1\nb 2\nc 3\nd 4\n"), 0o600); err != nil {
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
	for long := 200 * time.Millisecond; got.Acks < 50 && long < 30*time.Second; long *= 2 { // on a busy machine, too
		if got, err = loadgen.Talk(t.Context(), []*url.URL{base}, people, loadgen.Talking{Conversations: 2, Devices: 1, InFlight: 4, Duration: long, Bytes: 120}); err != nil {
			t.Fatal(err)
		}
	}
	// What is on its way at the end may be counted on one side alone.
	if got.Acks < 50 || got.Deliveries < 2*got.Acks-20 || got.Unanswered > 4 || got.Refused > 0 {
		t.Errorf("%+v", got)
	}
}
