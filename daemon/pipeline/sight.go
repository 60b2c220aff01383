package pipeline

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// pixels makes pictures of what a look's model sees, before the pixels are normalized.
type pixels struct {
	pre    *preprocess.Preprocessor
	grey   bool // the model has one channel
	width  int
	height int
	bytes  []byte // what pre fills
}

// newPixels makes those of a look with these options.
func newPixels(o *LookOptions) (*pixels, error) {
	input := o.Model.Engine.Input()
	height, width, channels, err := input.Image()
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", o.Model.Name, err)
	}
	spec := infer.TensorSpec{Name: input.Name, Shape: input.Shape, Type: infer.Uint8}
	plain := o.Preprocess
	plain.Mean, plain.Std = nil, nil
	pre, err := preprocess.New(spec, plain)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", o.Model.Name, err)
	}
	return &pixels{pre: pre, grey: channels == 1, width: width, height: height, bytes: make([]byte, spec.Bytes())}, nil
}

// Pixels are those that the model sees of p, before they are normalized: R, G, B of each, row by row. They are the caller's.
// The error wraps capture.ErrBadFrame if p's frame is damaged.
func (t *pixels) Pixels(p *picture.Picture) (rgb []byte, width, height int, err error) {
	if err := t.pre.Run(p, t.bytes, nil); err != nil {
		return nil, 0, 0, err
	}
	if !t.grey {
		return bytes.Clone(t.bytes), t.width, t.height, nil
	}
	rgb = make([]byte, 0, 3*len(t.bytes))
	for _, v := range t.bytes {
		rgb = append(rgb, v, v, v)
	}
	return rgb, t.width, t.height, nil
}

// Sight is what a model was shown of a frame.
type Sight struct {
	RGB           []byte     // the pixels, before they are normalized: R, G, B of each, row by row
	Width, Height int        // pixels
	Shows         [4]float64 // the part of the upright frame that they show: x, y, width, height in fractions of it
	Least, Most   float64    // of the numbers in the tensor
	Mean          float64    // of all of them
	Findings      *task.Findings
	Labels        infer.Labels
}

// Sees is what the camera's model was shown of p, the picture that [Camera.Replay] answered last, and what it found. It is good until the
// next one, and for the goroutine that calls Replay.
func (c *Camera) Sees(p *picture.Picture) (*Sight, error) {
	l := c.look
	pixels, err := newPixels(&l.options)
	if err != nil {
		return nil, err
	}
	s := &Sight{Findings: &l.findings, Labels: l.options.Model.Labels, Shows: corners(frame{l.pre}.Upright(task.Box{Width: 1, Height: 1}))}
	if s.RGB, s.Width, s.Height, err = pixels.Pixels(p); err != nil {
		return nil, err
	}
	s.Least, s.Most, s.Mean = spread(l.in, l.options.Model.Engine.Input().Type)
	return s, nil
}

// spread is the least and the greatest of a tensor's numbers, and their mean.
func spread(in []byte, of infer.DType) (least, most, mean float64) {
	least, most = math.Inf(1), math.Inf(-1)
	number, size := func(b []byte) float64 { return float64(b[0]) }, 1
	switch of {
	case infer.Int8:
		number = func(b []byte) float64 { return float64(int8(b[0])) }
	case infer.Float32:
		number, size = func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }, 4
	}
	for i := 0; i+size <= len(in); i += size {
		v := number(in[i:])
		least, most, mean = min(least, v), max(most, v), mean+v
	}
	return least, most, mean / float64(max(len(in)/size, 1))
}
