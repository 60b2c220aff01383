package tflite_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/tflite"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestZoo holds the worker to the answers of networks with several inputs and outputs, outputs of int64, and outputs whose
// shape only a run tells.
func TestZoo(t *testing.T) {
	program, dir := workerProgram(t), shared.Dir(t)
	rows, err := csv.NewReader(bytes.NewReader(readFile(t, filepath.Join(dir, "golden", "zoo.csv")))).ReadAll()
	if err != nil || len(rows) < 50 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		if row[1] != "lcg" {
			continue
		}
		t.Run(row[0], func(t *testing.T) {
			path := filepath.Join(dir, "models", "zoo", row[0]+".tflite")
			e, err := tflite.Open(t.Context(), tflite.Options{Worker: program, Model: readFile(t, path), Threads: 1, Deadline: patience})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			ins, outs := infer.Buffers(e.Inputs()), infer.Buffers(e.Outputs())
			fillLCG(e.Inputs(), ins)
			if _, err := e.RunAll(t.Context(), ins, outs); err != nil {
				t.Fatal(err)
			}
			clearUnused(e.Outputs(), outs)
			got := slices.Concat(outs...)
			if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) == row[3] {
				return
			}
			want, err := os.ReadFile(filepath.Join(dir, "golden", "zoo", row[0], "lcg.out"))
			if err != nil || !slices.ContainsFunc(e.Outputs(), func(s infer.TensorSpec) bool { return s.Type == infer.Float32 }) {
				t.Fatalf("%d bytes (want %s) differ: they begin with %x (want %s); %v", len(got), row[2], got[:min(16, len(got))], row[4], err)
			}
			if len(got) != len(want) || furthest(got, want) > 1e-4*largest(want) {
				t.Errorf("%d bytes (want %d), %v apart", len(got), len(want), furthest(got, want[:len(got)]))
			}
		})
	}
}

// fillLCG writes the inputs that the answers belong to.
func fillLCG(specs []infer.TensorSpec, ins [][]byte) {
	s := uint32(12345)
	next := func() byte {
		s = s*1664525 + 1013904223
		return byte(s >> 24)
	}
	for i, spec := range specs {
		in := ins[i]
		switch spec.Type {
		case infer.Bool, infer.Int32, infer.Int64:
			most := map[infer.DType]byte{infer.Bool: 2, infer.Int32: 8, infer.Int64: 8}[spec.Type]
			for k := 0; k < len(in); k += spec.Type.Size() {
				in[k] = next() % most
			}
			continue
		}
		for k := range in {
			in[k] = next()
		}
		if spec.Type != infer.Float32 {
			continue
		}
		for k := 0; k < len(in); k += 4 {
			x := float32(int32(binary.LittleEndian.Uint32(in[k:]))) / (1 << 30)
			binary.LittleEndian.PutUint32(in[k:], math.Float32bits(x))
		}
	}
}

// clearUnused makes zero what is beyond the number of detections, where memory holds anything: outputs are then [1 n 4],
// [1 n] twice and [1], in any order.
func clearUnused(specs []infer.TensorSpec, outs [][]byte) {
	at := slices.IndexFunc(specs, func(s infer.TensorSpec) bool { return slices.Equal(s.Shape, []int{1}) })
	if len(specs) != 4 || at < 0 {
		return
	}
	count := int(math.Float32frombits(binary.LittleEndian.Uint32(outs[at])))
	for i, s := range specs {
		if i != at {
			clear(outs[i][count*s.Bytes()/s.Shape[1]:])
		}
	}
}

// largest is the largest number of a float32 tensor, without its sign.
func largest(b []byte) float64 {
	return furthest(b, make([]byte, len(b)))
}
