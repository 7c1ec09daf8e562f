// Package picture makes clean pictures of what people upload. Whatever comes out has been
// decoded and encoded anew: it is upright, of a bounded size, and carries nothing of the
// file it came from but what one sees. The package knows neither people nor listings.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // decoders, by their content
	"image/jpeg"
	_ "image/png"
	"io"
	"runtime/debug"
	"time"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"

	"swapnest/internal/chat"
)

const (
	fullEdge  = 1600 // pixels of the longer edge, at most
	thumbEdge = 480
	quality   = 82
	// memory is what all decoders at work may hold together, in bytes.
	memory = 128 << 20
	// large is from where on memory goes back to the system at once.
	large = 24 << 20
	// patience is how long one picture may take: a small file can ask for much work.
	patience = 20 * time.Second
)

// Picture is an encoded picture and its size in pixels.
type Picture struct {
	JPEG          []byte
	Width, Height int
}

// Maker makes pictures. All that work at once share its memory.
type Maker struct {
	free *semaphore.Weighted
}

// NewMaker returns a Maker.
func NewMaker() *Maker { return &Maker{free: semaphore.NewWeighted(memory)} }

// Make returns a picture in two sizes, both upright JPEGs of one shape; a transparent
// one stands on white, of an animated one the first frame is taken. It refuses what is no
// JPEG, PNG, WebP or GIF with UnsupportedMedia, and what is broken or could not be decoded
// within bounds with Invalid or TooLarge, on the field "photos". It waits for its share of
// memory until ctx ends.
func (m *Maker) Make(ctx context.Context, r io.ReadSeeker) (full, thumb Picture, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f, err := inspect(r)
	if err != nil {
		return full, thumb, err
	}
	if err := f.check(); err != nil {
		return full, thumb, err
	}
	if err := m.free.Acquire(ctx, f.cost()); err != nil {
		return full, thumb, busy()
	}
	defer m.free.Release(f.cost())
	small, err := reduce(ctx, r, f)
	if f.cost() > large {
		// Garbage of this size would stay for minutes, and the next one beside it.
		debug.FreeOSMemory()
	}
	if err != nil {
		return full, thumb, err
	}
	if full, err = encode(small); err != nil {
		return full, thumb, err
	}
	thumb, err = encode(fit(small, thumbEdge))
	return full, thumb, err
}

// reduce decodes a picture and returns it upright, and no larger than it is shown. The
// decoded one is garbage when it returns.
func reduce(ctx context.Context, r io.ReadSeeker, f facts) (*image.RGBA, error) {
	img, err := decode(ctx, r)
	if err != nil {
		return nil, err
	}
	if b := img.Bounds(); b.Dx() > f.width || b.Dy() > f.height || b.Empty() {
		return nil, broken()
	}
	return upright(fit(shrink(img, fullEdge), fullEdge), f.orientation), nil
}

func decode(ctx context.Context, r io.ReadSeeker) (img image.Image, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read an upload: %w", err)
	}
	defer func() {
		// A decoder that panics has met a file that none should have to read.
		if recover() != nil {
			img, err = nil, broken()
		}
	}()
	img, _, err = image.Decode(&patient{ctx, r})
	switch {
	case ctx.Err() != nil:
		return nil, tooMuch()
	case err != nil:
		return nil, broken()
	}
	return img, nil
}

// patient reads until ctx ends. Decoders know no context, but all of them read.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

// shrink returns the picture on white, each of its pixels the mean of a square of the
// original's, so small that its longer edge has less than twice edge pixels.
func shrink(src image.Image, edge int) *image.RGBA {
	b := src.Bounds()
	factor := max(1, max(b.Dx(), b.Dy())/edge)
	fx, fy := min(factor, b.Dx()), min(factor, b.Dy())
	dst := image.NewRGBA(image.Rect(0, 0, b.Dx()/fx, b.Dy()/fy))
	strip := image.NewRGBA(image.Rect(0, 0, dst.Rect.Dx()*fx, fy))
	for y := range dst.Rect.Dy() {
		draw.Draw(strip, strip.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(strip, strip.Rect, src, b.Min.Add(image.Pt(0, y*fy)), draw.Over)
		row := dst.Pix[y*dst.Stride:]
		for x := range dst.Rect.Dx() {
			mean(row[4*x:4*x+4], strip, x*fx, fx)
		}
	}
	return dst
}

// mean writes the mean of a strip's columns from x on, width of them, into a pixel.
func mean(pixel []byte, strip *image.RGBA, x, width int) {
	var sum [3]int
	for y := range strip.Rect.Dy() {
		from := y*strip.Stride + 4*x
		for i := from; i < from+4*width; i += 4 {
			sum[0] += int(strip.Pix[i])
			sum[1] += int(strip.Pix[i+1])
			sum[2] += int(strip.Pix[i+2])
		}
	}
	n := width * strip.Rect.Dy()
	for i := range sum {
		pixel[i] = byte((sum[i] + n/2) / n)
	}
	pixel[3] = 255
}

// fit scales a picture down until its longer edge has edge pixels.
func fit(src *image.RGBA, edge int) *image.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	longer := max(w, h)
	if longer <= edge {
		return src
	}
	src = shrink(src, edge)
	dst := image.NewRGBA(image.Rect(0, 0, max(1, (w*edge+longer/2)/longer), max(1, (h*edge+longer/2)/longer)))
	draw.ApproxBiLinear.Scale(dst, dst.Rect, src, src.Rect, draw.Src, nil)
	return dst
}

// upright turns and mirrors a picture as its camera has noted (Exif 2.32, Orientation).
func upright(src *image.RGBA, orientation int) *image.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	// from tells which pixel of the source stands at x, y.
	var from func(x, y int) (int, int)
	switch orientation {
	case 2:
		from = func(x, y int) (int, int) { return w - 1 - x, y }
	case 3:
		from = func(x, y int) (int, int) { return w - 1 - x, h - 1 - y }
	case 4:
		from = func(x, y int) (int, int) { return x, h - 1 - y }
	case 5:
		from = func(x, y int) (int, int) { return y, x }
	case 6:
		from = func(x, y int) (int, int) { return y, h - 1 - x }
	case 7:
		from = func(x, y int) (int, int) { return w - 1 - y, h - 1 - x }
	case 8:
		from = func(x, y int) (int, int) { return w - 1 - y, x }
	default:
		return src
	}
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	dst := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := from(x, y)
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}

func encode(img *image.RGBA) (Picture, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, fmt.Errorf("encode a picture: %w", err)
	}
	return Picture{JPEG: b.Bytes(), Width: img.Rect.Dx(), Height: img.Rect.Dy()}, nil
}

// field is the input that a refused picture is about.
const field = "photos"

func broken() error {
	return chat.FieldError(field, "This picture is broken. Open it on your device and save it anew, then add it again.")
}

func unknown() error {
	return &chat.Error{Code: chat.UnsupportedMedia, Field: field, Detail: "This is no picture that can be shown here. Add a JPEG, PNG, WebP or GIF."}
}

func tooMuch() error {
	return &chat.Error{Code: chat.TooLarge, Field: field, Detail: "This picture is too large. Save it in a smaller size, then add it again."}
}

func busy() error {
	return &chat.Error{Code: chat.Unavailable, Field: field, Detail: "Too many pictures are being added just now. Wait a moment, then add it again."}
}

// errShort ends the reading of a header that ends too early.
var errShort = errors.New("the header is cut off")
