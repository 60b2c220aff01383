package task

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

// id is the ID of a made-up picture.
func id(i int) string { return fmt.Sprintf("%064x", i) }

// taughtOf makes a Taught of two classes, of which even pictures are the first.
func taughtOf(t testing.TB, zero int, own []float64, codes ...[]byte) *Taught {
	t.Helper()
	var list []TaughtPicture
	for i := range codes {
		list = append(list, TaughtPicture{ID: id(i), Class: i % 2})
	}
	taught, err := NewTaught([]string{"shut", "open"}, list, slices.Concat(codes...), zero, own)
	if err != nil {
		t.Fatal(err)
	}
	return taught
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b []byte
		zero int
		want float64
	}{
		{[]byte{1, 2, 3}, []byte{1, 2, 3}, 0, 0},
		{[]byte{1, 2, 3}, []byte{2, 4, 6}, 0, 0}, // as bright again
		{[]byte{1, 0}, []byte{0, 1}, 0, 1},
		{[]byte{101, 100}, []byte{99, 100}, 100, 2},
		{[]byte{3, 4}, []byte{4, 3}, 0, 0.04},
		{[]byte{7, 7}, []byte{7, 7}, 7, 0}, // both say nothing
		{[]byte{7, 7}, []byte{7, 8}, 7, 1},
	} {
		if got, back := Distance(c.a, c.b, c.zero), Distance(c.b, c.a, c.zero); math.Abs(got-c.want) > 1e-15 || back != got {
			t.Errorf("%v to %v: %v and %v back, want %v", c.a, c.b, got, back, c.want)
		}
	}
	long := bytes.Repeat([]byte{255}, maxTaughtFeatures) // the greatest sum
	if d := Distance(long, long, 0); d != 0 {
		t.Errorf("the largest: %v", d)
	}
}

func TestFamiliar(t *testing.T) {
	taught := taughtOf(t, 10, []float64{0.5, 0.1, 0.3}, []byte{20, 10, 10}, []byte{10, 20, 10}, []byte{14, 13, 10})
	for _, c := range []struct {
		codes   []byte
		want    float64
		nearest int
	}{
		{[]byte{30, 10, 10}, 1, 0},
		{[]byte{11, 30, 10}, 1, 1},
		{[]byte{22, 19, 10}, 1, 2},
		{[]byte{14, 13, 13}, 0.75, 2},     // 0.14
		{[]byte{10, 10, 30}, 0.25, 0},     // 1: as far as can be, and the first of equals
		{[]byte{10, 10, 10}, 0.25, 0},     // nothing
		{[]byte{10, 20, 10 + 9}, 0.75, 1}, // 0.26
		{[]byte{10, 20, 10 + 13}, 0.5, 1}, // 0.39
	} {
		if p, nearest := taught.Familiar(c.codes); p != c.want || nearest != c.nearest {
			t.Errorf("%v: %v, %d (want %v, %d)", c.codes, p, nearest, c.want, c.nearest)
		}
	}
	if taught.Len() != 3 || taught.Picture(2) != (TaughtPicture{id(2), 0}) || taught.Labels()[1] != "open" {
		t.Errorf("%+v", taught)
	}
}

// TestStrange: the limit in distances and in shares is the same one.
func TestStrange(t *testing.T) {
	own := make([]float64, 99)
	for i := range own {
		own[i] = float64(i+1) / 100
	}
	taught := taughtOf(t, 0, own, slices.Repeat([][]byte{{1, 2}}, 99)...)
	for share, want := range map[float64]float64{0: 2, 0.001: 0.99, 0.01: 0.99, 0.05: 0.95, 0.5: 0.5} {
		limit := taught.Limit(share)
		if limit != want {
			t.Errorf("share %v: limit %v, want %v", share, limit, want)
		}
		for _, d := range []float64{limit - 1e-9, limit + 1e-9} {
			at, _ := slices.BinarySearch(taught.own, d)
			p := float64(1+len(own)-at) / float64(1+len(own))
			if got := taught.Strange(p, share); got != (d > limit && share > 0) {
				t.Errorf("share %v, distance %v, familiar %v: strange %t", share, d, p, got)
			}
		}
	}
}

// TestConformal: about the share that is allowed of known pictures is called unknown, whatever they look like.
func TestConformal(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func() []byte {
		code := make([]byte, 32)
		for i := range code {
			code[i] = byte(min(255, math.Exp(1.5*random.NormFloat64()+2)))
		}
		return code
	}
	codes := make([][]byte, 200)
	for i := range codes {
		codes[i] = draw()
	}
	var own []float64
	for i, a := range codes {
		nearest := 2.0
		for j, b := range codes {
			if i != j {
				nearest = min(nearest, Distance(a, b, 0))
			}
		}
		own = append(own, nearest)
	}
	taught := taughtOf(t, 0, own, codes...)
	strange := 0
	for range 1000 {
		if p, _ := taught.Familiar(draw()); taught.Strange(p, 0.05) {
			strange++
		}
	}
	if strange < 20 || strange > 90 {
		t.Errorf("%d of 1000 known ones are unknown, want about 50", strange)
	}
}

