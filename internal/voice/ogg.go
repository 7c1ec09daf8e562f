package voice

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// What a page of Ogg is (RFC 3533, section 6).
const (
	pageHead   = 27
	pageGoesOn = 1 // its first packet began before it
	pageFirst  = 2
	pageLast   = 4
)

// page is a page of Ogg.
type page struct {
	flags    byte
	serial   uint32
	sequence uint32
	lacing   []byte // sizes of the segments
	body     int64  // where they begin
}

// readOgg walks through the pages: the header, the tags, which are passed over, and then sound.
func (t *track) readOgg(s *source) error {
	var (
		packets int    // that have begun
		whole   []byte // the packet that is read, as far as it is there
		open    bool
		serial  uint32
	)
	for off, n := int64(0), uint32(0); off < s.size; n++ {
		p, end, err := pageAt(s, off)
		if err != nil {
			return err
		}
		switch {
		case n > maxParts:
			return errBroken
		case n == 0:
			serial = p.serial
		case p.serial != serial || p.flags&pageFirst != 0:
			return errTracks // or one file behind the other
		case p.sequence != n:
			return errCut
		}
		if (p.flags&pageGoesOn != 0) != open {
			return errBroken
		}
		at := p.body
		for i := 0; i < len(p.lacing); {
			size, ends := 0, false
			for i < len(p.lacing) && !ends {
				size += int(p.lacing[i])
				ends = p.lacing[i] < 255
				i++
			}
			if !open {
				packets++
				whole = whole[:0]
			}
			open = !ends
			if err := t.takeOgg(s, at, size, packets, ends, &whole); err != nil {
				return err
			}
			at += int64(size)
		}
		off = end
	}
	if open || packets < 2 {
		return errCut
	}
	return nil
}

// takeOgg takes a piece of a packet, which is the n-th; whole are its pieces up to here.
func (t *track) takeOgg(s *source, at int64, size, n int, ends bool, whole *[]byte) error {
	if n == 2 { // the tags
		return nil
	}
	if len(*whole)+size > maxPacket {
		return errBroken
	}
	data, err := s.at(at, size)
	if err != nil {
		return err
	}
	*whole = append(*whole, data...)
	switch {
	case n == 1 && !ends:
		return errBroken
	case n == 1 && (len(*whole) < 8 || string((*whole)[:8]) != "OpusHead"):
		return errOther
	case n == 1:
		return t.opusHead(*whole)
	case !ends && size == 0:
		return nil
	case !ends:
		return t.note(at, size, 0)
	}
	samples, _, ok := opusFrames(*whole)
	if !ok {
		return errBroken
	}
	return t.note(at, size, samples)
}

// pageAt reads a page, and tells where it ends. A page that was changed is errBroken.
func pageAt(s *source, off int64) (p page, end int64, err error) {
	head, err := s.at(off, pageHead)
	if err != nil {
		return p, 0, err
	}
	if string(head[:5]) != "OggS\x00" {
		return p, 0, errBroken
	}
	p.flags = head[5]
	p.serial = binary.LittleEndian.Uint32(head[14:])
	p.sequence = binary.LittleEndian.Uint32(head[18:])
	sum := binary.LittleEndian.Uint32(head[22:])
	length := pageHead + int(head[26])
	if head, err = s.at(off, length); err != nil {
		return p, 0, err
	}
	p.lacing = append([]byte(nil), head[pageHead:]...)
	p.body = off + int64(length)
	for _, size := range p.lacing {
		length += int(size)
	}
	// At most 65,307 bytes, so that a page fits the window.
	all, err := s.at(off, length)
	if err != nil {
		return p, 0, err
	}
	if oggSum(all) != sum {
		return p, 0, errBroken
	}
	return p, off + int64(length), nil
}

// oggSum is the checksum of a page, as it is with no checksum in it.
func oggSum(b []byte) uint32 {
	crc := uint32(0)
	for i, c := range b {
		if i >= 22 && i < 26 {
			c = 0
		}
		crc = crc<<8 ^ oggTable[byte(crc>>24)^c]
	}
	return crc
}

// oggTable is of the same polynomial as the usual one, with the bits the other way round.
var oggTable = func() (table [256]uint32) {
	poly := bits.Reverse32(crc32.IEEE)
	for i := range table {
		crc := uint32(i) << 24 //nolint:gosec // A byte.
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ poly
			} else {
				crc <<= 1
			}
		}
		table[i] = crc
	}
	return table
}()

// writeOgg writes pages of a second at most, none of which begins within a packet.
func (t *track) writeOgg(p *player, w *bufio.Writer) error {
	o := oggWriter{w: w}
	o.packet(t.writtenHead(), 0)
	if err := o.flush(pageFirst); err != nil {
		return err
	}
	tags := append([]byte("OpusTags"), byte(len(maker)), 0, 0, 0)
	o.packet(append(append(tags, maker...), 0, 0, 0, 0), 0)
	if err := o.flush(0); err != nil {
		return err
	}
	for s := range t.sounds {
		if len(o.lacing)+s.size/255+1 > 255 || o.samples >= opusRate {
			if err := o.flush(0); err != nil {
				return err
			}
		}
		data, err := p.read()
		if err != nil {
			return err
		}
		o.packet(data, s.samples)
	}
	return o.flush(pageLast)
}

// oggWriter fills pages.
type oggWriter struct {
	w        *bufio.Writer
	lacing   []byte
	body     []byte
	samples  int   // of the page
	position int64 // samples up to its end
	sequence uint32
}

func (o *oggWriter) packet(data []byte, samples int) {
	n := len(data)
	for ; n >= 255; n -= 255 {
		o.lacing = append(o.lacing, 255)
	}
	o.lacing = append(o.lacing, byte(n))
	o.body = append(o.body, data...)
	o.samples += samples
	o.position += int64(samples)
}

func (o *oggWriter) flush(flags byte) error {
	b := append([]byte("OggS\x00"), flags)
	b = binary.LittleEndian.AppendUint64(b, uint64(o.position)) //nolint:gosec // It counts up.
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, o.sequence)
	b = append(b, 0, 0, 0, 0, byte(len(o.lacing))) //nolint:gosec // At most 255.
	b = append(append(b, o.lacing...), o.body...)
	binary.LittleEndian.PutUint32(b[22:], oggSum(b))
	o.lacing, o.body, o.samples = o.lacing[:0], o.body[:0], 0
	o.sequence++
	_, err := o.w.Write(b)
	return err
}
