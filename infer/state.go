package infer

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// State is what a model of several inputs keeps from one run to the next: outputs that are inputs of the next run, zero at
// the start. One input, the picture's, is none of these. It is for engines, whose Run has but that one.
type State struct {
	main int   // the picture's, among the inputs
	from []int // by input, the output that it is next; none for the picture's

	ins, outs, own [][]byte // of a run; own are buffers for outputs that are state
}

const none = -1

// NewState finds out which inputs of a model are state: those that have the shape, the type and the scale of an output whose
// name ends in the same word (inputs/rnn1 and outputs/rnn1, init_lstm_c and lstm_c). It is an error, which names them, if
// other than one input is left.
func NewState(inputs, outputs []TensorSpec) (*State, error) {
	s := &State{main: none, outs: make([][]byte, len(outputs)), own: make([][]byte, len(outputs))}
	var left []string
	for i, in := range inputs {
		s.from = append(s.from, s.match(in, outputs))
		if s.from[i] == none {
			s.main = i
			left = append(left, fmt.Sprintf("%.80q", in.Name))
		}
	}
	switch len(left) {
	case 1:
	case 0:
		return nil, fmt.Errorf("infer: all %d inputs are state, and none is for a picture", len(inputs))
	default:
		return nil, fmt.Errorf("infer: %d inputs that are no state: %s (want 1: what is state has an output of its shape, type, scale and last word of its name)",
			len(left), strings.Join(left, ", "))
	}
	s.ins = Buffers(inputs)
	s.ins[s.main] = nil
	for i, o := range s.from {
		if i != s.main {
			s.own[o] = make([]byte, outputs[o].Bytes())
		}
	}
	return s, nil
}

// Main is the input that is the picture's.
func (s *State) Main() int { return s.main }

// match is the output that becomes in, none if there is none that is not another input's. Of several it is the one that has
// more words at its end in common.
func (s *State) match(in TensorSpec, outputs []TensorSpec) int {
	best, most := none, 0
	for o, out := range outputs {
		same := in.Type == out.Type && slices.Equal(in.Shape, out.Shape) && in.Scale == out.Scale && in.ZeroPoint == out.ZeroPoint
		if n := commonEnd(in.Name, out.Name); same && n > most && !slices.Contains(s.from, o) {
			best, most = o, n
		}
	}
	return best
}

// commonEnd counts the words at the end that two names have in common.
func commonEnd(a, b string) int {
	x, y := nameWords(a), nameWords(b)
	n := 0
	for n < min(len(x), len(y)) && x[len(x)-1-n] == y[len(y)-1-n] {
		n++
	}
	return n
}

// nameWords are the words of a tensor's name, without the number of an output behind a colon.
func nameWords(name string) []string {
	name, _, _ = strings.Cut(name, ":")
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// Bytes are those of all state; of none, 0.
func (s *State) Bytes() (n int) {
	if s == nil {
		return 0
	}
	for _, in := range s.ins {
		n += len(in)
	}
	return n
}

// Append appends the state to dst, in the order of the inputs.
func (s *State) Append(dst []byte) []byte {
	if s == nil {
		return dst
	}
	for _, in := range s.ins {
		dst = append(dst, in...)
	}
	return dst
}

// Set makes the first Bytes of kept, which Append gave, the state.
func (s *State) Set(kept []byte) {
	if s == nil {
		return
	}
	for _, in := range s.ins {
		kept = kept[copy(in, kept):]
	}
}

// Run has run, an engine's run of all tensors, answer one picture.
func (s *State) Run(in []byte, outs [][]byte, run func(ins, outs [][]byte) error) error {
	if len(outs) != len(s.outs) {
		return fmt.Errorf("infer: %d outputs (want %d)", len(outs), len(s.outs))
	}
	s.ins[s.main] = in
	for o := range outs {
		if s.outs[o] = outs[o]; outs[o] == nil {
			s.outs[o] = s.own[o]
		}
	}
	err := run(s.ins, s.outs)
	for i, o := range s.from {
		if err == nil && o != none {
			copy(s.ins[i], s.outs[o])
		}
	}
	s.ins[s.main] = nil // what the caller's are, this does not hold
	clear(s.outs)
	return err
}
