package loadgen

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAMessageHasTheBytesThatItIsToHave(t *testing.T) {
	for _, size := range []int{100, 120, 121, 199, 200, 4000} {
		frame := sendFrame(nil, 41, name{slot: 7, at: 90 * time.Second}, "r1", size)
		var f struct{ Type, Message string }
		if err := json.Unmarshal(frame, &f); err != nil || f.Type != "send" || len(frame) != size {
			t.Errorf("%d bytes: got %d, %v: %s", size, len(frame), err, frame)
		}
		if n := len(f.Message); f.Message[n-1] == ' ' {
			t.Errorf("%d bytes: a text that the site would trim: %q", size, f.Message)
		}
		id, ok := parseName(frame, "r1")
		if !ok || id != (name{slot: 7, at: 90 * time.Second}) {
			t.Errorf("%d bytes: its name is read as %+v, %t", size, id, ok)
		}
		if _, ok := parseName(frame, "r2"); ok {
			t.Errorf("%d bytes: taken for one of another run", size)
		}
	}
}

// The golden frames are what the site sends, and what its pages are tested with.
func TestTheFramesOfTheSiteAreKnown(t *testing.T) {
	for file, want := range map[string]sort{
		"ack": acked, "message": delivered, "error": refused, "error_rate_limited": refused, "hello_all": greeted, "caught_up": caughtUp,
		"reset": wasReset, "typing": other, "message_edited": other,
	} {
		data, err := os.ReadFile(filepath.Join("../live/wire/testdata/server", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var compact json.RawMessage
		if compact, err = compacted(data); err != nil {
			t.Fatal(err)
		}
		if got := sortOf(compact); got != want {
			t.Errorf("%s: got %d, want %d", file, got, want)
		}
	}
}

// compacted is a golden frame as the site writes it, without the room between its words.
func compacted(data []byte) (json.RawMessage, error) {
	var fields json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

func TestAMessageOfBeforeSaysWhatItIs(t *testing.T) {
	frame := originalFrame(nil, name{slot: 40, at: time.Hour}, "xab", 120)
	var f map[string]string
	if err := json.Unmarshal(frame, &f); err != nil || len(f) != 1 || len(frame) != 120 {
		t.Errorf("got %d bytes, %v: %s", len(frame), err, frame)
	}
	// As Python writes it.
	if id, ok := parseName([]byte(`{"type": "message", "message": "`+f["message"]+`", "message_id": 3}`), "xab"); !ok || id != (name{slot: 40, at: time.Hour}) {
		t.Errorf("its name is read as %+v, %t", id, ok)
	}
}

func FuzzName(f *testing.F) {
	f.Add([]byte(`{"type":"ack","client_id":"r.1.zz","conversation_id":4}`))
	f.Add([]byte(`{"client_id":"r.1`))
	f.Add([]byte(`{"type":"message","client_id":"r..","x"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		sortOf(data)
		if n, ok := parseName(data, "r"); ok {
			again, ok := parseName([]byte(`"client_id":"`+string(n.appendTo(nil, "r"))+`"`), "r")
			if !ok || again != n {
				t.Errorf("%+v is read again as %+v, %t", n, again, ok)
			}
		}
	})
}

func TestALoadComesBackWhenItIsAskedTo(t *testing.T) {
	for frame, want := range map[string]comeLater{
		`{"type":"bye","reason":"overloaded","retry_after_ms":1500}`: comeLater(1500 * time.Millisecond),
		`{"type":"bye","reason":"overloaded","retry_after_ms":-5}`:   0,
		`{"type":"bye","retry_after_ms":99999999}`:                   comeLater(longWait),
	} {
		if got, ok := later([]byte(frame)); !ok || got != want {
			t.Errorf("%s: %v, %v, want %v", frame, got, ok, want)
		}
	}
	for _, frame := range []string{`{"type":"hello","retry_after_ms":5}`, `{"type":"bye","retry_after_ms":"x"}`, ``} {
		if got, ok := later([]byte(frame)); ok {
			t.Errorf("%s: %v, want nothing", frame, got)
		}
	}
}
