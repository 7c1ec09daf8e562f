package demo

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// pathForm is a letter or a number of a path.
var pathForm = regexp.MustCompile(`[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)`)

// numbersOf says how many numbers follow a letter of a path.
var numbersOf = map[byte]int{'m': 2, 'l': 2, 'h': 1, 'v': 1, 'q': 4, 't': 2, 'c': 6, 's': 4, 'z': 0}

// pen draws the lines of a path.
type pen struct {
	lines []line
	at    point
	bend  point // the last control point of a curve, for one that goes on smoothly
}

// parsePath returns the lines of what stands in d of a path: straight ones and curves, no arcs.
func parsePath(d string) ([]line, error) {
	var p pen
	tokens := pathForm.FindAllString(d, -1)
	letter := ""
	for len(tokens) > 0 {
		if _, known := numbersOf[strings.ToLower(tokens[0])[0]]; known {
			letter, tokens = tokens[0], tokens[1:]
		}
		if letter == "" {
			return nil, fmt.Errorf("a path begins with %q", tokens[0])
		}
		n := numbersOf[strings.ToLower(letter)[0]]
		if len(tokens) < n {
			return nil, fmt.Errorf("%s lacks numbers", letter)
		}
		v := make([]float64, n)
		for i := range v {
			var err error
			if v[i], err = strconv.ParseFloat(tokens[i], 64); err != nil {
				return nil, fmt.Errorf("%s: %w", letter, err)
			}
		}
		tokens = tokens[n:]
		if err := p.step(letter, v); err != nil {
			return nil, err
		}
		// More numbers behind a move are lines.
		switch letter {
		case "M":
			letter = "L"
		case "m":
			letter = "l"
		case "Z", "z":
			letter = ""
		}
	}
	return p.lines, nil
}

func (p *pen) step(letter string, v []float64) error {
	from := point{}
	if strings.ToLower(letter) == letter {
		from = p.at
	}
	to := func(i int) point { return point{from.x + v[i], from.y + v[i+1]} }
	mirrored := point{2*p.at.x - p.bend.x, 2*p.at.y - p.bend.y}
	bend := point{}
	kind := strings.ToLower(letter)
	if kind != "m" && len(p.lines) == 0 {
		return fmt.Errorf("a path begins with %s", letter)
	}
	switch kind {
	case "m":
		p.lines, p.at = append(p.lines, line{points: []point{to(0)}}), to(0)
	case "l":
		p.line(to(0))
	case "h":
		p.line(point{from.x + v[0], p.at.y})
	case "v":
		p.line(point{p.at.x, from.y + v[0]})
	case "q":
		bend = to(0)
		p.curve(bend, bend, to(2), true)
	case "t":
		bend = mirrored
		p.curve(bend, bend, to(0), true)
	case "c":
		bend = to(2)
		p.curve(to(0), bend, to(4), false)
	case "s":
		bend = to(0)
		p.curve(mirrored, bend, to(2), false)
	case "z":
		last := &p.lines[len(p.lines)-1]
		last.closed, p.at = true, last.points[0]
	}
	if p.bend = p.at; kind == "q" || kind == "t" || kind == "c" || kind == "s" {
		p.bend = bend
	}
	return nil
}

// line goes straight on. Behind the end of a closed line another one begins there.
func (p *pen) line(to point) {
	if last := p.lines[len(p.lines)-1]; last.closed {
		p.lines = append(p.lines, line{points: []point{p.at}})
	}
	last := &p.lines[len(p.lines)-1]
	last.points, p.at = append(last.points, to), to
}

// curve goes on in a curve with one or two control points.
func (p *pen) curve(b, c, to point, quadratic bool) {
	const steps = 16
	a := p.at
	for i := 1; i <= steps; i++ {
		t := float64(i) / steps
		u := 1 - t
		if quadratic {
			p.line(point{u*u*a.x + 2*u*t*b.x + t*t*to.x, u*u*a.y + 2*u*t*b.y + t*t*to.y})
			continue
		}
		p.line(point{
			u*u*u*a.x + 3*u*u*t*b.x + 3*u*t*t*c.x + t*t*t*to.x,
			u*u*u*a.y + 3*u*u*t*b.y + 3*u*t*t*c.y + t*t*t*to.y,
		})
	}
}