func TestCodes(t *testing.T) {
	floats := func(v ...float32) (b []byte) {
		for _, f := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
		}
		return b
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		name   string
		typ    infer.DType
		zero   int
		tensor []byte
		want   []byte
		is     int
	}{
		{"uint8", infer.Uint8, 3, []byte{0, 9, 255}, []byte{0, 9, 255}, 3},
		{"int8", infer.Int8, -128, []byte{0x80, 0, 0x7f}, []byte{0, 128, 255}, 0},
		{"float32", infer.Float32, 0, floats(0, 0.5, -1), []byte{128, 192, 1}, 128},
		{"all zero", infer.Float32, 0, floats(0, 0, 0), []byte{128, 128, 128}, 128},
		{"no number", infer.Float32, 0, floats(nan, 2, 1), []byte{128, 255, 192}, 128},
		{"infinite", infer.Float32, 0, floats(inf, 2, 1), []byte{128, 128, 128}, 128},
	} {
		got := make([]byte, 3)
		spec := infer.TensorSpec{Shape: []int{1, 3}, Type: c.typ, ZeroPoint: c.zero, Scale: 1}
		if zero, err := Codes(got, c.tensor, spec); err != nil || zero != c.is || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v, zero %d, %v (want %v, %d)", c.name, got, zero, err, c.want, c.is)
		}
		if _, err := Codes(got, c.tensor[1:], spec); err == nil {
			t.Errorf("%s: takes too little", c.name)
		}
	}
}

var embedding = infer.TensorSpec{Name: "pooled", Shape: []int{1, 1, 1, 2}, Type: infer.Int8, Scale: 1, ZeroPoint: -128}

