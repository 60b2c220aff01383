package model

import (
	"fmt"
	"strings"
)

// Eighth is the tensor [1 height width features] that is a map of what is where in the input, at an eighth of its size: the
// last one of about that size that a CONCATENATION or an ADD makes. Such a map still tells places from each other, and is
// behind enough layers to know textures. The error wraps ErrUnsupported and says at which sizes m joins features instead.
func (m *Model) Eighth() (int, error) {
	if len(m.Inputs) == 0 {
		return 0, unsupported("it has no input")
	}
	in := m.Tensors[m.Inputs[0]].Shape
	if len(in) != 4 {
		return 0, unsupported("its input %v is no picture", in)
	}
	found, met, late := -1, []string{}, m.dynamic()
	for i := range m.Operators {
		o := &m.Operators[i]
		if o.Odd != "" || o.Op != OpConcatenation && o.Op != OpAdd || len(o.Outputs) != 1 || late[o.Outputs[0]] {
			continue
		}
		t := &m.Tensors[o.Outputs[0]]
		out := t.Shape
		if len(out) != 4 || out[0] != 1 || out[1] < 2 || out[2] < 2 || t.Type != Uint8 && t.Type != Int8 && t.Type != Float32 {
			continue
		}
		if isEighth(in[1], out[1]) && isEighth(in[2], out[2]) {
			found = o.Outputs[0]
		}
		if size := fmt.Sprintf("%dx%d", out[2], out[1]); len(met) == 0 || met[len(met)-1] != size {
			met = append(met, size)
		}
	}
	switch {
	case found >= 0:
		return found, nil
	case len(met) == 0:
		return 0, unsupported("it has no layer that joins features (CONCATENATION or ADD), as Inception, ResNet and MobileNet v2 have")
	}
	return 0, unsupported("none of its layers that join features (CONCATENATION or ADD) has an eighth of the input's %dx%d: there are %s",
		in[2], in[1], strings.Join(met[:min(len(met), maxMet)], ", "))
}

// maxMet is how many sizes an error lists.
const maxMet = 8

// isEighth tells whether a side is an eighth of the input's, rounded, or what is left of it where borders are not padded: 35
// of 299.
func isEighth(in, side int) bool { return side*7 <= in && in <= side*9 }
