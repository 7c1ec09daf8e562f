package picture

import (
	"bufio"
	"bytes"
	"image"
	"image/jpeg"
	"slices"
	"testing"

	"swapnest/internal/chat"
)

func FuzzGIF(f *testing.F) {
	data := gifOf(f, moving(f, 8, 6, 3))
	f.Add(data)
	f.Add(frameOf(3, 3))
	f.Add(slices.Concat(data[:25], []byte("\x21\x01\x0cabcdefghijkl\x01x\x00\x21\xfe\x01x\x00"), data[25:]))
	f.Add([]byte("GIF89a<script>alert(1)</script>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := parseGIF(bufio.NewReader(bytes.NewReader(data)))
		if s.pixels > 1<<20 || s.frames > 64 {
			return // within bounds, and slow
		}
		all, err := framesOf(bytes.NewReader(data))
		if err != nil {
			return
		}
		pixels := int64(0)
		for _, frame := range all.Image {
			pixels += int64(len(frame.Pix))
		}
		if len(all.Image) != s.frames || pixels != s.pixels || all.Config.Width != s.screen.X || all.Config.Height != s.screen.Y {
			t.Fatalf("image/gif has %d frames of %d pixels on %d×%d, told were %+v", len(all.Image), pixels, all.Config.Width, all.Config.Height, s)
		}
	})
}

func FuzzImage(f *testing.F) {
	f.Add(jpegOf(f, halves(16, 8)))
	f.Add(withChunk(pngOf(f, halves(8, 16)), "eXIf", tiff(8)))
	f.Add(gifOf(f, moving(f, 8, 6, 3)))
	f.Add(webpWith(webpChunk("EXIF", tiff(3))))
	f.Add(webpOf(2, webpChunk("ANMF", slices.Concat([]byte{0, 0, 0, 0, 0, 0, 39, 0, 0, 19, 0, 0, 100, 0, 0, 0}, webpChunk("VP8L", losslessWebP())))))
	m := NewMaker()
	f.Fuzz(func(t *testing.T, data []byte) {
		if facts, err := inspect(bytes.NewReader(data)); err == nil && max(int64(facts.width)*int64(facts.height), facts.gif.pixels) > 1<<18 {
			return // within bounds, and slow
		}
		got, err := m.Image(t.Context(), bytes.NewReader(data))
		if err != nil {
			if chat.CodeOf(err) == "" {
				t.Fatalf("a fault for an operator: %v", err)
			}
			return
		}
		c, kind, err := image.DecodeConfig(bytes.NewReader(got.Full))
		if err != nil || "image/"+kind != got.Type || c.Width != got.Width || c.Height != got.Height || max(c.Width, c.Height) > fullEdge {
			t.Fatalf("got %s of %d×%d (%v), said %s of %d×%d", kind, c.Width, c.Height, err, got.Type, got.Width, got.Height)
		}
		if c, err := jpeg.DecodeConfig(bytes.NewReader(got.Thumb)); err != nil || max(c.Width, c.Height) > thumbEdge {
			t.Fatalf("the small size: %v", err)
		}
	})
}

func FuzzScans(f *testing.F) {
	f.Add(manyScans(f, 16, 16, 3))
	f.Add(jpegOf(f, halves(16, 8)))
	f.Add([]byte("\xff\xd8\xff\xff\xda\x00\x0c\x03\xff\xda\x00\x0c"))
	f.Fuzz(func(t *testing.T, data []byte) {
		// Little is read at once, so that a head stands across two readings.
		scans, components, err := scansOf(bufio.NewReaderSize(bytes.NewReader(data), 16))
		if err != nil {
			t.Fatal(err)
		}
		var wantScans, want int64
		for n := range int64(4) {
			head := []byte{0xff, 0xda, 0, byte(8 + 2*n), byte(1 + n)}
			found := int64(bytes.Count(data, head))
			wantScans, want = wantScans+found, want+(1+n)*found
		}
		if scans != wantScans || components != want {
			t.Fatalf("got %d scans of %d components, want %d of %d", scans, components, wantScans, want)
		}
	})
}
