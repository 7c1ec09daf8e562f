package bus

import (
	"hash/fnv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"swapnest/internal/chat"
)

func TestAnEnvelopeThatIsNoneIsRefused(t *testing.T) {
	good := string(seal(envelope{origin: 1, epoch: 2, Message: Message{Conversation: 300, Seq: 7, Frame: []byte("x")}}))
	if _, err := parseEnvelope(good); err != nil {
		t.Fatalf("got %v", err)
	}
	ends := string(seal(envelope{Message: Message{Ends: chat.SessionID{1}}}))
	for name, bad := range map[string]string{
		"nothing":                        "",
		"another version":                "\x02" + good[1:],
		"an unknown flag":                good[:envelopeHead-1] + "\x80" + good[envelopeHead:],
		"a head that is cut":             good[:envelopeHead-1],
		"no seq":                         good[:envelopeHead+2],
		"a number that never ends":       good[:envelopeHead] + strings.Repeat("\xff", 20),
		"a negative conversation":        good[:envelopeHead] + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00",
		"half a session":                 ends[:len(ends)-1],
		"more than any frame can be":     good + strings.Repeat("x", maxEnvelope),
		"what somebody typed into Redis": "hello",
	} {
		if e, err := parseEnvelope(bad); err == nil {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

// TestNodesOfAllVersionsNameAnEpochAlike holds the digest against the library's: two versions of the
// program may run side by side.
func TestNodesOfAllVersionsNameAnEpochAlike(t *testing.T) {
	for _, epoch := range []string{"", "a", "8f14e45fceea167a5a36dedd4bea2543"} {
		h := fnv.New64a()
		_, _ = h.Write([]byte(epoch))
		if got := digest(epoch); got != h.Sum64() {
			t.Errorf("%q is %x, want %x", epoch, got, h.Sum64())
		}
	}
}

func TestANodeKnowsWhatItHasPublishedItself(t *testing.T) {
	own := string(seal(envelope{origin: 17, epoch: 2, Message: Message{Seq: 1, Frame: []byte("x")}}))
	if !isFrom(own, 17) || isFrom(own, 18) || isFrom(own[:5], 17) || isFrom("", 0) {
		t.Error("the origin of an envelope is not what it was sealed with")
	}
}

// BenchmarkEnvelope is what a frame costs on its way between two nodes, but for Redis.
func BenchmarkEnvelope(b *testing.B) {
	e := envelope{origin: 1, epoch: 2, Message: Message{Conversation: 300, Seq: 7, Frame: []byte(strings.Repeat("x", 400))}}
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			seal(e)
		}
	})
	data := string(seal(e))
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := parseEnvelope(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !isFrom(data, 1) {
				b.Fatal("it is not known as one of its own")
			}
		}
	})
}

// FuzzEnvelope shows that no bytes on a channel are a fault, and that what is accepted is what
// a node would have written.
func FuzzEnvelope(f *testing.F) {
	f.Add("")
	f.Add("hello")
	f.Add(string(seal(envelope{origin: 1, epoch: 2, Message: Message{Conversation: 41, Seq: 18, Frame: []byte(`{"type":"message"}`)}})))
	f.Add(string(seal(envelope{origin: 1<<64 - 1, Message: Message{List: true, Latest: true, Asks: true, Ends: chat.SessionID{9}}})))
	f.Fuzz(func(t *testing.T, data string) {
		e, err := parseEnvelope(data)
		if err != nil {
			return
		}
		again, err := parseEnvelope(string(seal(e)))
		if err != nil {
			t.Fatalf("%+v, sealed again: %v", e, err)
		}
		if diff := cmp.Diff(e, again, cmp.AllowUnexported(envelope{})); diff != "" {
			t.Error(diff)
		}
	})
}
