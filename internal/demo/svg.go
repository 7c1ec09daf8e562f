package demo

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"
)

// style is how an element is painted. What it does not say itself it has of the one that it is in.
type style struct {
	matrix
	fill, stroke string
	width        float64
	opacity      float64
	round        bool // the ends of its lines
}

// drawing is one that is being painted.
type drawing struct {
	canvas
	gradients map[string]*gradient
	open      *gradient // whose stops come now
	inside    []style
}

// paint makes a picture of a drawing, so many pixels wide and high. It knows what the drawings of the
// town are made of, and refuses everything else. The same drawing always comes out the same.
func paint(svg []byte, width, height int) (*image.RGBA, error) {
	d := &drawing{
		canvas:    canvas{RGBA: image.NewRGBA(image.Rect(0, 0, width, height))},
		gradients: make(map[string]*gradient),
		inside:    []style{{matrix: matrix{a: 1, d: 1}, width: 1, opacity: 1}},
	}
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return d.RGBA, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := d.element(t); err != nil {
				return nil, fmt.Errorf("%s: %w", t.Name.Local, err)
			}
		case xml.EndElement:
			d.inside = d.inside[:len(d.inside)-1]
		}
	}
}

// attributes are those of an element, of which each is asked for once.
type attributes map[string]string

func (a attributes) take(name, otherwise string) string {
	value, ok := a[name]
	delete(a, name)
	if !ok {
		return otherwise
	}
	return value
}

func (a attributes) number(name string, otherwise float64) float64 {
	n, err := strconv.ParseFloat(a.take(name, ""), 64)
	if err != nil {
		return otherwise
	}
	return n
}

func (d *drawing) element(e xml.StartElement) error {
	a := make(attributes)
	for _, one := range e.Attr {
		a[one.Name.Local] = one.Value
	}
	s := d.inside[len(d.inside)-1]
	s.fill, s.stroke = a.take("fill", s.fill), a.take("stroke", s.stroke)
	s.width, s.opacity = a.number("stroke-width", s.width), s.opacity*a.number("opacity", 1)
	s.round = a.take("stroke-linecap", "") == "round" || s.round
	a.take("stroke-linejoin", "") // All of them are round.
	turned, err := transform(a.take("transform", ""))
	if err != nil {
		return err
	}
	s.matrix = s.then(turned)
	var lines []line
	switch e.Name.Local {
	case "svg":
		var x, y, w, h float64
		if _, err := fmt.Sscan(a.take("viewBox", ""), &x, &y, &w, &h); err != nil {
			return fmt.Errorf("read the viewBox: %w", err)
		}
		a.take("xmlns", "")
		a.take("width", "")
		a.take("height", "")
		across, down := float64(d.Bounds().Dx())/w, float64(d.Bounds().Dy())/h
		s.matrix = matrix{a: across, d: down, e: -x * across, f: -y * down}
	case "defs", "g":
	case "linearGradient", "radialGradient":
		d.open = &gradient{
			radial: e.Name.Local == "radialGradient",
			from:   point{a.number("x1", 0), a.number("y1", 0)}, to: point{a.number("x2", 1), a.number("y2", 0)},
		}
		d.gradients["url(#"+a.take("id", "")+")"] = d.open
	case "stop":
		c, err := hex(a.take("stop-color", ""))
		if err != nil {
			return err
		}
		d.open.stops = append(d.open.stops, stop{a.number("offset", 0), faded(c, a.number("stop-opacity", 1))})
	case "rect":
		lines = []line{box(a.number("x", 0), a.number("y", 0), a.number("width", 0), a.number("height", 0), a.number("rx", 0))}
	case "circle":
		r := a.number("r", 0)
		lines = []line{oval(point{a.number("cx", 0), a.number("cy", 0)}, r, r, 90)}
	case "ellipse":
		lines = []line{oval(point{a.number("cx", 0), a.number("cy", 0)}, a.number("rx", 0), a.number("ry", 0), 90)}
	case "path":
		if lines, err = parsePath(a.take("d", "")); err != nil {
			return err
		}
	default:
		return errors.New("nobody knows how to paint it")
	}
	for name := range a {
		return fmt.Errorf("nobody knows what %s does to it", name)
	}
	d.inside = append(d.inside, s)
	return d.shape(lines, s)
}

// shape paints lines in a style.
func (d *drawing) shape(lines []line, s style) error {
	if len(lines) == 0 {
		return nil
	}
	for i, l := range lines {
		for k, p := range l.points {
			lines[i].points[k] = s.of(p)
		}
	}
	const nothing = "none"
	if name := cmp.Or(s.fill, "#000"); name != nothing {
		with, err := d.ink(name, lines, s.opacity)
		if err != nil {
			return err
		}
		d.fill(lines, with)
	}
	if name := cmp.Or(s.stroke, nothing); name != nothing {
		with, err := d.ink(name, lines, s.opacity)
		if err != nil {
			return err
		}
		d.canvas.stroke(lines, s.width*math.Sqrt(math.Abs(s.a*s.d-s.b*s.c)), s.round, with)
	}
	return nil
}

// ink is what a fill or stroke names.
func (d *drawing) ink(name string, lines []line, opacity float64) (ink, error) {
	if g, ok := d.gradients[name]; ok {
		return shade{gradient: *g, within: boundsOf(lines), opacity: opacity}, nil
	}
	c, err := hex(name)
	if err != nil {
		return nil, err
	}
	return image.NewUniform(faded(c, opacity)), nil
}

// hex reads #rgb or #rrggbb.
func hex(s string) (color.NRGBA, error) {
	digits := strings.TrimPrefix(s, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 6 {
		return color.NRGBA{}, fmt.Errorf("%q is no colour", s)
	}
	return color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}, nil
}

// transform reads a list such as "translate(400 0) scale(-1 1)".
func transform(s string) (matrix, error) {
	all := matrix{a: 1, d: 1}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		call, rest, ok := strings.Cut(s, ")")
		name, list, found := strings.Cut(call, "(")
		var n []float64
		for _, field := range strings.Fields(list) {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return all, fmt.Errorf("read %q: %w", call, err)
			}
			n = append(n, v)
		}
		var m matrix
		switch {
		case !ok || !found:
			return all, fmt.Errorf("%q is no transform", s)
		case name == "translate" && len(n) == 2:
			m = matrix{a: 1, d: 1, e: n[0], f: n[1]}
		case name == "scale" && len(n) >= 1:
			m = matrix{a: n[0], d: n[len(n)-1]}
		case name == "rotate" && len(n) == 3:
			sin, cos := math.Sincos(n[0] * math.Pi / 180)
			m = matrix{cos, sin, -sin, cos, n[1] - cos*n[1] + sin*n[2], n[2] - sin*n[1] - cos*n[2]}
		default:
			return all, fmt.Errorf("nobody knows the transform %q", call)
		}
		all, s = all.then(m), rest
	}
	return all, nil
}

// box is a rectangle, with round corners if it has a radius.
func box(x, y, w, h, r float64) line {
	if r <= 0 {
		return line{points: []point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, closed: true}
	}
	r = min(r, w/2, h/2)
	l := line{closed: true}
	for i, corner := range []point{{x + w - r, y + h - r}, {x + r, y + h - r}, {x + r, y + r}, {x + w - r, y + r}} {
		const steps = 8
		for k := range steps + 1 {
			sin, cos := math.Sincos((float64(i) + float64(k)/steps) * math.Pi / 2)
			l.points = append(l.points, point{corner.x + r*cos, corner.y + r*sin})
		}
	}
	return l
}
