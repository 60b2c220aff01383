package picture

import (
	"slices"

	"github.com/inceptiond/inceptiond/capture"
)

// Copy returns a picture of a copy of p's frame, as p's camera shows it: it stays what it is when p has the next frame. It
// is the caller's alone, and need not be given back.
func (p *Picture) Copy() *Picture {
	dst := new(Picture)
	p.CopyTo(dst)
	return dst
}

// CopyTo makes dst what [Picture.Copy] returns, whatever it was before: a zero Picture, or a picture of another camera. dst is
// the caller's alone. It allocates nothing once dst has held a frame of that size. p is read as any number of others may at the
// same time.
func (p *Picture) CopyTo(dst *Picture) {
	dst.Forget() // to the pool that it has borrowed from
	if dst.frame == nil {
		dst.frame = new(capture.Frame)
	}
	pix := append(dst.frame.Pix[:0], p.frame.Pix...) // in which the mask is painted, as it is in p
	*dst.frame = *p.frame
	dst.frame.Pix = pix
	dst.pool = p.pool
}

// As returns p as a camera with the options o would show it: p itself, if that is how its own camera does, else a copy, which
// is the caller's alone. What the own camera masks stays black, wherever it lies then. It is an error if o says what cannot be.
func (p *Picture) As(o Options) (*Picture, error) {
	orientation, err := o.orientation()
	if err != nil {
		return nil, err
	}
	own := p.pool.mask.polygons
	if orientation == p.pool.orientation && !slices.ContainsFunc(o.Mask, func(one Polygon) bool { return !contains(own, one) }) {
		return p, nil
	}
	turn := p.pool.orientation.inverse().then(orientation)
	all := slices.Clone(o.Mask)
	for _, one := range own {
		all = append(all, turn.polygon(one))
	}
	o.Mask = all
	pool, err := NewPool(o)
	if err != nil {
		return nil, err
	}
	pool.budget = p.pool.budget
	c := pool.Picture()
	p.CopyTo(c)
	c.pool = pool
	c.blacken()
	return c, nil
}

// contains tells whether a polygon is in a list, point by point.
func contains(list []Polygon, one Polygon) bool {
	return slices.ContainsFunc(list, func(other Polygon) bool { return slices.Equal(one, other) })
}
