package learn

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// shower shows pictures to a network as a camera does. It owns the memory that this takes, and is not for concurrent use.
type shower struct {
	run     Runner
	helpers infer.Sharer // nil: nobody helps

	whole   *preprocess.Preprocessor // a picture to the input
	frame   capture.Frame
	picture *picture.Picture // of frame

	in   []byte
	outs [][]byte // nil but for those that are wanted
}

// newShower makes room for pictures that are shown whole to a network with so many outputs.
func newShower(input infer.TensorSpec, outputs int, run Runner, o preprocess.Options) (*shower, error) {
	if o.Region != (preprocess.Region{}) && o.Region != (preprocess.Region{Width: 1, Height: 1}) {
		return nil, fmt.Errorf("learn: pictures are taken whole: there is no region of them")
	}
	s := &shower{run: run, in: make([]byte, input.Bytes()), outs: make([][]byte, outputs)}
	s.helpers, _ = run.(infer.Sharer)
	s.picture = picture.Of(&s.frame)
	var err error
	s.whole, err = preprocess.New(input, o)
	return s, err
}

// looker shows pictures and variants of them to a network that is to be taught.
type looker struct {
	*shower
	base *Base

	larger  *preprocess.Preprocessor // a picture to source
	again   *preprocess.Preprocessor // a variant to the input
	source  rgb                      // that variants are cut from
	changed capture.Frame            // a variant
	variant *picture.Picture         // of changed
	drawn   rgb                      // the same

	maps []byte // the feature map of the last run
	mean []byte // and what it was averaged to
	sums []int64
}

func newLooker(b *Base, run Runner, o preprocess.Options) (*looker, error) {
	height, width, _, err := b.input.Image()
	if err != nil {
		return nil, err
	}
	l := &looker{base: b}
	if l.shower, err = newShower(b.input, b.FeatureOutput()+2, run, o); err != nil {
		return nil, err
	}
	l.maps, l.mean, l.sums = make([]byte, b.features.Bytes()), make([]byte, b.pooled.Bytes()), make([]int64, b.Features())
	l.outs[b.FeatureOutput()], l.outs[b.FeatureOutput()+1] = l.maps, l.mean
	l.source = rgb{make([]byte, 3*drawn(width)*drawn(height)), drawn(width), drawn(height)}
	l.changed = capture.Frame{Format: capture.Packed(capture.RGB24, width, height), Pix: make([]byte, 3*width*height)}
	l.drawn = rgb{l.changed.Pix, width, height}
	l.variant = picture.Of(&l.changed)

	colours := infer.TensorSpec{Shape: []int{1, drawn(height), drawn(width), 3}, Type: infer.Uint8}
	if l.larger, err = preprocess.New(colours, preprocess.Options{Fit: o.Fit, Fill: o.Fill, FastDecode: o.FastDecode}); err != nil {
		return nil, err
	}
	l.again, err = preprocess.New(b.input, preprocess.Options{Mean: o.Mean, Std: o.Std})
	return l, err
}

// unreadable is the error of a picture that cannot be shown.
type unreadable struct{ error }

// maxFile is the largest file of a picture.
const maxFile = 64 << 20

// open reads a picture, and returns the SHA-256 of its bytes, in hexadecimal. The error is unreadable.
func (s *shower) open(p *Picture) (id string, err error) {
	data, err := p.Read()
	if err != nil {
		return "", unreadable{fmt.Errorf("it cannot be read: %w", err)}
	}
	sum := sha256.Sum256(data)
	id = hex.EncodeToString(sum[:])
	switch {
	case len(data) == 0:
		err = errors.New("the file is empty")
	case len(data) > maxFile:
		err = fmt.Errorf("the file has %d MiB (at most %d)", len(data)>>20, maxFile>>20)
	default:
		err = still.DecodeBytes(data, &s.frame)
	}
	if err != nil {
		return id, unreadable{err}
	}
	s.picture.Set(&s.frame)
	return id, nil
}

