package picture

import (
	"bytes"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// EncoderOptions say how pictures become JPEGs, for people or to be kept.
type EncoderOptions struct {
	Region   Region // the part of the upright frame that is shown; zero: all of it
	MaxWidth int    // pixels; a wider one is made smaller; 0: none is
	Quality  int    // 1 to 100, as image/jpeg counts
	MaxBytes int    // a larger JPEG loses quality, down to 40, and then size; 0: none does
	MaxSide  int    // pixels of the longer side, as MaxWidth; 0: any number
	MinSide  int    // pixels of the shorter side, below which MaxSide makes nothing smaller
	Bare     bool   // nothing but the picture: a frame that is a JPEG, which may say more, is encoded anew
}

const (
	leastQuality = 40
	qualityStep  = 10
)

// validate says what cannot be.
func (o *EncoderOptions) validate() error {
	if err := o.Region.Validate(); err != nil {
		return err
	}
	if o.MaxWidth < 0 || o.MaxSide < 0 || o.MinSide < 0 || o.MaxBytes < 0 || o.Quality < 1 || o.Quality > 100 {
		return fmt.Errorf("picture: a JPEG of at most %d pixels and %d bytes, quality %d, is not possible", o.MaxWidth, o.MaxBytes, o.Quality)
	}
	return nil
}

// Encoder makes JPEGs of pictures: upright, masked, and no larger than its options say. It keeps the memory that it works
// in, and is not for concurrent use.
type Encoder struct {
	options EncoderOptions
	canvas  canvas
	out     bytes.Buffer
}

// NewEncoder returns an encoder. It is an error if o says what cannot be.
func NewEncoder(o EncoderOptions) (*Encoder, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &Encoder{options: o}, nil
}

// Encode returns p as a JPEG, which is the caller's. A frame that is one and fits as it is is not encoded anew. p is read
// as any number of others may at the same time. The error wraps capture.ErrBadFrame if the frame is damaged.
func (e *Encoder) Encode(p *Picture) ([]byte, error) {
	if data, ok, err := e.pass(p); ok || err != nil {
		return data, err
	}
	s, err := p.Stored()
	if err != nil {
		return nil, err
	}
	width := e.options.width(s)
	for quality := e.options.Quality; ; quality = min(quality, leastQuality) {
		m, err := e.canvas.draw(p, e.options.Region, width)
		if err != nil {
			return nil, err
		}
		if err := e.encode(m, quality); err != nil {
			return nil, err
		}
		if e.fits(e.out.Len()) {
			return bytes.Clone(e.out.Bytes()), nil
		}
		if width = e.narrower(m.Bounds().Dx()); width < 1 {
			return nil, fmt.Errorf("picture: even the smallest JPEG has more than %d bytes", e.options.MaxBytes)
		}
	}
}

// pass returns the frame itself if it is a JPEG that needs no change.
func (e *Encoder) pass(p *Picture) (data []byte, ok bool, err error) {
	if e.options.Bare || p.frame.Format.Pixel != capture.MJPG || e.options.Region.part() || len(p.pool.mask.polygons) > 0 {
		return nil, false, nil
	}
	s, err := p.Stored()
	if err != nil {
		return nil, false, err
	}
	if s.Orientation != (Orientation{}) || s.Width > e.options.width(s) {
		return nil, false, nil
	}
	if _, err := p.Planes(8); err != nil { // every sample is there
		return nil, false, err
	}
	data, err = jpeg.Standalone(nil, p.frame.Pix)
	if err != nil || !e.fits(len(data)) {
		return nil, false, nil // encoded anew, it may be
	}
	return data, true, nil
}

// width is how wide an image of a stored picture may be.
func (o *EncoderOptions) width(s Stored) int {
	width := math.MaxInt
	if o.MaxWidth > 0 {
		width = o.MaxWidth
	}
	if o.MaxSide == 0 {
		return width
	}
	w, h := s.upright()
	a := o.Region.within(w, h)
	w, h = a.x1-a.x0, a.y1-a.y0
	scale := max(float64(o.MaxSide)/float64(max(w, h)), float64(o.MinSide)/float64(min(w, h)))
	return min(width, max(int(math.Round(scale*float64(w))), 1))
}

// encode writes m into e.out, with less quality than asked for if it would be too large.
func (e *Encoder) encode(m image.Image, quality int) error {
	for {
		e.out.Reset()
		if err := stdjpeg.Encode(&e.out, m, &stdjpeg.Options{Quality: quality}); err != nil {
			return fmt.Errorf("picture: encode: %w", err)
		}
		if e.fits(e.out.Len()) || quality <= leastQuality {
			return nil
		}
		quality = max(quality-qualityStep, leastQuality)
	}
}

// fits tells whether a JPEG of n bytes is small enough.
func (e *Encoder) fits(n int) bool { return e.options.MaxBytes == 0 || n <= e.options.MaxBytes }

// narrower is the width to try after one that gave too large a JPEG: the bytes go about with the area.
func (e *Encoder) narrower(width int) int {
	const below = 0.95 // else it would be too large by a little, again and again
	factor := below * math.Sqrt(float64(e.options.MaxBytes)/float64(e.out.Len()))
	return min(int(float64(width)*factor), width-1)
}
