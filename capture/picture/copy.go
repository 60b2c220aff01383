package picture

import "github.com/inceptiond/inceptiond/capture"

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
