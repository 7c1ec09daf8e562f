package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// svg is a drawing of 40 by 30 with something in it.
func svg(inside string) []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30" width="400" height="300">` + inside + `</svg>`)
}

func TestWhatADrawingSaysIsPainted(t *testing.T) {
	const red, blue = 0xff0000ff, 0x0000ffff
	for name, c := range map[string]struct {
		inside string
		at     map[image.Point]uint32 // RGBA at pixels of a picture of 80 by 60
	}{
		"a rectangle": {
			`<rect x="10" y="5" width="20" height="10" fill="#f00"/>`,
			map[image.Point]uint32{{21, 11}: red, {59, 29}: red, {18, 20}: 0, {40, 31}: 0},
		},
		"round corners": {
			`<rect width="40" height="30" rx="9" fill="#ff0000"/>`,
			map[image.Point]uint32{{1, 1}: 0, {78, 58}: 0, {40, 1}: red, {1, 30}: red},
		},
		"a circle over an ellipse": {
			`<ellipse cx="20" cy="15" rx="18" ry="8" fill="#00f"/><circle cx="20" cy="15" r="5" fill="#f00"/>`,
			map[image.Point]uint32{{40, 30}: red, {48, 30}: red, {52, 30}: blue, {74, 30}: blue, {40, 48}: 0},
		},
		"a path of lines, by places and by steps": {
			`<path d="M10 5H30V15h-20z" fill="#f00"/><path d="m10 20 20 0 0 5-20 0" fill="#00f"/>`,
			map[image.Point]uint32{{40, 20}: red, {40, 45}: blue, {40, 35}: 0},
		},
		"curves": {
			`<path d="M0 30Q20-30 40 30z" fill="#f00"/>`,
			map[image.Point]uint32{{40, 2}: red, {4, 4}: 0, {40, 40}: red},
		},
		"curves that go on": {
			`<path d="M0 15q10-20 20 0t20 0" fill="#f00"/><path d="M0 15c5 20 15 20 20 0s15-20 20 0" fill="#00f"/>`,
			map[image.Point]uint32{{20, 22}: red, {20, 40}: blue, {60, 40}: red, {72, 40}: red, {60, 22}: blue},
		},
		"a stroke, with an end that is cut and one that is round": {
			`<path d="M10 10h20" stroke="#f00" stroke-width="4" fill="none"/><path d="M10 20h20" stroke="#00f" stroke-width="4" fill="none" stroke-linecap="round"/>`,
			map[image.Point]uint32{{40, 17}: red, {40, 23}: red, {40, 25}: 0, {18, 20}: 0, {18, 40}: blue, {61, 40}: blue},
		},
		"a stroke that crosses itself": {
			`<path d="M5 5 35 25M35 5 5 25M38 2v26" stroke="#f00" stroke-width="4"/>`,
			map[image.Point]uint32{{40, 30}: red, {14, 12}: red, {74, 30}: red, {78, 30}: red, {70, 30}: 0},
		},
		"what is within a group": {
			`<g fill="#f00" opacity=".5"><rect width="20" height="30"/><rect x="20" width="20" height="30" fill="#00f"/></g>`,
			map[image.Point]uint32{{10, 30}: 0x80000080, {70, 30}: 0x00008080},
		},
		"what is turned": {
			`<g transform="translate(40 0) scale(-1 1)"><rect width="10" height="30" fill="#f00"/></g><rect x="10" y="10" width="10" height="10" fill="#00f" transform="rotate(90 20 15)"/>`,
			map[image.Point]uint32{{75, 30}: red, {5, 30}: 0, {40, 15}: blue, {30, 30}: 0, {40, 25}: blue},
		},
		"a gradient along a line": {
			`<defs><linearGradient id="w" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#00f"/></linearGradient></defs><rect width="40" height="30" fill="url(#w)"/>`,
			map[image.Point]uint32{{0, 30}: 0xfe0002ff, {40, 30}: 0x7e0081ff, {79, 5}: 0x0200feff},
		},
		"a gradient from a middle": {
			`<radialGradient id="s"><stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#f00" stop-opacity="0"/></radialGradient><ellipse cx="20" cy="15" rx="20" ry="15" fill="url(#s)"/>`,
			map[image.Point]uint32{{40, 30}: 0xfa0000fa, {79, 30}: 0x03000003},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := paint(svg(c.inside), 80, 60)
			if err != nil {
				t.Fatal(err)
			}
			for p, want := range c.at {
				is := got.RGBAAt(p.X, p.Y)
				if !near(is, want) {
					t.Errorf("at %v: got %02x%02x%02x%02x, want %08x", p, is.R, is.G, is.B, is.A, want)
				}
			}
		})
	}
}

