package corpus

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"slices"
)

// must panics: what is made here of constants is made, or the code is wrong.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

// photo has many colours, of which each pixel has another one.
func photo() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(r.Uint32()) | byte(i%4/3*255)
	}
	return img
}

// screenshot has two colours.
func screenshot() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for i := range img.Pix {
		img.Pix[i] = byte(255 * min(1, i/(40*320*4)%2+i%4/3))
	}
	return img
}

func transparent() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 120, 80))
	for x := range 60 {
		for y := range 80 {
			img.Set(x, y, color.RGBA{220, 20, 30, 255})
		}
	}
	return img
}

// jpegWith is a JPEG with segments behind its first marker.
func jpegWith(img image.Image, segments ...[]byte) []byte {
	var b bytes.Buffer
	must(jpeg.Encode(&b, img, nil))
	return join(b.Bytes()[:2], join(segments...), b.Bytes()[2:])
}

func segment(marker byte, data string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2)), data...)
}

func app1(data string) []byte    { return segment(0xe1, data) }
func comment(data string) []byte { return segment(0xfe, data) }

// tiff is what Exif holds: an orientation, and a place.
func tiff(orientation byte) string {
	return "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00" + Place
}

func pngOf(img image.Image) []byte {
	var b bytes.Buffer
	must(png.Encode(&b, img))
	return b.Bytes()
}

// pngHead is how many bytes a PNG has before its second chunk.
const pngHead = 33

// pngWith puts chunks behind the first one.
func pngWith(data []byte, chunks ...[]byte) []byte {
	return join(data[:pngHead], join(chunks...), data[pngHead:])
}

func pngChunk(name, data string) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	c = append(append(c, name...), data...)
	return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
}

// pngClaim changes the size that a PNG says it has.
func pngClaim(data []byte, w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return join(data[:8], pngChunk("IHDR", string(head)+string(data[24:29])), data[pngHead:])
}

// moving is an animation of two colours.
func moving(w, h, frames int) *gif.GIF {
	all := &gif.GIF{Config: image.Config{Width: w, Height: h}}
	for i := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{220, 20, 30, 255}, color.RGBA{20, 30, 220, 255}})
		for at := range frame.Pix {
			frame.Pix[at] = byte((at + i) / 7 % 2)
		}
		all.Image, all.Delay = append(all.Image, frame), append(all.Delay, 10)
	}
	return all
}

// gifWith is a GIF with blocks before its first frame.
func gifWith(all *gif.GIF, blocks ...[]byte) []byte {
	var b bytes.Buffer
	must(gif.EncodeAll(&b, all))
	const head = 13 // no colours stand between: each frame has its own
	return join(b.Bytes()[:head], join(blocks...), b.Bytes()[head:])
}

func gifComment(text string) []byte {
	return join([]byte{0x21, 0xfe, byte(len(text))}, []byte(text), []byte{0})
}

// gifOutside has frames that lie behind the right edge of its screen.
func gifOutside() []byte {
	data := gifWith(moving(40, 30, 3))
	return bytes.ReplaceAll(data, []byte("\x2c\x00\x00\x00\x00\x28\x00\x1e\x00"), []byte("\x2c\xf0\x00\x00\x00\x28\x00\x1e\x00"))
}

func webpChunk(name, data string) []byte {
	c := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data))), data...)
	return append(c, make([]byte, len(data)%2)...)
}

// webpPixels are 40 by 20 pixels of one colour: behind the size five trees of one symbol.
const webpPixels = "\x2f\x27\xc0\x04\x00\x88\x88\x08\x00\x00\x00"

func webpFile(flags string, chunks ...[]byte) []byte {
	body := join([]byte("WEBP"), webpChunk("VP8X", flags+"\x00\x00\x00\x27\x00\x00\x13\x00\x00"), join(chunks...))
	return join([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body)
}

// webp is a WebP with further chunks.
func webp(chunks ...[]byte) []byte {
	return webpFile("\x00", webpChunk("VP8L", webpPixels), join(chunks...))
}

func movingWebP() []byte {
	frame := webpChunk("ANMF", "\x00\x00\x00\x00\x00\x00\x27\x00\x00\x13\x00\x00\x64\x00\x00\x00"+string(webpChunk("VP8L", webpPixels)))
	return webpFile("\x02", webpChunk("ANIM", "\x00\x00\x00\x00\x00\x00"), frame, frame)
}

// zipOf is an archive of files with their names as content.
func zipOf(names ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.Create(name)
		must(err)
		_, err = io.WriteString(f, name+Script)
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}

// disk is the image of a CD, as far as it tells that it is one.
func disk() []byte { return append(make([]byte, 32769), "CD001"...) }
