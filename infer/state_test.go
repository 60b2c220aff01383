package infer_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

func spec(name string, t infer.DType, shape ...int) infer.TensorSpec {
	return infer.TensorSpec{Name: name, Type: t, Shape: shape}
}

// TestNewState finds the state of networks as they are called.
func TestNewState(t *testing.T) {
	picture := spec("serving_default_image:0", infer.Uint8, 1, 4, 4, 3)
	scaled := spec("outputs/rnn1", infer.Uint8, 1, 5)
	scaled.Scale = 0.5
	for _, c := range []struct {
		name            string
		inputs, outputs []infer.TensorSpec
		main            int
		says            string // the error
	}{
		{"one input", []infer.TensorSpec{picture}, []infer.TensorSpec{spec("scores", infer.Uint8, 1, 5)}, 0, ""},
		{"one word", []infer.TensorSpec{picture, spec("inputs/rnn1", infer.Uint8, 1, 5)},
			[]infer.TensorSpec{spec("scores", infer.Uint8, 1, 5), spec("outputs/rnn1", infer.Uint8, 1, 5)}, 0, ""},
		{"two of a shape, the picture last",
			[]infer.TensorSpec{spec("raw_inputs/init_lstm_c", infer.Float32, 1, 8), spec("raw_inputs/init_lstm_h", infer.Float32, 1, 8), picture},
			[]infer.TensorSpec{spec("raw_outputs/lstm_h", infer.Float32, 1, 8), spec("raw_outputs/lstm_c", infer.Float32, 1, 8)}, 2, ""},
		{"another scale", []infer.TensorSpec{picture, spec("inputs/rnn1", infer.Uint8, 1, 5)}, []infer.TensorSpec{scaled}, 0, `2 inputs that are no state: "serving_default_image:0", "inputs/rnn1"`},
		{"another shape", []infer.TensorSpec{picture, spec("a/b", infer.Uint8, 1, 5)}, []infer.TensorSpec{spec("b", infer.Uint8, 5)}, 0, "no state"},
		{"another word", []infer.TensorSpec{picture, spec("in", infer.Uint8, 1, 5)}, []infer.TensorSpec{spec("out", infer.Uint8, 1, 5)}, 0, "no state"},
		{"one output for two", []infer.TensorSpec{picture, spec("a/s", infer.Uint8, 5), spec("b/s", infer.Uint8, 5)}, []infer.TensorSpec{spec("s", infer.Uint8, 5)}, 0, "no state"},
		{"nothing but state", []infer.TensorSpec{spec("in/s", infer.Uint8, 5)}, []infer.TensorSpec{spec("out/s", infer.Uint8, 5)}, 0, "none is for a picture"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := infer.NewState(c.inputs, c.outputs)
			switch {
			case c.says != "":
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v (want %q)", err, c.says)
				}
			case err != nil:
				t.Error(err)
			case s.Main() != c.main:
				t.Errorf("the picture is input %d", s.Main())
			}
		})
	}
}

// TestStateIsFedBack runs a model twice whose state is wanted in one run, and not in the other.
func TestStateIsFedBack(t *testing.T) {
	s, err := infer.NewState([]infer.TensorSpec{spec("x", infer.Uint8, 2), spec("in/s", infer.Uint8, 1)},
		[]infer.TensorSpec{spec("y", infer.Uint8, 1), spec("out/s", infer.Uint8, 1)})
	if err != nil {
		t.Fatal(err)
	}
	fails := errors.New("it fails")
	run := func(outs [][]byte, well bool) (state byte) {
		err := s.Run([]byte{1, 2}, outs, func(ins, all [][]byte) error {
			if len(ins) != 2 || len(all) != 2 || !bytes.Equal(ins[0], []byte{1, 2}) || len(all[1]) != 1 {
				t.Fatalf("a run of %v and %v", ins, all)
			}
			state = ins[1][0]
			all[1][0] = state + 1
			if !well {
				return fails
			}
			return nil
		})
		if (err == nil) != well {
			t.Error(err)
		}
		return state
	}
	if err := s.Run(nil, nil, nil); err == nil {
		t.Error("no outputs at all")
	}
	mine := make([]byte, 1)
	for i, c := range []struct {
		outs [][]byte
		well bool
		want byte
	}{{[][]byte{nil, nil}, true, 0}, {[][]byte{nil, mine}, true, 1}, {[][]byte{nil, mine}, false, 2}, {[][]byte{nil, nil}, true, 2}} {
		if got := run(c.outs, c.well); got != c.want {
			t.Errorf("run %d has state %d (want %d)", i, got, c.want)
		}
	}
}
