package cpu

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// port is where bytes of the caller enter or leave the arena.
type port struct {
	spec   infer.TensorSpec
	value  *value
	memory []byte // of the value
	maker  aimed  // of an output, if it can write it to the caller's memory
	there  bool   // it does, in this run
}

// aimed is a layer that can write its output elsewhere than to the arena: a large one to where the caller wants it.
type aimed interface {
	layer
	aim(memory []byte)
}

// portTypes says what the caller calls the types that the engine holds.
var portTypes = map[model.Type]infer.DType{
	model.Uint8: infer.Uint8, model.Int8: infer.Int8, model.Bool: infer.Bool, model.Int16: infer.Int16,
	model.Int32: infer.Int32, model.Int64: infer.Int64, model.Float32: infer.Float32,
}

// newPort describes v, which has memory, to the engine's caller.
func newPort(v *value) port {
	s := infer.TensorSpec{Name: v.Name, Shape: slices.Clone(v.Shape), Type: portTypes[v.Type]}
	if v.Quant != nil && len(v.Quant.Scale) == 1 {
		s.Scale, s.ZeroPoint = v.Quant.Scale[0], int(v.Quant.ZeroPoint[0])
	}
	return port{spec: s, value: v, memory: v.root().memory}
}

func (p *port) load(data []byte) { p.value.load(p.memory, data) }

// aim has an output written to data at once, if that can be done. A run that does not store it gives nil.
func (p *port) aim(data []byte) {
	if p.there = p.maker != nil && data != nil && inPlace(data, p.value.Type.Size()); p.there {
		p.maker.aim(data)
	}
}

// store gives the caller an output, and nothing keeps data.
func (p *port) store(data []byte) {
	if p.there {
		p.maker.aim(p.memory)
		return
	}
	p.value.store(data, p.memory)
}

// decodeFloats fills dst from little-endian bytes.
func decodeFloats(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}
