package wire

import (
	"testing"

	"swapnest/internal/chat"
)

// BenchmarkEncode writes what a message costs: its acknowledgement, and one frame for all who get it.
func BenchmarkEncode(b *testing.B) {
	m := message()
	m.Text = "Perfect, six it is 🎉 शाम छह बजे, ठीक? I bring the lock, the pump and the money with me."
	e := chat.Event{Conversation: m.Conversation, Seq: m.Seq, Kind: chat.MessagePosted, At: m.SentAt, Message: m}
	b.ReportAllocs()
	for b.Loop() {
		Ack(m, false)
		Event(e)
	}
}

// The budget of a message: a command with its two texts, an acknowledgement, and one frame for all who get it.
func TestAMessageIsReadAndWrittenWithinItsBudget(t *testing.T) {
	frame := []byte(`{"type":"send","conversation_id":41,"client_id":"tab1.0042","message":"Perfect, six it is 🎉"}`)
	if got := testing.AllocsPerRun(100, func() { _, _, _ = Decode(frame, 0) }); got > 3 {
		t.Errorf("reading allocates %.0f times, want 3 at most", got)
	}
	m := message()
	m.Text = "Perfect, six it is 🎉"
	e := chat.Event{Conversation: m.Conversation, Seq: m.Seq, Kind: chat.MessagePosted, At: m.SentAt, Message: m}
	if got := testing.AllocsPerRun(100, func() { Ack(m, false) }); got > 1 {
		t.Errorf("an acknowledgement allocates %.0f times, want once", got)
	}
	if got := testing.AllocsPerRun(100, func() { Event(e) }); got > 1 {
		t.Errorf("an event allocates %.0f times, want once", got)
	}
}
