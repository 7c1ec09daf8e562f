package demo

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// point is a place of a drawing, or of the canvas.
type point struct{ x, y float64 }

// matrix takes a point (x, y) to (a·x + c·y + e, b·x + d·y + f).
type matrix struct{ a, b, c, d, e, f float64 }

// then is m after n: what n makes of a point is given to m.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m.a*n.a + m.c*n.b, m.b*n.a + m.d*n.b, m.a*n.c + m.c*n.d, m.b*n.c + m.d*n.d,
		m.a*n.e + m.c*n.f + m.e, m.b*n.e + m.d*n.f + m.f,
	}
}

func (m matrix) of(p point) point { return point{m.a*p.x + m.c*p.y + m.e, m.b*p.x + m.d*p.y + m.f} }

// line is a part of a shape that is drawn without lifting the pen; curves are many short pieces.
type line struct {
	points []point
	closed bool
}

// ink is what fills a shape: a colour at each pixel.
type ink interface {
	image.Image
}

// canvas is a picture that is being painted.
type canvas struct {
	*image.RGBA
	raster vector.Rasterizer
}

// fill paints what lies within the lines, which are closed if they are not.
func (c *canvas) fill(lines []line, with ink) {
	bounds := boundsOf(lines).Intersect(c.Bounds())
	if bounds.Empty() {
		return
	}
	c.raster.Reset(bounds.Dx(), bounds.Dy())
	at := func(p point) (x, y float32) {
		return float32(p.x - float64(bounds.Min.X)), float32(p.y - float64(bounds.Min.Y))
	}
	for _, l := range lines {
		c.raster.MoveTo(at(l.points[0]))
		for _, p := range l.points[1:] {
			c.raster.LineTo(at(p))
		}
		c.raster.ClosePath()
	}
	c.raster.DrawOp = draw.Over
	c.raster.Draw(c.RGBA, bounds, with, bounds.Min)
}

// stroke paints along the lines, as wide as a pen; corners are round, and the ends if asked for.
func (c *canvas) stroke(lines []line, width float64, round bool, with ink) {
	var parts []line
	for _, l := range lines {
		n := len(l.points)
		for i := range n {
			from, to := l.points[i], l.points[(i+1)%n]
			if last := i == n-1; !last || l.closed {
				if piece, ok := along(from, to, width/2); ok {
					parts = append(parts, piece)
				}
			}
			if end := i == 0 || i == n-1; !end || round || l.closed {
				parts = append(parts, disc(from, width/2))
			}
		}
	}
	// Turned one way all of them, so that where two lie over each other nothing is taken away.
	c.fill(parts, with)
}

// along is the rectangle around a piece of a line.
func along(from, to point, half float64) (line, bool) {
	dx, dy := to.x-from.x, to.y-from.y
	length := math.Hypot(dx, dy)
	if length == 0 {
		return line{}, false
	}
	nx, ny := -dy/length*half, dx/length*half
	return line{points: []point{{from.x - nx, from.y - ny}, {to.x - nx, to.y - ny}, {to.x + nx, to.y + ny}, {from.x + nx, from.y + ny}}}, true
}

func disc(at point, radius float64) line { return oval(at, radius, radius, 24) }

// oval is an ellipse of so many corners.
func oval(at point, rx, ry float64, corners int) line {
	l := line{closed: true}
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(corners))
		l.points = append(l.points, point{at.x + rx*cos, at.y + ry*sin})
	}
	return l
}

func boundsOf(lines []line) image.Rectangle {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, l := range lines {
		for _, p := range l.points {
			low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
		}
	}
	if low.x > high.x {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(low.x)), int(math.Floor(low.y)), int(math.Ceil(high.x)), int(math.Ceil(high.y)))
}

// stop is a colour of a gradient, and where it is reached, from 0 to 1.
type stop struct {
	at float64
	color.NRGBA
}

// gradient goes from colour to colour, along a line or from a middle outwards. Its places are parts of
// the shape that it fills.
type gradient struct {
	radial   bool
	from, to point
	stops    []stop
}

// shade is a gradient within a shape.
type shade struct {
	gradient
	within  image.Rectangle
	opacity float64
}

func (shade) ColorModel() color.Model   { return color.NRGBAModel }
func (s shade) Bounds() image.Rectangle { return s.within }

func (s shade) At(x, y int) color.Color {
	u := (float64(x) + 0.5 - float64(s.within.Min.X)) / float64(s.within.Dx())
	v := (float64(y) + 0.5 - float64(s.within.Min.Y)) / float64(s.within.Dy())
	at := 2 * math.Hypot(u-0.5, v-0.5)
	if !s.radial {
		dx, dy := s.to.x-s.from.x, s.to.y-s.from.y
		at = ((u-s.from.x)*dx + (v-s.from.y)*dy) / (dx*dx + dy*dy)
	}
	return faded(s.colour(at), s.opacity)
}

func (g gradient) colour(at float64) color.NRGBA {
	before := g.stops[0]
	for _, next := range g.stops {
		if at <= next.at {
			part := 1.0
			if next.at > before.at {
				part = max(0, (at-before.at)/(next.at-before.at))
			}
			mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + part*(float64(b)-float64(a)))) }
			return color.NRGBA{mix(before.R, next.R), mix(before.G, next.G), mix(before.B, next.B), mix(before.A, next.A)}
		}
		before = next
	}
	return before.NRGBA
}

func faded(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(math.Round(float64(c.A) * opacity))
	return c
}
