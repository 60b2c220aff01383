package picture

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// Kept is a frame as those saw it who looked at it, in a form that can be stored: whoever looks at [Again] of it gets the same
// samples. What is masked is not in it.
type Kept struct {
	// Format is that of Pix, whose rows follow each other without gaps. If it is MJPG, Pix is a JPEG without anything that decoding
	// does not need, or, with Levels, what has been decoded of one.
	Format capture.Format
	Levels []Level
	Turned Orientation // of Levels: puts them upright; else the camera's options do
	Pix    []byte
}

// Level is a decoded JPEG at 1/Reduction of its size: planes one after the other, of one byte a sample, or three for RGB.
type Level struct {
	Reduction     int // 1, 2, 4 or 8
	Colour        Colour
	Width, Height int // pixels
	SubX, SubY    int // pixels for a sample of chroma, rounded up
}

// Keep makes a Kept of p, in the memory of dst. It does not decode what nobody has asked for: of the JPEGs of a camera with a mask it
// has the sizes at which p was decoded so far. p is read as any number of others may at the same time. The error wraps
// capture.ErrBadFrame if the frame is damaged.
func (p *Picture) Keep(dst []byte) (Kept, error) {
	s, err := p.Stored()
	if err != nil {
		return Kept{}, err
	}
	f := p.frame
	if f.Format.Pixel != capture.MJPG {
		k := Kept{Format: capture.Packed(f.Format.Pixel, f.Format.Width, f.Format.Height)}
		k.Format.FullRange = f.Format.FullRange
		k.Pix, err = packed(dst[:0], f)
		return k, err
	}
	k := Kept{Format: capture.Packed(capture.MJPG, s.Width, s.Height)}
	if len(p.pool.mask.polygons) == 0 {
		if k.Pix, err = jpeg.Bare(dst[:0], f.Pix); err == nil {
			return k, nil
		}
	}
	k.Turned = s.Orientation
	k.Pix = dst[:0]
	for i := range p.planes {
		if !p.planes[i].done.Load() || p.planes[i].err != nil {
			continue
		}
		planes := &p.planes[i].value
		if l := levelOf(planes, s); len(k.Levels) == 0 || k.Levels[len(k.Levels)-1] != l {
			k.Levels = append(k.Levels, l)
			k.Pix = planes.pack(k.Pix)
		}
	}
	if len(k.Levels) == 0 {
		return Kept{}, errors.New("picture: nobody has looked at the frame")
	}
	return k, nil
}

// packed appends an uncompressed frame that has passed Check to dst, without what is between and behind its rows.
func packed(dst []byte, f *capture.Frame) ([]byte, error) {
	planes, err := raw(f)
	if err != nil {
		return dst, err
	}
	to := capture.Frame{Format: capture.Packed(f.Format.Pixel, f.Format.Width, f.Format.Height)}
	n, err := to.Format.Size()
	if err != nil {
		return dst, err
	}
	to.Pix = append(dst, make([]byte, n)...)
	copied, err := raw(&to)
	if err != nil {
		return dst, err
	}
	for i := range planes.Plane {
		columns, rows := planes.samples(i)
		for y := range rows {
			copied.Plane[i].copyRow(&planes.Plane[i], y, columns, planes.bytes())
		}
	}
	return to.Pix, nil
}

// samples are how many columns and rows a plane has; 0 if there is no such plane.
func (p *Planes) samples(plane int) (columns, rows int) {
	if p.Plane[plane].Pix == nil {
		return 0, 0
	}
	return p.size(plane)
}

// size is samples for a plane that there is.
func (p *Planes) size(plane int) (columns, rows int) {
	if plane == 0 {
		return p.Width, p.Height
	}
	return ceil(p.Width, p.SubX), ceil(p.Height, p.SubY)
}

// bytes are those of a sample.
func (p *Planes) bytes() int {
	if p.Colour == RGB || p.Colour == BGR {
		return 3
	}
	return 1
}

// copyRow copies the samples of row y, of n bytes each, from another plane.
func (p *Plane) copyRow(from *Plane, y, columns, n int) {
	if p.Step == n && from.Step == n {
		copy(p.Row(y, 0, columns, n), from.Row(y, 0, columns, n))
		return
	}
	for x := range columns {
		copy(p.Row(y, x, x+1, n), from.Row(y, x, x+1, n))
	}
}

