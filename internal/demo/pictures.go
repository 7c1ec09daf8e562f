package demo

import (
	"embed"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"swapnest/internal/chat"
)

// Every drawing is a wall, a floor, a shadow and then the thing, 400 by 300.
//
//go:embed photos/*.svg
var drawings embed.FS

const (
	pictureWidth  = 400
	pictureHeight = 300
)

// picture is a drawing, or a variant of one.
type picture struct {
	name   string // of the blob; a variant has its own
	base   string // the drawing it varies; "" for a drawing as it is
	hue    int    // degrees by which the colours of the thing turn
	mirror bool   // the thing looks the other way
	beside string // another drawing whose thing stands behind, small
	room   string // of rooms; "" keeps the drawing's own
}

// rooms are the colours of a wall and of a floor, each from one to the other.
var rooms = map[string][4]string{
	"mint":  {"#dcefe6", "#b4d3c5", "#a98a6c", "#8a6e53"},
	"sky":   {"#dfe9f5", "#b3c6de", "#8e7b6b", "#705f51"},
	"rose":  {"#f6e1e2", "#dfb9be", "#7d6a72", "#5f4f57"},
	"sand":  {"#f7ecd6", "#e0c9a0", "#97775a", "#765a41"},
	"lilac": {"#e8e2f2", "#c3b7da", "#6d6377", "#51485b"},
	"slate": {"#cdd6da", "#98a7ae", "#4f5358", "#3a3d41"},
	"moss":  {"#dfe6cd", "#b3c08f", "#7c6a4e", "#5e4f39"},
	"clay":  {"#f1d9c9", "#d3a78d", "#6a5750", "#4e3f39"},
}

func (p picture) key() string { return "demo/" + p.name + ".svg" }

// photo is how a listing names the picture.
func (p picture) photo() chat.Photo {
	return chat.Photo{Key: p.key(), ThumbKey: p.key(), Width: pictureWidth, Height: pictureHeight}
}

// drawAll returns every picture of the things by its key.
func drawAll() (map[string][]byte, error) {
	all := make(map[string][]byte)
	for _, t := range things {
		for _, p := range t.pictures {
			data, err := p.draw()
			if err != nil {
				return nil, fmt.Errorf("draw %s: %w", p.name, err)
			}
			all[p.key()] = data
		}
	}
	return all, nil
}

var (
	wall   = regexp.MustCompile(`(<linearGradient id="w"[^>]*>)<stop offset="0" stop-color="[^"]*"/><stop offset="1" stop-color="[^"]*"/>`)
	floor  = regexp.MustCompile(`(<linearGradient id="f"[^>]*>)<stop offset="0" stop-color="[^"]*"/><stop offset="1" stop-color="[^"]*"/>`)
	colour = regexp.MustCompile(`#(?:[0-9a-f]{6}|[0-9a-f]{3})\b`)
)

// shadow ends the line after which a drawing shows nothing but its thing.
const shadow = `fill="url(#s)"/>`

func (p picture) draw() ([]byte, error) {
	if p.base == "" {
		return drawings.ReadFile("photos/" + p.name + ".svg")
	}
	scene, thing, err := split(p.base)
	if err != nil {
		return nil, err
	}
	if p.room != "" {
		c, ok := rooms[p.room]
		if !ok {
			return nil, fmt.Errorf("there is no room %q", p.room)
		}
		scene = wall.ReplaceAllString(scene, stops(c[0], c[1]))
		scene = floor.ReplaceAllString(scene, stops(c[2], c[3]))
	}
	var b strings.Builder
	b.WriteString(scene)
	if p.beside != "" {
		_, other, err := split(p.beside)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, `<g transform="translate(214 112) scale(.46)">%s</g>`+"\n", other)
	}
	thing = turn(thing, p.hue)
	switch {
	case p.beside != "":
		fmt.Fprintf(&b, `<g transform="translate(-52 44) scale(.84)">%s</g>`, thing)
	case p.mirror:
		fmt.Fprintf(&b, `<g transform="translate(400 0) scale(-1 1)">%s</g>`, thing)
	default:
		b.WriteString(thing)
	}
	b.WriteString("\n</svg>\n")
	return []byte(b.String()), nil
}

func stops(from, to string) string {
	return `${1}<stop offset="0" stop-color="` + from + `"/><stop offset="1" stop-color="` + to + `"/>`
}

// split returns a drawing up to its shadow, and the thing itself.
func split(name string) (scene, thing string, err error) {
	data, err := drawings.ReadFile("photos/" + name + ".svg")
	if err != nil {
		return "", "", err
	}
	before, after, ok := strings.Cut(string(data), shadow)
	if !ok {
		return "", "", fmt.Errorf("%s has no shadow", name)
	}
	thing, _, ok = strings.Cut(after, "</svg>")
	if !ok {
		return "", "", fmt.Errorf("%s has no end", name)
	}
	return before + shadow + "\n", strings.TrimSpace(thing), nil
}

// turn rotates the hue of every colour of a drawing. Greys stay grey.
func turn(svg string, degrees int) string {
	if degrees == 0 {
		return svg
	}
	return colour.ReplaceAllStringFunc(svg, func(hex string) string {
		digits := hex[1:]
		if len(digits) == 3 {
			digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
		}
		n, err := strconv.ParseUint(digits, 16, 32)
		if err != nil {
			return hex
		}
		r, g, b := rotate(float64(n>>16), float64(n>>8&255), float64(n&255), float64(degrees))
		return fmt.Sprintf("#%02x%02x%02x", r, g, b)
	})
}

// rotate turns a colour around the grey axis and keeps its brightness.
func rotate(r, g, b, degrees float64) (uint8, uint8, uint8) {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	const lr, lg, lb = 0.213, 0.715, 0.072
	mix := func(cr, cg, cb float64) uint8 {
		return uint8(math.Round(min(max(cr*r+cg*g+cb*b, 0), 255)))
	}
	return mix(lr+cos*(1-lr)-sin*lr, lg-cos*lg-sin*lg, lb-cos*lb+sin*(1-lb)),
		mix(lr-cos*lr+sin*0.143, lg+cos*(1-lg)+sin*0.140, lb-cos*lb-sin*0.283),
		mix(lr-cos*lr-sin*(1-lr), lg-cos*lg+sin*lg, lb+cos*(1-lb)+sin*lb)
}
