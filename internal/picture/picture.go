// Package picture makes clean pictures of what people upload. Whatever comes out has been
// decoded and encoded anew: it is upright, of a bounded size, and carries nothing of the
// file it came from but what one sees. The package knows neither people nor listings.
package picture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"runtime/debug"
	"sync/atomic"
	"time"

	_ "golang.org/x/image/webp" // a decoder, like those of the standard library
	"golang.org/x/sync/semaphore"

	"swapnest/internal/chat"
)

const (
	fullEdge  = 1600 // pixels of the longer edge, at most
	thumbEdge = 480
	quality   = 82
	// memory is what all decoders at work may hold together, in bytes.
	memory = 128 << 20
	// alone is what one picture may take that has all of it to itself, in bytes: some may take
	// more than they are likely to.
	alone = 192 << 20
	// large is how much garbage may wait to be collected, in bytes.
	large = 64 << 20
	// patience is how long one picture may take once it has its memory: a small file can ask for
	// much work. It waits for memory for waiting at most, which is longer than the one before it may
	// hold all of it.
	patience = 20 * time.Second
	waiting  = 25 * time.Second
	// messageMemory is what pictures of messages may hold or wait in line for, in bytes. One of them
	// may take more; photos of listings never wait for two that take all there is.
	messageMemory = memory / 2
	// readAtOnce is how many bytes a decoder gets at once: what it makes of these is the work that
	// cannot be ended.
	readAtOnce = 512
)

// Picture is an encoded picture and its size in pixels.
type Picture struct {
	JPEG          []byte
	Width, Height int
}

// Maker makes pictures. All that work at once share its memory.
type Maker struct {
	free     *semaphore.Weighted
	messages *semaphore.Weighted // which of messages stand in line
	left     atomic.Int64        // bytes of garbage that may not have been collected yet
}

// NewMaker returns a Maker.
func NewMaker() *Maker {
	return &Maker{free: semaphore.NewWeighted(memory), messages: semaphore.NewWeighted(messageMemory)}
}

// Make returns a picture in two sizes, both upright JPEGs of one shape; a transparent
// one stands on white, of an animated one the first frame is taken. It refuses what is no
// JPEG, PNG, WebP or GIF with UnsupportedMedia, and what is broken or could not be decoded
// within bounds with Invalid or TooLarge, on the field "photos". It waits for its share of
// memory for 25 seconds or until ctx ends, and is Unavailable then.
func (m *Maker) Make(ctx context.Context, r io.ReadSeeker) (full, thumb Picture, err error) {
	f, err := inspect(r)
	if err == nil {
		err = f.check()
	}
	if err == nil {
		err = m.within(ctx, f.cost(), func(ctx context.Context) error {
			small, err := reduce(ctx, r, f)
			if err != nil {
				return err
			}
			onWhite(small)
			if full, err = encode(small); err != nil {
				return err
			}
			thumb, err = encode(fit(small, thumbEdge))
			return err
		})
	}
	return full, thumb, about("photos", err)
}

// within waits for a share of memory, for 25 seconds or until ctx ends, and holds it for as long as
// do takes, which is told when its time is over. What costs more than there is has all of it to
// itself.
func (m *Maker) within(ctx context.Context, cost int64, do func(context.Context) error) error {
	cost = min(cost, memory)
	inLine, cancel := context.WithTimeout(ctx, waiting)
	defer cancel()
	if err := m.free.Acquire(inLine, cost); err != nil {
		return busy()
	}
	defer m.free.Release(cost)
	working, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := do(working)
	if err != nil && ctx.Err() != nil {
		err = busy() // its caller had no more time, which is not the picture's fault
	}
	if m.left.Add(cost) >= large {
		// Garbage of this size would stay for minutes, and the next one's beside it.
		m.left.Store(0)
		debug.FreeOSMemory()
	}
	return err
}

// reduce decodes a picture and returns it upright, and no larger than it is shown. The
// decoded one is garbage when it returns.
func reduce(ctx context.Context, r io.ReadSeeker, f facts) (*image.RGBA, error) {
	img, err := decode(ctx, r, f)
	if err != nil {
		return nil, err
	}
	if b := img.Bounds(); b.Dx() > f.width || b.Dy() > f.height || b.Empty() {
		return nil, broken()
	}
	return upright(fit(shrink(img, fullEdge), fullEdge), f.orientation), nil
}

func decode(ctx context.Context, r io.ReadSeeker, f facts) (img image.Image, err error) {
	var file io.Reader
	if f.frame.size > 0 {
		file, err = f.frame.still(r)
	} else {
		file, err = fromStart(r)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		// A decoder that panics has met a file that none should have to read.
		if recover() != nil {
			img, err = nil, broken()
		}
	}()
	img, _, err = image.Decode(&patient{ctx, bufio.NewReader(file)})
	switch {
	case ctx.Err() != nil:
		return nil, tooMuch()
	case err != nil:
		return nil, broken()
	}
	return img, nil
}

// patient reads until ctx ends, little at once. Decoders know no context, but all of them read.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b[:min(len(b), readAtOnce)])
}

func encode(img *image.RGBA) (Picture, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, fmt.Errorf("encode a picture: %w", err)
	}
	return Picture{JPEG: b.Bytes(), Width: img.Rect.Dx(), Height: img.Rect.Dy()}, nil
}

// about returns an error of this package as one about an input.
func about(field string, err error) error {
	if e, ok := errors.AsType[*chat.Error](err); ok {
		named := *e
		named.Field = field
		return &named
	}
	return err
}

func broken() error {
	return chat.Errorf(chat.Invalid, "This picture is broken. Open it on your device and save it anew, then add it again.")
}

func unknown() error {
	return chat.Errorf(chat.UnsupportedMedia, "This is no picture that can be shown here. Add a JPEG, PNG, WebP or GIF.")
}

func tooMuch() error {
	return chat.Errorf(chat.TooLarge, "This picture is too large. Save it in a smaller size, then add it again.")
}

func busy() error {
	return chat.Errorf(chat.Unavailable, "Too many pictures are being added just now. Wait a moment, then add it again.")
}

// errShort ends the reading of a header that ends too early, errLong the writing of what has
// become too large.
var (
	errShort = errors.New("the header is cut off")
	errLong  = errors.New("the result is too large")
)
