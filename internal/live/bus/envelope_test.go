package bus

import (
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
