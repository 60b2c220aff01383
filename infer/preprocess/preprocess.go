// Package preprocess turns a camera's picture into the input tensor of a model.
//
// A [Preprocessor] does this, in this order: have the picture decoded; put it upright; take the Region; Fit its
// proportions to the tensor's; convert to RGB; resize; normalize and quantize. Steps that cost nothing are done together
// with their neighbours, and only the rows and columns that the region needs are converted and resized. Several
// Preprocessors may run on one picture at the same time: it is decoded once.
//
//	p, err := preprocess.New(engine.Input(), preprocess.Options{Fit: preprocess.Crop})
//	…
//	err = p.Run(pic, tensor, nil)
//
// # Size
//
// Resizing is a triangle filter in each direction, as wide as two tensor cells, so that it averages when it shrinks; it
// interpolates between pixel centres when it enlarges. This is what Pillow calls BILINEAR. It is done in fixed
// point on 8-bit RGB, and differs from the exact result by at most one level.
//
// # Colour
//
// JPEG is full-range BT.601, as JFIF says. YUYV, UYVY, NV12 and I420 are BT.601 too, of limited range unless the frame's
// format says FullRange: that is V4L2's default for Y'CbCr in the colour spaces that webcams name (SRGB and SMPTE170M:
// V4L2_MAP_YCBCR_ENC_DEFAULT and V4L2_MAP_QUANTIZATION_DEFAULT in linux/videodev2.h). Chroma samples lie in the middle of their
// pixels (so JFIF says, and so the kernel draws its formats), and between them chroma is linear, as libjpeg's "fancy"
// upsampling has it.
//
// GREY is shown as it is. A model with one channel gets the luminance (0.299 R + 0.587 G + 0.114 B).
//
// # Values
//
// float32 inputs get (byte - Mean) / Std, by default (byte - 127.5) / 127.5, so -1 to 1.
//
// uint8 inputs get the byte itself and int8 inputs get byte - 128, whatever their scale and zero point. That is what
// the hosted models, Coral's and Frigate's code do, and it is right for every model whose real input range was
// calibrated on pictures: the converter maps the lowest value of the range to the lowest number and the highest to the
// highest, be the range 0 to 1, -1 to 1 or 0 to 255. A model trained on anything else (a mean of its own for each
// channel, which it does not subtract itself) needs Mean and Std; then the number is (byte - Mean) / Std / scale +
// zero point, rounded and clamped.
package preprocess

import (
	"fmt"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/infer"
)

// Preprocessor fills the input tensor of one model. It is not for concurrent use: it owns the memory that Run works in.
type Preprocessor struct {
	opt    Options
	target target
	width  int // of the tensor, in cells
	height int

	planned plan // what layout and scale are for
	layout  layout
	scale   *resampler
}

// plan is all that decides how pixels are weighted and where they go, besides the options.
type plan struct {
	width, height int // of the planes, in pixels
	exactWidth    float64
	exactHeight   float64
	orientation   picture.Orientation
}

// maxSide is the most cells of a side: it keeps every index within 32 bits.
const maxSide = 1 << 13

// New checks that opt makes sense for the input s and prepares what does not depend on the frames.
func New(s infer.TensorSpec, opt Options) (*Preprocessor, error) {
	h, w, channels, err := s.Image()
	if err != nil {
		return nil, err
	}
	if h < 1 || w < 1 || h > maxSide || w > maxSide {
		return nil, fmt.Errorf("preprocess: input %v is no usable picture size", s)
	}
	if !s.Type.Usual() {
		return nil, fmt.Errorf("preprocess: input %v has no type that pictures can be turned into", s)
	}
	if err := opt.validate(); err != nil {
		return nil, err
	}
	norm, given, err := opt.normalization(s, channels)
	if err != nil {
		return nil, err
	}
	t := target{spec: s, channels: channels, table: newTable(s, norm, given)}
	if channels == 3 && s.Type != infer.Float32 {
		t.flip, t.flips = t.table.flip()
	}
	return &Preprocessor{
		opt:    opt,
		target: t,
		width:  w,
		height: h,
		scale:  newResampler(available()[0]),
	}, nil
}

