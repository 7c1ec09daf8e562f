package loadgen

import (
	"bytes"
	"strconv"
	"time"
)

// sort is what a frame of the site is, as far as a load cares.
type sort byte

const (
	other sort = iota
	acked
	delivered
	refused
	greeted  // hello
	caughtUp // a resume is over
	wasReset // a resume came to nothing
	again    // what was said first is to be said again
)

// frames are told apart by their beginning: the site writes the type first.
var sorts = []struct {
	begins []byte
	is     sort
}{
	{[]byte(`{"type":"message",`), delivered},
	{[]byte(`{"type":"ack",`), acked},
	{[]byte(`{"type":"error",`), refused},
	{[]byte(`{"type":"hello",`), greeted},
	{[]byte(`{"type":"caught_up",`), caughtUp},
	{[]byte(`{"type":"reset",`), wasReset},
}

func sortOf(frame []byte) sort {
	for _, s := range sorts {
		if bytes.HasPrefix(frame, s.begins) {
			return s.is
		}
	}
	return other
}

// name is what a message of a load is called: which slot has sent it, and when it was meant to
// leave, in microseconds after the start of the run. So whoever sees it knows how late it is, and
// nobody keeps a list.
type name struct {
	slot int
	at   time.Duration
}

// appendTo writes the client id of a message, with the name of its run before it, so that two runs
// never share one.
func (n name) appendTo(b []byte, run string) []byte {
	b = append(append(b, run...), '.')
	b = append(strconv.AppendInt(b, int64(n.slot), 36), '.')
	return strconv.AppendInt(b, n.at.Microseconds(), 36)
}

// parseName finds the name of a message in a frame, as a client id or in a text; ok is false for
// what is not of this run.
func parseName(frame []byte, run string) (n name, ok bool) {
	var room [32]byte // so that nothing is allocated
	begins := append(append(room[:0], run...), '.')
	at := bytes.Index(frame, begins)
	if at < 0 {
		return name{}, false
	}
	rest := frame[at+len(begins):]
	slot, rest, ok := number(rest)
	if !ok || len(rest) == 0 || rest[0] != '.' {
		return name{}, false
	}
	micros, _, ok := number(rest[1:])
	return name{slot: int(slot), at: time.Duration(micros) * time.Microsecond}, ok
}

// number reads a number to the base of 36, of 10 digits at the most.
func number(b []byte) (n int64, rest []byte, ok bool) {
	i := 0
	for ; i < len(b) && i < 10; i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			n = n*36 + int64(c-'0')
		case c >= 'a' && c <= 'z':
			n = n*36 + int64(c-'a') + 10
		default:
			return n, b[i:], i > 0
		}
	}
	return n, b[i:], i > 0
}

// sendFrame ends b with a message, so that it has size bytes, or as few as it takes.
func sendFrame(b []byte, conversation int64, id name, run string, size int) []byte {
	b = append(b, `{"type":"send","conversation_id":`...)
	b = strconv.AppendInt(b, conversation, 10)
	b = append(b, `,"client_id":"`...)
	b = id.appendTo(b, run)
	b = append(b, `","message":"`...)
	return fill(b, size)
}

// originalFrame is sendFrame as the pages of the system before this one write it: without a client
// id, so that the text says what it is.
func originalFrame(b []byte, id name, run string, size int) []byte {
	b = append(b, `{"message":"`...)
	b = append(id.appendTo(b, run), ' ')
	return fill(b, size)
}

// fill ends a frame whose text has begun.
func fill(b []byte, size int) []byte {
	for room := size - len(b) - len(`"}`); room > 0; {
		n := min(room, len(words))
		b = append(b, words[:n]...)
		room -= n
	}
	if b[len(b)-1] == ' ' { // a text is trimmed
		b[len(b)-1] = '.'
	}
	return append(b, `"}`...)
}

const words = "Is the cycle still there, and may I come by at six this evening to have a look? "