// pack appends all samples to dst, plane by plane, as a Level has them.
func (p *Planes) pack(dst []byte) []byte {
	n := p.bytes()
	for i := range p.Plane {
		columns, rows := p.samples(i)
		for y := range rows {
			dst = append(dst, p.Plane[i].Row(y, 0, columns, n)...) // of a decoded JPEG, whose samples have no gaps
		}
	}
	return dst
}

// levelOf describes planes that were decoded of a JPEG of that size: at a larger reduction than asked, if memory was short.
func levelOf(p *Planes, full Stored) Level {
	l := Level{Reduction: 1, Colour: p.Colour, Width: p.Width, Height: p.Height, SubX: p.SubX, SubY: p.SubY}
	for l.Reduction < 8 && p.ExactWidth*float64(l.Reduction) < float64(full.Width) {
		l.Reduction *= 2
	}
	return l
}

// Again is a picture of what was kept, as a camera with these options has it. k need not be trusted, and must not be changed any more.
func Again(k Kept, o Options) (*Picture, error) {
	pool, err := NewPool(o)
	if err != nil {
		return nil, err
	}
	p := pool.Picture()
	if len(k.Levels) == 0 {
		p.Set(&capture.Frame{Format: k.Format, Pix: k.Pix})
		_, err := p.Stored()
		return p, err
	}
	f := &capture.Frame{Format: k.Format}
	if _, err := k.Format.Size(); err != nil || k.Format.Pixel != capture.MJPG || k.Format.Width*k.Format.Height > raster.MaxPixels {
		return nil, errors.Join(errors.New("picture: no size of a decoded JPEG"), err)
	}
	p.frame = f
	full := Stored{k.Format.Width, k.Format.Height, k.Turned}
	p.stored.set(full, nil)
	return p, p.fill(k, full)
}

// fill gives p the planes of k. Of sizes that nobody has kept it has the next smaller one.
func (p *Picture) fill(k Kept, full Stored) error {
	rest := k.Pix
	var levels [len(p.planes)]*Planes
	for _, l := range k.Levels {
		planes, after, err := l.unpack(rest, full)
		if err != nil {
			return err
		}
		rest = after
		levels[bits.TrailingZeros(uint(l.Reduction))] = &planes
	}
	if len(rest) > 0 {
		return fmt.Errorf("picture: %d bytes too many", len(rest))
	}
	var next *Planes
	for i := len(levels) - 1; i >= 0; i-- {
		if levels[i] != nil {
			next = levels[i]
		}
		if next == nil {
			p.planes[i].set(Planes{}, fmt.Errorf("picture: nobody has kept it at 1/%d of its size", 1<<i))
			continue
		}
		p.planes[i].set(*next, nil)
	}
	return nil
}

// unpack are the planes that l describes, at the beginning of data.
func (l Level) unpack(data []byte, full Stored) (p Planes, rest []byte, err error) {
	p = Planes{
		Colour: l.Colour, Width: l.Width, Height: l.Height, SubX: l.SubX, SubY: l.SubY, Orientation: full.Orientation,
		ExactWidth: float64(full.Width) / float64(l.Reduction), ExactHeight: float64(full.Height) / float64(l.Reduction),
	}
	n := 3
	switch {
	case l.Reduction != 1 && l.Reduction != 2 && l.Reduction != 4 && l.Reduction != 8, l.SubX < 1 || l.SubX > 2 || l.SubY < 1 || l.SubY > 2,
		l.Width != ceil(full.Width, l.Reduction) || l.Height != ceil(full.Height, l.Reduction):
		return p, nil, fmt.Errorf("picture: %dx%d at 1/%d of %dx%d cannot be", l.Width, l.Height, l.Reduction, full.Width, full.Height)
	case l.Colour == Grey || l.Colour == RGB:
		n = 1
	case l.Colour != YCC:
		return p, nil, fmt.Errorf("picture: colour %d of a decoded JPEG", l.Colour)
	}
	for i := range n {
		columns, rows := p.size(i)
		stride := columns * p.bytes()
		size := rows * stride
		if size > len(data) {
			return p, nil, fmt.Errorf("picture: %d of %d bytes of plane %d", len(data), size, i)
		}
		p.Plane[i] = Plane{Pix: data[:size:size], Stride: stride, Step: p.bytes()}
		data = data[size:]
	}
	return p, data, nil
}
