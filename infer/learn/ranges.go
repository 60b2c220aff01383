package learn

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/inceptiond/inceptiond/infer"
)

// rangeMargin is how much more than what was seen the tensors of 8 bits shall hold. With 1.1 for logits, as with 1.1 for
// maps, new pictures go beyond: then the mean of a map is no longer the logit (TestFigures).
const rangeMargin = 1.25

// logitRange is the least and greatest logits that the model shall be able to say: those of what it was taught with, and
// those of the cross validation.
func (t *training) logitRange() (low, high float64) {
	z := make([]float64, len(t.classes))
	widen := func() {
		low, high = min(low, slices.Min(z)), max(high, slices.Max(z))
	}
	for i, p := range t.list {
		if t.logits[i] != nil {
			z = append(z[:0], scaled(t.logits[i], t.temperature)...)
			widen()
		}
		t.head.logits(z, p.features)
		widen()
		for _, v := range p.variants {
			t.head.logits(z, v)
			widen()
		}
	}
	return float64(rangeMargin * low), float64(rangeMargin * high)
}

// keptMaps has the feature maps of some pictures: those with the lowest SHA-256, so that it is no matter which come first.
type keptMaps struct {
	base  *Base
	limit int
	list  []keptMap // by ID
}

type keptMap struct {
	id       string
	features []byte
}

// The most maps that are kept, and the bytes that they may take; but a few there must be.
const (
	mostMaps, fewestMaps = 64, 8
	mostMapBytes         = 16 << 20
)

func newMaps(b *Base) *keptMaps {
	return &keptMaps{base: b, limit: min(max(mostMapBytes/b.features.Bytes(), fewestMaps), mostMaps)}
}

// keep keeps a copy of the map of a picture, if its ID is among the lowest.
func (m *keptMaps) keep(id string, features []byte) {
	at, met := slices.BinarySearchFunc(m.list, id, func(k keptMap, id string) int { return cmp.Compare(k.id, id) })
	if met || at == m.limit {
		return
	}
	var memory []byte
	if len(m.list) == m.limit {
		memory = m.list[m.limit-1].features[:0]
		m.list = m.list[:m.limit-1]
	}
	m.list = slices.Insert(m.list, at, keptMap{id, append(memory, features...)})
}

// rangeOf is the least and greatest that h says of a cell of the maps, with the margin.
func (m *keptMaps) rangeOf(h *head) (low, high float64) {
	type ends struct{ low, high float64 }
	of := make([]ends, len(m.list))
	parallel(len(m.list), func(i int) {
		cell, z := make([]float32, m.base.Features()), make([]float64, len(h.bias))
		for p := range m.base.Cells() {
			m.base.cell(cell, m.list[i].features, p)
			h.logits(z, cell)
			of[i] = ends{min(of[i].low, slices.Min(z)), max(of[i].high, slices.Max(z))}
		}
	})
	for _, e := range of {
		low, high = min(low, e.low), max(high, e.high)
	}
	return float64(rangeMargin * low), float64(rangeMargin * high)
}

// cell reads the real features of cell p of a map.
func (b *Base) cell(to []float32, features []byte, p int) {
	scale, zero := float64(b.features.Scale), float64(b.features.ZeroPoint)
	features = features[p*len(to)*b.features.Type.Size():]
	for d := range to {
		switch b.features.Type {
		case infer.Float32:
			to[d] = math.Float32frombits(binary.LittleEndian.Uint32(features[4*d:]))
		case infer.Int8:
			to[d] = float32(scale * (float64(int8(features[d])) - zero))
		default:
			to[d] = float32(scale * (float64(features[d]) - zero))
		}
	}
}