// near tells whether a colour is another one but for what is lost by rounding.
func near(got color.RGBA, want uint32) bool {
	for i, channel := range []uint8{got.R, got.G, got.B, got.A} {
		if math.Abs(float64(channel)-float64(want>>(24-8*i)&255)) > 4 {
			return false
		}
	}
	return true
}

func TestWhatNobodyKnowsHowToPaintIsRefused(t *testing.T) {
	for inside, want := range map[string]string{
		`<text>hello</text>`:                        "text: nobody knows how to paint it",
		`<path d="M0 0h9" stroke-dasharray="4 3"/>`: "stroke-dasharray",
		`<path d="L0 0"/>`:                          "begins with L",
		`<path d="M0"/>`:                            "lacks numbers",
		`<path d="M0 0A5 5 0 0 1 9 9"/>`:            `parsing "A"`,
		`<rect fill="red"/>`:                        "is no colour",
		`<rect fill="#f00" transform="skewX(3)"/>`:  "nobody knows the transform",
		`<rect`: "syntax",
		`<linearGradient><stop stop-color="x"/></linearGradient>`: "is no colour",
	} {
		if _, err := paint(svg(inside), 8, 6); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", inside, err, want)
		}
	}
}

func TestPhotosThatPeopleSendAreTheDrawingsOfTheirThings(t *testing.T) {
	for _, name := range []string{"bicycle", "bicycle-3", "guitar", "camera"} {
		file, err := enclose(name + ".jpg")
		if err != nil {
			t.Fatal(err)
		}
		again, err := photograph(name)
		if err != nil || !bytes.Equal(file.Data, again) {
			t.Errorf("%s comes out otherwise the second time (%v)", name, err)
		}
		photo, err := jpeg.Decode(bytes.NewReader(file.Data))
		if err != nil || photo.Bounds().Size() != (image.Point{photoWidth, photoHeight}) {
			t.Fatalf("%s: got %v, %v", name, photo.Bounds(), err)
		}
		colours := make(map[color.Color]bool)
		for x := range photoWidth {
			colours[photo.At(x, photoHeight/2)] = true
		}
		if len(colours) < 50 || len(file.Data) > 150<<10 {
			t.Errorf("%s: %d colours in its middle, %d bytes", name, len(colours), len(file.Data))
		}
	}
}

func TestPapersAreDocuments(t *testing.T) {
	for name, lines := range papers {
		file, err := enclose(name)
		if err != nil || file.Type != "application/pdf" || file.Name != name {
			t.Fatalf("%s: got %+v, %v", name, file, err)
		}
		text := string(file.Data)
		// The table at the end says where each object begins.
		start, err := strconv.Atoi(regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindStringSubmatch(text)[1])
		if err != nil || !strings.HasPrefix(text[start:], "xref\n0 6\n0000000000 65535 f \n") {
			t.Fatalf("%s: the table is not at %d: %v", name, start, err)
		}
		for i, m := range regexp.MustCompile(`(\d{10}) 00000 n `).FindAllStringSubmatch(text, -1) {
			at, err := strconv.Atoi(m[1])
			if err != nil || !strings.HasPrefix(text[at:], fmt.Sprintf("%d 0 obj\n", i+1)) {
				t.Errorf("%s: object %d is not at %d: %v", name, i+1, at, err)
			}
		}
		stream := regexp.MustCompile(`(?s)<</Length (\d+)>>\nstream\n(.*)endstream`).FindStringSubmatch(text)
		if n, err := strconv.Atoi(stream[1]); err != nil || n != len(stream[2]) {
			t.Errorf("%s: the text has %d bytes and not %s: %v", name, len(stream[2]), stream[1], err)
		}
		for _, l := range lines {
			if !strings.Contains(stream[2], "("+l+") Tj") {
				t.Errorf("%s lacks %q", name, l)
			}
		}
	}
}

func TestAFileThatNobodyCanMakeIsRefused(t *testing.T) {
	for _, name := range []string{"unicorn.jpg", "unicorn.pdf", "bicycle.png", "bicycle"} {
		if file, err := enclose(name); err == nil {
			t.Errorf("%s: got %d bytes", name, len(file.Data))
		}
	}
}
