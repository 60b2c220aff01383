package task

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu/kernel"
	"github.com/inceptiond/inceptiond/infer/model"
)

const side, depth = 12, 24 // of maps

func mapSpec(typ infer.DType, zero int) infer.TensorSpec {
	return infer.TensorSpec{Name: "eighth", Shape: []int{1, side, side, depth}, Type: typ, Scale: 0.1, ZeroPoint: zero}
}

// random gives numbers from 0 to 255 that are the same on every machine.
type random uint32

func (r *random) next() int {
	*r = *r*1664525 + 1013904223
	return int(*r >> 24)
}

// drawn is a map of a still scene, with noise of a seed: features 0 to 255. What is there depends on the place; at odd, 2x2
// places from x, y on have features of their own.
func drawn(seed random, odd bool, x, y int) (features []int) {
	scene, noise, thing := random(7), seed, random(99)
	for i := range side * side {
		inside := odd && i%side >= x && i%side < x+2 && i/side >= y && i/side < y+2
		for range depth {
			v := max(scene.next()-128, 0)
			if inside {
				v = max(thing.next()-128, 0)
			}
			features = append(features, min(max(v+noise.next()/16-8, 0), 255))
		}
	}
	return features
}

// asBytes is a map as a tensor.
func asBytes(spec infer.TensorSpec, features []int) (data []byte) {
	for _, v := range features {
		switch spec.Type {
		case infer.Uint8:
			data = append(data, byte(v))
		case infer.Int8:
			data = append(data, byte(v-128))
		default:
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)/17))
		}
	}
	return data
}

