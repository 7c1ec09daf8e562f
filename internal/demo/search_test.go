package demo

import (
	"log/slog"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/search"
	"swapnest/internal/follower/indexer"
	"swapnest/internal/testkit"
)

// The follower that a node runs makes the index of the town, before or soon after it answers.
func TestTheTownIsFoundInAllItsScripts(t *testing.T) {
	town, _ := newTown(t)
	fill(t, town)
	began := testkit.ProcessorTime(t)
	if err := indexer.New(town.DB, slog.New(slog.DiscardHandler), time.Now).Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := testkit.ProcessorTime(t) - began; took > 5*time.Second {
		t.Errorf("indexing the town took %v of the processor", took)
	}
	s := search.New(town.DB, func(chat.UserID) bool { return false }, nil)
	for _, text := range []string{"cycle", "मराठी", "कमजोर", "शाम छह", "كرسي", "الكرسي متوفرا", "相机", "还在吗", "周", "☕"} {
		found := 0
		for id := range 40 {
			page, err := s.Messages(t.Context(), chat.UserID(id+1), search.Query{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			found += len(page.Hits)
		}
		if found == 0 {
			t.Errorf("nobody finds anything by %q", text)
		}
	}
}
