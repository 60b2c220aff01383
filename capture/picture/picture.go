// Package picture is a camera's frame and what was decoded of it: once, however many look at it.
//
// A [Picture] holds one frame after the other. Whoever looks asks it for [Picture.Planes], the frame's samples, at full
// size or, of a JPEG, at a half, a quarter or an eighth of it. The first who asks decodes; the others get the same.
//
//	p, err := picture.New(picture.Options{Rotate: 90})
//	…
//	for p.Read(ctx, source) == nil {
//		planes, err := p.Planes(1)
//		…
//	}
//
// An [Encoder] makes a JPEG of it, for people.
//
// # Masked
//
// A camera's mask is painted into the samples before anybody gets them: into those of an uncompressed frame when it comes,
// and into those of a JPEG when it is decoded. What the frame itself is, as it came, is then for nobody's eyes: of a JPEG the
// bytes still show all.
//
// # Upright
//
// Samples lie in memory as the camera stored them; an [Orientation] says how they become upright: the EXIF orientation
// of a JPEG comes first, then the camera's rotate, then its flip. Everything that is said in fractions of a picture, such
// as a region, means the upright one.
package picture

import (
	"context"
	"fmt"
	"math/bits"
	"sync"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// Picture is one frame and what was decoded of it.
//
// It has one owner at a time, who fills it (Read, Set, Forget), and after that any number of readers at the same time
// (Frame, Stored, Size, Planes), who must have ended before it is filled again: package view sees to that. What readers
// get is valid until then, and nobody's to write.
type Picture struct {
	pool  *Pool
	frame *capture.Frame

	stored memo[Stored]
	planes [4]memo[Planes] // by the binary logarithm of the reduction

	decoding sync.Mutex // held by the reader who decodes; guards what follows
	decoder  *decoder   // borrowed from pool while anything of a JPEG is decoded
	header   memo[jpeg.Header]
}

// New returns a picture with an empty frame, which belongs to nobody else. It is an error if o says what cannot be.
func New(o Options) (*Picture, error) {
	pool, err := NewPool(o)
	if err != nil {
		return nil, err
	}
	return pool.Picture(), nil
}

// Of returns a picture of one frame, as a camera that neither rotates nor flips would show it. Nobody may change f as long
// as the picture shows it.
func Of(f *capture.Frame) *Picture {
	p := new(Pool).Picture()
	p.Set(f)
	return p
}

// Read fills p with the next frame of src, whose error it returns; after one, p has no frame worth reading. It blocks
// as src does.
func (p *Picture) Read(ctx context.Context, src capture.Source) error {
	p.Forget()
	if err := src.Read(ctx, p.frame); err != nil {
		return err
	}
	p.blacken()
	return nil
}

// blacken paints the mask into an uncompressed frame, so that nobody can see what was there. One that is damaged has no
// samples that could be seen either; a JPEG is painted when it is decoded.
func (p *Picture) blacken() {
	if p.frame.Format.Pixel == capture.MJPG || len(p.pool.mask.polygons) == 0 || p.frame.Check() != nil {
		return
	}
	p.pool.mask.paintRaw(p.frame, p.pool.orientation) // an error comes from Planes too
}

// Set makes f the frame of p, instead of the one before. Nobody may change f until p has another frame; p paints the mask of
// its camera into it, if there is one.
func (p *Picture) Set(f *capture.Frame) {
	p.Forget()
	p.frame = f
	p.blacken()
}

// Forget drops all that was decoded, and gives memory back that other pictures of the same camera can use.
func (p *Picture) Forget() {
	p.stored.forget()
	for i := range p.planes {
		p.planes[i].forget()
	}
	p.header.forget()
	if p.decoder != nil {
		p.pool.put(p.decoder)
		p.decoder = nil
	}
}

// Frame is the frame as it came. Its Sequence, Time and Name may be set by p's owner.
func (p *Picture) Frame() *capture.Frame { return p.frame }

// Stored says how a frame's pixels are stored.
type Stored struct {
	Width, Height int         // pixels
	Orientation   Orientation // puts them upright
}

// upright is the size of the picture once it is turned.
func (s Stored) upright() (width, height int) {
	if s.Orientation.Transpose {
		return s.Height, s.Width
	}
	return s.Width, s.Height
}

// Stored reads the frame's header, if that was not done before. The size of an MJPG frame is the one in its own header,
// whatever its Format says. The error is that of Planes.
func (p *Picture) Stored() (Stored, error) {
	s, err := p.stored.once(&p.decoding, p.readStored)
	if err != nil {
		return Stored{}, err
	}
	return *s, nil
}

// Size is the size of the upright frame in pixels. The error is that of Stored.
func (p *Picture) Size() (width, height int, err error) {
	s, err := p.Stored()
	if s.Orientation.Transpose {
		return s.Height, s.Width, err
	}
	return s.Width, s.Height, err
}

// Planes decodes the frame at 1/reduction of its size (1, 2, 4 or 8), if that was not done before. Only JPEGs are reduced,
// one that is too large for the machine's memory more than asked; everything else comes at full size.
//
// Once p's camera has sent a frame of the same format and size, it allocates nothing, save for JPEGs of kinds that
// cameras do not send. The error wraps capture.ErrBadFrame if the frame is damaged; the same frame has the same error
// however often it is asked.
func (p *Picture) Planes(reduction int) (*Planes, error) {
	level := bits.TrailingZeros(uint(reduction))
	if level >= len(p.planes) || reduction != 1<<level {
		return nil, fmt.Errorf("picture: reduction %d: take 1, 2, 4 or 8", reduction)
	}
	if p.frame.Format.Pixel != capture.MJPG {
		return p.planes[0].once(&p.decoding, p.readRaw)
	}
	return p.planes[level].once(&p.decoding, func() (Planes, error) { return p.readJPEG(level) })
}

// readStored finds out how the frame is stored, for Stored.
func (p *Picture) readStored() (Stored, error) {
	if err := p.frame.Check(); err != nil {
		return Stored{}, err
	}
	if f := p.frame.Format; f.Pixel != capture.MJPG {
		return Stored{f.Width, f.Height, p.pool.orientation}, nil
	}
	return p.storedJPEG()
}

// readRaw describes the samples of an uncompressed frame, for Planes.
func (p *Picture) readRaw() (Planes, error) {
	if err := p.frame.Check(); err != nil {
		return Planes{}, err
	}
	planes, err := raw(p.frame)
	planes.Orientation = p.pool.orientation
	return planes, err
}
