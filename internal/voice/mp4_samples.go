package voice

import (
	"encoding/binary"
)

// table reads where the packets stand of a file without fragments. With fragments it is empty.
func (m *mp4Reader) table(b box) error {
	var sizes, runs, places box
	if err := m.boxes(b.data, b.end, func(b box) error {
		switch b.kind {
		case "stsd":
			return m.described(b)
		case "stsz":
			sizes = b
		case "stsc":
			runs = b
		case "stco", "co64":
			places = b
		}
		return nil
	}); err != nil {
		return err
	}
	if !m.entries || sizes.kind == "" {
		return errOther
	}
	same, err := m.s.u32(sizes.data + 4)
	if err != nil {
		return err
	}
	total, err := m.count(sizes, 8, 4)
	if same != 0 {
		total, err = m.count(sizes, 8, 0)
	}
	if total == 0 || err != nil {
		return err
	}
	return m.samples(sizes, runs, places, same, total)
}

// count reads how many entries a table has, behind skip bytes, and that they are there: width
// bytes each.
func (m *mp4Reader) count(b box, skip, width int64) (int, error) {
	if b.kind == "" {
		return 0, errBroken
	}
	n, err := m.s.u32(b.data + skip)
	if err != nil {
		return 0, err
	}
	if n > maxParts || int64(n)*width > b.end-b.data-skip-4 {
		return 0, errBroken
	}
	return int(n), nil
}

// samples takes the packets chunk by chunk. A run says from which chunk on there are how many of
// them in each.
func (m *mp4Reader) samples(sizes, runs, places box, same uint32, total int) error {
	width := int64(4)
	if places.kind == "co64" {
		width = 8
	}
	chunks, err := m.count(places, 4, width)
	if err != nil {
		return err
	}
	left, err := m.count(runs, 4, 12)
	if err != nil || left == 0 {
		return errBroken
	}
	// The tables are read to memory, of 4 bytes an entry: they stand far from each other.
	all := make([]uint32, total)
	for i := range all {
		if all[i] = same; same == 0 {
			if all[i], err = m.s.u32(sizes.data + 12 + 4*int64(i)); err != nil {
				return err
			}
		}
	}
	offsets := make([]uint32, chunks)
	for i := range offsets {
		at := places.data + 8 + width*int64(i)
		if width == 8 {
			high, err := m.s.u32(at)
			if err != nil || high != 0 {
				return errBroken
			}
			at += 4
		}
		if offsets[i], err = m.s.u32(at); err != nil {
			return err
		}
	}
	perChunk := make([]uint32, chunks)
	for i := range left {
		at := runs.data + 8 + 12*int64(i)
		from, err := m.s.u32(at)
		if err != nil {
			return err
		}
		n, err := m.s.u32(at + 4)
		if err != nil {
			return err
		}
		// Each run goes on to the last chunk, unless another one begins.
		if from == 0 || (i == 0) != (from == 1) || n > maxParts {
			return errBroken
		}
		if from <= uint32(chunks) { //nolint:gosec // Bounded by count.
			perChunk[from-1] = n + 1
		}
	}
	next, n := 0, uint32(0)
	for i, off := range offsets {
		if perChunk[i] != 0 {
			n = perChunk[i] - 1
		}
		at := int64(off)
		for k := uint32(0); k < n && next < total; k++ {
			if err := m.add(at, all[next]); err != nil {
				return err
			}
			at += int64(all[next])
			next++
		}
	}
	if next < total {
		return errCut
	}
	return nil
}

func (m *mp4Reader) add(off int64, size uint32) error {
	return m.t.add(m.s, off, int(min(size, maxPacket+1)))
}

// fragment reads a fragment's list of packets.
func (m *mp4Reader) fragment(moof box) error {
	tracks := 0
	return m.boxes(moof.data, moof.end, func(b box) error {
		if b.kind != "traf" {
			return nil
		}
		if tracks++; tracks > 1 {
			return errTracks
		}
		at, size := moof.begin, m.deflt
		headed := false
		return m.boxes(b.data, b.end, func(b box) error {
			var err error
			switch {
			case b.kind == "tfhd" && !headed:
				headed = true
				at, size, err = m.fragmentHead(b, at, size)
			case b.kind == "trun" && headed:
				at, err = m.run(b, moof.begin, at, size)
			case b.kind == "tfhd" || b.kind == "trun":
				err = errBroken
			}
			return err
		})
	})
}

// fragmentHead returns where the packets of a fragment begin, and their size where none is told.
func (m *mp4Reader) fragmentHead(b box, at int64, size uint32) (int64, uint32, error) {
	flags, err := m.s.u32(b.data)
	if err != nil {
		return 0, 0, err
	}
	id, err := m.s.u32(b.data + 4)
	if err != nil {
		return 0, 0, err
	}
	if id != m.id {
		return 0, 0, errTracks
	}
	off := b.data + 8
	if flags&0x1 != 0 {
		raw, err := m.s.at(off, 8)
		if err != nil {
			return 0, 0, err
		}
		base := binary.BigEndian.Uint64(raw)
		if base > maxBytes {
			return 0, 0, errBroken
		}
		at = int64(base)
		off += 8
	}
	for _, bit := range []uint32{0x2, 0x8} { // the description and the duration are passed over
		if flags&bit != 0 {
			off += 4
		}
	}
	if flags&0x10 != 0 {
		if size, err = m.s.u32(off); err != nil {
			return 0, 0, err
		}
	}
	return at, size, nil
}

// run takes a run of packets and returns where the next one begins.
func (m *mp4Reader) run(b box, base, at int64, size uint32) (int64, error) {
	flags, err := m.s.u32(b.data)
	if err != nil {
		return 0, err
	}
	width := int64(0)
	before := int64(0) // of the size, in an entry
	for _, bit := range []uint32{0x100, 0x200, 0x400, 0x800} {
		if flags&bit != 0 {
			width += 4
		}
	}
	if flags&0x100 != 0 {
		before = 4
	}
	n, err := m.count(b, 4, width)
	if err != nil {
		return 0, err
	}
	off := b.data + 8
	if flags&0x1 != 0 {
		distance, err := m.s.u32(off)
		if err != nil {
			return 0, err
		}
		at = base + int64(int32(distance)) //nolint:gosec // It has a sign.
		off += 4
	}
	if flags&0x4 != 0 {
		off += 4
	}
	for i := range n {
		if flags&0x200 != 0 {
			if size, err = m.s.u32(off + int64(i)*width + before); err != nil {
				return 0, err
			}
		}
		if err := m.add(at, size); err != nil {
			return 0, err
		}
		at += int64(size)
	}
	return at, nil
}
