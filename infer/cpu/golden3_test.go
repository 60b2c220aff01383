package cpu_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// golden is an answer of TensorFlow Lite: a row of a table of those, and the bytes where they are kept.
type golden struct {
	bytes  int
	sum    string // SHA-256 of the outputs, one behind the other
	first  string // 16 bytes of them, at most
	answer []byte // nil: only their sum is known
}

func readGolden(t *testing.T, bytes, sum, first, answer string) golden {
	t.Helper()
	g := golden{sum: sum, first: first}
	var err error
	if g.bytes, err = strconv.Atoi(bytes); err != nil {
		t.Fatal(err)
	}
	if g.answer, err = os.ReadFile(answer); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return g
}

// check compares an answer of an engine. Numbers of float32 may be a ten-thousandth of the greatest off if they are loose.
func (g golden) check(specs []infer.TensorSpec, outs [][]byte, loose bool) error {
	got := slices.Concat(outs...)
	if len(got) != g.bytes {
		return fmt.Errorf("%d bytes (want %d)", len(got), g.bytes)
	}
	if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) == g.sum {
		return nil
	}
	want := g.answer
	if want == nil {
		var err error
		if want, err = hex.DecodeString(g.first); err != nil {
			return err
		}
	}
	floats := !slices.ContainsFunc(specs, func(s infer.TensorSpec) bool { return s.Type != infer.Float32 })
	if loose && floats {
		return closeFloats(got, want)
	}
	return fmt.Errorf("it begins with %x (want %x)", got[:min(16, len(got))], want[:min(16, len(want))])
}

// closeFloats wants the numbers of want, those at the beginning of got.
func closeFloats(got, want []byte) error {
	most := 0.
	for i := 0; i < len(got); i += 4 {
		most = max(most, math.Abs(float64(float32At(got, i))))
	}
	for i := 0; i < len(want); i += 4 {
		x, y := float64(float32At(got, i)), float64(float32At(want, i))
		if !(math.Abs(x-y) <= 1e-4*most) && !(math.IsNaN(x) && math.IsNaN(y)) && x != y {
			return fmt.Errorf("number %d is %v (want %v)", i/4, x, y)
		}
	}
	return nil
}

// looseOperators are those of which TensorFlow Lite's last bits of float32 hang on its sums' order or its library of functions.
var looseOperators = []string{
	"TANH", "LOGISTIC", "ELU", "EXP", "SIN", "COS", "LOG", "SQRT", "RSQRT", "POW", "SOFTMAX", "LOG_SOFTMAX", "SUM", "MEAN", "TRANSPOSE_CONV",
	"L2_NORMALIZATION", "L2_POOL_2D", "BATCH_MATMUL", "DEPTHWISE_CONV_2D", "DEQUANTIZE", "GELU",
}

// rows are those of a table of golden answers.
func rows(t *testing.T, table string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(shared.Dir(t), "golden", table))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := csv.NewReader(f).ReadAll()
	if err != nil || len(list) < 2 {
		t.Fatalf("%d rows: %v", len(list), err)
	}
	return list[1:]
}

// TestGoldenOperators2 compares operators of newer networks with TensorFlow Lite's answers.
func TestGoldenOperators2(t *testing.T) { forKernels(t, testGoldenOperators2) }

func testGoldenOperators2(t *testing.T) {
	dir := shared.Dir(t)
	for _, row := range rows(t, "ops2.csv") {
		name := strings.TrimSuffix(row[0], ".tflite")
		t.Run(name, func(t *testing.T) {
			want := readGolden(t, row[2], row[3], row[4], filepath.Join(dir, "golden", "ops2", name+".out"))
			op, _, _ := strings.Cut(name, "/")
			e := load(t, filepath.Join(dir, "models", "ops2", row[0]), cpu.Options{Threads: 2})
			ins := infer.Buffers(e.Inputs())
			fillGolden(e.Inputs(), ins)
			if err := want.check(e.Outputs(), answer(t, e, ins), slices.Contains(looseOperators, op)); err != nil {
				t.Error(err)
			}
		})
	}
}

