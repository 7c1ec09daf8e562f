package corpus

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
)

// Bombs ask for much more memory than they have bytes: some are refused by their head, others fill
// all that decoders may take.
func Bombs() []File {
	shot, grey, web := pngOf(screenshot()), zeros(8000, 8000, 8, 0), losslessWebP(4000, 4000)
	return []File{
		{What: "a PNG that says it has 30,000 by 30,000 pixels", Name: "a.png", Type: "image/png", Data: pngClaim(shot, 30_000, 30_000)},
		{What: "a PNG of 2 by 2^30 pixels", Name: "a.png", Type: "image/png", Data: pngClaim(shot, 2, 1<<30)},
		{What: "a PNG of 7,000 by 7,000 pixels in colour", Name: "a.png", Type: "image/png", Data: zeros(7000, 7000, 8, 6)},
		{What: "a PNG of 5,700 by 5,700 pixels in colour", Name: "a.png", Type: "image/png", Data: zeros(5700, 5700, 8, 6)},
		{What: "a PNG of 8,000 by 8,000 pixels in grey", Name: "a.png", Type: "image/png", Data: grey},
		{What: "a PNG of 8,000 by 8,000 pixels in grey, one of them transparent", Name: "a.png", Type: "image/png", Data: pngWith(grey, pngChunk("tRNS", "\x00\x01"))},
		{What: "a PNG with 64 MiB packed into a text", Name: "a.png", Type: "image/png", Data: pngWith(shot, pngChunk("zTXt", "Comment\x00\x00"+packed(64<<20)), pngChunk("iCCP", "profile\x00\x00"+packed(64<<20)))},
		{What: "a GIF with a screen of 65,535 by 65,535", Name: "a.gif", Type: "image/gif", Data: withScreen(gifWith(moving(40, 30, 3)), 65535, 65535)},
		{What: "a GIF with a frame of 65,535 by 65,535", Name: "a.gif", Type: "image/gif", Data: hugeFrame()},
		{What: "a GIF of 10,000 frames", Name: "a.gif", Type: "image/gif", Data: gifWith(moving(2, 2, 10_000))},
		{What: "a GIF of 400 frames with a megapixel each", Name: "a.gif", Type: "image/gif", Data: sameFrames(1000, 1000, 400)},
		{What: "a GIF of 24 frames with 2.5 megapixels each", Name: "a.gif", Type: "image/gif", Data: sameFrames(1600, 1600, 24)},
		{What: "a GIF with a frame of 8,000 by 8,000", Name: "a.gif", Type: "image/gif", Data: sameFrames(8000, 8000, 1)},
		{What: "a JPEG of 65,500 by 65,500 pixels", Name: "a.jpg", Type: "image/jpeg", Data: emptyJPEG(65_500, 65_500, 0xc0, 0)},
		{What: "a JPEG of 8,000 by 8,000 pixels", Name: "a.jpg", Type: "image/jpeg", Data: emptyJPEG(8000, 8000, 0xc0, 8000*8000/64*2/8)},
		{What: "a progressive JPEG of 8,000 by 8,000 pixels", Name: "a.jpg", Type: "image/jpeg", Data: emptyJPEG(8000, 8000, 0xc2, 8000*8000/64/8)},
		{What: "a progressive JPEG of 5,000 by 5,000 pixels", Name: "a.jpg", Type: "image/jpeg", Data: emptyJPEG(5000, 5000, 0xc2, 5000*5000/64/8)},
		{What: "a progressive JPEG of 5,000 by 5,000 with 4,000 scans", Name: "a.jpg", Type: "image/jpeg", Data: scans(emptyJPEG(5000, 5000, 0xc2, 5000*5000/64/8), 4000)},
		{What: "a WebP of 16,383 by 16,383 pixels", Name: "a.webp", Type: "image/webp", Data: losslessWebP(16_383, 16_383)},
		{What: "a WebP of 4,000 by 4,000 pixels", Name: "a.webp", Type: "image/webp", Data: web},
		{What: "a WebP that is small outside and 4,000 by 4,000 within", Name: "a.webp", Type: "image/webp", Data: webpFile("\x00", web[12:])},
	}
}

