package messaging_test

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"swapnest/internal/chat"
	"swapnest/internal/feature/messaging"
	"swapnest/internal/testkit"
)

// sending is a buyer who sends messages, one a call, into an SQLite database.
func sending(tb testing.TB) (send func()) {
	tb.Helper()
	db := testkit.SQLite(tb).Open(tb, nil)
	town := testkit.Populate(tb, db)
	c := messaging.SendCommand{Conversation: town.Converse(tb, db).ID, Text: "Is the cycle still there, and may I come by at six?", Address: "192.0.2.1"}
	s := messaging.New(db, quiet{}, quiet{}, &messaging.Limits{}, chat.DefaultMedia(), nil, time.Now)
	var n atomic.Int64
	return func() {
		own := c
		own.ClientID = "b." + strconv.FormatInt(n.Add(1), 36)
		if _, err := s.Send(tb.Context(), town.Buyer.ID, own); err != nil {
			tb.Error(err)
		}
	}
}

// BenchmarkSend has many send at once, who share commits, into an SQLite database.
func BenchmarkSend(b *testing.B) {
	send := sending(b)
	b.SetParallelism(50)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			send()
		}
	})
}

// The budget of a message that is alone in its commit: most of it is the statements of the commit, which
// many that wait together share.
func TestAMessageIsSentWithinItsBudget(t *testing.T) {
	if got := testing.AllocsPerRun(100, sending(t)); got > 280 {
		t.Errorf("a message alone allocates %.0f times, want 280 at most", got)
	}
}
