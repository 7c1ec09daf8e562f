package picture

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
)

// maxPNG is how many bytes a picture may have that is kept without loss.
const maxPNG = 2 << 20

// Image is a picture of a message in two sizes, encoded anew.
type Image struct {
	Full, Thumb   []byte // Thumb is a JPEG of at most 480 pixels a side
	Type          string // of Full: image/jpeg, image/png or image/gif
	Width, Height int    // of Full, in pixels: at most 1600 a side
	Animated      bool
}

// Image returns a picture as a message shows it. What came without loss, such as a screenshot,
// or is transparent stays so as a PNG where that is smaller than a JPEG; else it is a JPEG, on
// white. A GIF moves on when it has at most 500 frames, 64 megapixels in all of them together,
// 1600 pixels a side, and 8 MiB when it was encoded anew; of any other animation the first frame
// is taken. It refuses as Make does, on the field "attachments": what begins as none of the four
// kinds that Make knows with UnsupportedMedia.
func (m *Maker) Image(ctx context.Context, r io.ReadSeeker) (Image, error) {
	made, err := m.image(ctx, r)
	return made, about("attachments", err)
}

func (m *Maker) image(ctx context.Context, r io.ReadSeeker) (made Image, err error) {
	f, err := inspect(r)
	if err != nil {
		return made, err
	}
	if f.gif.moves() {
		var moving *Image
		err := m.ofMessages(ctx, f.gif.cost(), func(ctx context.Context) (err error) {
			moving, err = animation(ctx, r)
			return err
		})
		if err != nil {
			return made, err
		}
		if moving != nil {
			return *moving, nil
		}
	}
	if err := f.check(); err != nil {
		return made, err
	}
	err = m.ofMessages(ctx, f.cost(), func(ctx context.Context) error {
		small, err := reduce(ctx, r, f)
		if err != nil {
			return err
		}
		made, err = still(ctx, small, f.kind != "jpeg")
		return err
	})
	return made, err
}

// ofMessages is within, for pictures of messages, which share half of the memory: one of them alone
// may take all of it.
func (m *Maker) ofMessages(ctx context.Context, cost int64, do func(context.Context) error) error {
	share := min(cost, messageMemory)
	if err := m.messages.Acquire(ctx, share); err != nil {
		return busy()
	}
	defer m.messages.Release(share)
	return m.within(ctx, cost, do)
}

// still encodes a picture, as a PNG where it may and is better off.
func still(ctx context.Context, img *image.RGBA, lossless bool) (Image, error) {
	flat := img
	if lossless && !img.Opaque() {
		copied := *img
		copied.Pix = bytes.Clone(img.Pix)
		flat = &copied
	}
	onWhite(flat)
	full, err := encode(flat)
	if err != nil {
		return Image{}, err
	}
	thumb, err := encode(fit(flat, thumbEdge))
	if err != nil {
		return Image{}, err
	}
	made := Image{Full: full.JPEG, Thumb: thumb.JPEG, Type: "image/jpeg", Width: full.Width, Height: full.Height}
	if lossless {
		var b bytes.Buffer
		// One that grows too large ends with an error: the JPEG it is.
		if err := png.Encode(&bounded{ctx: ctx, w: &b, left: min(maxPNG, len(full.JPEG))}, fewColored(img)); err == nil {
			made.Full, made.Type = b.Bytes(), "image/png"
		}
	}
	if ctx.Err() != nil {
		return Image{}, tooMuch()
	}
	return made, nil
}

// fewColored returns a picture with a table of colours if it has 256 at most, else as it is.
func fewColored(img *image.RGBA) image.Image {
	const most = 256
	indexes := map[color.RGBA]uint8{}
	var colors color.Palette
	paletted := image.NewPaletted(img.Rect, nil)
	var last color.RGBA
	var index uint8
	for i := range paletted.Pix {
		c := color.RGBA{img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3]}
		if i == 0 || c != last {
			known := false
			if index, known = indexes[c]; !known {
				if len(colors) == most {
					return img
				}
				index = uint8(len(colors))
				indexes[c], colors = index, append(colors, c)
			}
			last = c
		}
		paletted.Pix[i] = index
	}
	paletted.Palette = colors
	return paletted
}
