package preprocess

import (
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/capture"
)

// model is how a picture's samples make a colour.
type model uint8

const (
	grey       model = iota // one plane, shown as it is
	rgb                     // one plane, 3 bytes a pixel
	bgr                     // the same, blue first
	ycc                     // three planes, Y full range (JPEG)
	yccLimited              // three planes, Y from 16 to 235 and chroma from 16 to 240 (video)
)

// plane is one channel, or for rgb and bgr all of them: the sample of column x and row y is pix[y*stride+x*step].
type plane struct {
	pix          []byte
	stride, step int
}

// picture is a frame's samples where they lie in memory. Chroma planes have one sample for subX by subY pixels, at
// the middle of them.
type picture struct {
	model         model
	width, height int     // pixels
	spanX, spanY  float64 // the same, before a reduced decode rounded them up
	planes        [3]plane
	subX, subY    int
	turn          turn // puts it upright
}

// maxPixels bounds a frame: 64 Mpixel, more than any camera of this kind has.
const maxPixels = 64 << 20

// raw describes an uncompressed frame that has passed Check.
func raw(f *capture.Frame) (picture, error) {
	w, h, s := f.Format.Width, f.Format.Height, f.Format.Stride
	p := picture{width: w, height: h, spanX: float64(w), spanY: float64(h), subX: 1, subY: 1}
	if w*h > maxPixels || int64(s)*int64(h)*2 > math.MaxInt32 {
		return p, fmt.Errorf("preprocess: %v with rows of %d bytes is too large", f.Format, s)
	}
	video := yccLimited
	if f.Format.FullRange {
		video = ycc
	}
	switch f.Format.Pixel {
	case capture.GREY:
		p.model, p.planes[0] = grey, plane{f.Pix, s, 1}
	case capture.RGB24:
		p.model, p.planes[0] = rgb, plane{f.Pix, s, 3}
	case capture.BGR24:
		p.model, p.planes[0] = bgr, plane{f.Pix, s, 3}
	case capture.YUYV:
		p.model, p.subX = video, 2
		p.planes = [3]plane{{f.Pix, s, 2}, {f.Pix[1:], s, 4}, {f.Pix[3:], s, 4}}
	case capture.UYVY:
		p.model, p.subX = video, 2
		p.planes = [3]plane{{f.Pix[1:], s, 2}, {f.Pix, s, 4}, {f.Pix[2:], s, 4}}
	case capture.NV12:
		c := f.Pix[h*s:]
		p.model, p.subX, p.subY = video, 2, 2
		p.planes = [3]plane{{f.Pix, s, 1}, {c, s, 2}, {c[1:], s, 2}}
	case capture.I420:
		cs, ch := (s+1)/2, (h+1)/2
		c := f.Pix[h*s:]
		p.model, p.subX, p.subY = video, 2, 2
		p.planes = [3]plane{{f.Pix, s, 1}, {c, cs, 1}, {c[ch*cs:], cs, 1}}
	default:
		return p, fmt.Errorf("preprocess: pixel format %v is not supported", f.Format.Pixel)
	}
	return p, nil
}

// row is the part of row y that holds the samples of columns x0 to x1, where n bytes make a sample.
func (p *plane) row(y, x0, x1, n int) []byte {
	from := y*p.stride + x0*p.step
	return p.pix[from : from+(x1-x0-1)*p.step+n]
}
