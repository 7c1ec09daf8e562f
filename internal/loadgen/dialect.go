package loadgen

import (
	"bytes"
	"fmt"
	"strconv"
)

// Dialect is how a server is spoken to.
type Dialect int

// The dialects. Operators meet Site and Original; the others are those of servers that SwapNest is measured
// beside, see docs/benchmarks.md.
const (
	Site       Dialect = iota // SwapNest's own frames
	Original                  // as the pages of the system before this one do: a line for each conversation, no acknowledgements
	Centrifuge                // the JSON protocol of the centrifuge library: a message is an RPC, and comes as a publication
	Tinode                    // the JSON protocol of Tinode: a message is a pub to the other person's topic
)

// path is where the line of somebody in a conversation goes to.
func (d Dialect) path(t *talk) string {
	switch d {
	case Original:
		return fmt.Sprintf("/ws/chat/%d/", t.id)
	case Centrifuge:
		return "/connection/websocket"
	case Tinode:
		return TinodePath
	default:
		return "/ws/"
	}
}

// TinodePath is where Tinode's sockets are, with the API key of its sample configuration, which its documents tell
// everybody.
const TinodePath = "/v0/channels?apikey=AQEAAAABAAD_rAp4DJh05a1HAwFT3A6K"

// first is what is said once a line is open.
func (d Dialect) first(t *talk, side int) []string {
	switch d {
	case Centrifuge:
		return []string{`{"id":1,"connect":{}}`}
	case Tinode:
		return []string{
			`{"hi":{"id":"hi","ver":"0.22"}}`,
			fmt.Sprintf(`{"login":{"id":"in","scheme":"token","secret":%q}}`, t.people[side].token),
			fmt.Sprintf(`{"sub":{"id":"there","topic":%q}}`, t.people[1-side].username),
		}
	default:
		return nil
	}
}

// greets tells whether the server says that a line is there.
func (d Dialect) greets() bool { return d != Original }

// each hands on the frames in what came at once, and answers what has to be answered.
func (d Dialect) each(came []byte, answer func([]byte) error, hear func([]byte) error) error {
	if d != Centrifuge {
		return hear(came)
	}
	for one := range bytes.SplitSeq(came, []byte{'\n'}) {
		var err error
		switch {
		case string(one) == "{}": // a ping
			err = answer(one)
		case len(one) > 0:
			err = hear(one)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sortOf tells what a frame is.
func (d Dialect) sortOf(frame []byte) sort {
	switch d {
	case Centrifuge:
		return centrifugeSort(frame)
	case Tinode:
		return tinodeSort(frame)
	default:
		return sortOf(frame)
	}
}

func centrifugeSort(frame []byte) sort {
	if bytes.HasPrefix(frame, []byte(`{"push":`)) {
		return delivered
	}
	_, rest, _ := bytes.Cut(frame, []byte(`,"`))
	switch {
	case bytes.HasPrefix(rest, []byte(`rpc":`)):
		return acked
	case bytes.HasPrefix(rest, []byte(`connect":`)):
		return greeted
	case bytes.HasPrefix(rest, []byte(`error":`)):
		return refused
	}
	return other
}

func tinodeSort(frame []byte) sort {
	if bytes.HasPrefix(frame, []byte(`{"data":`)) {
		return delivered
	}
	if !bytes.HasPrefix(frame, []byte(`{"ctrl":`)) {
		return other
	}
	_, code, _ := bytes.Cut(frame, []byte(`"code":`))
	begins := bytes.Contains(frame, []byte(`"id":"there"`))
	switch {
	case begins && bytes.HasPrefix(code, []byte("503")): // the other person begins the conversation just now
		return again
	case !bytes.HasPrefix(code, []byte("2")):
		return refused
	case begins:
		return greeted
	case bytes.Contains(frame, []byte(`"id":"x`)): // runs have such names
		return acked
	}
	return other
}

// send writes a message of exactly size bytes as JSON, or of as few as it takes. What Centrifuge has around it comes on top.
func (d Dialect) send(b []byte, t *talk, side int, id name, run string, size int) []byte {
	switch d {
	case Original:
		return originalFrame(b, id, run, size)
	case Centrifuge:
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, int64(id.slot)+2, 10)
		b = append(b, `,"rpc":{"method":"send","data":`...)
		return append(sendFrame(b, t.id, id, run, len(b)+size), "}}"...)
	case Tinode:
		b = append(id.appendTo(append(b, `{"pub":{"id":"`...), run), `","topic":"`...)
		b = append(append(b, t.people[1-side].username...), `","content":"`...)
		b = append(id.appendTo(b, run), ' ')
		return append(fill(b, size-1), '}')
	default:
		return sendFrame(b, t.id, id, run, size)
	}
}
