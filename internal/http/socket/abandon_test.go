package socket

import (
	"log/slog"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/hub"
)

// Contract 13, found by five thousand who came back: a conversation that was open is asked for
// once more, that cannot be answered, and what happened meanwhile was never told.
func TestWhatCameWhileAnOpenFailedIsToldAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const id chat.ConversationID = 7
		var told []string
		here, there := net.Pipe()
		defer here.Close()
		defer there.Close()
		c := &conn{door: New(Options{Log: slog.New(slog.DiscardHandler)}), net: here, greeted: true, streams: make(map[chat.ConversationID]*stream)}
		c.queue = hub.NewQueue(func(frames [][]byte) error {
			for _, f := range frames {
				told = append(told, string(f))
			}
			return nil
		})
		event := func(seq chat.Seq, frame string) {
			c.Deliver(bus.Message{Conversation: id, Seq: seq, Frame: []byte(frame)})
		}
		c.begin(id)
		c.follow(id, 4)
		event(5, "five")
		c.begin(id) // asked for again
		event(6, "six")
		c.begin(id) // and once more
		event(7, "seven")
		c.abandon(id) // which could not be answered
		event(8, "eight")
		synctest.Wait()
		if want := []string{"five", "six", "seven", "eight"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// What found no room meanwhile is read by the next line: this one ends, so that there is one.
func TestAnOpenThatFailsBehindMoreThanIsKeptEndsTheLine(t *testing.T) {
	const id chat.ConversationID = 7
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	c := &conn{door: New(Options{Log: slog.New(slog.DiscardHandler)}), net: here, greeted: true, streams: make(map[chat.ConversationID]*stream)}
	c.queue = hub.NewQueue(func([][]byte) error { return nil })
	c.begin(id)
	for seq := range chat.Seq(mostBuffered + 1) {
		c.Deliver(bus.Message{Conversation: id, Seq: seq + 1, Frame: []byte("{}")})
	}
	if c.closing.Load() {
		t.Fatal("it ended before")
	}
	c.abandon(id)
	if !c.closing.Load() {
		t.Error("the line goes on without what was not kept")
	}
}