func learn(t testing.TB, spec infer.TensorSpec, loose bool, maps ...[]byte) *Scene {
	t.Helper()
	l, err := NewSceneLearner(spec, loose)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range maps {
		if err := l.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	s, err := l.Scene()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScene(t *testing.T) {
	for _, spec := range []infer.TensorSpec{mapSpec(infer.Uint8, 0), mapSpec(infer.Uint8, 3), mapSpec(infer.Int8, -128), mapSpec(infer.Int8, -100), mapSpec(infer.Float32, 0)} {
		for _, loose := range []bool{false, true} {
			var normal [][]byte
			for seed := range random(6) {
				normal = append(normal, asBytes(spec, drawn(seed*1000+1, false, 0, 0)))
			}
			s := learn(t, spec, loose, normal...)
			if s.Learned() != 6 || s.Threshold() < minDistance || s.Threshold() > 0.8 {
				t.Errorf("%v: %d pictures, threshold %v", spec, s.Learned(), s.Threshold())
			}
			var f Findings
			for seed := range random(5) {
				if err := s.Decode(&f, asBytes(spec, drawn(seed*777+5, false, 0, 0))); err != nil || !f.HasDifferent || f.Different >= 1 || f.Different <= 0 {
					t.Errorf("%v, loose %v: a normal picture scores %v: %v", spec, loose, f.Different, err)
				}
				if err := s.Decode(&f, asBytes(spec, drawn(seed*777+5, true, 8, 2))); err != nil || f.Different < 1.5 {
					t.Errorf("%v, loose %v: another one scores %v: %v", spec, loose, f.Different, err)
				}
				w := f.Where // the thing, and the places around it, which see it too
				if w.X > 8./side || w.Y > 2./side || w.X+w.Width < 10./side || w.Y+w.Height < 4./side || w.Width > 0.5 || w.Height > 0.5 {
					t.Errorf("%v, loose %v: it is at %v", spec, loose, w)
				}
				if d := f.Distances; d.Width != side || d.Height != side || float64(slices.Max(d.Cells)) != f.Different || d.Cells[3*side+9] < 1 {
					t.Errorf("%v, loose %v: %v at the thing, %d cells", spec, loose, d.Cells[3*side+9], len(d.Cells))
				}
			}
		}
	}
}

// Things that move by a place are as they were; further only where parts lie anywhere.
func TestSceneShifts(t *testing.T) {
	spec := mapSpec(infer.Uint8, 0)
	shifted := func(by int) []byte {
		one := drawn(1, false, 0, 0)
		features := slices.Clone(one)
		for y := range side {
			copy(features[(y*side+by)*depth:(y+1)*side*depth], one[y*side*depth:])
		}
		return asBytes(spec, features)
	}
	for _, c := range []struct {
		by        int
		loose     bool
		different bool
	}{{0, false, false}, {1, false, false}, {4, false, true}, {4, true, false}} {
		var normal [][]byte
		for seed := range random(4) {
			normal = append(normal, asBytes(spec, drawn(seed+1, false, 0, 0)))
		}
		s := learn(t, spec, c.loose, normal...)
		s.threshold = 0.2 // noise and the places at the border are not what this is about
		var f Findings
		if err := s.Decode(&f, shifted(c.by)); err != nil || f.Different >= 1 != c.different {
			t.Errorf("by %d, loose %v: %v at %v, %v", c.by, c.loose, f.Different, f.Where, err)
		}
	}
}

// Pictures that are all the same have a threshold, and maps without any feature no end of distance.
func TestSceneOfNothing(t *testing.T) {
	spec := mapSpec(infer.Uint8, 0)
	black, one := make([]byte, spec.Bytes()), asBytes(spec, drawn(1, false, 0, 0))
	for _, m := range [][]byte{black, one} {
		for _, loose := range []bool{false, true} {
			s := learn(t, spec, loose, m, m, m)
			var f Findings
			if err := s.Decode(&f, m); err != nil || f.Different > 1e-3 || s.Threshold() != minDistance {
				t.Errorf("the same again: %v, threshold %v, %v", f.Different, s.Threshold(), err)
			}
			for _, other := range [][]byte{black, one} {
				if err := s.Decode(&f, other); err != nil || f.Different < 0 || f.Different > 2/minDistance {
					t.Errorf("%v, %v", f.Different, err)
				}
			}
		}
	}
}

// Of many pictures those are kept that differ most from each other; the threshold is about all.
func TestSceneKeeps(t *testing.T) {
	spec := mapSpec(infer.Uint8, 0)
	var normal [][]byte
	for i := range MaxLearned {
		normal = append(normal, asBytes(spec, drawn(random(i/2), i%2 > 0, 2+i%7, 3+i%5)))
	}
	s := learn(t, spec, false, normal...)
	if len(s.kept) != MaxNormal || s.Learned() != MaxLearned {
		t.Fatalf("%d kept of %d", len(s.kept), s.Learned())
	}
	var f Findings
	for i, m := range normal {
		if err := s.Decode(&f, m); err != nil || f.Different >= 1 {
			t.Errorf("picture %d was learned, and scores %v: %v", i, f.Different, err)
		}
	}
}

func TestSceneRefuses(t *testing.T) {
	for _, spec := range []infer.TensorSpec{
		{Shape: []int{1, 1000}, Type: infer.Uint8}, {Shape: []int{2, 8, 8, 3}, Type: infer.Uint8}, {Shape: []int{1, 8, 8, 3}, Type: infer.Int32},
		{Shape: []int{1, 0, 8, 3}, Type: infer.Uint8}, {Shape: []int{1, 2, 2, maxDepth + 1}, Type: infer.Int8},
	} {
		if _, err := NewSceneLearner(spec, false); !errors.Is(err, model.ErrUnsupported) {
			t.Errorf("%v: %v", spec, err)
		}
	}
	spec := mapSpec(infer.Uint8, 0)
	l, err := NewSceneLearner(spec, false)
	if err != nil {
		t.Fatal(err)
	}
	good := asBytes(spec, drawn(1, false, 0, 0))
	for n := range MaxLearned {
		if _, err := l.Scene(); n < MinNormal && !errors.Is(err, ErrFewNormal) {
			t.Errorf("%d pictures: %v", n, err)
		}
		if err := l.Add(good[1:]); err == nil {
			t.Error("a map that is too short: no error")
		}
		if n < MinNormal {
			if err := l.Add(good); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := learn(t, spec, false, good, good, good)
	f := Findings{HasDifferent: true}
	if err := s.Decode(&f, good[1:]); err == nil || f.HasDifferent {
		t.Errorf("a map that is too short: %v", err)
	}
}

func TestSceneAllocatesNothing(t *testing.T) {
	spec := mapSpec(infer.Int8, -100)
	one := asBytes(spec, drawn(1, false, 0, 0))
	for _, loose := range []bool{false, true} {
		s := learn(t, spec, loose, one, one, asBytes(spec, drawn(2, false, 0, 0)))
		var f Findings
		if n := testing.AllocsPerRun(5, func() {
			if err := s.Decode(&f, one); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("loose %v: %v allocations", loose, n)
		}
	}
}

// TestSceneIsTheSameEverywhere holds the bits of all distances, which no processor and no kernels may change. .ci runs it on
// arm64 and arm too.
func TestSceneIsTheSameEverywhere(t *testing.T) {
	for _, kernels := range kernel.Names() {
		set, err := kernel.ByName(kernels)
		if err != nil {
			t.Fatal(err)
		}
		sum := fnv.New64a()
		for _, spec := range []infer.TensorSpec{mapSpec(infer.Uint8, 0), mapSpec(infer.Int8, -100), mapSpec(infer.Float32, 0)} {
			for _, loose := range []bool{false, true} {
				l, err := NewSceneLearner(spec, loose)
				if err != nil {
					t.Fatal(err)
				}
				l.dot = set.Dot
				for seed := range random(5) {
					if err := l.Add(asBytes(spec, drawn(seed+1, false, 0, 0))); err != nil {
						t.Fatal(err)
					}
				}
				s, err := l.Scene()
				if err != nil {
					t.Fatal(err)
				}
				var f Findings
				if err := s.Decode(&f, asBytes(spec, drawn(50, true, 3, 8))); err != nil {
					t.Fatal(err)
				}
				for _, v := range f.Distances.Cells {
					sum.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
				}
			}
		}
		if got, want := sum.Sum64(), uint64(0x91a50c76e1227b1); got != want {
			t.Errorf("kernels %s: the distances' bits hash to %#x, want %#x", kernels, got, want)
		}
	}
}

func FuzzScene(f *testing.F) {
	f.Add([]byte{0, 0, 128, 63, 0, 0, 192, 127, 0, 0, 128, 127}, []byte{0, 0, 128, 255}, false)
	f.Fuzz(func(t *testing.T, a, b []byte, loose bool) {
		for _, typ := range []infer.DType{infer.Float32, infer.Uint8, infer.Int8} {
			spec := infer.TensorSpec{Shape: []int{1, 3, 2, 2}, Type: typ, ZeroPoint: len(a) % 7}
			one, other := make([]byte, spec.Bytes()), make([]byte, spec.Bytes())
			copy(one, a)
			copy(other, b)
			s := learn(t, spec, loose, one, one, other)
			var found Findings
			for _, m := range [][]byte{one, other, make([]byte, spec.Bytes())} {
				if err := s.Decode(&found, m); err != nil {
					t.Fatal(err)
				}
				w := found.Where
				if d := found.Different; !(d >= 0 && d <= 2.01/minDistance) || w.X < 0 || w.Y < 0 || w.Width <= 0 || w.Height <= 0 || w.X+w.Width > 1.001 || w.Y+w.Height > 1.001 {
					t.Fatalf("%v at %v", d, w)
				}
			}
		}
	})
}

func BenchmarkScene(b *testing.B) {
	spec := infer.TensorSpec{Shape: []int{1, 28, 28, 480}, Type: infer.Uint8, Scale: 1}
	for _, c := range []struct {
		name  string
		n     int
		loose bool
	}{{"10", 10, false}, {"20", 20, false}, {"20 loose", 20, true}} {
		b.Run(c.name, func(b *testing.B) {
			var maps [][]byte
			r := random(1)
			for range c.n {
				m := make([]byte, spec.Bytes())
				for i := range m {
					m[i] = byte(r.next())
				}
				maps = append(maps, m)
			}
			s := learn(b, spec, c.loose, maps...)
			var f Findings
			for b.Loop() {
				if err := s.Decode(&f, maps[0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
