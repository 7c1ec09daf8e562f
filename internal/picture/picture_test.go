package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
	"time"

	"swapnest/internal/chat"
)

var (
	red  = color.RGBA{220, 20, 30, 255}
	blue = color.RGBA{20, 30, 220, 255}
)

// halves is red on the left and blue on the right.
func halves(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(blue), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, w/2, h), image.NewUniform(red), image.Point{}, draw.Src)
	return img
}

func jpegOf(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

const place = "GPS 18.5204 N 73.8567 E"

// withExif puts an APP1 segment with an orientation, and a place, into a JPEG.
func withExif(data []byte, orientation uint16, order binary.AppendByteOrder) []byte {
	tiff := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, e := range [][4]uint16{{0x0100, 3, 1, 7}, {0x0112, 3, 1, orientation}} {
		tiff = order.AppendUint16(tiff, e[0])
		tiff = order.AppendUint16(tiff, e[1])
		tiff = order.AppendUint32(tiff, uint32(e[2]))
		tiff = order.AppendUint16(tiff, e[3])
		tiff = append(tiff, 0, 0)
	}
	body := append([]byte("Exif\x00\x00"), tiff...)
	body = append(body, place...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return slices.Concat(data[:2], segment, body, data[2:])
}

func make2(tb testing.TB, data []byte) (Picture, Picture, error) {
	tb.Helper()
	return NewMaker().Make(tb.Context(), bytes.NewReader(data))
}

// at returns whether a pixel is red or blue, "?" for neither.
func at(img image.Image, x, y int) string {
	r, _, b, _ := img.At(x, y).RGBA()
	switch {
	case r > 0x9000 && b < 0x6000:
		return "red"
	case b > 0x9000 && r < 0x6000:
		return "blue"
	}
	return "?"
}

func TestAPictureIsTurnedUpright(t *testing.T) {
	// Where red stands in an upright picture of halves that was stored turned: the left half
	// of what is stored goes to the left, right, top or bottom.
	sides := map[uint16]string{1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}
	for o, side := range sides {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			if order == binary.AppendByteOrder(binary.BigEndian) && o != 6 {
				continue // how the numbers are written is another matter than what they mean
			}
			full, thumb, err := make2(t, withExif(jpegOf(t, halves(320, 160)), o, order))
			if err != nil {
				t.Fatal(err)
			}
			wide := o <= 4
			if (full.Width > full.Height) != wide || (thumb.Width > thumb.Height) != wide {
				t.Errorf("orientation %d: got %d×%d and %d×%d", o, full.Width, full.Height, thumb.Width, thumb.Height)
			}
			for _, p := range []Picture{full, thumb} {
				img, err := jpeg.Decode(bytes.NewReader(p.JPEG))
				if err != nil {
					t.Fatal(err)
				}
				edges := map[string]string{
					"left": at(img, 4, p.Height/2), "right": at(img, p.Width-5, p.Height/2),
					"top": at(img, p.Width/2, 4), "bottom": at(img, p.Width/2, p.Height-5),
				}
				if edges[side] != "red" {
					t.Errorf("orientation %d, %d×%d: got %v, want red at the %s", o, p.Width, p.Height, edges, side)
				}
			}
		}
	}
}

// The corners tell a turn from a mirror: the first pixel that was stored is green.
func TestMirrorsAndTurnsAreToldApart(t *testing.T) {
	corners := map[uint16][2]int{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}}
	for o, want := range corners {
		img := image.NewRGBA(image.Rect(0, 0, 3, 2))
		img.Set(0, 0, color.RGBA{0, 255, 0, 255})
		turned := upright(img, int(o))
		x, y := want[0]*(turned.Rect.Dx()-1), want[1]*(turned.Rect.Dy()-1)
		if turned.RGBAAt(x, y).G != 255 {
			t.Errorf("orientation %d: the first pixel is not at %d, %d", o, x, y)
		}
	}
}

