package picture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"io"
	"slices"

	"golang.org/x/image/draw"

	"swapnest/internal/chat"
)

const (
	// maxFrames is how many frames an animation may have, and maxAnimated how many bytes when it
	// was encoded anew. Its frames have chat.MaxPhotoPixels together, its screen fullEdge a side.
	maxFrames   = 500
	maxAnimated = 8 << 20
	// perFrame is what a frame takes beside its pixels, in bytes: its colours, thrice.
	perFrame = 16 << 10
)

// gifShape is what the blocks of a GIF tell before one of them is unpacked.
type gifShape struct {
	screen  image.Point
	first   image.Point // size of the first frame
	frames  int         // counted up to one more than maxFrames
	pixels  int64       // of these frames together
	largest int64       // pixels of the largest one
	whole   bool        // all frames were counted, and each lies on the screen
}

// moves tells whether the GIF is an animation within bounds.
func (s gifShape) moves() bool {
	return s.whole && s.frames > 1 && s.pixels <= chat.MaxPhotoPixels && max(s.screen.X, s.screen.Y) <= fullEdge
}

// cost is how much memory the animation takes, in bytes: its frames, one that is interlaced once
// more, what they are encoded to, and the first one on a screen.
func (s gifShape) cost() int64 {
	screen := int64(s.screen.X) * int64(s.screen.Y)
	return s.pixels + s.largest + int64(s.frames)*perFrame + 2*maxAnimated + 8*screen
}

// parseGIF reads the blocks of a GIF (GIF89a, appendix A) as image/gif does, which unpacks what
// this counts: what the one takes for a frame must be one to the other.
func parseGIF(r *bufio.Reader) (s gifShape) {
	var screen [13]byte
	if _, err := io.ReadFull(r, screen[:]); err != nil {
		return s
	}
	s.screen = image.Pt(int(binary.LittleEndian.Uint16(screen[6:])), int(binary.LittleEndian.Uint16(screen[8:])))
	if !skip(r, colors(screen[10])) {
		return s
	}
	inside := true
	for s.frames <= maxFrames {
		kind, err := r.ReadByte()
		if err != nil {
			return s
		}
		const extension, frame, trailer = 0x21, 0x2c, 0x3b
		switch kind {
		case extension:
			if !skipExtension(r) {
				return s
			}
		case frame:
			var d [9]byte
			if _, err := io.ReadFull(r, d[:]); err != nil {
				return s
			}
			at := image.Pt(int(binary.LittleEndian.Uint16(d[0:])), int(binary.LittleEndian.Uint16(d[2:])))
			size := image.Pt(int(binary.LittleEndian.Uint16(d[4:])), int(binary.LittleEndian.Uint16(d[6:])))
			if s.frames == 0 {
				s.first = size
			}
			area, end := int64(size.X)*int64(size.Y), at.Add(size)
			s.frames, s.pixels, s.largest = s.frames+1, s.pixels+area, max(s.largest, area)
			inside = inside && area > 0 && end.X <= s.screen.X && end.Y <= s.screen.Y
			const width = 1 // of its codes
			if !skip(r, colors(d[8])+width) || !skipBlocks(r) {
				return s
			}
		case trailer:
			s.whole = inside
			return s
		default:
			return s
		}
	}
	return s
}

// colors is how many bytes a table of colours takes, of which flags tell.
func colors(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// skipExtension reads over what is no frame.
func skipExtension(r *bufio.Reader) bool {
	label, err := r.ReadByte()
	if err != nil {
		return false
	}
	const text, control, comment, application = 0x01, 0xf9, 0xfe, 0xff
	switch label {
	case text:
		return skip(r, 13) && skipBlocks(r)
	case control:
		var b [6]byte
		_, err := io.ReadFull(r, b[:])
		return err == nil && b[0] == 4 && b[5] == 0
	case comment:
		return skipBlocks(r)
	case application:
		size, err := r.ReadByte()
		return err == nil && skip(r, int64(size)) && skipBlocks(r)
	}
	return false
}

// skipBlocks reads over blocks of data up to the empty one.
func skipBlocks(r *bufio.Reader) bool {
	for {
		size, err := r.ReadByte()
		if err != nil {
			return false
		}
		if size == 0 {
			return true
		}
		if !skip(r, int64(size)) {
			return false
		}
	}
}

// animation decodes all frames of a GIF that moves and encodes them anew, without whatever else
// stood between them. It returns nil when it cannot, or when the result would be too large: then
// a still may be had of it.
func animation(ctx context.Context, r io.ReadSeeker) (*Image, error) {
	head, err := fromStart(r)
	if err != nil {
		return nil, err
	}
	all, err := framesOf(&patient{ctx, head})
	if ctx.Err() != nil {
		return nil, tooMuch()
	}
	if err != nil {
		return nil, nil //nolint:nilerror // a still of it is tried next, which says what is wrong
	}
	forget(all)
	var b bytes.Buffer
	if err := gif.EncodeAll(&bounded{ctx: ctx, w: &b, left: maxAnimated}, all); err != nil {
		if ctx.Err() != nil {
			return nil, tooMuch()
		}
		return nil, nil //nolint:nilerror // it has become too large
	}
	screen := image.NewRGBA(image.Rect(0, 0, all.Config.Width, all.Config.Height))
	draw.Draw(screen, screen.Rect, image.White, image.Point{}, draw.Src)
	first := all.Image[0]
	draw.Draw(screen, first.Rect, first, first.Rect.Min, draw.Over)
	thumb, err := encode(fit(screen, thumbEdge))
	if err != nil {
		return nil, err
	}
	return &Image{Full: b.Bytes(), Thumb: thumb.JPEG, Type: "image/gif", Width: screen.Rect.Dx(), Height: screen.Rect.Dy(), Animated: true}, nil
}

// framesOf decodes an animation.
func framesOf(r io.Reader) (all *gif.GIF, err error) {
	defer func() {
		if recover() != nil {
			all, err = nil, broken()
		}
	}()
	return gif.DecodeAll(r)
}

// forget makes colours black that no pixel has: a table of colours is room for a text, too.
func forget(all *gif.GIF) {
	global, _ := all.Config.ColorModel.(color.Palette)
	var used [256]bool // of the frames that have the global colours
	shares := make([]bool, len(all.Image))
	for i, frame := range all.Image {
		own := &used
		if shares[i] = isShared(frame.Palette, global); !shares[i] {
			own = new([256]bool)
		}
		for _, p := range frame.Pix {
			own[p] = true
		}
		if !shares[i] {
			frame.Palette = without(frame.Palette, own)
		}
	}
	for i, frame := range all.Image {
		if shares[i] {
			frame.Palette = without(frame.Palette, &used)
		}
	}
	if global != nil {
		all.Config.ColorModel = without(global, &used)
	}
}

// isShared tells whether colours are the global ones, but for one that is transparent.
func isShared(p, global color.Palette) bool {
	if len(p) != len(global) {
		return false
	}
	for i, c := range p {
		if c != global[i] && c != color.Color(color.RGBA{}) {
			return false
		}
	}
	return true
}

// without returns colours, black for those that are not used.
func without(p color.Palette, used *[256]bool) color.Palette {
	clean := slices.Clone(p)
	for i, c := range clean {
		if _, _, _, alpha := c.RGBA(); !used[i] && alpha > 0 {
			clean[i] = color.RGBA{A: 255}
		}
	}
	return clean
}

// bounded writes so many bytes, until ctx ends.
type bounded struct {
	ctx  context.Context
	w    io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left -= len(p); b.left < 0 {
		return 0, errLong
	}
	return b.w.Write(p)
}
