package voice

import (
	"bufio"
	"encoding/binary"
	"math"
)

// The elements of WebM that mean something here (RFC 9559). All others are passed over.
const (
	idHeader     = 0x1a45dfa3
	idDocType    = 0x4282
	idSegment    = 0x18538067
	idInfo       = 0x1549a966
	idTracks     = 0x1654ae6b
	idTrack      = 0xae
	idNumber     = 0xd7
	idType       = 0x83
	idCodec      = 0x86
	idPrivate    = 0x63a2
	idEncodings  = 0x6d80
	idCluster    = 0x1f43b675
	idBlockGroup = 0xa0
	idBlock      = 0xa1
	idSimple     = 0xa3
	idCues       = 0x1c53bb6b
)

// element is what stands at a place of a file.
type element struct {
	id   uint32
	data int64 // where what is in it begins
	size int64 // of that; -1 when it is not known, as of a recording that is still going on
}

// maxTracks is how much may be said of the tracks, in bytes.
const maxTracks = 32 << 10

// readWebM walks through the elements. It goes into those that hold blocks and passes over all
// others, so there is nothing for it to recurse into.
func (t *track) readWebM(s *source) error {
	head, err := elementAt(s, 0)
	if err != nil {
		return err
	}
	end, number, inside := s.size, uint64(0), false
	off := head.data + max(0, head.size)
	for parts := 0; off < end; parts++ {
		if parts > maxParts {
			return errBroken
		}
		e, err := elementAt(s, off)
		if err != nil {
			return err
		}
		if e.size > end-e.data {
			return errCut
		}
		opens := e.id == idSegment || e.id == idCluster || e.id == idBlockGroup
		if !inside && e.id != idSegment || inside && e.id == idSegment || e.size < 0 && (!opens || e.id == idBlockGroup) {
			return errBroken
		}
		off = e.data + e.size
		if opens {
			off = e.data
		}
		switch e.id {
		case idSegment:
			inside = true
			if e.size >= 0 {
				end = e.data + e.size
			}
		case idTracks:
			if number != 0 {
				return errTracks
			}
			number, err = t.readTracks(s, e)
		case idBlock, idSimple:
			err = t.readBlock(s, e, number)
		}
		if err != nil {
			return err
		}
	}
	if number == 0 {
		return errCut
	}
	return nil
}

// elementAt reads the beginning of an element.
func elementAt(s *source, off int64) (element, error) {
	// An identifier has up to 4 bytes, a size up to 8.
	b, err := s.at(off, int(min(12, s.size-off)))
	if err != nil {
		return element{}, err
	}
	e, used, err := parseElement(b)
	if err != nil {
		return element{}, err
	}
	e.data = off + int64(used)
	return e, nil
}

func parseElement(b []byte) (e element, used int, err error) {
	id, n, err := vint(b, 4, true)
	if err != nil {
		return e, 0, err
	}
	size, m, err := vint(b[n:], 8, false)
	if err != nil {
		return e, 0, err
	}
	e.id, e.size = uint32(id), int64(size) //nolint:gosec // 4 bytes, and 56 bits.
	if size == 1<<(7*m)-1 {
		e.size = -1
	}
	return e, n + m, nil
}

// vint reads a number of variable length, with or without the bit that tells its length.
func vint(b []byte, most int, marked bool) (v uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, errCut
	}
	for n = 1; n <= most && b[0]>>(8-n) == 0; n++ {
	}
	switch {
	case n > most:
		return 0, 0, errBroken
	case n > len(b):
		return 0, 0, errCut
	}
	for _, c := range b[:n] {
		v = v<<8 | uint64(c)
	}
	if !marked {
		v &= 1<<(7*n) - 1
	}
	return v, n, nil
}

// readTracks takes the one track there may be and returns its number.
func (t *track) readTracks(s *source, e element) (uint64, error) {
	if e.size > maxTracks {
		return 0, errBroken
	}
	b, err := s.at(e.data, int(e.size))
	if err != nil {
		return 0, err
	}
	number, found := uint64(0), error(nil)
	err = elements(b, func(id uint32, data []byte) error {
		if id != idTrack {
			return nil
		}
		n, film, err := t.readTrack(data)
		switch {
		case film:
			found = errVideo
		case number != 0 && found == nil:
			found = errTracks
		case err != nil && found == nil:
			found = err
		}
		number = n
		return nil
	})
	if err != nil {
		return 0, err
	}
	if number == 0 && found == nil {
		found = errBroken
	}
	return number, found
}

func (t *track) readTrack(b []byte) (number uint64, film bool, err error) {
	var codec, private []byte
	kind, encoded := uint64(0), false
	numeral := func(data []byte) (v uint64) {
		for _, c := range data {
			v = v<<8 | uint64(c)
		}
		return v
	}
	if err := elements(b, func(id uint32, data []byte) error {
		switch id {
		case idNumber:
			number = numeral(data)
		case idType:
			kind = numeral(data)
		case idCodec:
			codec = data
		case idPrivate:
			private = data
		case idEncodings:
			encoded = true
		}
		return nil
	}); err != nil {
		return number, false, err
	}
	switch {
	case kind == 1:
		return number, true, nil
	case kind != 2 || string(codec) != "A_OPUS" || encoded:
		return number, false, errOther
	}
	return number, false, t.opusHead(private)
}

// elements calls visit for each element of a part that is read as a whole.
func elements(b []byte, visit func(id uint32, data []byte) error) error {
	for len(b) > 0 {
		e, used, err := parseElement(b)
		if err != nil {
			return errBroken
		}
		b = b[used:]
		if e.size < 0 || e.size > int64(len(b)) {
			return errBroken
		}
		if err := visit(e.id, b[:e.size]); err != nil {
			return err
		}
		b = b[e.size:]
	}
	return nil
}