func TestNothingOfTheFileIsKeptButWhatOneSees(t *testing.T) {
	const script = "<script>alert(1)</script>"
	picture := jpegOf(t, halves(200, 100))
	var animated bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 20, 10), color.Palette{red, blue})
	if err := gif.EncodeAll(&animated, &gif.GIF{Image: []*image.Paletted{frame, frame, frame}, Delay: []int{1, 1, 1}}); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"a JPEG with a place":             withExif(picture, 1, binary.LittleEndian),
		"a JPEG with a page behind it":    append(slices.Clone(picture), script...),
		"a GIF with a page behind it":     append(animated.Bytes(), script...),
		"a PNG with an archive behind":    append(pngOf(t, halves(200, 100)), "PK\x03\x04"+script...),
		"a JPEG with a comment":           slices.Concat(picture[:2], []byte("\xff\xfe\x00\x1b"+script), picture[2:]),
		"a JPEG with two Exif segments":   withExif(withExif(picture, 3, binary.BigEndian), 1, binary.LittleEndian),
		"a JPEG with an orientation of 9": withExif(picture, 9, binary.BigEndian),
	} {
		full, thumb, err := make2(t, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, p := range []Picture{full, thumb} {
			for _, forbidden := range []string{place, "script", "Exif", "PK\x03"} {
				if bytes.Contains(p.JPEG, []byte(forbidden)) {
					t.Errorf("%s: the result holds %q", name, forbidden)
				}
			}
			if got := p.JPEG[:3]; string(got) != "\xff\xd8\xff" {
				t.Errorf("%s: got %x, want a JPEG", name, got)
			}
		}
	}
}

func TestAPictureIsMadeSmallInItsShape(t *testing.T) {
	for _, c := range []struct{ w, h, fullW, fullH, thumbW, thumbH int }{
		{3200, 2400, 1600, 1200, 480, 360},
		{1500, 2000, 1200, 1600, 360, 480},
		{1600, 1200, 1600, 1200, 480, 360},
		{1601, 1200, 1600, 1199, 480, 360},
		{300, 200, 300, 200, 300, 200},
		{1, 1, 1, 1, 1, 1},
		{9000, 3, 1600, 1, 480, 1},
	} {
		full, thumb, err := make2(t, pngOf(t, halves(c.w, c.h)))
		if err != nil {
			t.Fatal(err)
		}
		if full.Width != c.fullW || full.Height != c.fullH || thumb.Width != c.thumbW || thumb.Height != c.thumbH {
			t.Errorf("%d×%d: got %d×%d and %d×%d, want %d×%d and %d×%d", c.w, c.h, full.Width, full.Height, thumb.Width, thumb.Height,
				c.fullW, c.fullH, c.thumbW, c.thumbH)
		}
	}
}

func TestWhatIsTransparentStandsOnWhite(t *testing.T) {
	full, _, err := make2(t, pngOf(t, image.NewNRGBA(image.Rect(0, 0, 40, 40))))
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(full.JPEG))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := img.At(20, 20).RGBA(); min(r, g, b) < 0xfa00 {
		t.Errorf("got %x %x %x, want white", r, g, b)
	}
}

// claim changes the size that a PNG says it has.
func claim(data []byte, w, h uint32) []byte {
	data = slices.Clone(data)
	binary.BigEndian.PutUint32(data[16:], w)
	binary.BigEndian.PutUint32(data[20:], h)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func TestWhatIsNoFitPictureIsRefused(t *testing.T) {
	small := pngOf(t, halves(20, 20))
	deep := pngOf(t, image.NewNRGBA64(image.Rect(0, 0, 8, 8)))
	for name, c := range map[string]struct {
		data []byte
		code chat.Code
	}{
		"nothing":                       {nil, chat.UnsupportedMedia},
		"a text":                        {[]byte("not a picture"), chat.UnsupportedMedia},
		"an SVG":                        {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), chat.UnsupportedMedia},
		"an SVG that begins as a GIF":   {[]byte("GIF89a<svg onload=alert(1)>"), chat.Invalid},
		"HTML":                          {[]byte("<!doctype html><script>alert(1)</script>"), chat.UnsupportedMedia},
		"a JPEG cut off":                {jpegOf(t, halves(400, 300))[:900], chat.Invalid},
		"a PNG cut off":                 {small[:60], chat.Invalid},
		"a PNG without a height":        {claim(small, 20, 0), chat.Invalid},
		"a bomb of 50,000 by 50,000":    {claim(small, 50_000, 50_000), chat.TooLarge},
		"a bomb of 2 by 2^30":           {claim(small, 2, 1<<30), chat.TooLarge},
		"50 megapixels of 16 bits":      {claim(deep, 10_000, 5_000), chat.TooLarge},
		"a claim of more than there is": {claim(small, 5_000, 5_000), chat.Invalid},
		"a magic number and zeros":      {append([]byte("\xff\xd8\xff"), make([]byte, 5000)...), chat.Invalid},
	} {
		_, _, err := make2(t, c.data)
		if got := chat.CodeOf(err); got != c.code {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, c.code)
		}
	}
}

