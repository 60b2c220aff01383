package failover

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
)

// known is an input and the right answer to it.
type known struct {
	outputs []infer.TensorSpec
	in      []byte
	want    [][]byte
}

// ask has e, which is trusted, answer several inputs, and keeps the one whose first output has the widest range: a broken
// engine that answers zeros would not differ much from a narrow one.
func (k *known) ask(ctx context.Context, e infer.Engine) error {
	k.outputs = e.Outputs()
	values := make([]float32, k.outputs[0].Elements())
	widest := float32(-1)
	for pattern := range patterns {
		in, outs := draw(e.Input(), pattern), infer.Buffers(k.outputs)
		if _, err := e.Run(ctx, in, outs); err != nil {
			return err
		}
		if err := k.outputs[0].Values(values, outs[0]); err != nil {
			return err
		}
		if w := slices.Max(values) - slices.Min(values); k.in == nil || w > widest {
			widest, k.in, k.want = w, in, outs
		}
	}
	return nil
}

// patterns is how many inputs draw knows.
const patterns = 4

// draw fills an input with tiles of random colours: of one pixel, or larger with each pattern. float32 inputs get
// numbers from -1 to 1, all others 0 to 255 or, in 8 bits, what these bytes stand for.
func draw(s infer.TensorSpec, pattern int) []byte {
	tile := 1 << (2 * pattern) // 1, 4, 16, 64
	height, width, channels, err := s.Image()
	if err != nil {
		height, width, channels = 1, s.Elements(), 1
	}
	b := make([]byte, 0, s.Bytes())
	var zeros [8]byte
	for y := range height {
		for x := range width {
			for c := range channels {
				v := mix(uint32(pattern)<<28 ^ uint32(y/tile)<<16 ^ uint32(x/tile)<<2 ^ uint32(c))
				if s.Type == infer.Float32 {
					b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)/127.5-1))
				} else {
					b = append(b, v)
					b = append(b, zeros[:s.Type.Size()-1]...)
				}
			}
		}
	}
	return b
}

// mix turns a number into a byte that looks random: the finalizer of MurmurHash3.
func mix(h uint32) byte {
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return byte(h >> 24)
}

// check compares the first outputs of an answer, own of them or all if that is 0, with the right ones.
func (k *known) check(got [][]byte, levels, own int) error {
	for i, spec := range k.outputs {
		if own > 0 && i >= own {
			break
		}
		if err := checkValues(stored(spec, got[i]), stored(spec, k.want[i]), unit(spec, k.want[i]), levels); err != nil {
			return err
		}
	}
	return nil
}

// checkValues compares the values of a tensor with the right ones, in levels of that unit.
func checkValues(got, want []float32, unit float64, levels int) error {
	differ, worst := 0, 0.0
	for i := range want {
		if got[i] == want[i] {
			continue
		}
		differ++
		if d := math.Abs(float64(got[i])-float64(want[i])) / unit; !(d <= worst) { // also if it is NaN
			worst = d
		}
	}
	if !(worst <= float64(levels)) {
		return fmt.Errorf("failover: self-test: %d of %d values are wrong, by %.3g levels at most (want at most %d)",
			differ, len(want), worst, levels)
	}
	return nil
}

// unit is how much one level of a tensor is, in its stored values; want holds the right ones.
func unit(spec infer.TensorSpec, want []byte) float64 {
	if spec.Type != infer.Float32 {
		return 1
	}
	values := stored(spec, want)
	return max(float64(slices.Max(values)), -float64(slices.Min(values))) / 256
}

// stored are the values of a tensor as they are stored.
func stored(spec infer.TensorSpec, tensor []byte) []float32 {
	spec.Scale, spec.ZeroPoint = 1, 0
	values := make([]float32, spec.Elements())
	if err := spec.Values(values, tensor); err != nil {
		panic("failover: " + err.Error()) // examine has compared the specs
	}
	return values
}
