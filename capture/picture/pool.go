package picture

import (
	"sync"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture/internal/raster"
	"github.com/inceptiond/inceptiond/capture/picture/jpeg"
)

// Pool makes the pictures of one camera. They have its orientation, and share memory for decoding JPEGs: there is as
// much of it as pictures are looked at at the same time, and not for each that only waits. A Pool is for concurrent use.
type Pool struct {
	orientation Orientation // the camera's
	mask        mask
	budget      raster.Budget

	mu   sync.Mutex
	idle []*decoder // the one used last is the last: its memory may still be in the cache
}

// decoder decodes JPEGs into memory of its own, a piece for each reduction.
type decoder struct {
	jpeg.Decoder
	images [4]jpeg.Image // by the binary logarithm of the reduction
}

// NewPool returns a pool without pictures. It is an error if o says what cannot be.
func NewPool(o Options) (*Pool, error) {
	orientation, err := o.orientation()
	if err != nil {
		return nil, err
	}
	if err := validatePolygons(o.Mask); err != nil {
		return nil, err
	}
	return &Pool{orientation: orientation, mask: mask{polygons: o.Mask}}, nil
}

// memory is how much of it a picture may take: what the machine has for pictures, unless a test says otherwise.
func (p *Pool) memory() raster.Budget {
	if p.budget == (raster.Budget{}) {
		return raster.Machine()
	}
	return p.budget
}

// Picture returns a new picture with an empty frame. It never has to be given back.
func (p *Pool) Picture() *Picture {
	return &Picture{pool: p, frame: new(capture.Frame)}
}

// take returns an idle decoder, or a new one.
func (p *Pool) take() *decoder {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return new(decoder)
	}
	d := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return d
}

// put gives a decoder back.
func (p *Pool) put(d *decoder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, d)
}
