package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// point is a place in the units of the mark.
type point struct{ x, y float64 }

func (p point) add(q point) point        { return point{p.x + q.x, p.y + q.y} }
func (p point) times(n float64) point    { return point{p.x * n, p.y * n} }
func (p point) distance(q point) float64 { return math.Hypot(p.x-q.x, p.y-q.y) }

// mark is what an SVG of a few shapes says: a square ground, and what lies on it.
type mark struct {
	size   float64 // of its edge
	shapes []shape // the ground first
}

// shape is one of them, in one colour.
type shape struct {
	colour color.NRGBA
	round  bool                               // a circle
	covers func(p point, around float64) bool // whether p lies in it, or so far around it
	edge   []point                            // some points of its outline; none of the ground
}

// middle is the middle of what lies on the ground.
func (m mark) middle() point {
	low, high := m.bounds()
	return low.add(high).times(.5)
}

// reach is how large a square with all that lies on the ground is, with a margin.
func (m mark) reach() float64 {
	const margin = 1
	low, high := m.bounds()
	return max(high.x-low.x, high.y-low.y) + 2*margin
}

func (m mark) bounds() (low, high point) {
	var all []point
	for _, s := range m.shapes {
		all = append(all, s.edge...)
	}
	return box(all)
}

// box is the smallest rectangle with some points in it.
func box(all []point) (low, high point) {
	low, high = all[0], all[0]
	for _, p := range all {
		low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
	}
	return low, high
}

// element is a shape as the SVG has it.
type element struct {
	XMLName     xml.Name
	Width       float64 `xml:"width,attr"`
	Radius      float64 `xml:"rx,attr"`
	CX          float64 `xml:"cx,attr"`
	CY          float64 `xml:"cy,attr"`
	R           float64 `xml:"r,attr"`
	Path        string  `xml:"d,attr"`
	Fill        string  `xml:"fill,attr"`
	Stroke      string  `xml:"stroke,attr"`
	StrokeWidth float64 `xml:"stroke-width,attr"`
}

// markOf reads an SVG: a rectangle that is its ground, circles, and paths of curves that are filled or
// drawn with round ends. Anything else is an error.
func markOf(svg []byte) (mark, error) {
	var root struct {
		ViewBox  string    `xml:"viewBox,attr"`
		Elements []element `xml:",any"`
	}
	if err := xml.Unmarshal(svg, &root); err != nil {
		return mark{}, err
	}
	var m mark
	if _, err := fmt.Sscanf(root.ViewBox, "0 0 %g", &m.size); err != nil {
		return mark{}, fmt.Errorf("its view box is %q: %w", root.ViewBox, err)
	}
	for n, e := range root.Elements {
		s, err := e.shape()
		if err == nil && (n == 0) != (e.XMLName.Local == "rect") {
			err = errors.New("a rectangle is the ground, and comes first")
		}
		if err != nil {
			return mark{}, fmt.Errorf("its element %d: %w", n+1, err)
		}
		m.shapes = append(m.shapes, s)
	}
	if len(m.shapes) < 2 {
		return mark{}, errors.New("it has no ground with something on it")
	}
	return m, nil
}

func (e element) shape() (shape, error) {
	paint := e.Fill
	if paint == "none" {
		paint = e.Stroke
	}
	c, err := colourOf(paint)
	if err != nil {
		return shape{}, err
	}
	switch e.XMLName.Local {
	case "rect":
		half := e.Width / 2
		return shape{colour: c, covers: func(p point, around float64) bool {
			x, y := max(math.Abs(p.x-half)-half+e.Radius, 0), max(math.Abs(p.y-half)-half+e.Radius, 0)
			return math.Hypot(x, y) <= e.Radius+around
		}}, nil
	case "circle":
		middle := point{e.CX, e.CY}
		reach := point{e.R, e.R}
		return shape{colour: c, round: true, edge: []point{middle.add(reach), middle.add(reach.times(-1))}, covers: func(p point, around float64) bool {
			return p.distance(middle) <= e.R+around
		}}, nil
	case "path":
		line, err := trace(e.Path)
		if err != nil {
			return shape{}, err
		}
		low, high := box(line)
		// Most points are far away from it.
		inBox := func(p point, around float64) bool {
			return p.x >= low.x-around && p.x <= high.x+around && p.y >= low.y-around && p.y <= high.y+around
		}
		if e.Fill == "none" {
			return shape{colour: c, edge: line, covers: func(p point, around float64) bool {
				reach := e.StrokeWidth/2 + around
				return inBox(p, reach) && near(line, p, reach)
			}}, nil
		}
		return shape{colour: c, edge: line, covers: func(p point, _ float64) bool { return inBox(p, 0) && within(line, p) }}, nil
	}
	return shape{}, fmt.Errorf("<%s> is of no known kind", e.XMLName.Local)
}

// colourOf reads #rgb and #rrggbb.
func colourOf(s string) (color.NRGBA, error) {
	digits := strings.TrimPrefix(s, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 24)
	if err != nil || len(digits) != 6 {
		return color.NRGBA{}, fmt.Errorf("%q is no colour", s)
	}
	return color.NRGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}, nil
}

var step = regexp.MustCompile(`([A-Za-z])|-?(?:\d+\.?\d*|\.\d+)`)

// trace follows a path of M, h, q, T and z, and returns points along it.
func trace(path string) ([]point, error) {
	const pieces = 48 // of a curve
	var line []point
	var at, bend point
	curve := func(control, to point) {
		for n := 1; n <= pieces; n++ {
			t := float64(n) / pieces
			line = append(line, at.times((1-t)*(1-t)).add(control.times(2*t*(1-t))).add(to.times(t*t)))
		}
		at, bend = to, control
	}
	words := step.FindAllString(path, -1)
	for len(words) > 0 {
		command := words[0]
		words = words[1:]
		var n []float64
		for len(words) > 0 && !isLetter(words[0]) {
			f, err := strconv.ParseFloat(words[0], 64)
			if err != nil {
				return nil, err
			}
			n, words = append(n, f), words[1:]
		}
		switch {
		case command == "M" && len(n) == 2:
			at = point{n[0], n[1]}
			line = append(line, at)
		case command == "h" && len(n) == 1:
			at.x += n[0]
			line = append(line, at)
		case command == "q" && len(n) == 4:
			curve(at.add(point{n[0], n[1]}), at.add(point{n[2], n[3]}))
		case command == "T" && len(n) == 2:
			curve(at.times(2).add(bend.times(-1)), point{n[0], n[1]})
		case command == "z" && len(n) == 0:
			line = append(line, line[0])
		default:
			return nil, fmt.Errorf("the path has a step %s with %d numbers, which is not known", command, len(n))
		}
	}
	if len(line) < 2 {
		return nil, errors.New("the path leads nowhere")
	}
	return line, nil
}

func isLetter(s string) bool { return s[0] >= 'A' }

// within tells whether p lies inside of a line that is closed.
func within(line []point, p point) bool {
	inside := false
	for n := 1; n < len(line); n++ {
		a, b := line[n-1], line[n]
		if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(b.x-a.x)*(p.y-a.y)/(b.y-a.y) {
			inside = !inside
		}
	}
	return inside
}

// near tells whether p is no further than reach from a line.
func near(line []point, p point, reach float64) bool {
	for n := 1; n < len(line); n++ {
		a, way := line[n-1], line[n].add(line[n-1].times(-1))
		along := ((p.x-a.x)*way.x + (p.y-a.y)*way.y) / (way.x*way.x + way.y*way.y)
		if p.distance(a.add(way.times(min(max(along, 0), 1)))) <= reach {
			return true
		}
	}
	return false
}