func TestDecodeFamiliar(t *testing.T) {
	two := infer.TensorSpec{Name: "scores", Shape: []int{1, 2}, Type: infer.Uint8, Scale: 1. / 256}
	taught := taughtOf(t, 0, []float64{0.01, 0.02, 0.03}, []byte{1, 0}, []byte{0, 1}, []byte{0, 2})
	outputs := []infer.TensorSpec{two, embedding}
	c, err := New(outputs, Options{Taught: taught, Embedding: 1, Unknown: 0.25})
	if err != nil || c.Kind() != Classify {
		t.Fatal(c, err)
	}
	var f Findings
	for _, step := range []struct {
		pooled  []byte
		p       float64
		nearest int
		unknown bool
	}{
		{[]byte{0x80, 0x89}, 1, 1, false},
		{[]byte{0x88, 0x88}, 0.25, 0, true},
	} {
		if err := c.Decode(&f, [][]byte{{64, 128}, step.pooled}); err != nil || !f.Taught || f.Familiar != step.p ||
			f.Nearest != step.nearest || f.Unknown != step.unknown || f.Classes[1] != 0.5 {
			t.Errorf("%v: %+v, %v", step, f, err)
		}
	}
	for _, outs := range [][][]byte{{{1, 2}}, {{1, 2}, nil}, {{1, 2}, {1}}} {
		if err := c.Decode(&f, outs); err == nil {
			t.Errorf("outputs %v: no error", outs)
		}
	}
	plain, err := New(outputs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := plain.Decode(&f, [][]byte{{1, 2}, nil}); err != nil || f.Taught || f.Nearest != -1 || f.Unknown {
		t.Errorf("%+v, %v", f, err)
	}
	off, err := New(outputs, Options{Taught: taught, Embedding: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := off.Decode(&f, [][]byte{{1, 2}, {0x88, 0x88}}); err != nil || !f.Taught || f.Unknown {
		t.Errorf("switched off: %+v, %v", f, err)
	}
}

// TestOfAnotherModel: pictures that were taught to another model are refused.
func TestOfAnotherModel(t *testing.T) {
	two := infer.TensorSpec{Name: "scores", Shape: []int{1, 2}, Type: infer.Uint8, Scale: 1. / 256}
	taught := taughtOf(t, 0, nil, []byte{1, 0})
	wide, shifted, odd := embedding, embedding, embedding
	wide.Shape, shifted.ZeroPoint, odd.Type = []int{1, 3}, 0, infer.Int32
	for _, c := range []struct {
		outputs []infer.TensorSpec
		at      int
		unknown float64
	}{
		{[]infer.TensorSpec{two, embedding}, 2, 0},
		{[]infer.TensorSpec{two, embedding}, -1, 0},
		{[]infer.TensorSpec{two, embedding}, 1, 1},
		{[]infer.TensorSpec{two, embedding}, 1, math.NaN()},
		{[]infer.TensorSpec{scores, embedding}, 1, 0}, // of three classes
		{[]infer.TensorSpec{two, wide}, 1, 0},
		{[]infer.TensorSpec{two, shifted}, 1, 0},
		{[]infer.TensorSpec{two, odd}, 1, 0},
	} {
		if _, err := New(c.outputs, Options{Taught: taught, Embedding: c.at, Unknown: c.unknown}); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

// many is as many pictures as may be expected at most.
func many(t testing.TB, pictures, features int) *Taught {
	random := rand.New(rand.NewPCG(1, 2))
	codes := make([][]byte, pictures)
	own := make([]float64, pictures)
	for i := range codes {
		codes[i], own[i] = make([]byte, features), random.Float64()
		for k := range codes[i] {
			codes[i][k] = byte(random.Uint32())
		}
	}
	return taughtOf(t, 100, own, codes...)
}

func TestFamiliarAllocatesNothing(t *testing.T) {
	taught := many(t, 50, 100)
	codes := make([]byte, 100)
	if n := testing.AllocsPerRun(10, func() { taught.Familiar(codes) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFamiliar(b *testing.B) {
	taught := many(b, 2000, 1024)
	codes := make([]byte, 1024)
	for b.Loop() {
		taught.Familiar(codes)
	}
}

func TestTaughtFile(t *testing.T) {
	for _, taught := range []*Taught{
		many(t, 20, 7),
		taughtOf(t, 255, nil, []byte{0}),
		taughtOf(t, 0, []float64{0, 2}, []byte{1, 2, 3}, []byte{4, 5, 6}),
	} {
		data, err := taught.AppendBinary([]byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseTaught(data[1:])
		if err != nil {
			t.Fatal(err)
		}
		if back, err := again.AppendBinary(nil); err != nil || !bytes.Equal(back, data[1:]) {
			t.Errorf("another file: %v", err)
		}
		for i := range len(data) - 1 {
			if _, err := ParseTaught(data[1 : 1+i]); err == nil {
				t.Fatalf("takes %d of %d bytes", i, len(data)-1)
			}
		}
		if _, err := ParseTaught(append(data[1:], 0)); err == nil {
			t.Error("takes a byte more")
		}
	}
}

func TestTaughtRefuses(t *testing.T) {
	one := []TaughtPicture{{ID: id(1)}}
	for says, make := range map[string]func() (*Taught, error){
		"0 pictures": func() (*Taught, error) { return NewTaught([]string{"a"}, nil, nil, 0, nil) },
		"0 classes":  func() (*Taught, error) { return NewTaught(nil, one, []byte{1}, 0, nil) },
		"0 bytes":    func() (*Taught, error) { return NewTaught([]string{"a"}, one, nil, 0, nil) },
		"zero point": func() (*Taught, error) { return NewTaught([]string{"a"}, one, []byte{1}, 256, nil) },
		"distances":  func() (*Taught, error) { return NewTaught([]string{"a"}, one, []byte{1}, 0, []float64{1, 1}) },
		"distance":   func() (*Taught, error) { return NewTaught([]string{"a"}, one, []byte{1}, 0, []float64{math.NaN()}) },
		"hexadecimal": func() (*Taught, error) {
			return NewTaught([]string{"a"}, []TaughtPicture{{ID: "../x"}}, []byte{1}, 0, nil)
		},
		"class 1": func() (*Taught, error) {
			return NewTaught([]string{"a"}, []TaughtPicture{{ID: id(1), Class: 1}}, []byte{1}, 0, nil)
		},
		"label": func() (*Taught, error) { return NewTaught([]string{strings.Repeat("a", 256)}, one, []byte{1}, 0, nil) },
	} {
		if _, err := make(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v (want %q)", err, says)
		}
	}
}

func FuzzParseTaught(f *testing.F) {
	for _, n := range []int{1, 3} {
		data, err := many(f, n, 4).AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(taughtMagic + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		taught, err := ParseTaught(data)
		if err != nil {
			return
		}
		if p, nearest := taught.Familiar(make([]byte, taught.features)); !(p > 0 && p <= 1) || nearest < 0 || nearest >= taught.Len() {
			t.Errorf("familiar %v, nearest %d", p, nearest)
		}
		if limit := taught.Limit(0.05); !(limit >= 0 && limit <= 2) {
			t.Errorf("limit %v", limit)
		}
		again, err := taught.AppendBinary(nil)
		if err != nil || len(again) != len(data) {
			t.Errorf("%d bytes become %d: %v", len(data), len(again), err)
		}
	})
}
