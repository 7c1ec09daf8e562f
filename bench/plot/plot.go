// Package plot draws lines through points as SVG: for documents, on a light or a dark page.
package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// Chart is a picture of some series over one pair of axes.
type Chart struct {
	Title      string
	X, Y       string // what the axes tell, with its unit
	LogX, LogY bool   // by powers of ten; what is not above 0 is left out then
	Series     []Series
}

// Series is a line with a name.
type Series struct {
	Name   string
	Points []Point // by X
}

// Point is a place on a line.
type Point struct{ X, Y float64 }

// What a picture measures, in CSS pixels.
const (
	width, plotHeight        = 760, 340
	left, right, top, bottom = 84, 24, 52, 56 // around the plot
	legendRow                = 22
	letter                   = 6.9 // a wide letter of the text, so that nothing of a legend is cut off
)

// The colours are told apart by who sees few of them, too (Okabe and Ito), and markers and dashes repeat what
// they say. Each has a second one for dark pages.
var colours = [][2]string{
	{"#0072b2", "#56b4e9"},
	{"#d55e00", "#ff8a3d"},
	{"#00805d", "#2fd3a4"},
	{"#a8508a", "#e59ac8"},
	{"#8a6d00", "#f0d442"},
	{"#4d4d4d", "#c9c9c9"},
}

var dashes = []string{"none", "7 4", "2 3"}

// SVG draws the chart. It has colours of its own for people who have asked for dark pages, a background,
// and its figures as a text for those who do not see it.
func (c Chart) SVG() []byte {
	x, y := newAxis(c.LogX, c.values(func(p Point) float64 { return p.X })), newAxis(c.LogY, c.values(func(p Point) float64 { return p.Y }))
	columns := c.legendColumns()
	rows := (len(c.Series) + columns - 1) / columns
	height := top + plotHeight + bottom + rows*legendRow + 8
	d := drawing{x: x, y: y}
	id := slug(c.Title)
	d.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%s-title %s-desc">`,
		width, height, width, height, id, id)
	d.put(`<title id="%s-title">%s</title>`, id, escape(c.Title))
	d.put(`<desc id="%s-desc">%s</desc>`, id, escape(c.told()))
	d.put("<style>%s</style>", style())
	d.put(`<rect class="page" x="0.5" y="0.5" width="%d" height="%d" rx="8"/>`, width-1, height-1)
	d.put(`<text class="head" x="%d" y="30">%s</text>`, left, escape(c.Title))
	d.axes(c)
	for i, s := range c.Series {
		d.series(i, s)
	}
	for i, s := range c.Series {
		d.legend(i, s.Name, left+i%columns*((width-left-right)/columns), top+plotHeight+bottom+i/columns*legendRow)
	}
	d.put("</svg>")
	return d.out.Bytes()
}

func style() string {
	var light, dark strings.Builder
	for i, c := range colours {
		fmt.Fprintf(&light, ".c%d{--c:%s}", i, c[0])
		fmt.Fprintf(&dark, ".c%d{--c:%s}", i, c[1])
	}
	return "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;fill:#24292f}.head{font-size:15px;font-weight:600}.tick{fill:#57606a}" +
		".page{fill:#fff;stroke:#d0d7de}.grid{stroke:#d8dee4}.axis{stroke:#6e7781}.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}.mark{fill:var(--c)}" +
		light.String() +
		"@media(prefers-color-scheme:dark){text{fill:#e6edf3}.tick{fill:#a3adb8}.page{fill:#0d1117;stroke:#30363d}.grid{stroke:#2b3138}.axis{stroke:#8b949e}" + dark.String() + "}"
}

// values are those of all points that can be drawn.
func (c Chart) values(of func(Point) float64) (all []float64) {
	for _, s := range c.Series {
		for _, p := range c.drawn(s) {
			all = append(all, of(p))
		}
	}
	return all
}

// drawn are the points of a series that have a place.
func (c Chart) drawn(s Series) (all []Point) {
	for _, p := range s.Points {
		bad := func(v float64, log bool) bool { return math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || log && v == 0 }
		if !bad(p.X, c.LogX) && !bad(p.Y, c.LogY) {
			all = append(all, p)
		}
	}
	return all
}

