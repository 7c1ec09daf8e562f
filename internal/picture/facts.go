package picture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"

	"swapnest/internal/chat"
)

// facts are what the head of a file says, before anything of it is decoded.
type facts struct {
	width, height int
	bytesPerPixel float64 // that decoding takes, at most
	orientation   int     // 1 to 8, as Exif numbers them
}

// check refuses a picture that would cost too much to decode.
func (f facts) check() error {
	if f.width <= 0 || f.height <= 0 {
		return broken()
	}
	if int64(f.width)*int64(f.height) > chat.MaxPhotoPixels || f.cost() > memory {
		return tooMuch()
	}
	return nil
}

// cost is how much memory decoding takes, in bytes.
func (f facts) cost() int64 {
	return max(1, int64(float64(f.width)*float64(f.height)*f.bytesPerPixel))
}

// inspect reads the head of a file, whatever its name says.
func inspect(r io.ReadSeeker) (facts, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return facts{}, fmt.Errorf("read an upload: %w", err)
	}
	config, kind, err := image.DecodeConfig(r)
	if err != nil {
		return facts{}, unknown()
	}
	f := facts{width: config.Width, height: config.Height, orientation: 1}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return facts{}, fmt.Errorf("read an upload: %w", err)
	}
	head := bufio.NewReader(r)
	switch kind {
	case "jpeg":
		h, err := readJPEGHead(head)
		if err != nil {
			return facts{}, broken()
		}
		f.bytesPerPixel, f.orientation = h.bytesPerPixel(), h.orientation
	case "png":
		f.bytesPerPixel = pngCost(head, config.ColorModel)
	case "gif":
		f.bytesPerPixel = 2
	case "webp":
		// A lossless one is unpacked in several layers.
		f.bytesPerPixel = 8
	default:
		return facts{}, unknown()
	}
	return f, nil
}

// pngCost is how many bytes a pixel takes. An interlaced picture is put together from
// parts that together are as large as the whole.
func pngCost(head *bufio.Reader, model color.Model) float64 {
	cost := 4.0
	switch model {
	case color.GrayModel:
		cost = 1
	case color.Gray16Model:
		cost = 2
	case color.RGBA64Model, color.NRGBA64Model:
		cost = 8
	}
	const interlace = 28 // in IHDR, which comes first
	if data, err := head.Peek(interlace + 1); err == nil && data[interlace] != 0 {
		cost *= 2
	}
	return cost
}

// jpegHead is what the segments before a JPEG's first scan tell.
type jpegHead struct {
	progressive bool
	sampling    []byte // of each component, horizontal and vertical in four bits each
	orientation int
}

// bytesPerPixel is what Go's decoder takes: a byte for each sample, four more for each
// when they come in several scans, and four for a pixel that is not in Y'CbCr.
func (h jpegHead) bytesPerPixel() float64 {
	var most, samples float64
	for _, s := range h.sampling {
		area := float64(s>>4) * float64(s&15)
		most, samples = max(most, area), samples+area
	}
	if most == 0 {
		return 0
	}
	cost := samples / most
	if len(h.sampling) > 1 && cost > 2 {
		// Full or unusual sampling: it may be held at full size, and be converted.
		cost = max(cost, float64(len(h.sampling))) + 4
	}
	if h.progressive {
		cost += 4 * samples / most
	}
	return cost
}

// readJPEGHead reads the segments up to the first scan (ITU-T T.81, annex B).
func readJPEGHead(r *bufio.Reader) (jpegHead, error) {
	h := jpegHead{orientation: 1}
	if _, err := r.Discard(2); err != nil {
		return h, errShort
	}
	for {
		marker, err := nextMarker(r)
		if err != nil {
			return h, err
		}
		const startOfScan, endOfImage, app1 = 0xda, 0xd9, 0xe1
		switch {
		case marker == startOfScan || marker == endOfImage:
			return h, nil
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd8:
			continue // these stand alone
		}
		var size [2]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return h, errShort
		}
		segment := make([]byte, max(0, int(binary.BigEndian.Uint16(size[:]))-2))
		if _, err := io.ReadFull(r, segment); err != nil {
			return h, errShort
		}
		switch {
		case marker >= 0xc0 && marker <= 0xc2:
			h.progressive = marker == 0xc2
			h.sampling = samplings(segment)
		case marker == app1 && h.orientation == 1:
			h.orientation = orientation(segment)
		}
	}
}

// nextMarker skips to the next marker, over what fills the room before it.
func nextMarker(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, errShort
		}
		for b == 0xff {
			if b, err = r.ReadByte(); err != nil {
				return 0, errShort
			}
			if b != 0 && b != 0xff {
				return b, nil
			}
		}
	}
}

// samplings reads the components of a frame header.
func samplings(frame []byte) []byte {
	const fixed = 6
	if len(frame) < fixed {
		return nil
	}
	var all []byte
	for i := range int(frame[5]) {
		at := fixed + 3*i + 1
		if at >= len(frame) {
			return nil
		}
		all = append(all, frame[at])
	}
	return all
}

// orientation returns how a camera was held, as an APP1 segment with Exif notes it; 1 for
// whatever else the segment holds.
func orientation(segment []byte) int {
	const header = "Exif\x00\x00"
	if len(segment) < len(header)+8 || string(segment[:len(header)]) != header {
		return 1
	}
	tiff := segment[len(header):]
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	const tag, short, entry = 0x0112, 3, 12
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entry {
			return 1
		}
		if order.Uint16(entries) == tag {
			n := order.Uint16(entries[8:])
			if order.Uint16(entries[2:]) != short || n < 1 || n > 8 {
				return 1
			}
			return int(n)
		}
		entries = entries[entry:]
	}
	return 1
}
