package voice

import (
	"bufio"
	"encoding/binary"
)

// writeMP4 writes the file without fragments, with the list of its packets before them, and
// without any time of its making.
func (t *track) writeMP4(p *player, w *bufio.Writer) error {
	kind := atom("ftyp", []byte("M4A \x00\x00\x00\x00M4A isomiso2mp42"))
	// The list says where the packets begin, which does not change how long it is.
	front := len(kind) + len(t.movie(0)) + 8
	head := join(kind, t.movie(front))
	head = binary.BigEndian.AppendUint32(head, uint32(t.bytes+8)) //nolint:gosec // Below maxBytes.
	if _, err := w.Write(append(head, "mdat"...)); err != nil {
		return err
	}
	for range t.sounds {
		data, err := p.read()
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return nil
}

// identity turns no picture in no direction; every file has it.
var identity = u32s(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

// movie is the box that says everything, with the packets from at on.
func (t *track) movie(at int) []byte {
	whole, skipped := uint32(t.samples), uint32(t.preskip) //nolint:gosec // Minutes.
	length := whole - skipped
	rate := uint32(t.rate) //nolint:gosec // Of a table.
	head := atom("mvhd", u32s(0, 0, 0, rate, length, 0x10000), []byte{1, 0}, make([]byte, 10), identity, make([]byte, 24), u32s(2))
	track := atom("tkhd", u32s(7, 0, 0, 1, 0, length, 0, 0, 0), []byte{1, 0, 0, 0}, identity, u32s(0, 0))
	edit := atom("edts", atom("elst", u32s(0, 1, length, skipped, 0x10000)))    // from where on it is played
	media := atom("mdhd", u32s(0, 0, 0, rate, whole), []byte{0x55, 0xc4, 0, 0}) // no language
	handler := atom("hdlr", u32s(0, 0), []byte("soun"), u32s(0, 0, 0), []byte{0})
	sound := atom("smhd", u32s(0, 0))
	data := atom("dinf", atom("dref", u32s(0, 1), atom("url ", u32s(1))))
	info := atom("minf", sound, data, t.sampleTable(at))
	return atom("moov", head, atom("trak", track, edit, atom("mdia", media, handler, info)))
}

// sampleTable describes the sound and lists the packets, which stand in one piece.
func (t *track) sampleTable(at int) []byte {
	var sizes, times []byte
	count, runs := uint32(0), uint32(0)
	last, run := -1, uint32(0)
	for s := range t.sounds {
		if s.samples != last {
			if run > 0 {
				times = append(times, u32s(run, uint32(last))...) //nolint:gosec // At most maxFrames.
				runs++
			}
			last, run = s.samples, 0
		}
		run++
		count++
		sizes = binary.BigEndian.AppendUint32(sizes, uint32(s.size)) //nolint:gosec // At most maxPacket.
	}
	times = append(times, u32s(run, uint32(last))...) //nolint:gosec // At most maxFrames.
	return atom("stbl",
		atom("stsd", u32s(0, 1), t.entry()),
		atom("stts", u32s(0, runs+1), times),
		atom("stsc", u32s(0, 1, 1, count, 1)),
		atom("stsz", u32s(0, 0, count), sizes),
		atom("stco", u32s(0, 1, uint32(at)))) //nolint:gosec // Below maxBytes.
}

// entry describes the sound.
func (t *track) entry() []byte {
	head := []byte{0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(t.channels), 0, 16, 0, 0, 0, 0} //nolint:gosec // 1 or 2.
	// 16 bits with as many behind the point: rates above are not told here.
	rate := u32s(uint32(min(t.rate, 0xffff)) << 16) //nolint:gosec // 16 bits.
	if t.aac == nil {
		opus := []byte{0, byte(t.channels), byte(t.preskip >> 8), byte(t.preskip), 0, 0, 0xbb, 0x80, 0, 0, 0} //nolint:gosec // 16 bits of a header.
		return atom("Opus", head, rate, atom("dOps", opus))
	}
	mean := uint32(t.bytes * 8 * int64(t.rate) / max(1, t.samples)) //nolint:gosec // Bits in a second.
	config := describe(5, t.aac)
	decoder := describe(4, join([]byte{0x40, 0x15, 0, 0, 0}, u32s(mean, mean), config))
	es := describe(3, join([]byte{0, 1, 0}, decoder, describe(6, []byte{2})))
	return atom("mp4a", head, rate, atom("esds", u32s(0), es))
}

// describe is a descriptor of fewer than 128 bytes.
func describe(kind byte, data []byte) []byte { return append([]byte{kind, byte(len(data))}, data...) } //nolint:gosec // Below 128.

// atom is a box.
func atom(kind string, parts ...[]byte) []byte {
	body := join(parts...)
	return join(u32s(uint32(len(body)+8)), []byte(kind), body) //nolint:gosec // Below maxBytes.
}

func u32s(all ...uint32) []byte {
	var b []byte
	for _, v := range all {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}