func (c Chart) legendColumns() int {
	longest := 1
	for _, s := range c.Series {
		longest = max(longest, len([]rune(s.Name)))
	}
	return max(1, min(4, int((width-left-right)/(float64(longest)*letter+48))))
}

// told are the figures as a text.
func (c Chart) told() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s against %s.", c.Y, c.X)
	for _, s := range c.Series {
		fmt.Fprintf(&b, " %s:", s.Name)
		for i, p := range c.drawn(s) {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, " %s at %s", short(p.Y), short(p.X))
		}
		b.WriteByte('.')
	}
	return b.String()
}

// drawing is a picture that is being made.
type drawing struct {
	out  bytes.Buffer
	x, y axis
}

func (d *drawing) put(format string, args ...any) { fmt.Fprintf(&d.out, format+"\n", args...) }

func (d *drawing) place(p Point) (x, y float64) {
	return left + d.x.at(p.X)*(width-left-right), top + (1-d.y.at(p.Y))*plotHeight
}

func (d *drawing) axes(c Chart) {
	for _, v := range d.y.ticks {
		_, y := d.place(Point{d.x.from, v})
		d.put(`<path class="grid" d="M%d %.1fH%d"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`, left, y, width-right, left-8, y+4, short(v))
	}
	for _, v := range d.x.ticks {
		x, _ := d.place(Point{v, d.y.from})
		d.put(`<path class="grid" d="M%.1f %dV%d"/><text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x, top, top+plotHeight, x, top+plotHeight+18, short(v))
	}
	d.put(`<path class="axis" fill="none" d="M%d %dV%dH%d"/>`, left, top, top+plotHeight, width-right)
	d.put(`<text x="%d" y="%d" text-anchor="middle">%s</text>`, left+(width-left-right)/2, top+plotHeight+38, escape(c.X))
	d.put(`<text transform="translate(20 %d) rotate(-90)" text-anchor="middle">%s</text>`, top+plotHeight/2, escape(c.Y))
}

func (d *drawing) series(i int, s Series) {
	points := Chart{LogX: d.x.log, LogY: d.y.log}.drawn(s)
	if len(points) == 0 {
		return
	}
	d.put(`<g class="c%d">`, i%len(colours))
	var path strings.Builder
	for n, p := range points {
		x, y := d.place(p)
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(n, 1)], x, y)
	}
	d.put(`<path class="line" stroke-dasharray="%s" d="%s"/>`, dash(i), path.String())
	for _, p := range points {
		x, y := d.place(p)
		d.mark(i, x, y)
	}
	d.put("</g>")
}

// dash is of another kind where the colours begin again.
func dash(i int) string { return dashes[i/len(colours)%len(dashes)] }

// mark draws the marker of a series: of four shapes one.
func (d *drawing) mark(i int, x, y float64) {
	switch i % 4 {
	case 0:
		d.put(`<circle class="mark" cx="%.1f" cy="%.1f" r="4"/>`, x, y)
	case 1:
		d.put(`<path class="mark" d="M%.1f %.1fh7.4v7.4h-7.4z"/>`, x-3.7, y-3.7)
	case 2:
		d.put(`<path class="mark" d="M%.1f %.1fl4.8 8.2h-9.6z"/>`, x, y-5)
	default:
		d.put(`<path class="mark" d="M%.1f %.1fl5 5l-5 5l-5-5z"/>`, x, y-5)
	}
}

func (d *drawing) legend(i int, name string, x, y int) {
	d.put(`<g class="c%d"><path class="line" stroke-dasharray="%s" d="M%d %dh26"/>`, i%len(colours), dash(i), x, y)
	d.mark(i, float64(x+13), float64(y))
	d.put(`</g><text x="%d" y="%d">%s</text>`, x+34, y+4, escape(name))
}

func escape(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes all
	return b.String()
}

// slug is what a title is as a name.
func slug(title string) string {
	return "plot-" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, title)
}
