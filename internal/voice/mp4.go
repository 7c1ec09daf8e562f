package voice

import (
	"encoding/binary"
)

// box is a box of MP4 (ISO 14496-12, section 4.2).
type box struct {
	kind  string
	begin int64
	data  int64 // where what is in it begins
	end   int64
}

// mp4Reader is what is found out of a file on the way to its packets.
type mp4Reader struct {
	t       *track
	s       *source
	parts   int
	tracks  int
	id      uint32 // of the track
	entries bool   // there is a description of its sound
	films   bool
	deflt   uint32 // size of a sample where a fragment tells none
	known   bool   // there is a default
}

// readMP4 reads a file whose packets are listed at one place, or in each of its fragments.
func (t *track) readMP4(s *source) error {
	m := &mp4Reader{t: t, s: s}
	movie := false
	err := m.boxes(0, s.size, func(b box) error {
		switch {
		case b.kind == "moov" && movie:
			return errBroken
		case b.kind == "moov":
			movie = true
			return m.movie(b)
		case b.kind == "moof" && !movie:
			return errBroken
		case b.kind == "moof":
			return m.fragment(b)
		}
		return nil
	})
	if err == nil && !movie {
		err = errCut
	}
	return err
}

// boxes calls visit for each box from off to end. No box may reach beyond the end.
func (m *mp4Reader) boxes(off, end int64, visit func(box) error) error {
	for off < end {
		if m.parts++; m.parts > maxParts {
			return errBroken
		}
		head, err := m.s.at(off, 8)
		if err != nil {
			return err
		}
		b := box{kind: string(head[4:]), begin: off, data: off + 8}
		size := uint64(binary.BigEndian.Uint32(head))
		switch size {
		case 0: // up to the end of the file
			size = uint64(m.s.size - off) //nolint:gosec // Within the file.
		case 1:
			if head, err = m.s.at(off+8, 8); err != nil {
				return err
			}
			size, b.data = binary.BigEndian.Uint64(head), off+16
		}
		if size > uint64(end-off) { //nolint:gosec // Within the file.
			return errCut
		}
		b.end = off + int64(size)
		if b.end < b.data {
			return errBroken
		}
		if err := visit(b); err != nil {
			return err
		}
		off = b.end
	}
	return nil
}

// movie reads the box that says what the tracks are.
func (m *mp4Reader) movie(b box) error {
	var table *box
	err := m.boxes(b.data, b.end, func(b box) error {
		switch b.kind {
		case "trak":
			m.tracks++
			return m.boxes(b.data, b.end, func(b box) error { return m.trackPart(b, &table) })
		case "mvex":
			return m.boxes(b.data, b.end, func(b box) error {
				if b.kind != "trex" {
					return nil
				}
				size, err := m.s.u32(b.data + 16)
				m.deflt, m.known = size, size != 0
				return err
			})
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case m.films:
		return errVideo
	case m.tracks > 1:
		return errTracks
	case table == nil:
		return errOther
	}
	return m.table(*table)
}

// trackPart reads a part of a track, down to its table of samples.
func (m *mp4Reader) trackPart(b box, table **box) error {
	switch b.kind {
	case "tkhd":
		head, err := m.s.at(b.data, 4)
		if err != nil {
			return err
		}
		at := b.data + 12 // behind two times of 4 bytes
		if head[0] == 1 {
			at = b.data + 20
		}
		m.id, err = m.s.u32(at)
		return err
	case "mdia":
		return m.boxes(b.data, b.end, func(b box) error {
			switch b.kind {
			case "hdlr":
				kind, err := m.s.at(b.data+8, 4)
				m.films = m.films || err == nil && string(kind) == "vide"
				return err
			case "minf":
				return m.boxes(b.data, b.end, func(b box) error {
					if b.kind == "stbl" {
						*table = &b
					}
					return nil
				})
			}
			return nil
		})
	}
	return nil
}

// described is whether the one description of sound is one that is played here.
func (m *mp4Reader) described(b box) error {
	count, err := m.s.u32(b.data + 4)
	if err != nil {
		return err
	}
	if count != 1 {
		return errOther
	}
	return m.boxes(b.data+8, b.end, func(entry box) error {
		if m.entries {
			return errOther
		}
		head, err := m.s.at(entry.data, 28)
		if err != nil {
			return err
		}
		if entry.kind != "Opus" && entry.kind != "mp4a" || binary.BigEndian.Uint16(head[8:]) != 0 {
			return errOther // another codec, sound that is encrypted, or the way of QuickTime
		}
		return m.boxes(entry.data+28, entry.end, func(b box) error {
			switch {
			case entry.kind == "Opus" && b.kind == "dOps" && b.end-b.data >= 11:
				c, err := m.s.at(b.data, 11)
				if err != nil {
					return err
				}
				m.entries = true
				return m.t.opus(int(c[1]), int(binary.BigEndian.Uint16(c[2:])), c[10])
			case entry.kind == "mp4a" && b.kind == "esds" && b.end-b.data <= 1024:
				c, err := m.s.at(b.data, int(b.end-b.data))
				if err != nil {
					return err
				}
				m.entries = true
				return m.t.aacConfig(c)
			}
			return nil
		})
	})
}