// look shows the picture that is open.
func (s *shower) look(ctx context.Context) error {
	if err := s.whole.Run(s.picture, s.in, s.helpers); err != nil {
		return unreadable{err}
	}
	return s.see(ctx)
}

// prepare makes the source of variants of the picture that is open.
func (l *looker) prepare() error {
	if err := l.larger.Run(l.picture, l.source.pix, l.helpers); err != nil {
		return unreadable{err}
	}
	return nil
}

// lookChanged shows a variant of the source.
func (l *looker) lookChanged(ctx context.Context, r random, flip bool) error {
	newVariant(r, &l.source, l.drawn.width, l.drawn.height, flip).write(&l.drawn, &l.source)
	l.variant.Set(&l.changed)
	if err := l.again.Run(l.variant, l.in, l.helpers); err != nil {
		return unreadable{err}
	}
	return l.see(ctx)
}

// see runs the network on the input.
func (s *shower) see(ctx context.Context) error {
	_, err := s.run.Run(ctx, s.in, s.outs)
	return err
}

// codes is what the network said of the last picture, for task.Distance.
func (l *looker) codes() ([]byte, int, error) {
	codes := make([]byte, l.base.Features())
	zero, err := task.Codes(codes, l.mean, l.base.pooled)
	return codes, zero, err
}

// features is the mean of each feature over the map of the last run. It is unreadable if one is no number.
func (l *looker) features() ([]float32, error) {
	list := make([]float32, l.base.Features())
	if l.base.features.Type == infer.Float32 {
		return list, l.realFeatures(list)
	}
	clear(l.sums)
	flip := byte(0)
	zero := float64(l.base.features.ZeroPoint)
	if l.base.features.Type == infer.Int8 {
		flip, zero = 0x80, zero+128
	}
	for m := l.maps; len(m) > 0; m = m[len(l.sums):] {
		for d := range l.sums {
			l.sums[d] += int64(m[d] ^ flip)
		}
	}
	cells, scale := float64(l.base.Cells()), float64(l.base.features.Scale)
	for d, sum := range l.sums {
		list[d] = float32(scale * (float64(sum)/cells - zero))
	}
	return list, nil
}

// realFeatures is features for a map of real numbers.
func (l *looker) realFeatures(list []float32) error {
	cells := l.base.Cells()
	for d := range list {
		sum := 0.0
		for p := range cells {
			sum += float64(math.Float32frombits(binary.LittleEndian.Uint32(l.maps[4*(p*len(list)+d):])))
		}
		list[d] = float32(sum / float64(cells))
		if math.IsNaN(float64(list[d])) || math.IsInf(float64(list[d]), 0) {
			return unreadable{errors.New("the model's answer to it has what is no number")}
		}
	}
	return nil
}

// Embedding is what a network says of a picture.
type Embedding struct {
	ID    string // SHA-256 of the picture; empty if it could not even be read
	Codes []byte // its features in 8 bits each, as task.Distance and task.Taught compare them
	Zero  int    // the code that stands for 0
	Err   error  // why it could not be read; then Codes is nil
}

// Embed looks at pictures as they are, without variants; the answer has an element for each. Of o it takes Preprocess. The
// error is ctx's or run's.
func Embed(ctx context.Context, b *Base, run Runner, pictures []Picture, o Options) ([]Embedding, error) {
	l, err := newLooker(b, run, o.Preprocess)
	if err != nil {
		return nil, err
	}
	list := make([]Embedding, len(pictures))
	for i := range pictures {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e := &list[i]
		if e.ID, e.Err = l.open(&pictures[i]); e.Err == nil {
			e.Err = l.look(ctx)
		}
		if e.Err == nil {
			e.Codes, e.Zero, e.Err = l.codes()
		}
		var skip unreadable
		if e.Err != nil && !errors.As(e.Err, &skip) {
			return nil, e.Err
		}
	}
	return list, nil
}
