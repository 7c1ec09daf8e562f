package bus_test

import (
	"testing"

	"swapnest/internal/chat"
	"swapnest/internal/live/bus"
	"swapnest/internal/live/bus/bustest"
)

func TestMemory(t *testing.T) {
	var m bus.Memory
	bustest.Run(t, func(_ *testing.T, r bus.Receive) bus.Bus { return m.Join(r) })
}

func TestTopicsTellWhomTheyAreAbout(t *testing.T) {
	for _, id := range []chat.UserID{1, 42, 1<<63 - 1} {
		if who, presence, ok := bus.Parse(bus.Person(id)); who != id || presence || !ok {
			t.Errorf("person %d: got %d, %v, %v", id, who, presence, ok)
		}
		if who, presence, ok := bus.Parse(bus.Presence(id)); who != id || !presence || !ok {
			t.Errorf("presence of %d: got %d, %v, %v", id, who, presence, ok)
		}
	}
	for _, bad := range []bus.Topic{"", "person", "person:", "person:x", "person:1:2", "person:9223372036854775808", "room:1", ":1", "1"} {
		if _, _, ok := bus.Parse(bad); ok {
			t.Errorf("%q: got ok", bad)
		}
	}
}
