package voice

import (
	"time"
)

// packet is where a packet of sound, or a piece of one, stands in the file.
type packet struct {
	at      uint32
	size    uint16
	samples uint16 // that it plays for; 0: the packet goes on in the next one of the list
}

// track is the one track of a recording.
type track struct {
	most      time.Duration
	container string
	aac       []byte // the decoder's configuration; nil for Opus
	rate      int    // samples in a second
	channels  int
	preskip   int // samples that are not played, at the beginning
	packets   []packet
	samples   int64
	bytes     int64
	end       int64 // of the last packet in the file
}

// opusRate is what Opus counts samples in, whatever was recorded.
const opusRate = 48_000

// aacFrame is how many samples a packet of AAC has.
const aacFrame = 1024

func (t *track) duration() time.Duration {
	return time.Duration(t.samples-int64(t.preskip)) * time.Second / time.Duration(t.rate)
}

// add notes the packet that stands at off.
func (t *track) add(s *source, off int64, size int) error {
	if size <= 0 || size > maxPacket {
		return errBroken
	}
	if t.aac != nil {
		if off > s.size-int64(size) {
			return errCut
		}
		return t.note(off, size, aacFrame)
	}
	data, err := s.at(off, size)
	if err != nil {
		return err
	}
	samples, _, ok := opusFrames(data)
	if !ok {
		return errBroken
	}
	return t.note(off, size, samples)
}

// note notes a packet, or with no samples a piece of one. They come in the order of the file and
// do not overlap, so together they are no larger than it.
func (t *track) note(off int64, size, samples int) error {
	if off < t.end {
		return errBroken
	}
	if len(t.packets) >= maxParts {
		return errBroken
	}
	t.end = off + int64(size)
	t.bytes += int64(size)
	t.samples += int64(samples)
	t.packets = append(t.packets, packet{at: uint32(off), size: uint16(size), samples: uint16(samples)}) //nolint:gosec // Bounded by maxBytes, maxPacket and 120 ms.
	if t.duration() > t.most+slack {
		return errLong
	}
	return nil
}

// opusHead takes over what a header says that is needed for playing (RFC 7845, section 5.1).
func (t *track) opusHead(b []byte) error {
	if len(b) < 19 || string(b[:8]) != "OpusHead" || b[8]&0xf0 != 0 {
		return errBroken
	}
	return t.opus(int(b[9]), int(b[10])|int(b[11])<<8, b[18])
}

func (t *track) opus(channels, preskip int, family byte) error {
	if channels < 1 || channels > 2 || family != 0 {
		return errOther
	}
	t.rate, t.channels, t.preskip = opusRate, channels, preskip
	return nil
}

// writtenHead is the header of Opus, with neither the rate of the device nor a gain.
func (t *track) writtenHead() []byte {
	head := []byte("OpusHead\x01")
	head = append(head, byte(t.channels), byte(t.preskip), byte(t.preskip>>8)) //nolint:gosec // 16 bits of a header.
	return append(head, 0x80, 0xbb, 0, 0, 0, 0, 0)
}

// looks is how many packets are heard between two looks whether there still is time.
const looks = 100

// player goes through the packets of a track once more, for who writes them.
type player struct {
	s       *source
	t       *track
	levels  *levels
	next    int
	scratch []byte
}

// sound is a packet that is written.
type sound struct {
	size    int
	samples int
}

// sounds calls yield for each packet, in order, until it returns false.
func (t *track) sounds(yield func(sound) bool) {
	size := 0
	for _, p := range t.packets {
		size += int(p.size)
		if p.samples == 0 {
			continue
		}
		if !yield(sound{size, int(p.samples)}) {
			return
		}
		size = 0
	}
}

// read returns the bytes of the next packet, which are valid until the next call, and hears it.
func (p *player) read() ([]byte, error) {
	p.scratch = p.scratch[:0]
	for p.next < len(p.t.packets) {
		// A window holds thousands of small packets, each of which takes time to be heard.
		if p.next%looks == 0 && p.s.ctx.Err() != nil {
			return nil, p.s.ctx.Err()
		}
		one := p.t.packets[p.next]
		p.next++
		data, err := p.s.at(int64(one.at), int(one.size))
		if err != nil {
			return nil, err
		}
		p.scratch = append(p.scratch, data...)
		if one.samples == 0 {
			continue
		}
		if p.t.aac == nil {
			// What fills a packet up is silence for the ear and room for secrets.
			if _, padding, ok := opusFrames(p.scratch); ok {
				clear(p.scratch[len(p.scratch)-padding:])
			}
		}
		p.levels.hear(p.scratch, int(one.samples))
		return p.scratch, nil
	}
	return nil, errBroken
}
