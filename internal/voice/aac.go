package voice

// aacRates are the rates of the MPEG-4 table, by their index (ISO 14496-3, table 1.18).
var aacRates = [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// maxConfig is how many bytes the configuration of AAC may have: 5 of the plain one, a few more
// where the upper half of the sound is made up by the decoder.
const maxConfig = 8

// aacConfig takes the decoder's configuration from the descriptors of a file (ISO 14496-1,
// section 7.2.6.5) and looks whether it is one that is played here.
func (t *track) aacConfig(esds []byte) error {
	if len(esds) < 4 {
		return errBroken
	}
	es, ok := descriptor(esds[4:], 3)
	if !ok || len(es) < 3 {
		return errBroken
	}
	if es[2]&0xe0 != 0 { // streams that depend on others
		return errOther
	}
	decoder, ok := descriptor(es[3:], 4)
	if !ok || len(decoder) < 13 {
		return errBroken
	}
	if decoder[0] != 0x40 { // MP3 and others in the same wrapping
		return errOther
	}
	config, ok := descriptor(decoder[13:], 5)
	if !ok || len(config) < 2 {
		return errBroken
	}
	if len(config) > maxConfig {
		return errOther
	}
	b := bitReader{data: config}
	kind, index := b.take(5), b.take(4)
	if index >= len(aacRates) {
		return errOther
	}
	channels := b.take(4)
	if kind == 5 || kind == 29 { // the rate of the whole sound, and what the core is
		if b.take(4) == 15 {
			b.take(24)
		}
		kind = b.take(5)
	}
	// Frames of 960 samples, and what depends on another core, no browser records.
	if kind != 2 || channels < 1 || channels > 2 || b.take(2) != 0 || b.short {
		return errOther
	}
	t.aac, t.rate, t.channels = append([]byte(nil), config...), aacRates[index], channels
	return nil
}

// descriptor returns what is in the descriptor of a kind that the bytes begin with.
func descriptor(b []byte, kind byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != kind {
		return nil, false
	}
	size, i := 0, 1
	for ; i < len(b) && i <= 4; i++ {
		size = size<<7 | int(b[i]&0x7f)
		if b[i]&0x80 == 0 {
			break
		}
	}
	i++
	if i > len(b) || size > len(b)-i {
		return nil, false
	}
	return b[i : i+size], true
}

// bitReader reads numbers of some bits, the high ones first. Beyond the end it reads 0 and is short.
type bitReader struct {
	data  []byte
	pos   int
	short bool
}

func (b *bitReader) take(n int) int {
	v := 0
	for range n {
		v <<= 1
		if b.pos >= 8*len(b.data) {
			b.short = true
			continue
		}
		v |= int(b.data[b.pos/8]>>(7-b.pos%8)) & 1
		b.pos++
	}
	return v
}

// aacGain is how loud a packet is, as its first channel's global gain says it, in steps of 1.5 dB
// (ISO 14496-3, table 4.50); -1 when that cannot be told. Encoders set it so that what is left of
// the spectrum fits their bits, so it goes up and down with the sound. On the way there it wipes
// what some encoders write of themselves before the sound.
func aacGain(packet []byte) int {
	b := bitReader{data: packet}
	for {
		switch b.take(3) {
		case 0: // one channel
			b.take(4)
			return b.gain()
		case 1: // two
			b.take(4)
			if b.take(1) == 1 {
				b.commonWindow()
			}
			return b.gain()
		case 6: // filled up: with nothing, words of the encoder's, or what belongs to the sound
			n := b.take(4)
			if n == 15 {
				n += b.take(8) - 1
			}
			if from := b.pos; n > 0 && b.take(4) < 11 {
				b.clear(from, 8*n)
			} else {
				b.pos = from + 8*n
			}
		default:
			return -1
		}
		if b.short {
			return -1
		}
	}
}

// clear wipes n bits from a place on and goes behind them.
func (b *bitReader) clear(from, n int) {
	for b.pos = from; b.pos < from+n && b.pos < 8*len(b.data); b.pos++ {
		b.data[b.pos/8] &^= 0x80 >> (b.pos % 8)
	}
}

func (b *bitReader) gain() int {
	gain := b.take(8)
	if b.short {
		return -1
	}
	return gain
}

// commonWindow passes over what two channels share (ISO 14496-3, tables 4.5 and 4.6).
func (b *bitReader) commonWindow() {
	b.take(1)
	short := b.take(2) == 2
	b.take(1)
	bands, groups := 0, 1
	if short {
		bands = b.take(4)
		for range 7 {
			groups += 1 - b.take(1)
		}
	} else {
		bands = b.take(6)
		b.take(1)
	}
	if b.take(2) == 1 {
		b.take(bands * groups)
	}
}