func TestMemoryIsReckonedByHowAJPEGIsStored(t *testing.T) {
	for name, c := range map[string]struct {
		head jpegHead
		want float64
	}{
		"grey":                   {jpegHead{sampling: []byte{0x11}}, 1},
		"4:2:0":                  {jpegHead{sampling: []byte{0x22, 0x11, 0x11}}, 1.5},
		"4:2:2":                  {jpegHead{sampling: []byte{0x21, 0x11, 0x11}}, 2},
		"4:4:4":                  {jpegHead{sampling: []byte{0x11, 0x11, 0x11}}, 7},
		"4:2:0 in several scans": {jpegHead{sampling: []byte{0x22, 0x11, 0x11}, progressive: true}, 7.5},
		"four components":        {jpegHead{sampling: []byte{0x11, 0x11, 0x11, 0x11}}, 8},
	} {
		if got := c.head.bytesPerPixel(); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	// A phone's 50 megapixels fit.
	f := facts{width: 8192, height: 6144, bytesPerPixel: 1.5}
	if err := f.check(); err != nil {
		t.Errorf("50 megapixels of 4:2:0: %v", err)
	}
}

func TestADecoderEndsWithItsTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := decode(ctx, bytes.NewReader(jpegOf(t, halves(40, 40))), facts{}); chat.CodeOf(err) != chat.TooLarge {
		t.Errorf("got %v, want too large", err)
	}
}

func TestWhoFindsNoRoomIsToldSo(t *testing.T) {
	m := NewMaker()
	if !m.free.TryAcquire(memory) {
		t.Fatal("the memory is not free")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, _, err := m.Make(ctx, bytes.NewReader(jpegOf(t, halves(40, 40)))); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

func FuzzMake(f *testing.F) {
	picture := jpegOf(f, halves(16, 8))
	var animated bytes.Buffer
	if err := gif.Encode(&animated, halves(8, 8), nil); err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{
		picture, withExif(picture, 6, binary.BigEndian), pngOf(f, halves(8, 16)), animated.Bytes(),
		[]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"),
		[]byte("GIF89a<script>"), []byte("<svg/>"),
		{0xff, 0xd8, 0xff, 0xe1, 0, 0},
	} {
		f.Add(seed)
	}
	m := NewMaker()
	f.Fuzz(func(t *testing.T, data []byte) {
		if facts, err := inspect(bytes.NewReader(data)); err == nil && facts.width*facts.height > 1<<20 {
			return // within bounds, and slow
		}
		full, thumb, err := m.Make(t.Context(), bytes.NewReader(data))
		if err != nil {
			if chat.CodeOf(err) == "" {
				t.Fatalf("a fault for an operator: %v", err)
			}
			return
		}
		for _, p := range []Picture{full, thumb} {
			c, err := jpeg.DecodeConfig(bytes.NewReader(p.JPEG))
			if err != nil || c.Width != p.Width || c.Height != p.Height || max(p.Width, p.Height) > fullEdge {
				t.Fatalf("got %d×%d (%v), said %d×%d", c.Width, c.Height, err, p.Width, p.Height)
			}
		}
	})
}
