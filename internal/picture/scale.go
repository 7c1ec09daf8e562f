package picture

import (
	"image"

	"golang.org/x/image/draw"
)

// shrunk is how large shrink makes a picture.
func shrunk(w, h, edge int) (int, int) {
	factor := max(1, max(w, h)/edge)
	return w / min(factor, max(1, w)), h / min(factor, max(1, h))
}

// shrink returns the picture with each of its pixels the mean of a square of the original's, so
// small that its longer edge has less than twice edge pixels.
func shrink(src image.Image, edge int) *image.RGBA {
	b := src.Bounds()
	w, h := shrunk(b.Dx(), b.Dy(), edge)
	fx, fy := b.Dx()/w, b.Dy()/h
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	if fx == 1 && fy == 1 {
		draw.Draw(dst, dst.Rect, src, b.Min, draw.Src)
		return dst
	}
	strip := image.NewRGBA(image.Rect(0, 0, w*fx, fy))
	for y := range h {
		draw.Draw(strip, strip.Rect, src, b.Min.Add(image.Pt(0, y*fy)), draw.Src)
		row := dst.Pix[y*dst.Stride:]
		for x := range w {
			mean(row[4*x:4*x+4], strip, x*fx, fx)
		}
	}
	return dst
}

// mean writes the mean of a strip's columns from x on, width of them, into a pixel.
func mean(pixel []byte, strip *image.RGBA, x, width int) {
	var sum [4]int
	for y := range strip.Rect.Dy() {
		from := y*strip.Stride + 4*x
		for i := from; i < from+4*width; i += 4 {
			sum[0] += int(strip.Pix[i])
			sum[1] += int(strip.Pix[i+1])
			sum[2] += int(strip.Pix[i+2])
			sum[3] += int(strip.Pix[i+3])
		}
	}
	n := width * strip.Rect.Dy()
	for i := range sum {
		pixel[i] = byte((sum[i] + n/2) / n)
	}
}

// fit scales a picture down until its longer edge has edge pixels.
func fit(src *image.RGBA, edge int) *image.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	longer := max(w, h)
	if longer <= edge {
		return src
	}
	if longer >= 2*edge {
		src = shrink(src, edge)
	}
	dst := image.NewRGBA(image.Rect(0, 0, max(1, (w*edge+longer/2)/longer), max(1, (h*edge+longer/2)/longer)))
	draw.ApproxBiLinear.Scale(dst, dst.Rect, src, src.Rect, draw.Src, nil)
	return dst
}

// onWhite puts white behind a picture that is transparent.
func onWhite(img *image.RGBA) {
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i : i+4 : i+4]
		if p[3] < 255 {
			behind := 255 - int(p[3])
			for c := range 3 {
				p[c] = byte(min(255, int(p[c])+behind))
			}
			p[3] = 255
		}
	}
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
