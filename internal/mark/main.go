// Command mark draws the icons of the installed site from the mark that pages show in their tabs.
// `go generate ./internal/http/web` runs it; a test of its own says when that is due.
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
)

// source is the mark, and out where its icons are, both below the folder of the static files.
const (
	source = "favicon.svg"
	out    = "icons"
)

// icon is one picture of the mark.
type icon struct {
	Name string // of its file
	Size int    // of its edge, in pixels
	Look look
}

// look is how the mark stands in an icon.
type look int

const (
	// asItIs has the corners of the mark, and nothing around them.
	asItIs look = iota
	// filled has the ground of the mark up to the edges: whoever shows it cuts a shape of their own. What
	// is on the ground lies within the circle of 40 % that no shape cuts.
	filled
	// oneColour is white on nothing, for those who look at how opaque a pixel is.
	oneColour
)

// icons are all that there are.
var icons = []icon{
	{"icon-192.png", 192, asItIs},
	{"icon-512.png", 512, asItIs},
	{"maskable-512.png", 512, filled},
	{"apple-180.png", 180, filled},
	{"badge-96.png", 96, oneColour},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mark:", err)
		os.Exit(1)
	}
}

// run draws every icon into the folder of static files that is named.
func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("say in which folder the static files are")
	}
	svg, err := os.ReadFile(filepath.Join(args[0], source))
	if err != nil {
		return err
	}
	m, err := markOf(svg)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	for _, i := range icons {
		var b bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err := encoder.Encode(&b, m.draw(i)); err != nil {
			return fmt.Errorf("encode %s: %w", i.Name, err)
		}
		if err := os.WriteFile(filepath.Join(args[0], out, i.Name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// fine is into how many lines and columns a pixel is cut to find out how much of it is covered.
const fine = 6

// gap is what stays free around a shape before others in one colour, in units of the mark.
const gap = 1

// draw returns the mark as an icon.
func (m mark) draw(i icon) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, i.Size, i.Size))
	for y := range i.Size {
		for x := range i.Size {
			left, top := float64(x), float64(y)
			// Nothing in the mark is smaller than a pixel: one whose corners are alike is of one colour.
			if c := m.at(i, left, top); c == m.at(i, left+1, top) && c == m.at(i, left, top+1) && c == m.at(i, left+1, top+1) {
				picture.SetNRGBA(x, y, c)
				continue
			}
			var r, g, b, a int
			for n := range fine * fine {
				c := m.at(i, left+(float64(n%fine)+.5)/fine, top+(float64(n/fine)+.5)/fine)
				r, g, b, a = r+int(c.R)*int(c.A), g+int(c.G)*int(c.A), b+int(c.B)*int(c.A), a+int(c.A)
			}
			if a > 0 {
				picture.SetNRGBA(x, y, color.NRGBA{R: share(r, a), G: share(g, a), B: share(b, a), A: share(a, fine*fine)})
			}
		}
	}
	return picture
}

// share is n divided by of, rounded, which fits into a byte.
func share(n, of int) uint8 { return uint8((n + of/2) / of) } //nolint:gosec // a mean of bytes

// at is the colour of a point of an icon, in pixels.
func (m mark) at(i icon, x, y float64) color.NRGBA {
	unit := m.size / float64(i.Size)
	p := point{x * unit, y * unit}
	if i.Look == oneColour {
		// Without its ground the mark has room to be larger.
		p = m.middle().add(p.add(point{-m.size / 2, -m.size / 2}).times(m.reach() / m.size))
	}
	var c color.NRGBA
	for n, s := range m.shapes {
		ground := n == 0
		switch {
		case ground && (i.Look == filled || i.Look == asItIs && s.covers(p, 0)):
			c = s.colour
		case ground:
		case i.Look != oneColour && s.covers(p, 0):
			c = s.colour
		case i.Look == oneColour && s.colour == m.shapes[0].colour && s.covers(p, 0):
			c = color.NRGBA{}
		case i.Look == oneColour && s.covers(p, 0):
			c = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
		case i.Look == oneColour && s.round && s.covers(p, gap):
			c = color.NRGBA{}
		}
	}
	return c
}
