package cpu

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// port is where bytes of the caller enter or leave the arena. One of u8 and f32 is set.
type port struct {
	spec infer.TensorSpec
	u8   []uint8
	flip uint8 // what makes the engine's bytes of the caller's, by exclusive or
	f32  []float32
}

// newPort describes v, which has memory, to the engine's caller.
func newPort(v *value) port {
	s := infer.TensorSpec{Name: v.Name, Shape: slices.Clone(v.Shape)}
	switch v.Type {
	case model.Uint8:
		s.Type = infer.Uint8
	case model.Int8:
		s.Type = infer.Int8
	default:
		s.Type = infer.Float32
	}
	if v.Quant != nil && len(v.Quant.Scale) == 1 {
		s.Scale, s.ZeroPoint = v.Quant.Scale[0], int(v.Quant.ZeroPoint[0])
	}
	return port{spec: s, u8: v.root().u8, flip: v.flip(), f32: v.root().f32}
}

func (p *port) load(data []byte) {
	flipCopy(p.u8, data, p.flip)
	decodeFloats(p.f32, data)
}

func (p *port) store(data []byte) {
	if p.f32 == nil {
		flipCopy(data, p.u8, p.flip)
	}
	for i, x := range p.f32 {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(x))
	}
}

// flipCopy is dst[i] = src[i] ^ flip for all of dst.
func flipCopy(dst, src []uint8, flip uint8) {
	src = src[:len(dst)]
	if flip == 0 {
		copy(dst, src)
		return
	}
	for i, x := range src {
		dst[i] = x ^ flip
	}
}

// decodeFloats fills dst from little-endian bytes.
func decodeFloats(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}
