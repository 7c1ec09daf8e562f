package loadgen

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

var sampleTalk = &talk{id: 41, people: [2]person{{username: "usrA", token: "tokenA"}, {username: "usrB", token: "tokenB"}}}

func TestEachDialectSendsJSONThatSaysWhatItIs(t *testing.T) {
	id := name{slot: 7, at: 90 * time.Second}
	for d, want := range map[Dialect]struct {
		bytes int
		has   string
	}{
		Site:       {120, `{"type":"send","conversation_id":41,"client_id":"xab.7.`},
		Original:   {120, `{"message":"xab.7.`},
		Centrifuge: {160, `{"id":9,"rpc":{"method":"send","data":{"type":"send","conversation_id":41,`}, // the message, and 40 around it
		Tinode:     {120, `{"pub":{"id":"xab.7.1hl0g0","topic":"usrA","content":"xab.7.`},               // slot 7 is the second person's
	} {
		frame := d.send(nil, sampleTalk, 1, id, "xab", 120)
		if !json.Valid(frame) || len(frame) != want.bytes || !strings.HasPrefix(string(frame), want.has) {
			t.Errorf("dialect %d: %d bytes: %s", d, len(frame), frame)
		}
		if got, ok := parseName(frame, "xab"); !ok || got != id {
			t.Errorf("dialect %d: its name is read as %+v, %t", d, got, ok)
		}
	}
	for d := range 4 {
		for _, first := range Dialect(d).first(sampleTalk, 1) {
			if !json.Valid([]byte(first)) || strings.Contains(first, "tokenA") || strings.Contains(first, "usrB") {
				t.Errorf("dialect %d: the second person begins with %s", d, first)
			}
		}
	}
}

func TestTheFramesOfOthersAreKnown(t *testing.T) {
	for _, c := range []struct {
		of    Dialect
		frame string
		want  sort
	}{
		{Centrifuge, `{"id":1,"connect":{"client":"c","version":"","ping":25,"pong":true}}`, greeted},
		{Centrifuge, `{"id":9,"rpc":{"data":{"type":"ack","client_id":"xab.7.1"}}}`, acked},
		{Centrifuge, `{"push":{"channel":"user:1","pub":{"data":{"type":"message"}}}}`, delivered},
		{Centrifuge, `{"id":9,"error":{"code":100,"message":"internal server error"}}`, refused},
		{Centrifuge, `{"connect":{}}`, other},
		{Tinode, `{"ctrl":{"id":"hi","params":{"ver":"0.22"},"code":201,"text":"created"}}`, other},
		{Tinode, `{"ctrl":{"id":"there","topic":"usrA","code":200,"text":"ok"}}`, greeted},
		{Tinode, `{"ctrl":{"id":"xab.7.1","topic":"usrA","params":{"seq":3},"code":202,"text":"accepted"}}`, acked},
		{Tinode, `{"ctrl":{"id":"there","topic":"usrA","code":503,"text":"locked"}}`, again},
		{Tinode, `{"ctrl":{"id":"in","code":401,"text":"authentication failed"}}`, refused},
		{Tinode, `{"data":{"topic":"usrA","from":"usrB","seq":3,"content":"xab.7.1 Is"}}`, delivered},
		{Tinode, `{"pres":{"topic":"me","src":"usrA","what":"on"}}`, other},
	} {
		if got := c.of.sortOf([]byte(c.frame)); got != c.want {
			t.Errorf("%s: got %d, want %d", c.frame, got, c.want)
		}
	}
}

func TestSeveralFramesInOneAreHeardEach(t *testing.T) {
	var heard, answered []string
	err := Centrifuge.each([]byte("{\"id\":1}\n{}\n{\"push\":{}}\n"), func(b []byte) error {
		answered = append(answered, string(b))
		return nil
	}, func(b []byte) error {
		heard = append(heard, string(b))
		return nil
	})
	if err != nil || strings.Join(heard, " ") != `{"id":1} {"push":{}}` || strings.Join(answered, " ") != "{}" {
		t.Errorf("heard %q, answered %q, %v", heard, answered, err)
	}
	broken := errors.New("broken")
	if err := Centrifuge.each([]byte("{}"), func([]byte) error { return broken }, nil); !errors.Is(err, broken) {
		t.Errorf("a ping that cannot be answered: %v", err)
	}
}
