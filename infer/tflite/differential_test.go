package tflite_test

import (
	"context"
	"encoding/binary"
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

var differentialSeeds = flag.Uint64("seeds", 2, "how many models TestDifferential makes of each operator, at least")

// made is an operator whose models are made with random shapes, types and options, also such as TensorFlow Lite refuses.
type made struct {
	name      string
	tolerance float64 // of float32, as a part of the largest number; 0: the same bytes
	make      func(k *maker)
}

// differential holds the CPU engine to TensorFlow Lite: both refuse a model, or both answer it alike.
func differential(t *testing.T, list []made) {
	workerProgram(t)
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			compared := false
			for seed := uint64(0); seed < *differentialSeeds || !compared && seed < 50; seed++ {
				k := &maker{Rand: rand.New(rand.NewPCG(seed, 11)), t: model.Float32}
				c.make(k)
				compared = k.compare(t, seed, c.tolerance) || compared
			}
			if !compared {
				t.Error("TensorFlow Lite refuses all models: nothing was compared")
			}
		})
	}
}

// compare runs k's model in both engines, and tells whether TensorFlow Lite does.
func (k *maker) compare(t *testing.T, seed uint64, tolerance float64) bool {
	t.Helper()
	data, err := write.Model(&k.m)
	if err != nil {
		t.Fatal(err)
	}
	ours, errOurs := k.ours(t, data)
	theirs, specs, err := k.theirs(t, data)
	switch {
	case err != nil && errOurs != nil:
		return false
	case err != nil:
		t.Errorf("seed %d: TensorFlow Lite refuses: %v: %s", seed, err, k)
		return false
	case errOurs != nil:
		t.Errorf("seed %d: TensorFlow Lite runs it: %v: %s", seed, errOurs, k)
		return true
	}
	for i, s := range specs {
		if n, apart := unlike(s, ours[i], theirs[i], tolerance); n != 0 {
			t.Errorf("seed %d: output %d, %v: %d numbers differ, by %v at most: %s", seed, i, s, n, apart, k)
		}
	}
	return true
}

// inputs is random, the same for the same model.
func (k *maker) inputs(specs []infer.TensorSpec) [][]byte {
	r := &maker{Rand: rand.New(rand.NewPCG(1, 12))}
	ins := infer.Buffers(specs)
	for i, s := range specs {
		switch s.Type {
		case infer.Float32:
			ins[i] = r.floats(s.Bytes())
		case infer.Bool:
			for at := range ins[i] {
				ins[i][at] = byte(r.IntN(2))
			}
		case infer.Int32, infer.Int64:
			for at := 0; at < len(ins[i]); at += s.Type.Size() {
				x := uint64(int64(r.between(-300, 300)))
				copy(ins[i][at:at+s.Type.Size()], binary.LittleEndian.AppendUint64(nil, x))
			}
		default:
			ins[i] = noise(r.Rand, s.Bytes())
		}
	}
	return ins
}

func (k *maker) ours(t *testing.T, data []byte) ([][]byte, error) {
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		return nil, err
	}
	e, err := cpu.New(m, cpu.Options{Threads: 2})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	outs, err := k.answer(t, e)
	if err != nil {
		t.Fatal(err)
	}
	return outs, nil
}

func (k *maker) theirs(t *testing.T, data []byte) ([][]byte, []infer.TensorSpec, error) {
	e, err := tflite.Open(t.Context(), tflite.Options{Worker: workerProgram(t), Model: data, Threads: 1, Deadline: patience})
	if err != nil {
		return nil, nil, err
	}
	defer e.Close()
	outs, err := k.answer(t, e)
	return outs, e.Outputs(), err
}

// answer runs an engine twice: the second answer may be another one where there are variables.
func (k *maker) answer(t *testing.T, e interface {
	Inputs() []infer.TensorSpec
	Outputs() []infer.TensorSpec
	RunAll(ctx context.Context, ins, outs [][]byte) (infer.By, error)
}) (outs [][]byte, err error) {
	outs = infer.Buffers(e.Outputs())
	for range 2 {
		if _, err := e.RunAll(t.Context(), k.inputs(e.Inputs()), outs); err != nil {
			return nil, err
		}
	}
	return outs, nil
}

// unlike counts the numbers of two tensors that differ, those of float32 by more than tolerance times the largest.
func unlike(s infer.TensorSpec, a, b []byte, tolerance float64) (n int, apart float64) {
	if len(a) != len(b) {
		return len(b), math.Inf(1)
	}
	x, y := make([]float32, s.Elements()), make([]float32, s.Elements())
	s.Scale, s.ZeroPoint = 0, 0
	if s.Values(x, a) != nil || s.Values(y, b) != nil {
		return len(b), math.Inf(1)
	}
	most := 0.0
	for _, v := range y {
		if v == v && !math.IsInf(float64(v), 0) {
			most = max(most, math.Abs(float64(v)))
		}
	}
	size := s.Type.Size()
	for i := range x {
		same := string(a[i*size:(i+1)*size]) == string(b[i*size:(i+1)*size]) || x[i] != x[i] && y[i] != y[i] || s.Type == infer.Float32 && x[i] == y[i]
		if d := math.Abs(float64(x[i]) - float64(y[i])); !same && !(s.Type == infer.Float32 && d <= tolerance*most) {
			n, apart = n+1, max(apart, d)
		}
	}
	return n, apart
}

// shape is some dimensions, of few elements together.
func (k *maker) shape(rank int) []int {
	s := make([]int, rank)
	for i := range s {
		s[i] = k.between(1, 6)
	}
	return s
}

// any is a tensor of one of some types; one that has quantized numbers has that quantization, or any if q is nil.
func (k *maker) any(shape []int, typ model.Type, q *model.Quant) int {
	t := model.Tensor{Shape: shape, Type: typ}
	switch typ {
	case model.Uint8, model.Int8, model.Int16:
		if t.Quant = q; q == nil {
			t.Quant = k.quant(typ)
		}
	}
	return k.add(t)
}

// quant is any quantization of numbers of a type.
func (k *maker) quant(typ model.Type) *model.Quant {
	q := &model.Quant{Scale: []float32{0.01 + k.Float32()*0.2}, ZeroPoint: []int32{0}}
	if typ != model.Int16 {
		low, high := typ.Range()
		q.ZeroPoint[0] = int32(k.between(int(low), int(high)))
	}
	return q
}

// one is one of a list.
func one[T any](k *maker, list ...T) T { return list[k.IntN(len(list))] }
