package voice

// maxFrames is how many samples a packet of Opus may play for: 120 ms.
const maxFrames = 5760

// maxFrame is how many bytes a frame of Opus may have.
const maxFrame = 1275

// opusFrames tells how many samples a packet plays for and how many bytes fill it up at its end,
// or that it is none (RFC 6716, sections 3.1 and 3.4).
func opusFrames(p []byte) (samples, padding int, ok bool) {
	if len(p) == 0 {
		return 0, 0, false
	}
	frame := frameSamples(p[0] >> 3)
	rest := p[1:]
	switch p[0] & 3 {
	case 0:
		return frame, 0, len(rest) <= maxFrame
	case 1:
		return 2 * frame, 0, len(rest)%2 == 0 && len(rest) <= 2*maxFrame
	case 2:
		n, used, ok := frameLength(rest)
		second := len(rest) - used - n
		return 2 * frame, 0, ok && second >= 0 && second <= maxFrame
	}
	if len(rest) == 0 {
		return 0, 0, false
	}
	count := int(rest[0] & 63)
	if count == 0 || count*frame > maxFrames {
		return 0, 0, false
	}
	varies, padded := rest[0]&0x80 != 0, rest[0]&0x40 != 0
	rest = rest[1:]
	for padded {
		if len(rest) == 0 {
			return 0, 0, false
		}
		n := int(rest[0])
		rest = rest[1:]
		if padded = n == 255; padded {
			n = 254
		}
		padding += n
	}
	if padding > len(rest) {
		return 0, 0, false
	}
	return count * frame, padding, framesFit(rest[:len(rest)-padding], count, varies)
}

// framesFit tells whether as many frames fill the bytes, each with its length before it if these vary.
func framesFit(b []byte, count int, varies bool) bool {
	if !varies {
		return len(b)%count == 0 && len(b)/count <= maxFrame
	}
	sum := 0
	for range count - 1 {
		n, used, ok := frameLength(b)
		if !ok {
			return false
		}
		b, sum = b[used:], sum+n
	}
	last := len(b) - sum
	return last >= 0 && last <= maxFrame
}

// frameSamples is how many samples a frame has, by the configuration of its packet.
func frameSamples(config byte) int {
	switch {
	case config < 12:
		return [...]int{480, 960, 1920, 2880}[config&3]
	case config < 16:
		return 480 << (config & 1)
	}
	return 120 << (config & 3)
}

// frameLength reads how many bytes a frame has.
func frameLength(b []byte) (n, used int, ok bool) {
	switch {
	case len(b) == 0:
		return 0, 0, false
	case b[0] < 252:
		return int(b[0]), 1, true
	case len(b) == 1:
		return 0, 0, false
	}
	return int(b[0]) + 4*int(b[1]), 2, true
}
