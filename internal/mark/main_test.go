package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const static = "../http/web/static"

func theMark(t *testing.T) mark {
	t.Helper()
	svg, err := os.ReadFile(filepath.Join(static, source))
	if err != nil {
		t.Fatal(err)
	}
	m, err := markOf(svg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Pixels are compared and not bytes: another version of Go may pack them otherwise.
func TestIconsAreDrawnFromTheMarkAsItIs(t *testing.T) {
	m := theMark(t)
	for _, i := range icons {
		t.Run(i.Name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(static, out, i.Name))
			if err != nil {
				t.Fatalf("%v: run go generate ./internal/http/web", err)
			}
			got, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			want := m.draw(i)
			if got.Bounds() != want.Bounds() {
				t.Fatalf("got %v, want %v: run go generate ./internal/http/web", got.Bounds(), want.Bounds())
			}
			for y := range i.Size {
				for x := range i.Size {
					if color.NRGBAModel.Convert(got.At(x, y)) != want.At(x, y) {
						t.Fatalf("the pixel at %d, %d is %v, want %v: run go generate ./internal/http/web", x, y, got.At(x, y), want.At(x, y))
					}
				}
			}
		})
	}
}

func TestNoShapeCutsTheMarkOutOfAFilledIcon(t *testing.T) {
	m := theMark(t)
	ground := m.shapes[0].colour
	for _, i := range icons {
		picture := m.draw(i)
		if i.Look != filled {
			continue
		}
		middle := float64(i.Size) / 2
		for y := range i.Size {
			for x := range i.Size {
				c := picture.NRGBAAt(x, y)
				if c.A != 255 {
					t.Fatalf("%s is not opaque at %d, %d", i.Name, x, y)
				}
				if away := math.Hypot(float64(x)+.5-middle, float64(y)+.5-middle); away > .4*float64(i.Size) && c != ground {
					t.Fatalf("%s has %v at %d, %d, where a shape may cut", i.Name, c, x, y)
				}
			}
		}
	}
}

func TestABadgeIsOneColourWithHoles(t *testing.T) {
	m := theMark(t)
	var badge *image.NRGBA
	for _, i := range icons {
		if i.Look == oneColour {
			badge = m.draw(i)
		}
	}
	white, clear := 0, 0
	for n := 0; n < len(badge.Pix); n += 4 {
		p := badge.Pix[n : n+4]
		if p[3] > 0 && (p[0] != 255 || p[1] != 255 || p[2] != 255) {
			t.Fatalf("a pixel is %v, want white", p)
		}
		switch p[3] {
		case 255:
			white++
		case 0:
			clear++
		}
	}
	all := len(badge.Pix) / 4
	if white < all/4 || clear < all/4 {
		t.Errorf("of %d pixels %d are white and %d clear: that is no sign", all, white, clear)
	}
	// The nest lies in the middle of what is white, and is cut out of it.
	if c := badge.NRGBAAt(48, 67); c.A != 0 {
		t.Errorf("the nest is not cut out: %v", c)
	}
}

func TestAMarkThatIsNotKnownIsRefused(t *testing.T) {
	for _, c := range []struct{ name, svg, want string }{
		{"another shape", `<svg viewBox="0 0 9 9"><rect width="9" fill="#fff"/><ellipse fill="#000"/></svg>`, "<ellipse>"},
		{"a colour by its name", `<svg viewBox="0 0 9 9"><rect width="9" fill="plum"/></svg>`, `"plum"`},
		{"another step", `<svg viewBox="0 0 9 9"><rect width="9" fill="#fff"/><path d="M1 1c1 1 2 2 3 3" fill="#000"/></svg>`, "step c"},
		{"no ground", `<svg viewBox="0 0 9 9"><circle cx="1" cy="1" r="1" fill="#fff"/></svg>`, "ground"},
		{"nothing on it", `<svg viewBox="0 0 9 9"><rect width="9" fill="#fff"/></svg>`, "something on it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := markOf([]byte(c.svg)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestWhereTheIconsGoIsSaid(t *testing.T) {
	if err := run(nil); err == nil {
		t.Error("got no error without a folder")
	}
	dir := t.TempDir()
	svg, err := os.ReadFile(filepath.Join(static, source))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, source), svg, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, out), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{dir}); err != nil {
		t.Fatal(err)
	}
	for _, i := range icons {
		if _, err := os.Stat(filepath.Join(dir, out, i.Name)); err != nil {
			t.Error(err)
		}
	}
}
