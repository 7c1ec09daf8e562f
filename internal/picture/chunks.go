package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image/color"
	"io"
)

// maxExif bounds what is read of a chunk of metadata, in bytes: as much as fits into a JPEG.
const maxExif = 64 << 10

// pngHead is what the chunks of a PNG tell that its colour model does not.
type pngHead struct {
	interlaced  bool
	transparent bool // one of its colours is
	orientation int
}

// bytesPerPixel is how many bytes a pixel takes. A picture of which one colour is transparent
// is held with an alpha channel, and an interlaced one is put together from parts that together
// are as large as the whole.
func (h pngHead) bytesPerPixel(model color.Model) float64 {
	cost := 4.0
	switch {
	case model == color.GrayModel && !h.transparent:
		cost = 1
	case model == color.Gray16Model && !h.transparent:
		cost = 2
	case model == color.Gray16Model, model == color.RGBA64Model, model == color.NRGBA64Model:
		cost = 8
	}
	if h.interlaced {
		cost *= 2
	}
	return cost
}

// readPNGHead reads the chunks of a PNG (PNG Specification, third edition), as far as there are
// some.
func readPNGHead(r *bufio.Reader) pngHead {
	h := pngHead{orientation: 1}
	const signature, ihdr, exif = 8, 13, "eXIf"
	if _, err := r.Discard(signature); err != nil {
		return h
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return h
		}
		size, rest := int64(binary.BigEndian.Uint32(head[:])), int64(4) // the checksum
		switch name := string(head[4:]); {
		case name == "IHDR" && size == ihdr:
			var data [ihdr]byte
			if _, err := io.ReadFull(r, data[:]); err != nil {
				return h
			}
			h.interlaced, size = data[ihdr-1] != 0, 0
		case name == "tRNS":
			h.transparent = true
		case name == exif && size <= maxExif && h.orientation == 1:
			data := make([]byte, size)
			if _, err := io.ReadFull(r, data); err != nil {
				return h
			}
			h.orientation, size = orientationOf(data), 0
		case name == "IEND":
			return h
		}
		if !skip(r, size+rest) {
			return h
		}
	}
}

// webpFrame is where the first frame of an animated WebP stands.
type webpFrame struct {
	at, size      int64 // of its chunks, in bytes from the file's start
	width, height int
	alpha         bool // its first chunk is its alpha channel
	lossless      bool
}

// webpHead is what the chunks of a WebP tell.
type webpHead struct {
	size        int64 // bytes of the file, as it says
	alpha       bool  // an alpha channel stands beside the colours
	lossless    bool
	orientation int
	frame       webpFrame // its size is 0 in one that does not move
}

// readWebPHead reads the chunks of a WebP (RFC 9649), as far as there are some.
func readWebPHead(r *bufio.Reader) webpHead {
	h := webpHead{orientation: 1}
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return h
	}
	h.size = int64(binary.LittleEndian.Uint32(riff[4:]))
	const chunkHead, frameHead = 8, 16
	for at := int64(len(riff)); ; {
		var head [chunkHead]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return h
		}
		at += chunkHead
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		end := at + size + size&1
		switch name := string(head[:4]); {
		case name == "ALPH":
			h.alpha = true
		case name == "VP8L":
			h.lossless = true
		case name == "ANMF" && h.frame.size == 0 && size > frameHead+chunkHead:
			data, err := r.Peek(frameHead + chunkHead)
			if err != nil {
				return h
			}
			h.frame = webpFrame{
				at: at + frameHead, size: size - frameHead, width: 1 + uint24(data[6:]), height: 1 + uint24(data[9:]),
				alpha: string(data[frameHead:][:4]) == "ALPH", lossless: string(data[frameHead:][:4]) == "VP8L",
			}
		case name == "EXIF" && size <= maxExif && h.orientation == 1:
			data := make([]byte, size)
			if _, err := io.ReadFull(r, data); err != nil {
				return h
			}
			at += size
			// Some programs write it as it stands in a JPEG.
			h.orientation = max(orientation(data), orientationOf(data))
		}
		if !skip(r, end-at) {
			return h
		}
		at = end
	}
}

// skip reads over n bytes.
func skip(r *bufio.Reader, n int64) bool {
	_, err := io.CopyN(io.Discard, r, n)
	return err == nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// readWebP takes over what a WebP's chunks tell. A lossless picture, and an alpha channel, is
// unpacked in several layers, and by up to 2,600 groups of five trees that take 53 KB together;
// a bit in the file makes 16 bytes of them at most.
func (f *facts) readWebP(h webpHead, model color.Model) {
	const groups, group, perByte = 2600, 53 << 10, 128
	f.orientation, f.bytesPerPixel = h.orientation, 8
	if h.frame.size > 0 {
		f.frame, f.width, f.height = h.frame, h.frame.width, h.frame.height
		h.alpha, h.lossless, h.size = h.frame.alpha, h.frame.lossless, h.frame.size
	}
	if h.alpha || model == color.NYCbCrAModel {
		f.bytesPerPixel = 11
	}
	if h.lossless || h.alpha {
		tiles := (int64(f.width) + 3) / 4 * ((int64(f.height) + 3) / 4)
		f.extra = min(min(groups, tiles)*group, h.size*perByte)
	}
}

// still returns the frame as a file of its own.
func (f webpFrame) still(r io.ReadSeeker) (io.Reader, error) {
	if _, err := r.Seek(f.at, io.SeekStart); err != nil {
		return nil, err
	}
	const fixed, alphaBit = 4 + 18, 1 << 4
	head := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(fixed+f.size))
	head = append(head, "WEBPVP8X\x0a\x00\x00\x00"...)
	flags := byte(0)
	if f.alpha {
		flags = alphaBit
	}
	w, h := f.width-1, f.height-1
	head = append(head, flags, 0, 0, 0, byte(w), byte(w>>8), byte(w>>16), byte(h), byte(h>>8), byte(h>>16))
	return io.MultiReader(bytes.NewReader(head), io.LimitReader(r, f.size)), nil
}
