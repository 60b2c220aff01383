package cpu

import (
	"encoding/binary"
	"math"

	"github.com/inceptiond/inceptiond/infer"
)

// port is where bytes of the caller enter or leave the arena. One of u8 and f32 is set.
type port struct {
	spec infer.TensorSpec
	u8   []uint8
	flip uint8 // what turns the caller's bytes into the engine's: 0x80 for int8
	f32  []float32
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
