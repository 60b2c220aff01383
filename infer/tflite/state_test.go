package tflite_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// counting is a network that adds up what it sees: its sum comes back as the input of the next run.
func counting(t *testing.T, state string) []byte {
	t.Helper()
	s := &single{r: rand.New(rand.NewPCG(1, 1))}
	sum, picture := s.in(model.Int32, 3), s.in(model.Int32, 3)
	s.op(model.OpAdd, model.Add{}, model.Int32, 1, sum, picture)
	s.Tensors[sum].Name, s.Tensors[picture].Name, s.Tensors[s.Outputs[0]].Name = state, "picture", "raw_outputs/sum"
	s.Tensors[s.Outputs[0]].Shape = []int{3}
	data, err := write.Model(&s.Model)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestState wants both engines to keep state from one run to the next, and to name inputs that are none.
func TestState(t *testing.T) {
	type engine interface {
		infer.Engine
		infer.Keeper
		Single() error
	}
	open := func(state string) []engine {
		data := counting(t, state)
		m, err := model.Parse(data, model.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		here, err := cpu.New(m, cpu.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		there, err := tflite.Open(context.Background(), tflite.Options{Worker: workerProgram(t), Model: data, Deadline: patience})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { here.Close(); there.Close() })
		return []engine{here, there}
	}
	for _, e := range open("raw_inputs/init_sum") {
		if err := e.Single(); err != nil || e.Input().Name != "picture" {
			t.Fatalf("%v, input %v", err, e.Input().Name)
		}
		picture := []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}
		outs := infer.Buffers(e.Outputs())
		for i := range 3 {
			wanted := outs
			if i == 1 {
				wanted = [][]byte{nil}
			}
			if _, err := e.Run(context.Background(), picture, wanted); err != nil {
				t.Fatal(err)
			}
		}
		if outs[0][0] != 3 || outs[0][4] != 6 || outs[0][8] != 9 {
			t.Errorf("after three runs: %v", outs[0])
		}
		for _, other := range open("raw_inputs/init_sum") { // of either kind
			if err := other.Keep(e.AppendKept(nil)); err != nil || e.KeptBytes() != 12 || e.Keep(make([]byte, 8)) == nil {
				t.Errorf("kept: %v, %d bytes", err, e.KeptBytes())
			}
			if _, err := other.Run(context.Background(), picture, outs); err != nil || outs[0][0] != 4 || outs[0][4] != 8 {
				t.Errorf("going on from three runs: %v, %v", outs[0], err)
			}
		}
		if _, ok := e.(*cpu.Engine); ok && testing.AllocsPerRun(10, func() { _, _ = e.Run(context.Background(), picture, outs) }) != 0 {
			t.Error("a run allocates")
		}
	}
	for _, e := range open("other") {
		if e.Single() == nil {
			t.Error("an input that is no state is none of its own")
		}
		if _, err := e.Run(context.Background(), make([]byte, 12), make([][]byte, 1)); err == nil {
			t.Error("one input is enough")
		}
	}
}