// Run turns pic into the tensor in, which belongs to the caller and has exactly the bytes of the spec. It reads pic as
// any number of others may at the same time, and keeps nothing of it. The threads of an engine that does not run help,
// unless helpers is nil; the tensor is the same.
//
// Once it has seen a picture of the same format and size, Run allocates nothing (save for JPEG kinds that cameras do not
// send). The error wraps capture.ErrBadFrame if the frame is damaged: in is then undefined, and the next frame may be
// fine.
func (p *Preprocessor) Run(pic *picture.Picture, in []byte, helpers infer.Sharer) error {
	if want := p.target.spec.Bytes(); len(in) != want {
		return fmt.Errorf("preprocess: tensor of %d bytes, want %d for %v", len(in), want, p.target.spec)
	}
	planes, err := p.decode(pic)
	if err != nil {
		return err
	}
	p.prepare(plan{planes.Width, planes.Height, planes.ExactWidth, planes.ExactHeight, planes.Orientation})
	p.target.bytes, p.target.layout = in, &p.layout
	if p.layout.letterbox {
		p.target.fill(p.opt.Fill)
	}
	p.scale.run(planes, &p.target, helpers)
	p.target.bytes = nil
	return nil
}

// SetRegion makes r the part of the upright frame that Run uses from now on. The error is about r, and changes nothing. Run allocates
// as long as a region is larger, in pixels, than all before.
func (p *Preprocessor) SetRegion(r Region) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if r != p.opt.Region {
		p.opt.Region, p.planned = r, plan{}
	}
	return nil
}

// Upright is which part of the upright frame a part of the tensor shows, of the latest picture: both in fractions of their width
// and height. Bars of a letterbox show nothing, and are left out.
func (p *Preprocessor) Upright(part Region) (shown Region) {
	f, w, h := p.fitted()
	shown.X, shown.Width = f.x.shown(part.X, part.Width, p.width, w)
	shown.Y, shown.Height = f.y.shown(part.Y, part.Height, p.height, h)
	return shown
}

// UprightLinear is Upright for a part of any place and size, as if the frame went on beyond what the tensor shows of it: for the
// corners of boxes and for points, which may lie there.
func (p *Preprocessor) UprightLinear(part Region) (at Region) {
	f, w, h := p.fitted()
	at.X, at.Width = f.x.linear(part.X, part.Width, p.width, w)
	at.Y, at.Height = f.y.linear(part.Y, part.Height, p.height, h)
	return at
}

// Shown is the part of the tensor that shows the latest picture, in fractions of its width and height: all but the bars of a
// letterbox. It is zero before there was a picture.
func (p *Preprocessor) Shown() Region {
	f, w, h := p.fitted()
	if w <= 0 || h <= 0 {
		return Region{}
	}
	across, down := float64(p.width), float64(p.height)
	return Region{
		X: float64(f.x.first) / across, Width: float64(f.x.n) / across,
		Y: float64(f.y.first) / down, Height: float64(f.y.n) / down,
	}
}

// fitted is how the latest picture, w by h pixels when upright, lies over the tensor.
func (p *Preprocessor) fitted() (f fitted, w, h float64) {
	w, h = p.planned.exactWidth, p.planned.exactHeight
	if p.planned.orientation.Transpose {
		w, h = h, w
	}
	return p.opt.fit(w, h, p.width, p.height), w, h
}

// decode has the picture decoded, as small as it may be.
func (p *Preprocessor) decode(pic *picture.Picture) (*picture.Planes, error) {
	if p.opt.FastDecode == FastNever {
		return pic.Planes(1)
	}
	s, err := pic.Stored()
	if err != nil {
		return nil, err
	}
	return pic.Planes(p.reduction(s))
}

// prepare computes layout and weights unless they are those of the frame before.
func (p *Preprocessor) prepare(want plan) {
	if p.planned == want {
		return
	}
	p.planned = want
	p.layout = p.opt.newLayout(want.exactWidth, want.exactHeight, want.orientation, p.width, p.height)
	p.scale.plan(&p.layout, want.width, want.height)
}

// reduction is the largest factor, 1 to 8, by which a stored picture can be reduced before it is resized: its region
// then still has the pixels for each cell of the tensor that FastDecode wants.
func (p *Preprocessor) reduction(s picture.Stored) int {
	l := p.opt.newLayout(float64(s.Width), float64(s.Height), s.Orientation, p.width, p.height)
	room := min(l.x.scale(), l.y.scale()) / p.opt.FastDecode.room()
	scale := 1
	for scale < 8 && room >= float64(2*scale) {
		scale *= 2
	}
	return scale
}