// packed is so many zeros, compressed (RFC 1950): a mebibyte is, and stands there as often as it
// takes.
func packed(n int) string {
	const piece = 1 << 20
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	must(err)
	deflated := func(n int) []byte {
		_, err := w.Write(make([]byte, n))
		must(err)
		must(w.Flush())
		data := bytes.Clone(b.Bytes())
		b.Reset()
		w.Reset(&b) // the next piece needs nothing of this one
		return data
	}
	all := append([]byte("\x78\xda"), bytes.Repeat(deflated(piece), n/piece)...)
	all = append(all, deflated(n%piece)...)
	all = append(all, "\x03\x00"...) // an empty block, the last one
	const base = 65521               // of Adler-32, whose sum of zeros is 1
	return string(binary.BigEndian.AppendUint32(all, uint32(n%base)<<16|1))
}

// zeros is a PNG of a kind (0 is grey, 6 is in colour with an alpha channel) that is all zeros.
func zeros(w, h, depth, kind int) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	row := 1 + w*depth/8*(1+kind/2)
	return join([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", string(head)+string([]byte{byte(depth), byte(kind), 0, 0, 0})),
		pngChunk("IDAT", packed(row*h)), pngChunk("IEND", ""))
}

func withScreen(data []byte, w, h uint16) []byte {
	size := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, w), h)
	return join(data[:6], size, data[10:])
}

func hugeFrame() []byte {
	data := withScreen(gifWith(moving(40, 30, 1)), 65535, 65535)
	return bytes.Replace(data, []byte("\x2c\x00\x00\x00\x00\x28\x00\x1e\x00"), []byte("\x2c\x00\x00\x00\x00\xff\xff\xff\xff"), 1)
}

// sameFrames is an animation of one frame, so many times.
func sameFrames(w, h, n int) []byte {
	frame := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
	all := &gif.GIF{Config: image.Config{Width: w, Height: h}, Image: []*image.Paletted{frame}, Delay: []int{10}}
	one := gifWith(all)
	const head = 13
	return join(one[:head], bytes.Repeat(one[head:len(one)-1], n), one[len(one)-1:])
}

// emptyJPEG is a grey JPEG of a process (0xc0 is baseline, 0xc2 progressive) with one scan of so
// many zeros: the only code of each table is one bit, and says that there is nothing.
func emptyJPEG(w, h uint16, process byte, scan int) []byte {
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, h), w)
	table := func(class byte) []byte {
		return segment(0xc4, string([]byte{class << 4, 1})+string(make([]byte, 15))+"\x00")
	}
	last := byte(63)
	if process == 0xc2 {
		last = 0
	}
	return join([]byte("\xff\xd8"), segment(0xdb, "\x00"+string(bytes.Repeat([]byte{1}, 64))),
		segment(process, "\x08"+string(size)+"\x01\x01\x11\x00"), table(0), table(1),
		segment(0xda, "\x01\x01\x00\x00"+string([]byte{last, 0})), make([]byte, scan+16), []byte("\xff\xd9"))
}

// scans adds scans to a progressive JPEG of emptyJPEG, so that it has n: each says in a few bytes
// that there is nothing in any block, for 2^15-1 of them at once.
func scans(jpeg []byte, n int) []byte {
	table := segment(0xc4, "\x10\x01"+string(make([]byte, 15))+"\xe0") // the only code: 14 bits follow that say how many
	runs := bytes.Repeat([]byte("\x7f\xfe\xff\x00\xfd\xff\x00\xfb\xff\x00\xf7\xff\x00\xef\xff\x00\xdf\xff\x00\xbf\xff\x00"), 2)
	one := join(segment(0xda, "\x01\x01\x00\x01\x01\x00"), runs)
	return join(jpeg[:len(jpeg)-2], table, bytes.Repeat(one, n-1), []byte("\xff\xd9"))
}

// losslessWebP has pixels of one colour, which take no bits at all.
func losslessWebP(w, h uint32) []byte {
	size := binary.LittleEndian.AppendUint32(nil, (w-1)|(h-1)<<14)
	pixels := "\x2f" + string(size) + webpPixels[5:]
	chunk := webpChunk("VP8L", pixels)
	return join([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(4+len(chunk))), []byte("WEBP"), chunk)
}
