package tflite_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/infer/tflite"
)

// detector is a model of a TFLite_Detection_PostProcess alone, of random sizes and options. Scores are few numbers, so that
// many are equal.
func detector(k *maker) (m *model.Model, d model.DetectionPostProcess, inputs [][]byte) {
	anchors := k.between(1, 200)
	d = model.DetectionPostProcess{
		MaxDetections: k.between(1, 30), MaxClasses: k.between(1, 5), Classes: k.between(1, 12), Regular: k.IntN(2) == 0,
		PerClass: k.between(1, 40), ScoreThreshold: float32(k.IntN(3)) * 0.2, Overlap: 0.1 + 0.9*k.Float32(),
		ScaleY: 10, ScaleX: 7, ScaleH: 5, ScaleW: 3,
	}
	width, classes, levels := k.between(4, 6), d.Classes+k.IntN(2), k.between(2, 256)
	codes := k.value([]int{1, anchors, width}, &model.Quant{Scale: []float32{0.07}, ZeroPoint: []int32{150}})
	scores := k.value([]int{1, anchors, classes}, &model.Quant{Scale: []float32{1.0 / 256}, ZeroPoint: []int32{0}})
	places := k.value([]int{anchors, 4}, &model.Quant{Scale: []float32{1.0 / 256}, ZeroPoint: []int32{3}})
	in := [][]byte{noise(k.Rand, anchors*width), noise(k.Rand, anchors*classes), noise(k.Rand, 4*anchors)}
	for i := range in[1] {
		in[1][i] = byte(int(in[1][i]) * levels / 256 * 255 / levels)
	}
	for i := range in[2] {
		in[2][i] = max(in[2][i], 3) // of no negative height
	}
	if k.t == model.Float32 {
		for i, t := range []int{codes, scores, places} {
			q := k.m.Tensors[t].Quant
			k.m.Tensors[t].Quant = nil
			in[i] = reals(in[i], q)
		}
	}
	k.m.Tensors[places].Data = in[2]
	o := model.Operator{Op: model.OpCustom, Custom: model.DetectionOperator, Version: 1, Options: write.Detection(d), Inputs: []int{codes, scores, places}}
	for range 4 {
		o.Outputs = append(o.Outputs, k.add(model.Tensor{Type: model.Float32}))
	}
	k.m.Operators, k.m.Inputs, k.m.Outputs = []model.Operator{o}, []int{codes, scores}, o.Outputs
	return &k.m, d, in[:2]
}

// reals is what bytes stand for, as float32.
func reals(b []byte, q *model.Quant) (f []byte) {
	for _, x := range b {
		f = binary.LittleEndian.AppendUint32(f, math.Float32bits(q.Scale[0]*float32(int32(x)-q.ZeroPoint[0])))
	}
	return f
}

// TestParityDetection compares the engines on the operator that finds objects, in all rows that have one.
func TestParityDetection(t *testing.T) {
	worker := workerProgram(t)
	for seed := range uint64(60) {
		k := &maker{Rand: rand.New(rand.NewPCG(seed, 11)), t: model.Uint8}
		if seed%2 == 1 {
			k.t = model.Float32
		}
		m, d, ins := detector(k)
		t.Run(fmt.Sprintf("%d_%v", seed, k.t), func(t *testing.T) {
			data, err := write.Model(m)
			if err != nil {
				t.Fatal(err)
			}
			// With two threads, which of equal scores comes first depends on the classes that each of them has.
			p := openPairWith(t, tflite.Options{Worker: worker, Model: data, Threads: 1})
			ours, theirs := p.runAll(t, ins...)
			if len(ours) != 4 || !bytes.Equal(ours[3], theirs[3]) {
				t.Fatalf("%d outputs, count % x (want 4, % x): %+v", len(ours), ours[3], theirs[3], d)
			}
			objects := int(math.Float32frombits(binary.LittleEndian.Uint32(ours[3])))
			for i, size := range []int{16, 4, 4} {
				for _, row := range foundRows(d, objects) {
					if from, to := row*size, (row+1)*size; !bytes.Equal(ours[i][from:to], theirs[i][from:to]) {
						t.Fatalf("output %d row %d is % x (want % x): %+v", i, row, ours[i][from:to], theirs[i][from:to], d)
					}
					clear(ours[i][row*size : (row+1)*size])
				}
				if slices.ContainsFunc(ours[i], func(b byte) bool { return b != 0 }) {
					t.Errorf("output %d has numbers where there is no object", i)
				}
			}
		})
	}
}

// foundRows are the rows of a number of objects.
func foundRows(d model.DetectionPostProcess, objects int) (rows []int) {
	each, step := 1, 1
	if !d.Regular {
		each, step = min(d.MaxClasses, d.Classes), d.MaxClasses
	}
	for i := range objects {
		for j := range each {
			rows = append(rows, i*step+j)
		}
	}
	return rows
}
