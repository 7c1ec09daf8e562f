package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var sample = Chart{
	Title: "Acknowledged <in> a second", X: "messages in flight", Y: "messages a second", LogX: true,
	Series: []Series{
		{"relay & ack", []Point{{1, 9000}, {20, 52000}, {100, 60000}, {400, 58000}}},
		{"SwapNest, SQLite", []Point{{1, 900}, {20, 7000}, {100, 15000}, {400, 16000}}},
	},
}

// pieces are the elements of a picture, by name, and its texts.
func pieces(t *testing.T, svg []byte) (elements map[string][]xml.StartElement, texts []string) {
	t.Helper()
	elements = map[string][]xml.StartElement{}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements, texts
		}
		if err != nil {
			t.Fatalf("it is no XML: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements[token.Name.Local] = append(elements[token.Name.Local], token.Copy())
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func TestAChartSaysWhatItShows(t *testing.T) {
	elements, texts := pieces(t, sample.SVG())
	for _, want := range []string{
		sample.Title, sample.X, sample.Y, "relay & ack", "SwapNest, SQLite", // title, axes, legend
		"20", "100", "10k", "60k", // ticks
		"messages a second against messages in flight. relay & ack: 9k at 1, 52k at 20, 60k at 100, 58k at 400. SwapNest, SQLite: 900 at 1, 7k at 20, 15k at 100, 16k at 400.",
	} {
		if !slices.Contains(texts, want) {
			t.Errorf("nothing says %q: %q", want, texts)
		}
	}
	svg := elements["svg"][0]
	names := attribute(elements["title"][0], "id") + " " + attribute(elements["desc"][0], "id")
	if attribute(svg, "role") != "img" || attribute(svg, "aria-labelledby") != names {
		t.Errorf("it has no accessible name: %+v", svg.Attr)
	}
	if n := len(elements["circle"]); n != 5 { // and the one of the legend
		t.Errorf("%d round marks, want 5", n)
	}
}

func TestNothingIsDrawnOutsideOfTheAxes(t *testing.T) {
	for _, c := range []Chart{
		sample,
		{Title: "nothing", X: "x", Y: "y"},
		{Title: "one", X: "x", Y: "y", LogX: true, LogY: true, Series: []Series{{"a", []Point{{7, 0.03}}}}},
		{Title: "zeros", X: "x", Y: "y", Series: []Series{{"a", []Point{{0, 0}, {3, 0}}}}},
		{Title: "what has no place", X: "x", Y: "y", LogY: true, Series: []Series{{"a", []Point{{1, 0}, {2, math.NaN()}, {3, 12}, {4, math.Inf(1)}, {5, -1}}}}},
		{Title: "far", X: "x", Y: "y", LogX: true, LogY: true, Series: []Series{{"a", []Point{{1, 0.001}, {1e7, 1e6}}}}},
	} {
		svg := c.SVG()
		if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
			t.Errorf("%s: %s", c.Title, svg)
		}
		elements, _ := pieces(t, svg)
		for _, e := range elements["circle"] {
			x, errX := strconv.ParseFloat(attribute(e, "cx"), 64)
			y, errY := strconv.ParseFloat(attribute(e, "cy"), 64)
			inLegend := y >= top+plotHeight+bottom
			if errX != nil || errY != nil || x < left || x > width-right || y < top || y > top+plotHeight && !inLegend {
				t.Errorf("%s: a mark at %g, %g", c.Title, x, y)
			}
		}
	}
}

func TestTicksAreRoundAndEnough(t *testing.T) {
	for _, c := range []struct {
		log       bool
		low, high float64
		want      string
	}{
		{false, 100, 60000, "0 10k 20k 30k 40k 50k 60k"},
		{false, 0.1, 0.22, "0 0.05 0.1 0.15 0.2 0.25"},
		{false, 0, 0, "0 1"},
		{true, 1, 400, "1 2 5 10 20 50 100 200 500"},
		{true, 0.7, 180, "0.5 1 2 5 10 20 50 100 200"},
		{true, 1000, 1e7, "1k 10k 100k 1M 10M"},
		{true, 7, 7, "5 10"},
	} {
		var got []string
		for _, v := range newAxis(c.log, []float64{c.low, c.high}).ticks {
			got = append(got, short(v))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("from %g to %g: got %s, want %s", c.low, c.high, strings.Join(got, " "), c.want)
		}
	}
}

// More series than colours are told apart by their dashes.
func TestNoTwoSeriesLookAlike(t *testing.T) {
	c := Chart{Title: "many", X: "x", Y: "y"}
	for i := range 12 {
		c.Series = append(c.Series, Series{strconv.Itoa(i), []Point{{1, 1}, {2, float64(i)}}})
	}
	seen := map[string]bool{}
	for i := range c.Series {
		seen[strconv.Itoa(i%len(colours))+dash(i)] = true
	}
	if len(seen) != 12 || !bytes.Contains(c.SVG(), []byte(`stroke-dasharray="7 4"`)) {
		t.Errorf("12 series have %d looks", len(seen))
	}
}
