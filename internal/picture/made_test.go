package picture

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"math/rand/v2"
	"slices"
	"testing"
)

// noise is a picture that no encoder makes small.
func noise(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(r.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// moving is an animation of so many frames, which differ.
func moving(tb testing.TB, w, h, frames int) *gif.GIF {
	tb.Helper()
	all := &gif.GIF{Config: image.Config{Width: w, Height: h}, LoopCount: 3}
	for i := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{red, blue, color.RGBA{0, 255, 0, 255}})
		for at := range frame.Pix {
			frame.Pix[at] = byte((at + i) % 2)
		}
		all.Image, all.Delay = append(all.Image, frame), append(all.Delay, 7+i%3)
		all.Disposal = append(all.Disposal, gif.DisposalNone)
	}
	return all
}

func gifOf(tb testing.TB, all *gif.GIF) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, all); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// again repeats the only frame of a GIF.
func again(data []byte, frames int) []byte {
	const head = 13
	return slices.Concat(data[:head], bytes.Repeat(data[head:len(data)-1], frames), data[len(data)-1:])
}

// chunk makes a chunk of a PNG.
func chunk(name string, data []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	c = append(append(c, name...), data...)
	return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
}

// withChunk puts a chunk behind the head of a PNG.
func withChunk(data []byte, name string, content []byte) []byte {
	return slices.Concat(data[:33], chunk(name, content), data[33:])
}

// tiff notes an orientation, and a place.
func tiff(orientation uint16) []byte {
	exif := withExif([]byte("\xff\xd8"), orientation, binary.BigEndian)
	return exif[bytes.Index(exif, []byte("MM\x00*")):]
}

// frameOf is a GIF of one frame that says how large it is, and holds nothing.
func frameOf(w, h uint16) []byte {
	size := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, w), h)
	return slices.Concat([]byte("GIF89a"), size, []byte{0x80, 0, 0}, make([]byte, 6), []byte{0x2c, 0, 0, 0, 0}, size, []byte{0, 2, 1, 0x44, 0, 0x3b})
}

// losslessWebP is a VP8L chunk's content of 40 by 20 pixels of one colour: each of its five
// trees has a single symbol.
func losslessWebP() []byte {
	var b bits
	b.put(0x2f, 8)
	b.put(39, 14)
	b.put(19, 14)
	b.put(0, 1+3) // no alpha, version 0
	b.put(0, 3)   // no transform, no cache of colours, one group
	for range 5 {
		b.put(1, 1) // a simple tree
		b.put(0, 1) // of one symbol
		b.put(0, 1) // of one bit
		b.put(0, 1) // which is 0
	}
	return append(b.bytes, 0, 0)
}

// bits are written lowest first.
type bits struct {
	bytes []byte
	used  int
}

func (b *bits) put(value uint32, n int) {
	for i := range n {
		if b.used%8 == 0 {
			b.bytes = append(b.bytes, 0)
		}
		b.bytes[b.used/8] |= byte(value>>i&1) << (b.used % 8)
		b.used++
	}
}

func webpChunk(name string, data []byte) []byte {
	c := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	c = append(c, data...)
	if len(data)%2 == 1 {
		c = append(c, 0)
	}
	return c
}

// webpWith is a WebP of 40 by 20 pixels with further chunks.
func webpWith(chunks ...[]byte) []byte {
	return webpOf(0, slices.Concat(webpChunk("VP8L", losslessWebP()), slices.Concat(chunks...)))
}

func webpOf(flags byte, chunks []byte) []byte {
	body := slices.Concat([]byte("WEBP"), webpChunk("VP8X", []byte{flags, 0, 0, 0, 39, 0, 0, 19, 0, 0}), chunks)
	return slices.Concat([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body)
}

// manyScans is a progressive JPEG of so many scans, which hold nothing.
func manyScans(tb testing.TB, w, h uint16, scans int) []byte {
	tb.Helper()
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, h), w)
	// One quantisation table, one Huffman table each for DC and AC with a single code.
	data := slices.Concat([]byte("\xff\xd8\xff\xdb\x00\x43\x00"), bytes.Repeat([]byte{1}, 64),
		[]byte("\xff\xc2\x00\x0b\x08"), size, []byte("\x01\x01\x11\x00"))
	table := func(class byte, symbol byte) []byte {
		return slices.Concat([]byte{0xff, 0xc4, 0, 20, class << 4, 1}, make([]byte, 15), []byte{symbol})
	}
	data = slices.Concat(data, table(0, 0), table(1, 0xe0)) // runs of 2^14 blocks that are empty, and 14 bits more
	blocks := (int(w) + 7) / 8 * ((int(h) + 7) / 8)
	runs := blocks/(1<<15-1) + 1
	var scan []byte
	// Each code is a 0 and 14 bits of 1: 2^15-1 blocks.
	var bit, length uint32
	for range runs {
		for i := range 15 {
			bit = bit<<1 | uint32(min(1, i))
			if length++; length == 8 {
				if scan = append(scan, byte(bit)); byte(bit) == 0xff {
					scan = append(scan, 0)
				}
				bit, length = 0, 0
			}
		}
	}
	scan = append(scan, byte(bit<<(8-length))|byte(1<<(8-length)-1)>>1)
	ac := slices.Concat([]byte{0xff, 0xda, 0, 8, 1, 1, 0, 1, 1, 0}, scan)
	// The first scan of a progressive one is of DC: a bit for each block.
	dc := slices.Concat([]byte{0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0}, make([]byte, (blocks+7)/8))
	return slices.Concat(data, dc, bytes.Repeat(ac, scans-1), []byte("\xff\xd9"))
}
