package picture

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"

	"swapnest/internal/chat"
)

func image1(tb testing.TB, data []byte) (Image, error) {
	tb.Helper()
	return NewMaker().Image(tb.Context(), bytes.NewReader(data))
}

func TestAPictureOfAMessageIsWhatIsSmaller(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	for x := range 150 {
		for y := range 200 {
			clear.Set(x, y, red)
		}
	}
	many := noise(300, 200)
	for i := 3; i < len(many.Pix)/2; i += 4 {
		many.Pix[i-3], many.Pix[i-2], many.Pix[i-1], many.Pix[i] = 0, 0, 0, 0
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"a photo":                             {jpegOf(t, halves(300, 200)), "image/jpeg"},
		"a screenshot":                        {pngOf(t, halves(300, 200)), "image/png"},
		"a photo without loss":                {pngOf(t, noise(300, 200)), "image/jpeg"},
		"a transparent sign":                  {pngOf(t, clear), "image/png"},
		"a transparent photo":                 {pngOf(t, many), "image/jpeg"},
		"a GIF that does not move":            {gifOf(t, moving(t, 300, 200, 1)), "image/png"},
		"a GIF that moves":                    {gifOf(t, moving(t, 300, 200, 3)), "image/gif"},
		"a GIF of too many frames":            {gifOf(t, moving(t, 2, 2, maxFrames+1)), "image/png"},
		"a GIF larger than it is shown":       {gifOf(t, moving(t, 1700, 20, 3)), "image/png"},
		"a GIF of too many pixels altogether": {again(gifOf(t, moving(t, 1600, 1600, 1)), 26), "image/png"},
	} {
		got, err := image1(t, c.data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Type != c.want || got.Animated != (c.want == "image/gif") {
			t.Errorf("%s: got %s, animated %v, want %s", name, got.Type, got.Animated, c.want)
		}
		full, kind, err := image.Decode(bytes.NewReader(got.Full))
		if err != nil || "image/"+kind != got.Type || full.Bounds().Dx() != got.Width || full.Bounds().Dy() != got.Height {
			t.Errorf("%s: got a %s (%v), said %s of %d×%d", name, kind, err, got.Type, got.Width, got.Height)
		}
		if thumb, err := jpeg.DecodeConfig(bytes.NewReader(got.Thumb)); err != nil || max(thumb.Width, thumb.Height) > thumbEdge {
			t.Errorf("%s: its small size is %v (%v)", name, thumb, err)
		}
	}
	made, err := image1(t, pngOf(t, clear))
	if err != nil {
		t.Fatal(err)
	}
	full, _ := png.Decode(bytes.NewReader(made.Full))
	if _, _, _, alpha := full.At(299, 0).RGBA(); alpha != 0 || at(full, 0, 0) != "red" {
		t.Error("a transparent sign has changed")
	}
	if thumb, _ := jpeg.Decode(bytes.NewReader(made.Thumb)); thumb != nil {
		if r, g, b, _ := thumb.At(299, 0).RGBA(); min(r, g, b) < 0xf000 {
			t.Errorf("behind the small size is %x %x %x, want white", r, g, b)
		}
	}
}

func TestAnAnimationMovesOnAsItDid(t *testing.T) {
	all := moving(t, 60, 40, 5)
	// A frame that is smaller, with a transparent colour and colours of its own.
	small := image.NewPaletted(image.Rect(10, 10, 30, 20), color.Palette{color.RGBA{}, blue})
	small.Pix[0] = 1
	all.Image, all.Delay, all.Disposal = append(all.Image, small), append(all.Delay, 11), append(all.Disposal, gif.DisposalBackground)
	got, err := image1(t, gifOf(t, all))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Animated || got.Width != 60 || got.Height != 40 {
		t.Fatalf("got %d×%d, animated %v", got.Width, got.Height, got.Animated)
	}
	made, err := gif.DecodeAll(bytes.NewReader(got.Full))
	if err != nil {
		t.Fatal(err)
	}
	if made.LoopCount != 3 || !slices.Equal(made.Delay, all.Delay) || !slices.Equal(made.Disposal, all.Disposal) || len(made.Image) != len(all.Image) {
		t.Fatalf("got %d frames, looped %d, %v, %v", len(made.Image), made.LoopCount, made.Delay, made.Disposal)
	}
	for i, frame := range made.Image {
		if frame.Rect != all.Image[i].Rect {
			t.Errorf("frame %d lies at %v, want %v", i, frame.Rect, all.Image[i].Rect)
		}
		for y := frame.Rect.Min.Y; y < frame.Rect.Max.Y; y++ {
			for x := frame.Rect.Min.X; x < frame.Rect.Max.X; x++ {
				if frame.At(x, y) != all.Image[i].At(x, y) {
					t.Fatalf("frame %d at %d, %d: got %v, want %v", i, x, y, frame.At(x, y), all.Image[i].At(x, y))
				}
			}
		}
	}
}

func TestNothingOfAnAnimationIsKeptButWhatOneSees(t *testing.T) {
	const secret = "<script>alert(1)</script>GPS 18.5"
	all := moving(t, 60, 40, 3)
	var hidden color.Palette
	for at := 0; at+3 <= len(secret); at += 3 {
		hidden = append(hidden, color.RGBA{secret[at], secret[at+1], secret[at+2], 255})
	}
	for _, frame := range all.Image {
		frame.Palette = slices.Concat(frame.Palette, hidden)
	}
	all.Config.ColorModel = all.Image[0].Palette
	all.Image[2].Palette = slices.Concat(all.Image[2].Palette, color.Palette{red}, hidden)
	data := gifOf(t, all)
	screen := 13 + 3*16
	comment := append(append([]byte("\x21\xfe"), byte(len(secret))), secret+"\x00"...)
	application := append(append([]byte("\x21\xff\x0bXMP DataXMP"), byte(len(secret))), secret+"\x00"...)
	data = slices.Concat(data[:screen], comment, application, data[screen:], []byte(secret))
	if !bytes.Contains(data, []byte(secret[:33])) || bytes.Count(data, []byte("script")) < 5 {
		t.Fatal("the file does not hide what it should")
	}
	got, err := image1(t, data)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Animated {
		t.Fatal("it does not move any more")
	}
	for _, forbidden := range []string{"script", "GPS", "alert", "XMP"} {
		if bytes.Contains(got.Full, []byte(forbidden)) {
			t.Errorf("the result holds %q", forbidden)
		}
	}
}

func TestWhatLiesAboutItsFramesIsAStill(t *testing.T) {
	data := gifOf(t, moving(t, 20, 20, 3))
	outside := bytes.Clone(data)
	last := bytes.LastIndex(outside, []byte("\x2c\x00\x00\x00\x00\x14\x00\x14\x00"))
	outside[last+1] = 200
	first := bytes.Clone(data)
	first[bytes.Index(first, []byte("\x2c\x00\x00\x00\x00\x14\x00\x14\x00"))+1] = 200
	huge := bytes.Clone(data)
	copy(huge[6:], "\xff\xff\xff\xff")
	for name, c := range map[string]struct {
		data []byte
		want string // a type, or a code
	}{
		"a frame outside the screen":                   {outside, "image/png"},
		"a first frame outside the screen":             {first, "invalid"},
		"a screen that is huge":                        {huge, "image/png"},
		"frames that are cut off":                      {data[:len(data)-30], "image/png"},
		"a first frame that is cut off":                {data[:60], "invalid"},
		"a trailer that is missing":                    {data[:len(data)-1], "image/png"},
		"colours that are missing":                     {slices.Concat(data[:10], []byte{0}, data[11:13], data[25:]), "invalid"},
		"a head alone":                                 {data[:13], "invalid"},
		"a frame that says it is large, and is not":    {frameOf(60000, 60000), "too_large"},
		"a frame that says it is larger than its data": {frameOf(900, 900), "invalid"},
	} {
		got, err := image1(t, c.data)
		is := got.Type
		if err != nil {
			is = string(chat.CodeOf(err))
		}
		if is != c.want || got.Animated {
			t.Errorf("%s: got %q (%v), want %q", name, is, err, c.want)
		}
	}
}

// An upright picture comes of whatever notes how a camera was held.
func TestEveryKindIsTurnedUpright(t *testing.T) {
	for name, data := range map[string][]byte{
		"a PNG":               withChunk(pngOf(t, halves(40, 20)), "eXIf", tiff(6)),
		"a WebP":              webpWith(webpChunk("EXIF", tiff(6))),
		"a WebP as by a JPEG": webpWith(webpChunk("EXIF", append([]byte("Exif\x00\x00"), tiff(6)...))),
	} {
		got, err := image1(t, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Width != 20 || got.Height != 40 {
			t.Errorf("%s: got %d×%d, want it turned", name, got.Width, got.Height)
		}
		if bytes.Contains(got.Full, []byte("GPS")) || bytes.Contains(got.Thumb, []byte("GPS")) || !bytes.Contains(data, []byte("GPS")) {
			t.Errorf("%s: where it was taken is still told", name)
		}
	}
}

func TestOfAnAnimatedWebPTheFirstFrameIsShown(t *testing.T) {
	const animated = 2
	frame := slices.Concat([]byte{0, 0, 0, 0, 0, 0, 39, 0, 0, 19, 0, 0, 100, 0, 0, 0}, webpChunk("VP8L", losslessWebP()))
	lying := bytes.Clone(frame)
	lying[6] = 200
	control := webpChunk("ANIM", make([]byte, 6))
	data := webpOf(animated, slices.Concat(control, webpChunk("ANMF", frame), webpChunk("ANMF", frame)))
	got, err := image1(t, data)
	if err != nil {
		t.Fatal(err)
	}
	if got.Width != 40 || got.Height != 20 || got.Animated {
		t.Errorf("got %d×%d, animated %v", got.Width, got.Height, got.Animated)
	}
	for name, c := range map[string][]byte{
		"a frame that lies about its size": webpOf(animated, slices.Concat(control, webpChunk("ANMF", lying))),
		"no frame":                         webpOf(animated, control),
		"a frame that is cut off":          data[:80],
	} {
		if _, err := image1(t, c); chat.CodeOf(err) != chat.Invalid {
			t.Errorf("%s: got %v, want that it is broken", name, err)
		}
	}
}

// A grey PNG of which one colour is transparent is unpacked with four times the bytes.
func TestATransparentColourCostsMemory(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want float64
	}{
		"grey":                             {pngOf(t, image.NewGray(image.Rect(0, 0, 4, 4))), 1},
		"grey with a transparent one":      {withChunk(pngOf(t, image.NewGray(image.Rect(0, 0, 4, 4))), "tRNS", []byte{0, 1}), 4},
		"deep grey":                        {pngOf(t, image.NewGray16(image.Rect(0, 0, 4, 4))), 2},
		"deep grey with a transparent one": {withChunk(pngOf(t, image.NewGray16(image.Rect(0, 0, 4, 4))), "tRNS", []byte{0, 1}), 8},
	} {
		f, err := inspect(bytes.NewReader(c.data))
		if err != nil || f.bytesPerPixel != c.want {
			t.Errorf("%s: got %v (%v), want %v", name, f.bytesPerPixel, err, c.want)
		}
	}
}

func TestManyPicturesAreMadeAtOnce(t *testing.T) {
	m := NewMaker()
	all := [][]byte{jpegOf(t, halves(900, 600)), pngOf(t, noise(700, 500)), gifOf(t, moving(t, 200, 100, 9)), webpWith()}
	var work sync.WaitGroup
	for i := range 16 {
		work.Go(func() {
			if _, err := m.Image(t.Context(), bytes.NewReader(all[i%len(all)])); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if !m.free.TryAcquire(memory) {
		t.Error("memory is still held")
	}
}

func TestRefusalsNameTheirInput(t *testing.T) {
	for _, data := range [][]byte{nil, jpegOf(t, halves(400, 300))[:900], claim(pngOf(t, halves(20, 20)), 50_000, 50_000)} {
		_, asked := image1(t, data)
		_, _, made := make2(t, data)
		a, _ := errors.AsType[*chat.Error](asked)
		m, _ := errors.AsType[*chat.Error](made)
		if a == nil || m == nil || a.Field != "attachments" || m.Field != "photos" || a.Code != m.Code || !strings.HasSuffix(a.Detail, ".") {
			t.Errorf("got %+v and %+v", a, m)
		}
	}
}
