package task

import (
	"fmt"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// lastWord is the operator that makes the numbers of m's first output, which spec describes: the last one that does
// more than move them or change how they are stored. It tells whether they are probabilities.
func lastWord(m *model.Model, spec infer.TensorSpec) (name string, probabilities bool) {
	if len(m.Outputs) == 0 {
		return "nothing", unitRange(spec)
	}
	e := newEnds(m)
	name, probabilities = e.of(m.Outputs[0])
	// Behind an operator that nobody can look into, an Edge TPU's, the scale tells: that of a quantized softmax is
	// always 1/256 from 0 on, and numbers of another meaning do not happen to have it.
	if !probabilities && unitRange(spec) {
		return fmt.Sprintf("%s, scale %.4g from 0 on", name, spec.Scale), true
	}
	return name, probabilities
}

// unitRange tells whether a tensor's numbers are 0 to 255/256, or to 1, and can be no others.
func unitRange(s infer.TensorSpec) bool {
	low := 0
	switch s.Type {
	case infer.Int8:
		low = -128
	case infer.Uint8:
	default:
		return false
	}
	return s.ZeroPoint == low && (s.Scale == 1./256 || s.Scale == 1./255)
}

// ends walks from an output to the operators that made its numbers.
type ends struct {
	m      *model.Model
	makers []int        // the operator of each tensor; -1: none
	seen   map[int]bool // tensors that were asked for: each is looked at once
}

func newEnds(m *model.Model) *ends {
	return &ends{m: m, makers: m.Makers(), seen: map[int]bool{}}
}

// maker is the operator that computes tensor i; nil: none does.
func (e *ends) maker(i int) *model.Operator {
	if i < 0 || e.makers[i] < 0 {
		return nil
	}
	return &e.m.Operators[e.makers[i]]
}

// origin is the tensor whose numbers are passed on to tensor i, and the operator that made it; nil: none did.
func (e *ends) origin(i int) (tensor int, maker *model.Operator) {
	for range len(e.m.Operators) {
		o := e.maker(i)
		if o == nil || e.through(o) < 0 {
			return i, o
		}
		i = e.through(o)
	}
	return i, e.maker(i)
}

// of names what made tensor i, and tells whether that gives probabilities.
func (e *ends) of(i int) (name string, probabilities bool) {
	for {
		o := e.maker(i)
		if o == nil {
			return "its input", false
		}
		if e.seen[i] {
			return o.Name(), true // whoever asked first has the answer
		}
		e.seen[i] = true
		next := e.through(o)
		switch op := o.Op.String(); {
		case op == "SOFTMAX" || op == "LOGISTIC" || op == "STABLEHLO_LOGISTIC" || op == "RELU_0_TO_1":
			return o.Name(), true
		case op == "DIV" && e.madeBy(o.Inputs[0]) == "EXP": // a softmax in pieces
			return "EXP and DIV", true
		case op == "CONCATENATION" || op == "PACK":
			return e.all(o)
		case next < 0:
			return o.Name(), false
		}
		i = next
	}
}

// all is of for an operator that puts tensors together: its name, and whether all of them are probabilities; the name
// of the first that is not.
func (e *ends) all(o *model.Operator) (name string, probabilities bool) {
	for _, t := range o.Inputs {
		if last, ok := e.of(t); !ok {
			return last, false
		}
	}
	return o.Name(), len(o.Inputs) > 0
}

// through is the tensor whose numbers o passes on, some or all of them, or -1 if it makes others.
func (e *ends) through(o *model.Operator) int {
	at := 0
	switch o.Op.String() {
	case "DEQUANTIZE", "QUANTIZE", "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "CAST", "TRANSPOSE", "SLICE", "STRIDED_SLICE", "GATHER",
		"SPLIT_V", "UNPACK", "REVERSE_V2":
	case "SPLIT": // its first input is the axis
		at = 1
	default:
		return -1
	}
	if at >= len(o.Inputs) {
		return -1
	}
	return o.Inputs[at]
}

// madeBy is the name of the operator that made tensor i, behind those that pass numbers on.
func (e *ends) madeBy(i int) string {
	for {
		o := e.maker(i)
		if o == nil {
			return ""
		}
		if next := e.through(o); next >= 0 {
			i = next
			continue
		}
		return o.Op.String()
	}
}
