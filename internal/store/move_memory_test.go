package store_test

import (
	"fmt"
	"runtime"
	"testing"

	"swapnest/internal/store"
	"swapnest/internal/testkit"
)

// TestAMoveTakesLittleMemory moves texts that are larger together than what it may take.
func TestAMoveTakesLittleMemory(t *testing.T) {
	from, to := testkit.SQLite(t), emptied(t)
	h := begin(t, from, 1)
	const rows, room = 12_000, 16 << 20 // of 4,000 bytes each
	mustExec(t, from, fmt.Sprintf(`
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO message (conversation_id, seq, sender_id, client_id, digest, body, buyer_sent, seller_sent, created_at)
		SELECT %d, 1 + i, 1, 'long-' || i, x'00', hex(zeroblob(2000)), 0, 0, 0 FROM n`, rows, h.talk.ID))
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, looked := heap(), uint64(0), 0
	_, err := store.Move(t.Context(), store.MoveOptions{Dir: from.Dir(), URL: to.URL(), Progress: func(p store.MoveProgress) {
		if p.Table == "message" {
			most, looked = max(most, heap()), looked+1
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if most > before+room || looked < 2*rows/1000 {
		t.Errorf("%d bytes are held, before it were %d; looked %d times", most, before, looked)
	}
}
