package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"swapnest/internal/chat"
)

// facts are what the head of a file says, before anything of it is decoded.
type facts struct {
	kind          string // jpeg, png, gif or webp
	width, height int    // of the picture that is decoded, which of an animation is its first frame
	bytesPerPixel float64
	extra         int64 // bytes that decoding takes beside its pixels, at most
	scans, blocks int64 // of a progressive JPEG: how many, and how many blocks all of them go through
	orientation   int   // 1 to 8, as Exif numbers them
	gif           gifShape
	frame         webpFrame // the first one of an animated WebP
}

// check refuses a picture that would cost too much to decode.
func (f facts) check() error {
	if f.width <= 0 || f.height <= 0 {
		return broken()
	}
	if int64(f.width)*int64(f.height) > chat.MaxPhotoPixels || f.pixels() > memory || f.pixels()+f.extra > alone {
		return tooMuch()
	}
	if f.scans > maxScans || f.blocks > maxBlocks {
		return tooMuch()
	}
	return nil
}

// pixels is how much memory the decoded picture takes, in bytes.
func (f facts) pixels() int64 {
	return max(1, int64(float64(f.width)*float64(f.height)*f.bytesPerPixel))
}

// cost is how much memory making a still takes, in bytes: what is decoded, what it is shrunk
// to, and that once more upright and once on white.
func (f facts) cost() int64 {
	w, h := shrunk(f.width, f.height, fullEdge)
	small := float64(fullEdge) / float64(max(w, h, fullEdge))
	area := float64(w) * float64(h)
	return f.pixels() + f.extra + int64(4*area*(1+3*small*small))
}

// inspect reads the head of a file, whatever its name says.
func inspect(r io.ReadSeeker) (facts, error) {
	head, err := fromStart(r)
	if err != nil {
		return facts{}, err
	}
	config, kind, err := image.DecodeConfig(head)
	switch {
	case errors.Is(err, image.ErrFormat):
		return facts{}, unknown()
	case err != nil:
		return facts{}, broken()
	}
	f := facts{kind: kind, width: config.Width, height: config.Height, orientation: 1}
	if head, err = fromStart(r); err != nil {
		return facts{}, err
	}
	switch kind {
	case "jpeg":
		h, err := readJPEGHead(head)
		if err != nil {
			return facts{}, broken()
		}
		f.bytesPerPixel, f.orientation = h.bytesPerPixel(), h.orientation
		if h.progressive {
			if head, err = fromStart(r); err != nil {
				return facts{}, err
			}
			if err := f.countScans(head); err != nil {
				return facts{}, err
			}
		}
	case "png":
		h := readPNGHead(head)
		f.bytesPerPixel, f.orientation = h.bytesPerPixel(config.ColorModel), h.orientation
	case "gif":
		f.gif = parseGIF(head)
		if f.gif.frames == 0 {
			return facts{}, broken()
		}
		// What the screen is said to measure is not decoded, a frame is.
		f.width, f.height, f.bytesPerPixel = f.gif.first.X, f.gif.first.Y, 2
	case "webp":
		f.readWebP(readWebPHead(head), config.ColorModel)
	default:
		return facts{}, unknown()
	}
	return f, nil
}

// fromStart returns a reader of all of an upload.
func fromStart(r io.ReadSeeker) (*bufio.Reader, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read an upload: %w", err)
	}
	return bufio.NewReader(r), nil
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
	tiff, ours := bytes.CutPrefix(segment, []byte(header))
	if !ours {
		return 1
	}
	return orientationOf(tiff)
}

// orientationOf reads it from the bytes that JPEG, PNG and WebP alike keep Exif in.
func orientationOf(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
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