// readBlock takes the packet of a block. Its time is not asked for: packets follow each other.
func (t *track) readBlock(s *source, e element, number uint64) error {
	if number == 0 {
		return errBroken
	}
	b, err := s.at(e.data, int(min(12, e.size)))
	if err != nil {
		return err
	}
	of, n, err := vint(b, 8, false)
	if err != nil || len(b) < n+3 {
		return errBroken
	}
	switch {
	case of != number:
		return errTracks
	case b[n+2]&0x06 != 0: // several packets in a block
		return errOther
	}
	head := int64(n + 3)
	return t.add(s, e.data+head, int(min(e.size-head, maxPacket+1)))
}

// clusterLength is how much sound stands together, in samples: who searches comes to its beginning.
const clusterLength = opusRate

// maker is what is said to have made a file.
const maker = "SwapNest"

// writeWebM writes the file with all sizes known, and the places of its parts before them.
func (t *track) writeWebM(p *player, w *bufio.Writer) error {
	sizes := t.clusters()
	head := join(number(0x4286, 1), number(0x42f7, 1), number(0x42f2, 4), number(0x42f3, 8), wrap(idDocType, []byte("webm")), number(0x4287, 4), number(0x4285, 2))
	info := join(number(0x2ad7b1, 1_000_000), wrap(0x4489, float(float64(t.samples-int64(t.preskip))/48)), wrap(0x4d80, []byte(maker)), wrap(0x5741, []byte(maker)))
	nanos := uint32(int64(t.preskip) * 1_000_000_000 / opusRate)                             //nolint:gosec // Below 1.4 s.
	sound := wrap(0xe1, join(wrap(0xb5, float(opusRate)), number(0x9f, uint32(t.channels)))) //nolint:gosec // 1 or 2.
	entry := join(number(idNumber, 1), number(0x73c5, 1), number(idType, 2), number(0x9c, 0), wrap(idCodec, []byte("A_OPUS")),
		number(0x56aa, nanos), number(0x56bb, 80_000_000), sound, wrap(idPrivate, t.writtenHead()))
	front := join(wrap(idInfo, info), wrap(idTracks, wrap(idTrack, entry)))
	front = append(front, t.cues(sizes, len(front))...)
	whole := len(front)
	for _, c := range sizes {
		whole += c.whole()
	}
	write := func(b []byte) error { _, err := w.Write(b); return err }
	if err := write(join(wrap(idHeader, head), opening(idSegment, whole), front)); err != nil {
		return err
	}
	for _, c := range sizes {
		if err := write(join(opening(idCluster, c.size), number(0xe7, c.time))); err != nil {
			return err
		}
		at := 0
		for range c.count {
			data, err := p.read()
			if err != nil {
				return err
			}
			// Track 1, the time behind the cluster's, and that it can be played from here.
			block := append(opening(idSimple, len(data)+4), 0x81, byte(at/48>>8), byte(at/48), 0x80) //nolint:gosec // Within a cluster.
			if err := write(block); err != nil {
				return err
			}
			if err := write(data); err != nil {
				return err
			}
			samples, _, _ := opusFrames(data)
			at += samples
		}
	}
	return nil
}

// cluster is one that is written.
type cluster struct {
	time  uint32 // milliseconds
	count int    // blocks
	size  int    // of what is in it
}

// whole is its size with its own beginning.
func (c cluster) whole() int { return len(opening(idCluster, c.size)) + c.size }

// clusters lays out the clusters.
func (t *track) clusters() []cluster {
	var all []cluster
	total, began := 0, 0
	for s := range t.sounds {
		if len(all) == 0 || total-began >= clusterLength {
			began = total
			all = append(all, cluster{time: uint32(total / 48), size: len(number(0xe7, uint32(total/48)))}) //nolint:gosec // Minutes.
		}
		c := &all[len(all)-1]
		c.count++
		c.size += len(opening(idSimple, s.size+4)) + 4 + s.size
		total += s.samples
	}
	return all
}

// cues says where each cluster is, counted from the beginning of the segment. before is what
// stands before the cues.
func (t *track) cues(all []cluster, before int) []byte {
	point := func(time uint32, at int) []byte {
		place := join(number(0xf7, 1), wrap(0xf1, binary.BigEndian.AppendUint32(nil, uint32(at)))) //nolint:gosec // Below maxBytes.
		return wrap(0xbb, join(wrap(0xb3, binary.BigEndian.AppendUint32(nil, time)), wrap(0xb7, place)))
	}
	length := len(all) * len(point(0, 0))
	at := before + len(opening(idCues, length)) + length
	var body []byte
	for _, c := range all {
		body = append(body, point(c.time, at)...)
		at += c.whole()
	}
	return wrap(idCues, body)
}

// opening is the beginning of an element.
func opening(id uint32, size int) []byte {
	var b []byte
	for shift := 24; shift >= 0; shift -= 8 {
		if id>>shift != 0 {
			b = append(b, byte(id>>shift)) //nolint:gosec // One byte after the other.
		}
	}
	if size < 0x3fff {
		return append(b, 0x40|byte(size>>8), byte(size)) //nolint:gosec // 14 bits.
	}
	return append(b, 0x08, byte(size>>24), byte(size>>16), byte(size>>8), byte(size)) //nolint:gosec // Below maxBytes.
}

// wrap is an element.
func wrap(id uint32, data []byte) []byte { return append(opening(id, len(data)), data...) }

// number is an element that is a number.
func number(id, v uint32) []byte { return wrap(id, binary.BigEndian.AppendUint32(nil, v)) }

func float(v float64) []byte { return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)) }

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