func answer(t *testing.T, e *cpu.Engine, ins [][]byte) [][]byte {
	t.Helper()
	outs := infer.Buffers(e.Outputs())
	if _, err := e.RunAll(t.Context(), ins, outs); err != nil {
		t.Fatal(err)
	}
	return outs
}

// fillGolden writes the inputs that the answers in ops2.csv belong to.
func fillGolden(specs []infer.TensorSpec, ins [][]byte) {
	s := uint32(12345)
	next := func() byte {
		s = s*1664525 + 1013904223
		return byte(s >> 24)
	}
	for k, in := range ins {
		size, modulus := specs[k].Type.Size(), byte(0)
		switch specs[k].Type {
		case infer.Int32, infer.Int64:
			modulus = 8
		case infer.Bool:
			modulus = 2
		}
		for i := range in {
			switch {
			case modulus == 0:
				in[i] = next()
			case i%size == 0:
				in[i] = next() % modulus
			}
		}
		if specs[k].Type == infer.Float32 {
			integersToFloats(in)
		}
	}
}

// TestGoldenZoo compares networks for detection, segmentation, faces and poses with TensorFlow Lite's answers.
func TestGoldenZoo(t *testing.T) {
	if set, err := kernel.ByName(os.Getenv("INCEPTIOND_KERNELS")); raceEnabled || testing.Short() || err == nil && set.Name != kernel.Best().Name {
		t.Skip("it takes too long")
	}
	dir := shared.Dir(t)
	engines := map[string]*cpu.Engine{}
	defer func() {
		for _, e := range engines {
			e.Close()
		}
	}()
	for _, row := range rows(t, "zoo.csv") {
		name, picture := row[0], row[1]
		t.Run(name+"/"+picture, func(t *testing.T) {
			base := strings.TrimSuffix(strings.TrimSuffix(picture, ".rgb"), ".gray")
			want := readGolden(t, row[2], row[3], row[4], filepath.Join(dir, "golden", "zoo", name, base+".out"))
			if engines[name] == nil {
				e, err := cpu.New(parse(t, filepath.Join(dir, "models", "zoo", name+".tflite")), cpu.Options{})
				if err != nil {
					t.Fatal(err)
				}
				engines[name] = e
			}
			e := engines[name]
			ins := infer.Buffers(e.Inputs())
			fillPicture(t, name, picture, e.Inputs(), ins)
			if err := want.check(e.Outputs(), answer(t, e, ins), true); err != nil {
				t.Error(err)
			}
		})
	}
}

// unitPictures are the networks of float32 that see pictures between 0 and 1; others see them between -1 and 1.
var unitPictures = []string{"mobilenet_v2_035_96_embedder_hybrid", "dilated_conv_dynamic"}

// fillPicture writes the inputs that an answer in zoo.csv belongs to.
func fillPicture(t *testing.T, name, picture string, specs []infer.TensorSpec, ins [][]byte) {
	t.Helper()
	switch picture {
	case "lcg":
		fillGolden(specs, ins)
		return
	case "zero":
		for k, in := range ins {
			if specs[k].Type == infer.Int8 {
				for i := range in {
					in[i] = 0x80
				}
			}
		}
		return
	}
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "golden", "zoo", "input", picture))
	if err != nil || len(data) != specs[0].Elements() {
		t.Fatalf("%d bytes for %v: %v", len(data), specs[0], err)
	}
	for i, x := range data {
		switch specs[0].Type {
		case infer.Int8:
			ins[0][i] = x ^ 0x80
		case infer.Float32:
			f := (float32(x) - 127.5) / 127.5
			if slices.Contains(unitPictures, name) {
				f = float32(x) / 255
			}
			binary.LittleEndian.PutUint32(ins[0][4*i:], math.Float32bits(f))
		default:
			ins[0][i] = x
		}
	}
}
