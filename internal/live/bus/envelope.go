package bus

import (
	"encoding/binary"
	"errors"

	"swapnest/internal/chat"
)

// An envelope is a message on its way between two processes:
//
//	version     1 byte, envelopeVersion
//	origin      8 bytes, the node that published it
//	epoch       8 bytes, a digest of the epoch of its database
//	flags       1 byte
//	conversation, seq   unsigned varints
//	session     32 bytes, only with flagEnds
//	frame       the rest, as it is
//
// A node skips an envelope of another version: the tail brings what was in it, so that two
// versions of the program may run side by side while one replaces the other.
const (
	envelopeVersion = 1
	envelopeHead    = 1 + 8 + 8 + 1
	// maxEnvelope bounds what is read. The longest frame is a message of which each byte is
	// written as an escape.
	maxEnvelope = 1 << 20
)

const (
	flagList = 1 << iota
	flagLatest
	flagEnds
	flagAsks
	flagShows
	flagHides
	allFlags = flagList | flagLatest | flagEnds | flagAsks | flagShows | flagHides
)

// envelope is one that was opened.
type envelope struct {
	origin uint64
	epoch  uint64
	Message
}

var errEnvelope = errors.New("not an envelope of this version")

// seal puts a message into an envelope.
func seal(e envelope) []byte {
	data := make([]byte, 0, envelopeHead+2*binary.MaxVarintLen64+len(chat.SessionID{})+len(e.Frame))
	data = append(data, envelopeVersion)
	data = binary.BigEndian.AppendUint64(data, e.origin)
	data = binary.BigEndian.AppendUint64(data, e.epoch)
	flags := flag(flagList, e.List) | flag(flagLatest, e.Latest) | flag(flagEnds, e.Ends != chat.SessionID{}) | flag(flagAsks, e.Asks) |
		flag(flagShows, e.Privacy == Shows) | flag(flagHides, e.Privacy == Hides)
	data = append(data, flags)
	data = binary.AppendUvarint(data, uint64(e.Conversation))
	data = binary.AppendUvarint(data, uint64(e.Seq))
	if flags&flagEnds != 0 {
		data = append(data, e.Ends[:]...)
	}
	return append(data, e.Frame...)
}

func flag(bit byte, set bool) byte {
	if set {
		return bit
	}
	return 0
}

// parseEnvelope opens an envelope. Whoever can write to Redis can write anything there, and
// an older or newer node may: what is none is an error, and never a fault.
func parseEnvelope(data string) (envelope, error) {
	if len(data) < envelopeHead || len(data) > maxEnvelope || data[0] != envelopeVersion || data[envelopeHead-1]&^allFlags != 0 {
		return envelope{}, errEnvelope
	}
	raw := []byte(data) // the frame's own copy, which its receivers share
	flags := raw[envelopeHead-1]
	e := envelope{
		origin: binary.BigEndian.Uint64(raw[1:]), epoch: binary.BigEndian.Uint64(raw[9:]),
		Message: Message{List: flags&flagList != 0, Latest: flags&flagLatest != 0, Asks: flags&flagAsks != 0},
	}
	switch {
	case flags&flagHides != 0:
		e.Privacy = Hides
	case flags&flagShows != 0:
		e.Privacy = Shows
	}
	rest := raw[envelopeHead:]
	var numbers [2]int64
	for i := range numbers {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > 1<<63-1 {
			return envelope{}, errEnvelope
		}
		numbers[i], rest = int64(n), rest[size:]
	}
	e.Conversation, e.Seq = chat.ConversationID(numbers[0]), chat.Seq(numbers[1])
	if flags&flagEnds != 0 {
		if len(rest) < len(e.Ends) {
			return envelope{}, errEnvelope
		}
		rest = rest[copy(e.Ends[:], rest):]
	}
	e.Frame = rest
	return e, nil
}

// isFrom tells whether an envelope was published by a node, without opening it.
func isFrom(data string, origin uint64) bool {
	if len(data) < envelopeHead {
		return false
	}
	var head [8]byte
	copy(head[:], data[1:])
	return binary.BigEndian.Uint64(head[:]) == origin
}

// digest makes eight bytes of an epoch, by FNV-1a.
func digest(epoch string) uint64 {
	sum := uint64(14695981039346656037)
	for i := range len(epoch) {
		sum = (sum ^ uint64(epoch[i])) * 1099511628211
	}
	return sum
}
